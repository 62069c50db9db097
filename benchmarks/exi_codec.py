"""The EXI codec beside this machine's P-256 verification, in one thread and in one run.

A CertificateInstallationRes of 4 KB may cost at most four verifications, each way: by far less
than the signatures that are checked and made around it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.report import Bar, Row
from exi import Schema, decode, encode
from exi.messages import iso15118_2
from exi.messages.xmldsig import (
    Method,
    Reference,
    Signature,
    SignatureMethod,
    SignatureValue,
    SignedInfo,
    Transform,
)

MOST_VERIFICATIONS = 4.0

_EXI = "http://www.w3.org/TR/canonical-exi/"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_ECDSA = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"


@dataclass(frozen=True, slots=True)
class CodecTimes:
    """Seconds a call of one thread, the fastest of several batches; `size` in bytes."""

    size: int
    decode: float
    encode: float
    p256_verify: float

    def rows(self) -> tuple[Row, Row]:
        """Return the rows of the table: calls a second of one thread, CPU as time."""
        decoded, encoded = self.bars()
        return (
            Row("EXI decode, in process", 1 / self.decode, cpu=self.decode, bars=(decoded,)),
            Row("EXI encode, in process", 1 / self.encode, cpu=self.encode, bars=(encoded,)),
        )

    def bars(self) -> tuple[Bar, Bar]:
        """Return what reading and writing cost, in verifications, with the bar."""
        text = f"{self.size:,} bytes in ≤ {MOST_VERIFICATIONS:.0f} P-256 verifications"
        return (
            Bar(f"decode {text}", self.decode / self.p256_verify, MOST_VERIFICATIONS, ceiling=True),
            Bar(f"encode {text}", self.encode / self.p256_verify, MOST_VERIFICATIONS, ceiling=True),
        )


def measure_codec(seconds: float) -> CodecTimes:
    """Measure for about `seconds`, the three taking turns so that all meet the same machine."""
    message = installation_response()
    stream = encode(message)
    key = ec.generate_private_key(ec.SECP256R1())
    algorithm = ec.ECDSA(hashes.SHA256())
    signature = key.sign(stream, algorithm)
    calls: dict[str, Callable[[], object]] = {
        "decode": partial(decode, stream, Schema.ISO15118_2),
        "encode": partial(encode, message),
        "p256_verify": partial(key.public_key().verify, signature, stream, algorithm),
    }
    fastest = dict.fromkeys(calls, float("inf"))
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        for name, call in calls.items():
            fastest[name] = min(fastest[name], _seconds_a_call(call))
    return CodecTimes(len(stream), **fastest)


def installation_response() -> iso15118_2.V2GMessage:
    """Return a signed CertificateInstallationRes of about 4 KB: two chains of three."""
    certificates = [bytes(range(256)) * 2 + bytes([number]) * 48 for number in range(6)]
    references = [
        Reference(
            uri=f"#id{number}",
            transforms=(Transform(algorithm=_EXI),),
            digest_method=Method(algorithm=_SHA256),
            digest_value=bytes([number]) * 32,
        )
        for number in range(1, 5)
    ]
    signature = Signature(
        signed_info=SignedInfo(
            canonicalization_method=Method(algorithm=_EXI),
            signature_method=SignatureMethod(algorithm=_ECDSA),
            references=tuple(references),
        ),
        signature_value=SignatureValue(value=bytes(range(64))),
    )
    body = iso15118_2.CertificateInstallationRes(
        response_code=iso15118_2.ResponseCode.OK,
        provisioning_service_chain=iso15118_2.CertificateChain(
            certificate=certificates[0], sub_certificates=tuple(certificates[1:3])
        ),
        contract_chain=iso15118_2.CertificateChain(
            id="id1", certificate=certificates[3], sub_certificates=tuple(certificates[4:])
        ),
        encrypted_private_key=iso15118_2.ContractSignatureEncryptedPrivateKey(
            id="id2", value=bytes(range(48))
        ),
        dh_public_key=iso15118_2.DHPublicKey(id="id3", value=bytes(range(65))),
        emaid=iso15118_2.EMAID(id="id4", value="DEABCC123ABC56"),
    )
    header = iso15118_2.Header(session_id=bytes(range(8)), signature=signature)
    return iso15118_2.V2GMessage(header=header, body=body)


def _seconds_a_call(call: Callable[[], object], batch: int = 5) -> float:
    began = time.perf_counter()
    for _ in range(batch):
        call()
    return (time.perf_counter() - began) / batch
