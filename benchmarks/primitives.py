"""What this machine's cryptography does alone, in one thread: the yardstick of the same run."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

_ALGORITHM = ec.ECDSA(hashes.SHA256())
_MESSAGE = b"\x5a" * 600  # about the to-be-signed bytes of a contract certificate


@dataclass(frozen=True, slots=True)
class Primitives:
    """Calls a second of one thread; `empty` is the loop itself, around a call of nothing."""

    empty: float
    p256_sign: float
    p256_verify: float
    ocsp_build_and_sign: float


def medians(measured: Sequence[Primitives]) -> Primitives:
    """Return the median of each primitive over several measurements."""
    return Primitives(
        **{name: median(getattr(one, name) for one in measured) for name in Primitives.__slots__}
    )


def calls_per_second(call: Callable[[], object], seconds: float) -> float:
    """Return how often a second `call` returns, measured over about `seconds`."""
    batch, calls = 16, 0
    began = time.perf_counter()
    while True:
        for _ in range(batch):
            call()
        calls += batch
        spent = time.perf_counter() - began
        if spent >= seconds:
            return calls / spent


def measure_primitives(seconds: float) -> Primitives:
    """Measure each primitive for `seconds`."""
    key = ec.generate_private_key(ec.SECP256R1())
    signature = key.sign(_MESSAGE, _ALGORITHM)
    verify = partial(key.public_key().verify, signature, _MESSAGE, _ALGORITHM)
    return Primitives(
        empty=calls_per_second(lambda: None, seconds),
        p256_sign=calls_per_second(partial(key.sign, _MESSAGE, _ALGORITHM), seconds),
        p256_verify=calls_per_second(verify, seconds),
        ocsp_build_and_sign=calls_per_second(_ocsp_answer(), seconds),
    )


def _ocsp_answer() -> Callable[[], bytes]:
    """Return a call that builds and signs one OCSP answer with a delegated signer (RFC 6960)."""
    now = datetime.now(UTC).replace(microsecond=0)
    authority_key, signer_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _certificate("Sub-CA", authority_key, "Sub-CA", authority_key, now)
    signer = _certificate("Signer", signer_key, "Sub-CA", authority_key, now)
    leaf = _certificate("Leaf", signer_key, "Sub-CA", authority_key, now)

    def build_and_sign() -> bytes:
        answer = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=leaf,
                issuer=authority,
                algorithm=hashes.SHA256(),
                cert_status=ocsp.OCSPCertStatus.GOOD,
                this_update=now,
                next_update=now + timedelta(hours=12),
                revocation_time=None,
                revocation_reason=None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, signer)
            .certificates([signer])
        )
        return answer.sign(signer_key, hashes.SHA256()).public_bytes(Encoding.DER)

    return build_and_sign


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=7))
        .sign(issuer_key, hashes.SHA256())
    )
