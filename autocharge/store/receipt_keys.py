"""Keys that sign receipts of erasures: the private ones sealed, the public ones kept for good."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from autocharge.store.tables import receipt_keys
from foundation.clock import Clock
from foundation.database import Database
from foundation.sealing import Sealer

_FIRST_KEY_ID = "receipt-1"
_newest_first = select(receipt_keys).order_by(
    receipt_keys.c.created_at.desc(), receipt_keys.c.key_id
)


@dataclass(frozen=True, slots=True)
class ReceiptKey:
    """A P-256 key: its public part as DER SubjectPublicKeyInfo, its private part as PKCS#8."""

    key_id: str
    public_key: bytes
    private_key: bytes = field(repr=False)


class SqlReceiptKeys:
    """The keys of one installation."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    def signing(self) -> ReceiptKey:
        """Return the key that signs, made where there is none; of those who make one, one wins."""
        with self._database.read() as connection:
            row = connection.execute(_newest_first.limit(1)).first()
        if row is None:
            self._make()
            with self._database.read() as connection:
                row = connection.execute(_newest_first.limit(1)).one()
        private = self._sealer.open(row.sealed, _context(row.key_id))
        return ReceiptKey(row.key_id, row.public_key, private)

    def public(self) -> dict[str, bytes]:
        """Return the public part of every key by its id."""
        with self._database.read() as connection:
            return {row.key_id: row.public_key for row in connection.execute(_newest_first)}

    def _make(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        row = {
            "key_id": _FIRST_KEY_ID,
            "public_key": public,
            "sealed": self._sealer.seal(private, _context(_FIRST_KEY_ID)),
            "created_at": self._clock(),
        }
        with self._database.write() as connection:
            connection.execute(insert_or_skip(receipt_keys).on_conflict_do_nothing(), row)
            connection.commit()


def _context(key_id: str) -> str:
    return f"autocharge.receipt_key:{key_id}"
