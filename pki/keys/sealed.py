"""The embedded key store: PKCS#8 rows sealed under the key-encryption key."""

import threading
import uuid
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP521R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.sealing import Sealer
from pki.model.lint import algorithm_of
from pki.model.roles import KeyAlgorithm
from pki.operations.ports import PublicKey, SealedKeyRows, SigningKey


def generate_key(algorithm: KeyAlgorithm) -> SigningKey:
    """Return a fresh private key on P-256, P-521 or Ed448."""
    if algorithm is KeyAlgorithm.ED448:
        return Ed448PrivateKey.generate()
    return generate_private_key(SECP256R1() if algorithm is KeyAlgorithm.P256 else SECP521R1())


@dataclass(frozen=True, slots=True)
class SealedKeyStore:
    """`KeyStore` over sealed rows; opened keys stay in the memory of the process.

    With `allow_offline` it opens the keys of roots and Sub-CA 1 as well: for `ca` commands only.
    """

    rows: SealedKeyRows
    sealer: Sealer
    clock: Clock
    allow_offline: bool = False
    _opened: dict[str, SigningKey] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def generate(self, algorithm: KeyAlgorithm, *, offline: bool) -> str:
        """Make a key, store it durably and return its `key_id`."""
        return self.add(generate_key(algorithm), offline=offline)

    def add(self, key: SigningKey, *, offline: bool) -> str:
        """Take over a key made elsewhere, store it durably and return its `key_id`."""
        algorithm = algorithm_of(key.public_key())
        if algorithm is None:
            raise ServiceError(
                Kind.INVALID, "key_algorithm_not_allowed", "use a key on P-256, P-521 or Ed448"
            )
        key_id = str(uuid.uuid4())
        pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        sealed = self.sealer.seal(pkcs8, _context(key_id, algorithm, offline=offline))
        self.rows.add(key_id, algorithm, sealed, self.clock(), offline=offline)
        return key_id

    def public_key(self, key_id: str) -> PublicKey:
        """Return the public half, of an offline key as well; NOT_FOUND without such a key."""
        return self._unseal(key_id)[0].public_key()

    def open(self, key_id: str) -> SigningKey:
        """Return the key to sign with.

        Raises NOT_FOUND without such a key, FORBIDDEN `key_is_offline` for an offline key unless
        the store was built to open those.
        """
        opened = self._opened.get(key_id)
        if opened is not None:
            return opened
        key, offline = self._unseal(key_id)
        if offline and not self.allow_offline:
            raise ServiceError(
                Kind.FORBIDDEN,
                "key_is_offline",
                "this authority's key is offline; use the `evtrust ca` commands on the machine "
                "that holds the keys",
            )
        with self._lock:
            return self._opened.setdefault(key_id, key)

    def _unseal(self, key_id: str) -> tuple[SigningKey, bool]:
        row = self.rows.get(key_id)
        if row is None:
            raise ServiceError(
                Kind.NOT_FOUND,
                "key_not_found",
                f"the database holds no key {key_id}; check that it is the right database",
            )
        algorithm, sealed, offline = row
        pkcs8 = self.sealer.open(sealed, _context(key_id, algorithm, offline=offline))
        key = load_der_private_key(pkcs8, None)
        if not isinstance(key, EllipticCurvePrivateKey | Ed448PrivateKey):
            raise TypeError("a sealed key is of a type that is never sealed")
        return key, offline


def _context(key_id: str, algorithm: KeyAlgorithm, *, offline: bool) -> str:
    # the flag is sealed in, so that an edited row does not bring an offline key online
    return f"pki key {key_id} {algorithm} {'offline' if offline else 'online'}"
