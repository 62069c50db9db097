"""Reads Java key stores: what OpenJDK's JavaKeyStore and KeyProtector do, for tests alone."""

import hashlib
import struct
from dataclasses import dataclass, field

from asn1crypto.keys import EncryptedPrivateKeyInfo
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_private_key


@dataclass
class Store:
    keys: dict[str, tuple[PrivateKeyTypes, list[bytes]]] = field(default_factory=dict)
    trusted: dict[str, bytes] = field(default_factory=dict)


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    def take(self, count: int) -> bytes:
        taken = self.content[self.at : self.at + count]
        assert len(taken) == count
        self.at += count
        return taken

    def number(self, form: str) -> int:
        (value,) = struct.unpack(f">{form}", self.take(struct.calcsize(form)))
        return int(value)

    def text(self) -> str:
        return self.take(self.number("H")).decode()

    def certificate(self) -> bytes:
        assert self.text() == "X.509"
        return self.take(self.number("I"))


def read_jks(content: bytes, password: str) -> Store:
    secret = password.encode("utf-16-be")
    body, digest = content[:-20], content[-20:]
    assert hashlib.sha1(secret + b"Mighty Aphrodite" + body).digest() == digest
    reader = _Reader(body)
    assert (reader.number("I"), reader.number("I")) == (0xFEEDFEED, 2)
    store = Store()
    for _ in range(reader.number("I")):
        kind, alias, _moment = reader.number("I"), reader.text(), reader.number("q")
        if kind == 2:
            store.trusted[alias] = reader.certificate()
            continue
        assert kind == 1
        key = _unprotect(reader.take(reader.number("I")), secret)
        store.keys[alias] = (key, [reader.certificate() for _ in range(reader.number("I"))])
    assert reader.at == len(body)
    return store


def _unprotect(wrapped: bytes, secret: bytes) -> PrivateKeyTypes:
    parsed = EncryptedPrivateKeyInfo.load(wrapped, strict=True)
    assert parsed["encryption_algorithm"]["algorithm"].dotted == "1.3.6.1.4.1.42.2.17.1.1"
    hidden = parsed["encrypted_data"].native
    block, middle, check = hidden[:20], hidden[20:-20], hidden[-20:]
    plain = b""
    for start in range(0, len(middle), 20):
        block = hashlib.sha1(secret + block).digest()
        plain += bytes(a ^ b for a, b in zip(middle[start : start + 20], block, strict=False))
    assert hashlib.sha1(secret + plain).digest() == check
    return load_der_private_key(plain, None)
