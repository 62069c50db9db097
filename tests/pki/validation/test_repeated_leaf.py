"""The short way for repeated issuers agrees with the whole way, and outlives nothing."""

import datetime as dt
import threading
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from pki.model.path_anchor import AnchorSet, RevocationPolicy
from pki.model.path_certificate import PathCertificate
from pki.model.roles import CertificateRole, CertificateStatus
from pki.model.verdict import Fault
from pki.operations.validate import IssuerPathMemory, ValidateChain
from tests.pki.validation.assembly import POLICIES, PROFILES, Records, anchor, validator
from tests.pki.validation.authorities import (
    AT,
    CONTRACT_USAGE,
    EMAID,
    START,
    Authority,
    certify,
    contract,
    hierarchy,
    name,
    ocsp_access,
)

ROLE = CertificateRole
H = hierarchy()
ROOT = anchor(H.root.der, ROLE.MO_ROOT, policy="strict")


class Spy(IssuerPathMemory):
    """Counts what was remembered: the whole way remembers after each acceptance."""

    def __init__(self, capacity: int = 512) -> None:
        super().__init__(capacity)
        self.remembered = 0

    def remember(self, *arguments: object) -> None:
        self.remembered += 1
        super().remember(*arguments)  # type: ignore[arg-type] # passed through


def test_leaves_below_one_issuer_go_the_whole_way_once() -> None:
    memory = Spy()
    validate = validator(ROOT, memory=memory)
    for i in range(5):
        leaf = contract(H.sub2, f"DEABCC0000000{i}")
        verdict = validate(H.with_leaf(leaf), ROLE.CONTRACT, AT)
        assert verdict.valid
        assert verdict == validator(ROOT)(H.with_leaf(leaf), ROLE.CONTRACT, AT)
    assert memory.remembered == 1
    assert validate([H.leaf.der, H.sub1.der, H.sub2.der], ROLE.CONTRACT, AT).valid
    assert memory.remembered == 1  # the order above the leaf does not matter


def test_another_role_is_another_way() -> None:
    validate = validator(ROOT)
    assert validate(H.chain, ROLE.CONTRACT, AT).valid
    assert not validate(H.chain, ROLE.OEM_PROVISIONING, AT).valid
    assert validate(H.chain, None, AT).valid


def test_a_changed_set_of_anchors_forgets() -> None:
    sets = [AnchorSet([ROOT])]
    validate = ValidateChain(lambda: sets[-1], (), PROFILES, POLICIES)
    assert validate(H.chain, ROLE.CONTRACT, AT).valid
    sets.append(AnchorSet([]))
    assert validate(H.chain, ROLE.CONTRACT, AT).fault is Fault.CHAIN


def test_a_remembered_way_ends_with_its_dates() -> None:
    sub2 = certify(
        name("MO Sub2 short"), H.sub1, ca=True, path_length=0, end=AT + dt.timedelta(days=1)
    )
    chain = [contract(sub2).der, sub2.der, H.sub1.der]
    validate = validator(ROOT)
    assert validate(chain, ROLE.CONTRACT, AT).valid
    late = validate(chain, ROLE.CONTRACT, AT + dt.timedelta(days=2))
    assert late.fault is Fault.EXPIRED
    early = validate(chain, ROLE.CONTRACT, START - dt.timedelta(days=1))
    assert early.fault is Fault.NOT_YET_VALID


def test_constraints_that_depend_on_the_leaf_are_never_remembered() -> None:
    permitted = x509.NameConstraints([x509.DirectoryName(x509.Name([]))], None)
    sub2 = certify(name("MO Sub2 nc"), H.sub1, ca=True, path_length=0, extra=[(permitted, True)])
    memory = Spy()
    validate = validator(ROOT, memory=memory)
    assert validate([contract(sub2).der, sub2.der, H.sub1.der], None, AT).valid
    assert memory.remembered == 0


def test_what_does_not_belong_to_the_path_is_not_remembered_with_it() -> None:
    memory = Spy()
    validate = validator(ROOT, memory=memory)
    stranger = certify(name("stranger"), ca=True)
    assert validate([*H.chain, stranger.der], ROLE.CONTRACT, AT).valid
    assert validate([H.sub2.der, H.leaf.der, H.sub1.der], ROLE.CONTRACT, AT).valid
    assert memory.remembered == 0
    assert validate([*H.chain, H.root.der, H.sub1.der], ROLE.CONTRACT, AT).valid
    assert memory.remembered == 1


def test_the_memory_is_bounded() -> None:
    memory = Spy(capacity=2)
    validate = validator(ROOT, memory=memory)
    for i in range(5):
        sub2 = certify(name(f"MO Sub2 {i}"), H.sub1, ca=True, path_length=0)
        assert validate([contract(sub2).der, sub2.der, H.sub1.der], ROLE.CONTRACT, AT).valid
    assert memory.remembered == 5
    assert len(memory._paths) <= 2


def test_revocation_is_asked_for_every_time_for_everything_below_the_anchor() -> None:
    records = Records()
    root = anchor(H.root.der, ROLE.MO_ROOT, policy="strict", revocation=RevocationPolicy.HARD)
    validate = validator(root, evidence=[records])
    for i in range(1, 4):
        assert validate(H.chain, ROLE.CONTRACT, AT).valid
        assert records.asked == 3 * i


def test_threads_share_one_validator() -> None:
    records = Records()
    root = anchor(H.root.der, ROLE.MO_ROOT, policy="strict", revocation=RevocationPolicy.HARD)
    validate = validator(root, evidence=[records], memory=IssuerPathMemory(1))
    other = hierarchy("other")
    outcomes: list[bool] = []

    def work(number: int) -> None:
        chain = H.chain if number % 2 else other.chain
        for _ in range(30):
            outcomes.append(validate(chain, ROLE.CONTRACT, AT).valid is bool(number % 2))  # noqa: PERF401 - shared among threads

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [True] * 180


USAGES = st.sampled_from(
    [
        CONTRACT_USAGE,
        frozenset(),
        frozenset({"digital_signature"}),
        CONTRACT_USAGE | {"key_cert_sign"},
    ]
)
OID = x509.ObjectIdentifier("1.3.6.1.4.1.55555.1")
EXTRAS: list[tuple[x509.ExtensionType, bool]] = [
    (x509.UnrecognizedExtension(OID, b"\x05\x00"), True),
    (x509.UnrecognizedExtension(OID, b"\x05\x00"), False),
    (x509.SubjectAlternativeName([x509.DNSName("a.example")]), False),
    (x509.SubjectAlternativeName([x509.DNSName("bad_name")]), False),
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
    (x509.CertificatePolicies([x509.PolicyInformation(OID, None)]), False),
    (x509.NameConstraints([x509.DNSName("example")], None), True),
    (x509.OCSPNoCheck(), False),
    (ocsp_access("http://second.test/"), True),
]
REMOVABLE: list[type[x509.ExtensionType]] = [
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.SubjectKeyIdentifier,
    x509.AuthorityKeyIdentifier,
    x509.AuthorityInformationAccess,
]
STRANGER = ec.generate_private_key(ec.SECP256R1())
LEAF_KEY = ec.generate_private_key(ec.SECP256R1())


@st.composite
def leaves(draw: st.DrawFn) -> bytes:
    without = draw(st.frozensets(st.sampled_from(REMOVABLE), max_size=2))
    extra = draw(st.lists(st.sampled_from(EXTRAS), max_size=1))
    if any(isinstance(value, x509.AuthorityInformationAccess) for value, _ in extra):
        without |= {x509.AuthorityInformationAccess}
        critical = draw(st.booleans())
        extra = [(ocsp_access(), critical)]
    issuer = H.sub2
    if draw(st.integers(0, 5)) == 0:
        issuer = Authority(H.sub2.certificate, STRANGER)
    aki = draw(st.integers(0, 6))
    if aki < 2:
        without |= {x509.AuthorityKeyIdentifier}
        serial = H.sub2.serial if aki else 1
        issuer_names = [x509.DirectoryName(H.sub1.certificate.subject)]
        extra = [*extra, (x509.AuthorityKeyIdentifier(b"12345678", issuer_names, serial), False)]
    start = draw(st.sampled_from([START, AT, AT + dt.timedelta(seconds=1)]))
    end = draw(st.sampled_from([AT + dt.timedelta(days=30), AT + dt.timedelta(seconds=1)]))
    der = certify(
        draw(st.sampled_from([name(EMAID), name("no emaid"), name(EMAID, None), x509.Name([])])),
        issuer,
        ca=draw(st.integers(0, 5)) == 0,
        key_usage=draw(USAGES),
        without=without,
        extra=extra,
        start=start,
        end=end,
        key=LEAF_KEY,
        issuer_name=draw(st.sampled_from([None, None, None, name("mo  sub2 "), name("x")])),
        serial=draw(st.sampled_from([1, 2**158, 2**159 - 1])),
    ).der
    if draw(st.integers(0, 3)) == 0:  # a byte of what was signed, or of the signature
        at = draw(st.integers(4, 700)) % len(der)
        der = der[:at] + draw(st.binary(min_size=1, max_size=1)) + der[at + 1 :]
    return der


@cache
def warm() -> ValidateChain:
    validate = validator(ROOT)
    for role in (None, ROLE.CONTRACT):
        assert validate(H.chain, role, AT).valid
    return validate


@settings(max_examples=250, deadline=None)
@given(leaf=leaves(), role=st.sampled_from([None, ROLE.CONTRACT]))
def test_both_ways_agree_on_every_leaf(leaf: bytes, role: CertificateRole | None) -> None:
    chain = [leaf, H.sub2.der, H.sub1.der]
    cold = validator(ROOT)
    assert warm()(chain, role, AT) == cold(chain, role, AT)


def test_the_short_way_is_taken_by_proper_leaves_alone() -> None:
    validate = warm()
    known = validate.memory.find(frozenset(H.chain[1:]), ROLE.CONTRACT, validate.anchors())
    assert known is not None
    assert isinstance(known.certificates[0], PathCertificate)
    proper, forged = contract(H.sub2), contract(Authority(H.sub2.certificate, STRANGER))
    assert validate._repeated(proper.der, known, ROLE.CONTRACT, AT) is not None
    assert validate._repeated(forged.der, known, ROLE.CONTRACT, AT) is None
    assert validate._repeated(H.sub2.der, known, ROLE.CONTRACT, AT) is None
    assert validate._repeated(b"", known, ROLE.CONTRACT, AT) is None


def test_a_status_that_changes_between_two_leaves_is_seen() -> None:
    records = Records()
    root = anchor(H.root.der, ROLE.MO_ROOT, policy="strict", revocation=RevocationPolicy.HARD)
    validate = validator(root, evidence=[records])
    assert validate(H.chain, ROLE.CONTRACT, AT).valid
    records.statuses[H.sub1.serial] = CertificateStatus.REVOKED
    assert validate(H.with_leaf(contract(H.sub2)), ROLE.CONTRACT, AT).fault is Fault.REVOKED
