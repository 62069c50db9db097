"""Sign contract data of a provider with an authority of its own (OPCP: Sign Contract Data)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contract_service.model.contract import ContractCertificate
from contract_service.model.contract_data import (
    InstallationAction,
    Origin,
    PreparedAnswer,
    key_fingerprint,
)
from contract_service.model.cps_signer import CpsSigner, SignerCertificate
from contract_service.model.offered_data import OfferedData, check_offered, wrapped_as_offered
from contract_service.model.prepared_answer import prepare
from contract_service.model.root_pool import is_root_reference, names_root
from contract_service.model.vehicle import Vehicle, VehicleDirectory
from contract_service.model.wrapped_key import TransportCurve, curve_of
from contract_service.operations.access import not_your_provider, owned_emaid
from contract_service.operations.cps_ports import FindSigners, ValidateChain
from contract_service.operations.pool_contract_data import NewContractData, PoolContractData, Term
from contract_service.operations.provision import (
    named_in_message,
    no_signer,
    readable,
    vehicle_unknown,
)
from exi import ExiError, Schema
from foundation.clock import Clock
from foundation.errors import Kind, Refused, ServiceError
from foundation.identifiers import Emaid, Pcid
from foundation.principal import ClientRole, Principal
from pki.model.roles import CertificateRole
from pki.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class ContractDataToSign:
    """A provider's contract data: chain as DER, leaf first, without root; the key as wrapped.

    Without `pcid` they are signed and not kept. `root` names the V2G root below which the answer
    that is returned is signed, by SHA-256 or id; whatever is kept is signed below each.
    """

    schema: Schema
    chain: tuple[bytes, ...]
    encrypted_private_key: bytes
    dh_public_key: bytes
    emaid: str | None = field(default=None, repr=False)
    pcid: str | None = field(default=None, repr=False)
    root: str | None = None


@dataclass(frozen=True, slots=True)
class SignedContractData:
    """Contract data signed below one V2G root, as raw EXI without a session."""

    emaid: Emaid
    pcid: Pcid | None
    schema: Schema
    signer: SignerCertificate
    message: bytes


@dataclass(frozen=True, slots=True)
class SignContractData:
    """Checks contract data as far as can be seen, signs them and, for a vehicle, pools them."""

    vehicles: VehicleDirectory
    store: PoolContractData
    validate: ValidateChain
    signers: FindSigners
    clock: Clock
    experimental: bool = False

    def __call__(self, principal: Principal, request: ContractDataToSign) -> SignedContractData:
        """Return what was signed; with a PCID it stands in the pool by then.

        Raises FORBIDDEN for another provider's EMAID, INVALID for parts that do not belong
        together or a chain that does not verify now, revocation included, NOT_FOUND
        `vehicle_unknown`, CONFLICT as pooling does, `no_cps_signer` and `root_not_signed_below`.
        """
        principal.require_role(ClientRole.MO)
        if request.emaid is not None:
            owned_emaid(principal, request.emaid)
        offered = self._check(request)
        if not principal.acts_for_provider(offered.emaid.provider_id):
            raise not_your_provider()
        now = self.clock()
        judge_contract_chain(self.validate, offered.chain, now)
        vehicle = None
        if request.pcid is not None:
            vehicle = published_vehicle(self.vehicles, Pcid.parse(request.pcid), offered)
        signers = list(self.signers(request.schema).newest.values())
        wanted = _wanted(signers, request)
        answers = {
            signer.fingerprint: self._signed(offered, signer)
            for signer in (signers if vehicle is not None else [wanted])
        }
        if vehicle is not None:
            self.store(principal, pooled(offered, vehicle, Origin.SIGNED, list(answers.values())))
        return SignedContractData(
            offered.emaid,
            None if vehicle is None else vehicle.pcid,
            request.schema,
            wanted.certificate,
            answers[wanted.fingerprint].message,
        )

    def _check(self, request: ContractDataToSign) -> OfferedData:
        emaid = None if request.emaid is None else Emaid.parse(request.emaid)
        key = wrapped_as_offered(
            request.schema, request.chain, request.encrypted_private_key, request.dh_public_key
        )
        if isinstance(key, Refused):
            raise invalid(key)
        require_allowed(key.curve, experimental=self.experimental)
        offered = check_offered(request.schema, request.chain, key, emaid)
        if isinstance(offered, Refused):
            raise invalid(offered)
        return offered

    def _signed(self, offered: OfferedData, signer: CpsSigner) -> PreparedAnswer:
        try:
            message = prepare(
                offered.schema,
                InstallationAction.INSTALL,
                offered.chain,
                offered.key,
                named_in_message(offered.emaid),
                signer,
            )
        except ExiError as failure:
            raise ServiceError(Kind.INVALID, failure.code, failure.detail) from failure
        return PreparedAnswer(
            InstallationAction.INSTALL, "", signer.fingerprint, signer.root_fingerprint, message
        )


def pooled(
    offered: OfferedData, vehicle: Vehicle, origin: Origin, answers: Sequence[PreparedAnswer]
) -> NewContractData:
    """Return what to pool of data that were checked, for a vehicle whose key they are wrapped for.

    The contract's term is left open: a certificate that ends is no contract that does.
    """
    recipient = key_fingerprint(readable(vehicle.certificate))
    leaf, issuer, *upper = offered.chain
    certificate = ContractCertificate(
        fingerprint=offered.leaf.fingerprint,
        serial=f"{offered.leaf.serial_number:X}",
        certificate=leaf,
        issuer_certificate=issuer,
        not_before=offered.leaf.not_before,
        not_after=offered.leaf.not_after,
        upper_chain=tuple(upper),
    )
    return NewContractData(
        emaid=offered.emaid,
        pcid=vehicle.pcid,
        schema=offered.schema,
        certificate=certificate,
        issuer=None,
        recipient_key=recipient,
        origin=origin,
        term=Term(),
        answers=[
            PreparedAnswer(one.action, recipient, one.signer, one.root, one.message)
            for one in answers
        ],
    )


def judge_contract_chain(validate: ValidateChain, chain: Sequence[bytes], now: datetime) -> Verdict:
    """Return the verdict on a contract's chain; raise INVALID unless it stands now."""
    verdict = validate(chain, CertificateRole.CONTRACT, now)
    judged = verdict.leaf_fingerprint == hashlib.sha256(chain[0]).hexdigest()
    if not verdict.valid or not judged:
        raise ServiceError(
            Kind.INVALID,
            "contract_chain_invalid",
            "the contract's chain does not verify now; see fields",
            {reason.code: reason.detail for reason in verdict.reasons},
        )
    return verdict


def published_vehicle(vehicles: VehicleDirectory, pcid: Pcid, offered: OfferedData) -> Vehicle:
    """Return the vehicle; raise NOT_FOUND, or INVALID where its key is on another curve."""
    vehicle = vehicles.find(pcid, offered.schema)
    if vehicle is None:
        raise vehicle_unknown()
    if curve_of(readable(vehicle.certificate).public_key) is not offered.key.curve:
        raise ServiceError(
            Kind.INVALID,
            "key_transport_curves_differ",
            "the key is wrapped on another curve than the vehicle's key",
        )
    return vehicle


def require_allowed(curve: TransportCurve, *, experimental: bool) -> None:
    """Raise INVALID for key transport that is experimental, unless it is allowed."""
    if curve is TransportCurve.X448 and not experimental:
        raise ServiceError(
            Kind.INVALID,
            "key_transport_experimental",
            "key transport for Ed448 is experimental; the operator of this service has to allow it",
        )


def invalid(refused: Refused) -> ServiceError:
    """Return a refusal as the error that ends a request."""
    return ServiceError(Kind.INVALID, refused.code, refused.detail, refused.fields)


def _wanted(signers: Sequence[CpsSigner], request: ContractDataToSign) -> CpsSigner:
    if not signers:
        raise no_signer(request.schema)
    if request.root is None:
        return signers[0]
    if is_root_reference(request.root):
        for signer in signers:
            if names_root(request.root, signer.root_fingerprint):
                return signer
    raise ServiceError(
        Kind.CONFLICT,
        "root_not_signed_below",
        "there is no CPS leaf below this V2G root; `GET /cps/signer` lists those that there are",
    )
