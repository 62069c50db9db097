"""Leaves judged by a template get the verdict of the whole way, whatever byte of them differs."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pki.model.path_frame import element, frame_certificate
from pki.model.path_template import learn_template
from pki.model.roles import CertificateRole, Edition
from pki.operations.validate import IssuerPathMemory, ValidateChain
from tests.pki.validation.assembly import PROFILES, anchor, readable, validator
from tests.pki.validation.authorities import AT, contract, hierarchy

ROLE = CertificateRole
H = hierarchy()
ROOT = anchor(H.root.der, ROLE.MO_ROOT, policy="strict")
LEAF = contract(H.sub2, "DEABCC00000077").der
PROFILE = PROFILES[Edition.ISO15118_2, ROLE.CONTRACT]
SIGNED_START = 4
SIGNED_END = SIGNED_START + len(frame_certificate(LEAF).signed)


def warm() -> tuple[ValidateChain, IssuerPathMemory]:
    """A validator that has learnt from two leaves."""
    memory = IssuerPathMemory()
    validate = validator(ROOT, memory=memory)
    for number in (1, 2):
        leaf = contract(H.sub2, f"DEABCC0000000{number}")
        assert validate(H.with_leaf(leaf), ROLE.CONTRACT, AT).valid
    return validate, memory


WARM, _ = warm()
COLD = [LEAF, H.sub2.der, H.sub1.der]


def resigned(signed: bytes) -> bytes:
    """A certificate over `signed` by the issuer's own key, framed as DER."""
    algorithm = frame_certificate(LEAF).outer_algorithm
    signature = b"\x00" + H.sub2.key.sign(signed, ec.ECDSA(hashes.SHA256()))
    content = signed + algorithm + bytes((3, len(signature))) + signature
    return b"\x30\x82" + len(content).to_bytes(2) + content


def both_agree(der: bytes) -> bool:
    """Whether the learnt and the whole way say the same; return whether they accept."""
    chain = [der, H.sub2.der, H.sub1.der]
    learnt = WARM(chain, ROLE.CONTRACT, AT)
    assert learnt == validator(ROOT)(chain, ROLE.CONTRACT, AT)
    return learnt.valid


def test_the_second_leaf_teaches_and_the_third_fits() -> None:
    _, memory = warm()  # not the shared one, which other tests teach, too
    (path,) = memory._paths.values()
    (template,) = path.templates
    fitted = template.fit(LEAF)
    read = readable(LEAF)
    assert fitted is not None
    assert (fitted.common_name, fitted.name) == (read.common_name, read.name)
    assert (fitted.serial_number, fitted.fingerprint) == (read.serial_number, read.fingerprint)
    assert (fitted.not_before, fitted.not_after) == (read.not_before, read.not_after)
    assert both_agree(LEAF)


def test_a_key_off_the_curve_does_not_fit() -> None:
    point = LEAF.index(b"\x03\x42\x00\x04") + 4
    off = bytearray(LEAF[SIGNED_START:SIGNED_END])
    off[point - SIGNED_START + 63] ^= 1
    der = resigned(bytes(off))
    _, memory = warm()
    (path,) = memory._paths.values()
    assert path.templates[0].fit(der) is None
    assert not both_agree(der)


def test_another_point_on_the_curve_fits() -> None:
    point = LEAF.index(b"\x03\x42\x00\x04") + 4
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    encoded = other.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
    signed = LEAF[SIGNED_START:point] + encoded + LEAF[point + 64 : SIGNED_END]
    assert both_agree(resigned(signed))


@given(
    at=st.integers(0, SIGNED_END - SIGNED_START - 1),
    by=st.integers(0, 255),
    run=st.integers(1, 3),
)
@example(at=0, by=0x31, run=1)
@example(at=LEAF.index(b"Test") - 2 - SIGNED_START, by=0x04, run=1)  # O as an OCTET STRING
@example(at=LEAF.index(b"DEABCC00000077") - 2 - SIGNED_START, by=0x17, run=1)  # CN as a UTCTime
@settings(max_examples=400, deadline=None)
def test_any_signed_bytes_may_differ_and_both_ways_agree(at: int, by: int, run: int) -> None:
    signed = bytearray(LEAF[SIGNED_START:SIGNED_END])
    signed[at : at + run] = bytes([by]) * len(signed[at : at + run])
    both_agree(resigned(bytes(signed)))


@given(at=st.integers(0, len(LEAF) - 1), flip=st.integers(1, 255))
@settings(max_examples=200, deadline=None)
def test_a_changed_certificate_is_refused_by_both(at: int, flip: int) -> None:
    changed = bytearray(LEAF)
    changed[at] ^= flip
    assert not both_agree(bytes(changed))


def test_appended_and_missing_bytes_do_not_fit() -> None:
    _, memory = warm()
    (path,) = memory._paths.values()
    for der in (LEAF + b"\x00", LEAF[:-1], LEAF[:SIGNED_END], LEAF[: SIGNED_END + 5], b"", b"0"):
        assert path.templates[0].fit(der) is None
        assert not both_agree(der)


def test_a_role_without_ascii_names_or_of_another_key_type_teaches_nothing() -> None:
    leaf, issuer = readable(H.sub2.der), readable(H.sub1.der)
    limits = (PROFILE.maximum_der_bytes.value, PROFILE.lifetime.value.maximum)
    assert learn_template(leaf, issuer, *limits, ()) is None  # its name holds a blank


def test_the_size_and_life_of_the_profile_bind_every_leaf() -> None:
    leaf, issuer = readable(LEAF), readable(H.sub2.der)
    life = PROFILE.lifetime.value.maximum
    assert learn_template(leaf, issuer, len(LEAF), life, ()) is not None
    assert learn_template(leaf, issuer, len(LEAF) - 1, life, ()) is None
    assert learn_template(leaf, issuer, len(LEAF), leaf.not_after - leaf.not_before, ()) is not None
    shorter = leaf.not_after - leaf.not_before - life.resolution
    assert learn_template(leaf, issuer, len(LEAF), shorter, ()) is None


def test_elements_end_where_their_length_says() -> None:
    assert element(LEAF, 0) == (4, len(LEAF))
