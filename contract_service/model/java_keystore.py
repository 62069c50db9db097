"""Java key stores (JKS), which ISO 15118 stacks in Java read: several keys in one file.

A format of 1996, described by what OpenJDK reads (`sun.security.provider.JavaKeyStore` and
`KeyProtector`). Its protection is XOR with SHA-1: it is here for keys that protect nothing.
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import core
from asn1crypto.keys import EncryptedPrivateKeyInfo
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pki.model.ocsp import SigningKey

_MAGIC = 0xFEEDFEED
_VERSION = 2
_KEY_ENTRY = 1
_TRUSTED_ENTRY = 2
_WHITENER = b"Mighty Aphrodite"
_KEY_PROTECTOR = "1.3.6.1.4.1.42.2.17.1.1"
SALT_BYTES = 20


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A private key under its alias (lower case), and its chain (DER, leaf first).

    `salt` has 20 random octets.
    """

    alias: str
    key: SigningKey
    chain: Sequence[bytes]
    salt: bytes


@dataclass(frozen=True, slots=True)
class TrustedEntry:
    """A trusted certificate (DER) under its alias (lower case)."""

    alias: str
    certificate: bytes


def java_keystore(
    entries: Sequence[KeyEntry | TrustedEntry], password: str, made_at: datetime
) -> bytes:
    """Return the key store as a file's content; keys and store have the same password."""
    content = struct.pack(">III", _MAGIC, _VERSION, len(entries))
    moment = struct.pack(">q", int(made_at.timestamp() * 1000))
    for entry in entries:
        if isinstance(entry, KeyEntry):
            content += struct.pack(">I", _KEY_ENTRY) + _text(entry.alias) + moment
            content += _sized(_protected(entry, password))
            content += struct.pack(">I", len(entry.chain))
            content += b"".join(map(_certificate, entry.chain))
        else:
            content += struct.pack(">I", _TRUSTED_ENTRY) + _text(entry.alias) + moment
            content += _certificate(entry.certificate)
    return content + _sha1(password.encode("utf-16-be") + _WHITENER + content)


def _protected(entry: KeyEntry, password: str) -> bytes:
    """PKCS#8's EncryptedPrivateKeyInfo by Sun's protector: salt, key XOR stream, check."""
    plain = entry.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    secret = password.encode("utf-16-be")
    stream, block = b"", entry.salt
    while len(stream) < len(plain):
        block = _sha1(secret + block)
        stream += block
    hidden = bytes(a ^ b for a, b in zip(plain, stream, strict=False))
    wrapped = EncryptedPrivateKeyInfo(
        {
            "encryption_algorithm": {"algorithm": _KEY_PROTECTOR, "parameters": core.Null()},
            "encrypted_data": entry.salt + hidden + _sha1(secret + plain),
        }
    )
    der: bytes = wrapped.dump()
    return der


def _certificate(der: bytes) -> bytes:
    return _text("X.509") + _sized(der)


def _text(text: str) -> bytes:
    encoded = text.encode("ascii")
    return struct.pack(">H", len(encoded)) + encoded


def _sized(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def _sha1(content: bytes) -> bytes:
    return hashlib.sha1(content, usedforsecurity=False).digest()
