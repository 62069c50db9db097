"""Secrets at rest: sealed blobs under one key-encryption key, and keyed hashes for look-up."""

import hmac
import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from foundation.errors import Kind, ServiceError

SALT_BYTES = 16
MINIMUM_PASSPHRASE_BYTES = 16
_VERSION = b"\x01"
_NONCE_BYTES = 12  # NIST SP 800-38D section 8.2.2: 96 random bits


class Sealer:
    """Encrypts blobs under one 32-byte key with AES-256-GCM.

    Every blob is bound to a `context` (what it is and whose), so that one row's blob cannot be
    put in another's place.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("a sealing key has 32 bytes")
        self._aead = AESGCM(key)
        self._key = key

    @classmethod
    def from_passphrase(cls, passphrase: bytes, salt: bytes) -> "Sealer":
        """Derive the key from a passphrase by scrypt (RFC 7914; n = 2^15, r = 8, p = 1: 32 MiB)."""
        return cls(Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase))

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Return version byte, nonce (12) and ciphertext with tag (16)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + nonce + self._aead.encrypt(nonce, plaintext, context.encode())

    def derive(self, context: str) -> bytes:
        """Return 32 bytes that every process of the installation derives alike (RFC 5869)."""
        return HKDFExpand(hashes.SHA256(), 32, b"derived:" + context.encode()).derive(self._key)

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return the plaintext; UNAVAILABLE where key, context or bytes do not fit together."""
        if sealed[:1] == _VERSION and len(sealed) >= 1 + _NONCE_BYTES + 16:
            try:
                nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
                return self._aead.decrypt(nonce, ciphertext, context.encode())
            except InvalidTag:
                pass
        raise ServiceError(
            Kind.UNAVAILABLE,
            "sealed_blob_unreadable",
            "a stored secret cannot be opened; check that the key passphrase file is the one "
            "this database was made with",
        )


class KeyedHash:
    """HMAC-SHA-256 under a secret pepper, separated by kind, for look-up without clear text."""

    def __init__(self, pepper: bytes) -> None:
        if len(pepper) != 32:
            raise ValueError("a pepper has 32 bytes")
        self._pepper = pepper

    def digest(self, kind: str, value: str) -> bytes:
        """Return 32 bytes for `value` of `kind`; equal values of two kinds hash differently."""
        message = kind.encode() + b"\x00" + value.encode()
        return hmac.digest(self._pepper, message, "sha256")


def write_new_passphrase(path: Path) -> None:
    """Write 256 random bits as text to a new file that only its owner can read (mode 0600).

    It appears whole or not at all, and lasts before anything is sealed with it. Raises
    FileExistsError where somebody else was first.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_passphrase(path: Path) -> bytes:
    """Return the passphrase without its line end; refuse a file that others may read."""
    try:
        mode = path.stat().st_mode
        passphrase = path.read_bytes().strip()
    except OSError as failure:
        raise ServiceError(
            Kind.UNAVAILABLE,
            "passphrase_file_unreadable",
            f"cannot read the key passphrase file {path}; run `evtrust init`, or set "
            "EVTRUST_KEY_PASSPHRASE_FILE",
        ) from failure
    if stat.S_IMODE(mode) & 0o077:
        raise ServiceError(
            Kind.FORBIDDEN,
            "passphrase_file_exposed",
            f"others may read {path}; run `chmod 600` on it and consider its keys exposed",
        )
    if len(passphrase) < MINIMUM_PASSPHRASE_BYTES:
        raise ServiceError(
            Kind.INVALID,
            "passphrase_too_short",
            f"the passphrase needs at least {MINIMUM_PASSPHRASE_BYTES} bytes",
        )
    return passphrase
