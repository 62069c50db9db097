"""The decision over real validation and real contracts: a foreign provider's and Hubject's PKI."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509

from authorization.model.certificate_hash import HashAlgorithm, hash_certificate
from authorization.model.claim import CertificateClaim, Claim
from authorization.model.decision import Decision
from authorization.operations.authorize import Authorize
from authorization.operations.find_limits import AllLimits
from authorization.operations.remember_certificate import RememberCertificate
from contract_service.model.contract import ContractCertificate
from contract_service.store.contracts import SqlContractCertificates, SqlContractReader
from foundation.database import Database
from foundation.identifiers import Emaid
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.path_anchor import RevocationPolicy
from pki.model.roles import CertificateRole, CertificateStatus
from tests.authorization.fakes import ADMIN, CPO, NOW, World
from tests.contract_service.assembly import Contracts
from tests.databases import OUTBOX
from tests.pki.validation.assembly import Records, anchor, validator
from tests.pki.validation.vectors import HUBJECT_TIME, foreign, hubject

EMAID = Emaid.parse("DEOLD123456789")  # the foreign leaf's common name
CHAIN = tuple(foreign(name) for name in ("contractLeaf", "moSubCA2", "moSubCA1"))
LEAF = x509.load_der_x509_certificate(CHAIN[0])


@dataclass
class Scene:
    """Real validation below the foreign root, real contracts and certificates on record."""

    contracts: Contracts
    records: Records
    remember: RememberCertificate
    authorize: Authorize

    def ask(self, chain: Sequence[bytes] = (), *, hashed: bytes | None = None) -> Decision:
        claim = CertificateClaim(EMAID, tuple(chain)) if chain else hash_claim(hashed or CHAIN[0])
        decision = self.authorize(CPO, Claim(claim, "CS-1"))
        self.remember.drain()
        assert all("DEOLD" not in reason.detail for reason in decision.reasons)
        return decision


def hash_claim(leaf: bytes) -> CertificateClaim:
    made = x509.load_der_x509_certificate(leaf)
    certificate = ContractCertificate("", f"{made.serial_number:X}", leaf, CHAIN[1], NOW, NOW)
    return CertificateClaim(EMAID, hashes=(hash_certificate(certificate, HashAlgorithm.SHA256),))


@pytest.fixture
def scene(database: Database, clock: Callable[[], datetime]) -> Scene:
    contracts = Contracts(database, clock())
    contracts.create(LOCAL_ADMINISTRATOR, EMAID.canonical, None)
    records = Records()
    root = anchor(foreign("moRootCA"), CertificateRole.MO_ROOT, revocation=RevocationPolicy.HARD)
    remember = RememberCertificate(
        contracts.record_foreign, SqlContractCertificates(database, OUTBOX).is_recorded
    )
    authorize = replace(
        World().authorize,
        contracts=contracts.find,
        find=AllLimits(database.fetch_together, SqlContractReader(database).lookup),
        validate=validator(root, evidence=[records]),
        remember=remember,
    )
    return Scene(contracts, records, remember, authorize)


def test_a_foreign_chain_and_then_its_hashes(scene: Scene) -> None:
    """A foreign chain's hashes count only after that chain was once validated here."""
    before = scene.ask()
    assert (before.outcome, before.certificate_status) == ("invalid", "CertChainError")
    presented = scene.ask((CHAIN[2], foreign("moRootCA"), CHAIN[0], CHAIN[1]))
    assert (presented.outcome, presented.certificate_status) == ("accepted", "Accepted")
    [recorded] = scene.contracts.find.certificates(EMAID)
    assert recorded.chain == CHAIN
    hashed = scene.ask()
    assert (hashed.outcome, hashed.assurance) == ("accepted", "station_attested")
    assert scene.contracts.events().count("contract_certificate.recorded") == 1


def test_revocation_is_checked_again_for_hashes(scene: Scene) -> None:
    assert scene.ask(CHAIN).accepted
    assert scene.ask().accepted
    for status in (CertificateStatus.REVOKED, CertificateStatus.ON_HOLD):
        scene.records.statuses = {LEAF.serial_number: status}
        for answer in (scene.ask(CHAIN), scene.ask()):
            assert (answer.outcome, answer.certificate_status) == ("invalid", "CertificateRevoked")
    scene.records.statuses = {}
    assert scene.ask().accepted


def test_no_revocation_answer_under_hard_fail(scene: Scene) -> None:
    assert scene.ask(CHAIN).accepted
    scene.records.default = None
    for answer in (scene.ask(CHAIN), scene.ask()):
        assert (answer.outcome, answer.certificate_status) == ("invalid", "CertChainError")


def test_a_tolerated_want_of_revocation_answers_is_told(scene: Scene) -> None:
    root = anchor(foreign("moRootCA"), CertificateRole.MO_ROOT, revocation=RevocationPolicy.SOFT)
    scene.authorize = replace(scene.authorize, validate=validator(root))
    answer = scene.ask(CHAIN)
    assert answer.accepted
    assert "tolerance_used" in {reason.code for reason in answer.reasons}


def test_expiry_is_read_from_our_own_record(scene: Scene) -> None:
    assert scene.ask(CHAIN).accepted
    later = LEAF.not_valid_after_utc + timedelta(days=1)
    expired = scene.authorize(ADMIN, Claim(hash_claim(CHAIN[0]), "CS-1", at=later))
    assert (expired.outcome, expired.certificate_status) == ("expired", "CertificateExpired")


def test_a_changed_byte_of_the_signature(scene: Scene) -> None:
    forged = bytearray(CHAIN[0])
    forged[-1] ^= 1
    answer = scene.ask((bytes(forged), *CHAIN[1:]))
    assert (answer.outcome, answer.certificate_status) == ("invalid", "SignatureError")
    assert scene.contracts.find.certificates(EMAID) == ()


@pytest.mark.parametrize(
    "chain",
    [
        CHAIN[:1],
        (CHAIN[0], CHAIN[2]),
        CHAIN[1:],
        tuple(foreign(name) for name in ("oemLeaf", "oemSubCA2", "oemSubCA1")),
        (b"\x30\x03\x02\x01\x00", *CHAIN[1:]),
    ],
    ids=["no sub-CA", "no sub-CA 2", "a CA as leaf", "another role", "no certificate"],
)
def test_what_cannot_be_verified(scene: Scene, chain: tuple[bytes, ...]) -> None:
    answer = scene.ask(chain)
    assert (answer.outcome, answer.certificate_status) == ("invalid", "CertChainError")
    assert answer.reasons


def test_a_terminated_contract(scene: Scene) -> None:
    assert scene.ask(CHAIN).accepted
    scene.contracts.terminate(LOCAL_ADMINISTRATOR, EMAID.canonical)
    for answer in (scene.ask(CHAIN), scene.ask()):
        assert (answer.outcome, answer.certificate_status) == ("invalid", "ContractCancelled")


def test_hubjects_chain_at_its_time_names_its_own_emaid_only() -> None:
    """The real CN fails its own check digit, so all fifteen characters are the contract's key."""
    root = anchor(hubject("v2g_root_qa_g1"), CertificateRole.V2G_ROOT)
    chain = tuple(hubject(name) for name in ("contract", "mo_sub2", "mo_sub1"))
    world = World()
    authorize = replace(world.authorize, validate=validator(root))

    def ask(emaid: str, at: datetime) -> tuple[str, str | None]:
        claim = Claim(CertificateClaim(Emaid.parse(emaid), chain), "CS-1", at=at)
        decision = authorize(ADMIN, claim)
        return decision.outcome, decision.certificate_status

    assert ask("EMP99CQATEST001", HUBJECT_TIME) == ("unknown", "ContractCancelled")
    assert ask("EMP99CQATEST002", HUBJECT_TIME) == ("invalid", "CertChainError")
    assert ask("EMP99CQATEST001", NOW) == ("expired", "CertificateExpired")
