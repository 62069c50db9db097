"""Files that the `ca` commands read and write."""

import base64
import os
import textwrap
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from foundation.errors import Kind, ServiceError
from pki.model.chain_parser import MAX_CHAIN_BYTES, parse_chain
from pki.operations.ports import SigningKey


def read_bounded(file: Path, limit: int) -> bytes:
    """Return the file's content, cut one octet beyond `limit`, so that its parser refuses it."""
    with file.open("rb") as stream:
        return stream.read(limit + 1)


def read_chain(files: tuple[Path, ...]) -> tuple[bytes, ...]:
    """Return the certificates (DER) of PEM or DER files in the order given."""
    return tuple(der for f in files for der in parse_chain(read_bounded(f, MAX_CHAIN_BYTES)))


def write_file(file: Path, content: bytes) -> None:
    """Write what is public; UNAVAILABLE `file_not_written` where that fails."""
    try:
        file.write_bytes(content)
    except OSError as failure:
        raise _not_written(file, failure) from failure


def write_new_key(file: Path, key: SigningKey) -> None:
    """Write a private key as PKCS#8 PEM to a new file that only its owner can read (0600)."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pem)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as failure:
        raise _not_written(file, failure) from failure


def csr_pem(der: bytes) -> str:
    """Return a DER PKCS#10 as PEM (RFC 7468 section 7)."""
    body = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n"


def _not_written(file: Path, failure: OSError) -> ServiceError:
    return ServiceError(
        Kind.UNAVAILABLE,
        "file_not_written",
        f"cannot write {file}: {failure.strerror}; name another file",
    )
