"""One byte changed anywhere, in any certificate of a chain: never accepted, and said to be forged.

Every position is tried on the contract chain of Hubject, so no region is left out.
"""

from collections.abc import Sequence

import pytest

from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.path_frame import frame_certificate
from pki.model.roles import CertificateRole
from pki.model.verdict import Fault
from tests.pki.validation.assembly import anchor, validator
from tests.pki.validation.vectors import HUBJECT_TIME, hubject

CHAIN = ("contract", "mo_sub2", "mo_sub1")
CPS_CHAIN = ("cps_leaf", "cps_sub2", "cps_sub1")  # its leaf is read in two ways
VALIDATE = validator(anchor(hubject("v2g_root_qa_g1"), CertificateRole.V2G_ROOT))


def changed(der: bytes, position: int, flip: int = 0x01) -> bytes:
    return der[:position] + bytes([der[position] ^ flip]) + der[position + 1 :]


@pytest.mark.parametrize(
    ("names", "role", "tampered"),
    [
        *((CHAIN, CertificateRole.CONTRACT, i) for i in range(3)),
        (CPS_CHAIN, CertificateRole.CPS_LEAF, 0),
    ],
)
@pytest.mark.parametrize("flip", [0x01, 0xFF])
def test_no_changed_byte_is_accepted(
    names: Sequence[str], role: CertificateRole, tampered: int, flip: int
) -> None:
    chain = [hubject(name) for name in names]
    assert VALIDATE(chain, role, HUBJECT_TIME).valid  # and so remembered
    original = chain[tampered]
    faults: dict[Fault, list[int]] = {}
    for position in range(len(original)):
        chain[tampered] = changed(original, position, flip)
        verdict = VALIDATE(chain, role, HUBJECT_TIME)
        assert not verdict.valid, position
        assert verdict.fault is not None
        faults.setdefault(verdict.fault, []).append(position)
    assert set(faults) <= {Fault.SIGNATURE, Fault.MALFORMED, Fault.CHAIN}
    # CHAIN: the changed key identifier of the one above might belong to another root of its name
    assert len(faults.get(Fault.CHAIN, [])) <= 16


@pytest.mark.parametrize("tampered", range(3))
def test_a_readable_forgery_is_a_wrong_signature(tampered: int) -> None:
    chain = [hubject(name) for name in CHAIN]
    original = chain[tampered]
    frame = frame_certificate(original)
    signature = len(original) - len(frame.signature)
    in_name = original.index(b"Hubject", original.index(frame.subject))
    for position in (*range(signature, len(original), 7), in_name, frame_serial(original)):
        chain[tampered] = changed(original, position)
        if isinstance(read_certificate(chain[tampered]), PathCertificate):
            verdict = VALIDATE(chain, CertificateRole.CONTRACT, HUBJECT_TIME)
            assert verdict.fault is Fault.SIGNATURE, position
            assert "signature_invalid" in {reason.code for reason in verdict.reasons}


def frame_serial(der: bytes) -> int:
    return der.index(frame_certificate(der).serial) + 1
