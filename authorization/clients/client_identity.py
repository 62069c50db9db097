"""How we prove to a partner who we are: a bearer token, or a client certificate under TLS."""

import re
import secrets
import ssl
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509 import load_pem_x509_certificates

from authorization.operations.roaming_ports import Credentials
from foundation.errors import Refused

MAX_TOKEN_CHARACTERS = 4096
MAX_PEM_CHARACTERS = 32_768

_TOKEN = re.compile(r"[!-~]{1,4096}")


def check_credentials(credentials: Credentials) -> Refused | None:
    """Return why they cannot be used (`invalid_credentials`), None where they can."""
    chain, key = credentials.certificate_chain, credentials.private_key
    if (credentials.token is None) == (chain is None) or (chain is None) != (key is None):
        return _refused("give a token, or a certificate chain with its private key")
    if credentials.token is not None and not _TOKEN.fullmatch(credentials.token):
        return _refused(f"a token has 1 to {MAX_TOKEN_CHARACTERS} printable ASCII characters")
    if chain is not None and key is not None:
        if max(len(chain), len(key)) > MAX_PEM_CHARACTERS:
            return _refused(f"PEM of at most {MAX_PEM_CHARACTERS} characters each")
        try:
            client_context(chain, key)
        except (ValueError, TypeError, ssl.SSLError):
            return _refused("PEM of a chain, leaf first, and of the leaf's unencrypted key")
    return None


def client_context(certificate_chain: str, private_key: str) -> ssl.SSLContext:
    """Return what verifies servers by the system's authorities and shows our certificate.

    Raises ValueError, TypeError or ssl.SSLError where the two cannot be read or do not belong
    together. `ssl` reads keys from files alone: the file is encrypted under a passphrase that
    nobody else has, and gone at once.
    """
    load_pem_x509_certificates(certificate_chain.encode())
    passphrase = secrets.token_hex(32)
    key = load_pem_private_key(private_key.encode(), None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
    )
    context = ssl.create_default_context()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "identity.pem"
        file.touch(0o600)
        file.write_bytes(key + certificate_chain.encode())
        context.load_cert_chain(file, password=passphrase)
    return context


def _refused(detail: str) -> Refused:
    return Refused("invalid_credentials", detail)
