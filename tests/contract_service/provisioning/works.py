"""Provisioning on a real database: authorities, CPS leaves, the pool; vehicles that hold keys."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contract_service.model.contract_delivery import wrapped_key_of
from contract_service.model.cps_signer import CpsSigner
from contract_service.model.exi_signature import sign_elements
from contract_service.model.key_transport import unwrap_contract_key
from contract_service.model.signature_suite import SigningKey
from contract_service.model.signed_message import verify_message
from contract_service.model.vehicle import Vehicle
from contract_service.operations.choose_answer import ChooseAnswer, KnownRoots
from contract_service.operations.cps_signers import FindSigners, IssueCpsSigner, RenewCpsSigners
from contract_service.operations.install import (
    InstallationAction,
    InstallationRequest,
    InstallContract,
)
from contract_service.operations.installation_limits import InstallationLimit, InstallationLimits
from contract_service.operations.pool_contract_data import PoolContractData
from contract_service.operations.provision import ProvisionContract, ProvisioningRequest
from contract_service.operations.suspend import SuspendContract
from contract_service.operations.terminate import TerminateContract
from contract_service.operations.update import FindUpdate
from contract_service.store.contract_pool import SqlContractPool
from contract_service.store.contract_pool_work import SqlPoolUnitsOfWork
from contract_service.store.contracts import SqlContractReader, SqlUnitsOfWork
from contract_service.store.cps_signers import SqlSignerRows
from contract_service.store.installations import SqlInstallationLog
from exi import Message, Schema, decode, encode
from exi.messages import iso15118_2, iso15118_20
from exi.messages.xmldsig import X509IssuerSerial
from foundation.database import Database
from foundation.errors import Refused
from foundation.identifiers import Pcid
from foundation.outbox import outbox
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole, Principal
from foundation.time_ordered import TimeOrderedIds
from pki.keys.sealed import generate_key
from pki.model.certificate_reference import BySerial
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm, RevocationReason
from pki.operations.revoke import Revoke
from pki.operations.validate import ValidateChain
from pki.profiles.tolerances import load_tolerance_policies
from pki.store.anchors import StoredAnchors
from pki.store.revocation_evidence import OwnRecords
from pki.store.status import open_status_unit_of_work
from tests.databases import OUTBOX
from tests.pki.issuing.house import House, leaf_request, spki

PROVIDER = Principal("emp-abc", frozenset({ClientRole.MO}), frozenset({"DEABC"}))
STRANGER = Principal("emp-xyz", frozenset({ClientRole.MO}), frozenset({"DEXYZ"}))
OPERATOR = Principal("cpo", frozenset({ClientRole.CPO}), operator_ids=frozenset({"DEABC"}))
MAKER = Principal("oem", frozenset({ClientRole.OEM}), wmis=frozenset({"WP0"}))

EMAID = "DEABCC12345678"
PCID = "WP0ABCDEFGH1234567"
SESSION = bytes.fromhex("A1B2C3D4E5F60718")
SUFFIXES = {KeyAlgorithm.P256: "", KeyAlgorithm.P521: "-20-p521", KeyAlgorithm.ED448: "-20-ed448"}


@dataclass(frozen=True)
class Car:
    """A vehicle with its private key, which is nowhere else."""

    key: SigningKey
    published: Vehicle

    @property
    def certificate(self) -> bytes:
        return self.published.certificate


@dataclass
class Vehicles:
    """`VehicleDirectory` in memory."""

    published: dict[tuple[str, Schema], Vehicle] = field(default_factory=dict)

    def find(self, pcid: Pcid, schema: Schema) -> Vehicle | None:
        return self.published.get((pcid.key, schema))


class Works:
    """Everything that wiring builds for provisioning and installation."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database = database
        self.now = now
        self.house = House(database, self.clock)
        self.vehicles = Vehicles()
        self.limit = InstallationLimit()
        self.revoke = Revoke(open_status_unit_of_work(database, OUTBOX), self.clock)
        self.pool = SqlContractPool(database)
        self.contracts = SqlContractReader(database)
        self.units = SqlUnitsOfWork(database, OUTBOX)
        self.pool_units = SqlPoolUnitsOfWork(database, OUTBOX)
        self.log = SqlInstallationLog(database, OUTBOX)
        self.signer_rows = SqlSignerRows(database)
        self.suspend = SuspendContract(self.units, self.clock)
        self.terminate = TerminateContract(self.units, self.contracts, self.revoke, self.clock)
        self.experimental = False
        self.refresh()

    def clock(self) -> datetime:
        return self.now

    def refresh(self) -> None:
        """Forget what was remembered for half a second, as a new process does."""
        self.anchors = StoredAnchors(self.database)
        self.validate = ValidateChain(
            self.anchors,
            (OwnRecords(self.database),),
            self.house.profiles,
            load_tolerance_policies(),
        )
        self.signers = FindSigners(self.signer_rows, self.house.keys, self.validate, self.clock)
        self.limits = InstallationLimits(self.limit)

    @property
    def store(self) -> PoolContractData:
        return PoolContractData(self.pool_units, self.clock)

    @property
    def provision(self) -> ProvisionContract:
        return ProvisionContract(
            self.vehicles,
            self.contracts,
            self.pool,
            self.store,
            self.house.issue,
            self.revoke,
            self.validate,
            self.signers,
            generate_key,
            self.clock,
            issuer="mo-sub2",
            lifetime=timedelta(days=365),
            experimental=self.experimental,
        )

    @property
    def choose(self) -> ChooseAnswer:
        return ChooseAnswer(
            self.pool, self.signers, KnownRoots(self.anchors), self.validate, self.clock
        )

    @property
    def install(self) -> InstallContract:
        return InstallContract(
            self.vehicles,
            self.pool,
            self.choose,
            FindUpdate(self.contracts, self.pool, self.vehicles, self.provision),
            self.validate,
            self.log,
            self.limits,
            TimeOrderedIds(),
            self.clock,
        )

    def found(self, algorithm: KeyAlgorithm = KeyAlgorithm.P256) -> "Works":
        """Make a hierarchy with its CPS leaf."""
        edition = Edition.ISO15118_2 if algorithm is KeyAlgorithm.P256 else Edition.ISO15118_20
        self.house.create(edition, algorithm)
        self.renew_signers()
        self.refresh()
        return self

    def renew_signers(self) -> None:
        issue = IssueCpsSigner(self.house.keys, self.house.issue, self.signer_rows, self.clock)
        RenewCpsSigners(self.house.directory, self.signer_rows, issue)(self.now)

    def car(
        self,
        pcid: str = PCID,
        algorithm: KeyAlgorithm = KeyAlgorithm.P256,
        *,
        publish: bool = True,
        lifetime: timedelta | None = None,
    ) -> Car:
        """Make a vehicle whose certificate our OEM Sub-CA 2 issues, and publish it."""
        key = generate_key(algorithm)
        issued = self.house.issue(
            LOCAL_ADMINISTRATOR,
            leaf_request(
                CertificateRole.OEM_PROVISIONING,
                suffix=SUFFIXES[algorithm],
                public_key=spki(key),
                common_name=pcid,
                subject_id=pcid.upper(),
                lifetime=lifetime,
            ),
        )
        schema = Schema.ISO15118_2 if algorithm is KeyAlgorithm.P256 else Schema.ISO15118_20
        assert issued.root is not None
        car = Car(
            key,
            Vehicle(
                pcid=Pcid.parse(pcid),
                schema=schema,
                certificate=issued.certificate,
                sub_certificates=issued.chain[1:],
                root_fingerprint=hashlib.sha256(issued.root).hexdigest(),
                client_id="oem",
                not_before=issued.not_before,
                not_after=issued.not_after,
                published_at=self.now,
            ),
        )
        if publish:
            self.publish(car)
        return car

    def publish(self, car: Car) -> None:
        self.vehicles.published[car.published.pcid.key, car.published.schema] = car.published

    def provisioned(self, car: Car, emaid: str = EMAID, **term: Any) -> Any:
        """Provision a contract for a car and return what stands in the pool."""
        published = car.published
        return self.provision(
            PROVIDER, ProvisioningRequest(emaid, published.pcid.value, published.schema, **term)
        )

    def root_ids(self, schema: Schema = Schema.ISO15118_2) -> tuple[X509IssuerSerial, ...]:
        """The V2G roots of our own that a vehicle would list."""
        return tuple(root_id(one.certificate.root) for one in self.signers(schema).newest.values())

    def ask(self, car: Car, message: Message | bytes | None = None, **changes: Any) -> Any:
        """Ask for the car's contract as a station of the operator does."""
        message = request(self, car) if message is None else message
        exi = message if isinstance(message, bytes) else encode(message)
        asked = InstallationRequest(exi, car.published.schema, InstallationAction.INSTALL)
        return self.install(OPERATOR, replace(asked, **changes))

    def events(self) -> list[str]:
        with self.database.read() as connection:
            return [row.type for row in connection.execute(sa.select(outbox.c.type))]

    def revoke_certificate(self, der: bytes, issuer: str) -> None:
        serial = x509.load_der_x509_certificate(der).serial_number
        self.revoke(
            LOCAL_ADMINISTRATOR, BySerial(issuer, f"{serial:X}"), RevocationReason.KEY_COMPROMISE
        )
        self.refresh()


def root_id(root: bytes) -> X509IssuerSerial:
    read = x509.load_der_x509_certificate(root)
    return X509IssuerSerial(
        issuer_name=read.subject.rfc4514_string(), serial_number=read.serial_number
    )


def request(
    works: Works,
    car: Car,
    *,
    key: SigningKey | None = None,
    roots: Sequence[X509IssuerSerial] | None = None,
    maximum: int = 3,
    prioritized: Iterable[str] = (),
    session: bytes = SESSION,
    timestamp: int = 1,
) -> Message:
    """A request as the car sends it, signed by its key (or by another's)."""
    published = car.published
    listed = works.root_ids(published.schema) if roots is None else tuple(roots)
    signer = key or car.key
    if published.schema is Schema.ISO15118_2:
        body = iso15118_2.CertificateInstallationReq(
            id="id1",
            oem_provisioning_certificate=published.certificate,
            root_certificate_ids=listed,
        )
        return iso15118_2.V2GMessage(
            header=iso15118_2.Header(session_id=session, signature=sign_elements([body], signer)),
            body=body,
        )
    chain = iso15118_20.OEMProvisioningCertificateChain(
        id="id1",
        certificate=published.certificate,
        sub_certificates=published.sub_certificates,
    )
    return iso15118_20.CertificateInstallationReq(
        header=iso15118_20.Header(
            session_id=session, timestamp=timestamp, signature=sign_elements([chain], signer)
        ),
        oem_provisioning_chain=chain,
        root_certificate_ids=listed,
        maximum_contract_chains=maximum,
        prioritized_emaids=tuple(prioritized),
    )


def update_request(works: Works, chain: Sequence[bytes], key: SigningKey, emaid: str) -> Message:
    """A CertificateUpdateReq, signed by the contract's present key."""
    leaf, *subs = chain
    body = iso15118_2.CertificateUpdateReq(
        id="id1",
        contract_chain=iso15118_2.CertificateChain(certificate=leaf, sub_certificates=tuple(subs)),
        emaid=emaid,
        root_certificate_ids=works.root_ids(),
    )
    return iso15118_2.V2GMessage(
        header=iso15118_2.Header(session_id=SESSION, signature=sign_elements([body], key)),
        body=body,
    )


def delivered(answer: bytes, schema: Schema, key: SigningKey, certificate: bytes) -> Any:
    """Do what the vehicle does: verify the CPS signature, unwrap, match with the certificate.

    Returns the contract's private key and chain.
    """
    message = decode(answer, schema)
    assert verify_message(message).valid
    delivery: Any = message.body if isinstance(message, iso15118_2.V2GMessage) else message
    if isinstance(delivery, iso15118_20.CertificateInstallationRes):
        delivery = delivery.signed_installation_data
    chain = (delivery.contract_chain.certificate, *delivery.contract_chain.sub_certificates)
    wrapped = wrapped_key_of(delivery)
    assert not isinstance(wrapped, Refused), wrapped
    unwrapped = unwrap_contract_key(wrapped, key, certificate, chain[0])
    assert not isinstance(unwrapped, Refused), unwrapped
    return unwrapped, chain


def session_of(answer: bytes, schema: Schema) -> bytes:
    return decode(answer, schema).header.session_id


def code_of(answer: bytes, schema: Schema) -> str:
    message: Any = decode(answer, schema)
    body: Any = getattr(message, "body", message)
    return str(body.response_code)


def new_pcid() -> str:
    return "WP0" + secrets.token_hex(8)[:14].upper() + "X"


def signer_of(works: Works, schema: Schema = Schema.ISO15118_2) -> CpsSigner:
    (signer,) = works.signers(schema).newest.values()
    return signer


def public_octets(key: Any) -> bytes:
    octets: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return octets
