"""Provision a contract for a vehicle: make its key, certify it, wrap it, sign it, pool it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contract_service.model.contract import Contract, ContractCertificate
from contract_service.model.contract_data import (
    ContractData,
    InstallationAction,
    Origin,
    PreparedAnswer,
    key_fingerprint,
)
from contract_service.model.key_transport import wrap_for
from contract_service.model.prepared_answer import prepare
from contract_service.model.signature_suite import SUITES, SigningKey, suite_of_key
from contract_service.model.vehicle import Vehicle, VehicleDirectory
from contract_service.operations.access import owned_emaid
from contract_service.operations.cps_ports import FindSigners, Issue, ValidateChain
from contract_service.operations.pool_contract_data import (
    NewContractData,
    PoolContractData,
    Renewal,
    Term,
    require_active,
    require_same_vehicle,
)
from contract_service.operations.pool_ports import ContractPool
from contract_service.operations.ports import ContractReader, RevokeLeaf
from exi import ExiError, Schema
from foundation.clock import Clock
from foundation.errors import Kind, Refused, ServiceError
from foundation.identifiers import Emaid, Pcid
from foundation.principal import Principal
from pki.model.certificate_reference import BySerial
from pki.model.hierarchy import slot_suffix
from pki.model.issued import IssuedCertificate
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm, RevocationReason
from pki.model.verdict import Reason
from pki.operations.issue import IssueRequest

_UPDATED_CERTIFICATES = 3
"""Own judgement: for how many standing certificates of a contract its next one is prepared."""


@dataclass(frozen=True, slots=True)
class ProvisioningRequest:
    """Which contract (EMAID, any spelling) for which vehicle (PCID), for which schema.

    A contract that does not exist is created, to run from `begins` (now) to `ends` (open); of one
    that exists, what is given changes its term.
    """

    emaid: str = field(repr=False)
    pcid: str = field(repr=False)
    schema: Schema
    begins: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProvisionContract:
    """Generates a contract's key and certificate and prepares every answer that delivers them.

    Order: the authority issues and records (its own transactions), then the key is wrapped and
    the answers are signed in memory, then contract, certificate, data and events are stored in one
    transaction. A crash in between leaves a recorded certificate whose key nobody has; whatever
    is refused after issuing has it revoked.

    The private key lives in this call's memory alone. It is wrapped for the vehicle and, for the
    CertificateUpdate of ISO 15118-2, for each standing certificate of the contract.

    `issuer` is the slot of the authority that signs for ISO 15118-2; -20 adds its suffix.
    `experimental` allows Ed448 vehicles, whose key transport the standard leaves open.
    """

    vehicles: VehicleDirectory
    contracts: ContractReader
    pool: ContractPool
    store: PoolContractData
    issue: Issue
    revoke: RevokeLeaf
    validate: ValidateChain
    signers: FindSigners
    generate: Callable[[KeyAlgorithm], SigningKey]
    clock: Clock
    issuer: str
    lifetime: timedelta
    experimental: bool = False

    def __call__(self, principal: Principal, request: ProvisioningRequest) -> ContractData:
        """Return what now stands in the pool; doing so again replaces it.

        Raises MALFORMED, FORBIDDEN for another provider's EMAID, NOT_FOUND `vehicle_unknown`,
        INVALID for a vehicle whose certificate or key cannot be used, CONFLICT for an EMAID that
        another vehicle has, a contract that is not active or a missing CPS signer, and what
        issuing raises.
        """
        emaid = owned_emaid(principal, request.emaid)
        vehicle = self.vehicle(Pcid.parse(request.pcid), request.schema)
        return self.for_vehicle(principal, emaid, vehicle, Term(request.begins, request.ends))

    def for_vehicle(
        self,
        principal: Principal,
        emaid: Emaid,
        vehicle: Vehicle,
        term: Term,
        renewal: Renewal | None = None,
    ) -> ContractData:
        """As a call, for a vehicle whose certificate was judged a moment ago.

        Of a `renewal` raises CONFLICT `contract_data_changed` where others stand by now.
        """
        now = self.clock()
        contract = self.contracts.find(emaid)
        emaid = emaid if contract is None else contract.emaid
        recipient, algorithm = self._checked(contract, emaid, vehicle, term)
        key = self.generate(algorithm)
        request = self._issue_request(contract, emaid, vehicle.schema, key, term, now)
        issued = self.issue(principal, request)
        try:
            return self.store(
                principal,
                NewContractData(
                    emaid=emaid,
                    pcid=vehicle.pcid,
                    schema=vehicle.schema,
                    certificate=_certificate(issued),
                    issuer=issued.issuer,
                    recipient_key=key_fingerprint(recipient),
                    origin=Origin.GENERATED,
                    term=term,
                    answers=self._answers(emaid, vehicle.schema, recipient, key, issued, now),
                    renewal=renewal,
                ),
            )
        except ServiceError:
            self.revoke(
                principal,
                BySerial(issued.issuer, issued.serial),
                RevocationReason.CESSATION_OF_OPERATION,
            )
            raise

    def check(self, emaid: Emaid, vehicle: Vehicle, term: Term) -> None:
        """Raise what `for_vehicle` would, as far as it can be known before a key is made."""
        contract = self.contracts.find(emaid)
        emaid = emaid if contract is None else contract.emaid
        self._checked(contract, emaid, vehicle, term)
        emaid.require_issuable()

    def _checked(
        self, contract: Contract | None, emaid: Emaid, vehicle: Vehicle, term: Term
    ) -> tuple[PathCertificate, KeyAlgorithm]:
        require_active(contract, term, self.clock())
        require_same_vehicle(
            [pooled.data for pooled in self.pool.of_contract(emaid, None)], vehicle.pcid
        )
        self._require_signer(vehicle.schema)
        return self._recipient(vehicle)

    def vehicle(self, pcid: Pcid, schema: Schema) -> Vehicle:
        """Return a published vehicle whose certificate verifies now.

        Raises NOT_FOUND `vehicle_unknown`, INVALID `vehicle_certificate_invalid`.
        """
        vehicle = self.vehicles.find(pcid, schema)
        if vehicle is None:
            raise vehicle_unknown()
        chain = (vehicle.certificate, *vehicle.sub_certificates)
        verdict = self.validate(chain, CertificateRole.OEM_PROVISIONING, self.clock())
        if not verdict.valid:
            reasons = {reason.code: reason.detail for reason in verdict.reasons}
            raise ServiceError(
                Kind.INVALID,
                "vehicle_certificate_invalid",
                "the vehicle's provisioning certificate does not verify now; its manufacturer has "
                "to publish another",
                reasons,
            )
        return vehicle

    def _require_signer(self, schema: Schema) -> None:
        if not self.signers(schema).newest:
            raise no_signer(schema)

    def _recipient(self, vehicle: Vehicle) -> tuple[PathCertificate, KeyAlgorithm]:
        """Return the vehicle's certificate and the type of its key: the contract's, too."""
        recipient = readable(vehicle.certificate)
        suite = suite_of_key(recipient.public_key)
        if suite is None or suite not in SUITES[vehicle.schema]:
            raise ServiceError(
                Kind.INVALID,
                "vehicle_key_unsuitable",
                f"the vehicle's key is of no type that {vehicle.schema} has",
            )
        if suite.key_algorithm is KeyAlgorithm.ED448 and not self.experimental:
            raise ServiceError(
                Kind.INVALID,
                "key_transport_experimental",
                "key transport for Ed448 is experimental; the operator of this service has to "
                "allow it",
            )
        return recipient, suite.key_algorithm

    def _issue_request(
        self,
        contract: Contract | None,
        emaid: Emaid,
        schema: Schema,
        key: SigningKey,
        term: Term,
        now: datetime,
    ) -> IssueRequest:
        ends = term.ends or (None if contract is None else contract.valid_until)
        public = key.public_key()
        suite = suite_of_key(public)
        assert suite is not None  # noqa: S101 - it was made of a suite's type
        return IssueRequest(
            issuer=self.issuer + slot_suffix(Edition(schema.value), suite.key_algorithm),
            role=CertificateRole.CONTRACT,
            common_name=emaid.canonical,
            subject_id=emaid.key,
            owner=emaid.provider_id,
            organization=None,
            csr=None,
            public_key=public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            not_before=None,
            lifetime=self.lifetime if ends is None else min(self.lifetime, ends - now),
        )

    def _answers(
        self,
        emaid: Emaid,
        schema: Schema,
        vehicle: PathCertificate,
        key: SigningKey,
        issued: IssuedCertificate,
        now: datetime,
    ) -> Sequence[PreparedAnswer]:
        action = InstallationAction.INSTALL
        answers = list(self._wrapped(action, emaid, schema, key, issued, vehicle))
        if schema is Schema.ISO15118_2:
            action = InstallationAction.UPDATE
            for certificate in self._updated(emaid, now):
                answers += self._wrapped(action, emaid, schema, key, issued, certificate)
        return answers

    def _updated(self, emaid: Emaid, now: datetime) -> list[PathCertificate]:
        """Return the contract's certificates whose holders may ask for the next one."""
        standing = [
            readable(certificate.certificate)
            for certificate in self.contracts.certificates(emaid)
            if certificate.not_after > now
        ]
        p256 = KeyAlgorithm.P256
        return [
            certificate
            for certificate in standing
            if (suite := suite_of_key(certificate.public_key)) and suite.key_algorithm is p256
        ][:_UPDATED_CERTIFICATES]

    def _wrapped(
        self,
        action: InstallationAction,
        emaid: Emaid,
        schema: Schema,
        key: SigningKey,
        issued: IssuedCertificate,
        recipient: PathCertificate,
    ) -> Iterator[PreparedAnswer]:
        """Wrap the key once and sign for every V2G root."""
        contract = readable(issued.certificate)
        wrapped = wrap_for(key, contract, recipient, experimental=self.experimental)
        if isinstance(wrapped, Refused):
            raise ServiceError(Kind.INVALID, wrapped.code, wrapped.detail)
        for signer in self.signers(schema).newest.values():
            try:
                message = prepare(
                    schema, action, issued.chain, wrapped, named_in_message(emaid), signer
                )
            except ExiError as failure:
                raise ServiceError(Kind.INVALID, failure.code, failure.detail) from failure
            yield PreparedAnswer(
                action,
                key_fingerprint(recipient),
                signer.fingerprint,
                signer.root_fingerprint,
                message,
            )


def named_in_message(emaid: Emaid) -> str:
    """Return the EMAID as ISO 15118-2 carries it, 14 or 15 characters: a DIN id in its ISO form."""
    return emaid.canonical if len(emaid.canonical) in {14, 15} else emaid.key


def vehicle_unknown() -> ServiceError:
    """Return the NOT_FOUND that a vehicle meets which nobody published."""
    return ServiceError(
        Kind.NOT_FOUND,
        "vehicle_unknown",
        "no provisioning certificate with this PCID is published for this schema; ask the "
        "vehicle's manufacturer",
    )


def no_signer(schema: Schema) -> ServiceError:
    """Return the CONFLICT where there is no CPS leaf to sign with."""
    return ServiceError(
        Kind.CONFLICT,
        "no_cps_signer",
        f"there is no Prov Sub-CA 2 of {schema} to sign contract data below; make one with "
        "`evtrust ca create`, and wait for its signer",
    )


def readable(der: bytes) -> PathCertificate:
    """Return a certificate that was judged before as validation reads it."""
    read = read_certificate(der)
    if isinstance(read, Reason):
        raise ServiceError(Kind.INVALID, read.code, read.detail)
    return read


def _certificate(issued: IssuedCertificate) -> ContractCertificate:
    leaf, issuer_certificate, *upper = issued.chain
    return ContractCertificate(
        fingerprint=issued.fingerprint,
        serial=issued.serial,
        certificate=leaf,
        issuer_certificate=issuer_certificate,
        not_before=issued.not_before,
        not_after=issued.not_after,
        upper_chain=tuple(upper),
    )
