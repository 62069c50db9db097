"""The certificate authorities wired over a real database, for tests."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from foundation.database import Database
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole, Principal
from foundation.sealing import Sealer
from pki.keys.sealed import SealedKeyStore, generate_key
from pki.model.authority import Authority
from pki.model.build import Publication
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.operations.certifying import Issuers, ThrowawayKeys
from pki.operations.create_hierarchy import CreateHierarchy, HierarchyRequest
from pki.operations.found import AfterCreate, FoundAuthorities
from pki.operations.import_authority import ImportAuthorityCertificate, ImportAuthorityKey
from pki.operations.issue import IssueCertificate, IssueRequest
from pki.operations.list_authorities import ListAuthorities, ShowAuthority
from pki.operations.ports import KeyStore, RandomBits
from pki.operations.request_certificate import RequestCertificate
from pki.operations.rollover import RolloverAuthority
from pki.profiles.loader import load_profiles
from pki.store.issuance import SqlIssuanceLog
from pki.store.keys import SqlSealedKeyRows
from pki.store.unit_of_work import SqlAuthorityDirectory, unit_of_work_opener
from tests.databases import OUTBOX

ADMIN = LOCAL_ADMINISTRATOR
MO = Principal("mo", frozenset({ClientRole.MO}), provider_ids=frozenset({"DEABC"}))
OEM = Principal("oem", frozenset({ClientRole.OEM}), wmis=frozenset({"WP0"}))
CPO = Principal("cpo", frozenset({ClientRole.CPO}), operator_ids=frozenset({"DEABC"}))

SEALER = Sealer(bytes(range(32)))
PUBLIC_URL = "http://pki.evtrust.example"

LEAVES: dict[CertificateRole, tuple[str, str, str, str]] = {
    # role: slot, common name, look-up key, owner
    CertificateRole.CONTRACT: ("mo-sub2", "DEABCC12345678", "DEABCC12345678", "DEABC"),
    CertificateRole.SECC_LEAF: ("cpo-sub2", "DE*ABC*E1234", "DEABCE1234", "DEABC"),
    CertificateRole.CHARGING_STATION: ("cpo-sub2", "CS-1", "CS-1", "DEABC"),
    CertificateRole.OEM_PROVISIONING: ("oem-sub2", "WP0ABCDEFGH123456", "WP0ABCDEFGH123456", "WP0"),
    CertificateRole.VEHICLE_LEAF: ("oem-sub2", "WP0ABCDEFGH123456", "WP0ABCDEFGH123456", "WP0"),
    CertificateRole.CPS_LEAF: ("cps-sub2", "evtrust CPS", "evtrust CPS", "evtrust"),
    CertificateRole.OCSP_SIGNER: ("mo-sub2", "mo-sub2 OCSP", "mo-sub2 OCSP", "evtrust"),
}


@dataclass
class House:
    """Everything that wiring builds, with the clock and the randomness passed in."""

    database: Database
    clock: Callable[[], datetime]
    publication: Publication = field(default_factory=lambda: Publication(PUBLIC_URL))
    random_bits: RandomBits = secrets.randbits
    after_create: Sequence[AfterCreate] = ()
    allow_offline: bool = True

    def __post_init__(self) -> None:
        self.profiles = load_profiles()
        self.directory = SqlAuthorityDirectory(self.database)
        self.issuers = Issuers(self.directory)
        self.keys: KeyStore = SealedKeyStore(
            SqlSealedKeyRows(self.database), SEALER, self.clock, self.allow_offline
        )
        self.throwaway = ThrowawayKeys(generate_key)
        self.open_unit_of_work = unit_of_work_opener(self.database, OUTBOX)
        self.log = SqlIssuanceLog(self.database, OUTBOX)

    @property
    def issue(self) -> IssueCertificate:
        return IssueCertificate(
            self.profiles,
            self.issuers,
            self.keys,
            self.log,
            self.throwaway,
            self.random_bits,
            self.publication,
            self.clock,
        )

    @property
    def found(self) -> FoundAuthorities:
        return FoundAuthorities(
            self.profiles,
            self.issuers,
            self.keys,
            self.open_unit_of_work,
            self.throwaway,
            self.random_bits,
            self.publication,
            self.clock,
            self.after_create,
        )

    @property
    def create_hierarchy(self) -> CreateHierarchy:
        return CreateHierarchy(self.found, self.directory)

    @property
    def rollover(self) -> RolloverAuthority:
        return RolloverAuthority(self.found, self.directory)

    @property
    def request_certificate(self) -> RequestCertificate:
        return RequestCertificate(
            self.profiles, self.directory, self.keys, self.open_unit_of_work, self.clock
        )

    @property
    def import_certificate(self) -> ImportAuthorityCertificate:
        return ImportAuthorityCertificate(
            self.profiles,
            self.directory,
            self.keys,
            self.open_unit_of_work,
            self.clock,
            self.after_create,
        )

    @property
    def import_key(self) -> ImportAuthorityKey:
        return ImportAuthorityKey(
            self.profiles,
            self.directory,
            self.keys,
            self.open_unit_of_work,
            self.clock,
            self.after_create,
        )

    @property
    def list_authorities(self) -> ListAuthorities:
        return ListAuthorities(self.directory, self.clock)

    @property
    def show_authority(self) -> ShowAuthority:
        return ShowAuthority(self.directory)

    def create(
        self,
        edition: Edition = Edition.ISO15118_2,
        algorithm: KeyAlgorithm = KeyAlgorithm.P256,
    ) -> tuple[Authority, ...]:
        request = HierarchyRequest(edition, algorithm, "Example Charging", "DE")
        return self.create_hierarchy(ADMIN, request)


def leaf_request(
    role: CertificateRole = CertificateRole.CONTRACT,
    *,
    suffix: str = "",
    algorithm: KeyAlgorithm = KeyAlgorithm.P256,
    **changes: object,
) -> IssueRequest:
    """A request for a leaf, of a fresh key; `suffix` is the hierarchy's (`-20-p521`)."""
    slot, common_name, subject_id, owner = LEAVES[role]
    request = {
        "issuer": slot + suffix,
        "role": role,
        "common_name": common_name,
        "subject_id": subject_id,
        "owner": owner,
        "organization": None,
        "csr": None if "public_key" in changes else csr(algorithm),
        "public_key": None,
        "not_before": None,
        "lifetime": None,
        **changes,
    }
    return IssueRequest(**request)  # type: ignore[arg-type] # a dict of every field


def csr(
    algorithm: KeyAlgorithm = KeyAlgorithm.P256,
    *,
    common_name: str = "whatever",
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
) -> bytes:
    """A DER PKCS#10 of a fresh key."""
    key = generate_key(algorithm)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    if isinstance(key, ed448.Ed448PrivateKey):
        return builder.sign(key, None).public_bytes(Encoding.DER)
    strength = SHA256() if algorithm is KeyAlgorithm.P256 else SHA512()
    return builder.sign(key, strength).public_bytes(Encoding.DER)


def spki(key: ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
