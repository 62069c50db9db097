"""Trust anchors in the database: changes inside a unit of work, and the set that counts now."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from foundation.database import Database
from foundation.outbox import Outbox
from foundation.short_cache import ShortCache
from pki.model.path_anchor import Anchor, AnchorSet, RevocationPolicy
from pki.model.path_certificate import read_certificate
from pki.model.roles import CertificateRole
from pki.model.verdict import Reason
from pki.store.tables import anchors, authorities

_all = select(anchors).order_by(anchors.c.role, anchors.c.name, anchors.c.fingerprint)
_one = select(anchors).where(anchors.c.fingerprint == bindparam("of_fingerprint"))
_insert = insert(anchors)
_delete = delete(anchors).where(anchors.c.fingerprint == bindparam("of_fingerprint"))
_authority = select(authorities.c.name).where(authorities.c.certificate == bindparam("of"))


class SqlAnchors:
    """`AnchorRepository` inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, anchor: Anchor, at: datetime) -> bool:
        """Store the anchor; False where its certificate is one already."""
        values = {
            "fingerprint": anchor.fingerprint,
            "name": anchor.name,
            "role": anchor.role,
            "certificate": anchor.certificate.der,
            "own": anchor.own,
            "tolerance_policy": anchor.tolerance_policy,
            "revocation_policy": anchor.revocation,
            "added_at": at,
        }
        try:
            with self._connection.begin_nested():
                self._connection.execute(_insert, values)
        except IntegrityError:
            return False
        return True

    def remove(self, fingerprint: str) -> Anchor | None:
        """Remove and return the anchor; None where there is none."""
        key = {"of_fingerprint": fingerprint}
        row = self._connection.execute(_one, key).one_or_none()
        if row is None or not self._connection.execute(_delete, key).rowcount:
            return None
        return _anchor(row)

    def is_own_root(self, certificate: bytes) -> bool:
        """Whether the certificate (DER) is that of an authority of this installation."""
        return self._connection.execute(_authority, {"of": certificate}).first() is not None


class SqlAnchorUnitOfWork:
    """`AnchorUnitOfWork` on a connection inside a transaction."""

    def __init__(self, connection: Connection, outbox: Outbox) -> None:
        self._connection = connection
        self.anchors = SqlAnchors(connection)
        self.events = outbox.log(connection)

    def commit(self) -> None:
        """Make everything durable."""
        self._connection.commit()


def anchor_unit_of_work_opener(
    database: Database, outbox: Outbox
) -> Callable[[], AbstractContextManager[SqlAnchorUnitOfWork]]:
    """Return what opens units of work over the anchors of `database`."""

    @contextmanager
    def open_one() -> Iterator[SqlAnchorUnitOfWork]:
        with database.write() as connection:
            yield SqlAnchorUnitOfWork(connection, outbox)

    return open_one


class StoredAnchors:
    """`AnchorSource`: the stored anchors, at most half a second old, parsed once a change."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._recent = ShortCache[None, AnchorSet](self._load)
        self._lock = threading.Lock()
        self._rows: Sequence[Row[Any]] = ()
        self._parsed = AnchorSet(())

    def __call__(self) -> AnchorSet:
        """Return the anchors; the same object while none changed."""
        return self._recent.get(None)

    def read_all(self) -> tuple[Anchor, ...]:
        """Return what is stored at this moment, by role and name."""
        with self._database.read() as connection:
            return _readable(connection.execute(_all).all())

    def _load(self, _: None) -> AnchorSet:
        with self._database.read() as connection:
            rows = connection.execute(_all).all()
        with self._lock:
            if rows != self._rows:
                self._rows, self._parsed = rows, AnchorSet(_readable(rows))
            return self._parsed


def _readable(rows: Sequence[Row[Any]]) -> tuple[Anchor, ...]:
    return tuple(anchor for anchor in map(_anchor, rows) if anchor is not None)


def _anchor(row: Row[Any]) -> Anchor | None:
    """Read a row; None where its certificate cannot be read, so that nothing is trusted by it."""
    certificate = read_certificate(row.certificate)
    if isinstance(certificate, Reason):
        return None
    return Anchor(
        certificate=certificate,
        name=row.name,
        role=CertificateRole(row.role),
        own=row.own,
        tolerance_policy=row.tolerance_policy,
        revocation=RevocationPolicy(row.revocation_policy),
    )
