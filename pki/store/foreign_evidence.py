"""What foreign PKIs said of revocation, in the database: shared by all processes."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from foundation.database import Database, Row
from pki.model.foreign_evidence import (
    EvidenceKey,
    EvidenceKind,
    Failure,
    KeptEvidence,
    Statement,
)
from pki.model.roles import CertificateStatus
from pki.store.evidence_tables import evidence_documents, foreign_evidence

_c = foreign_evidence.c
_find = select(foreign_evidence).where(
    _c.issuer == bindparam("of"), _c.serial.in_((bindparam("number"), ""))
)
_its = (
    (_c.kind == bindparam("which"))
    & (_c.issuer == bindparam("of"))
    & (_c.serial == bindparam("number"))
)
_one = select(foreign_evidence).where(_its)
_lock = _one.with_for_update()
_use = update(foreign_evidence).where(_its).values(used_at=bindparam("used"))
_document = select(evidence_documents.c.document).where(
    evidence_documents.c.digest == bindparam("digest")
)
_due = (
    select(foreign_evidence)
    .where(_c.renew_at <= bindparam("now"), _c.used_at >= bindparam("used_since"))
    .order_by(_c.until)
)
_all = select(foreign_evidence).order_by(_c.issuer, _c.kind, _c.serial)

_DELETED_AT_ONCE = 500


class SqlForeignEvidence:
    """`EvidenceStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, issuer: str, serial: str) -> Sequence[KeptEvidence]:
        """Return what is kept about a certificate: by OCSP, and by its issuer's CRL."""
        rows = self._database.fetch(_find, {"of": issuer, "number": serial})
        return [_kept(row) for row in rows]

    def one(self, key: EvidenceKey) -> KeptEvidence | None:
        """Return what is kept for one key."""
        rows = self._database.fetch(_one, _named(key))
        return _kept(rows[0]) if rows else None

    def document(self, digest: str) -> bytes | None:
        """Return a document (DER) by its SHA-256 (lower-case hex)."""
        rows = self._database.fetch(_document, {"digest": digest})
        return bytes(rows[0].document) if rows else None

    def due(self, now: datetime, used_since: datetime, limit: int) -> Sequence[KeptEvidence]:
        """Return what is in use and to be renewed by then, the most urgent first."""
        with self._database.read() as connection:
            rows = connection.execute(_due.limit(limit), {"now": now, "used_since": used_since})
            return [_kept(row) for row in rows]

    def page(self, limit: int) -> Sequence[KeptEvidence]:
        """Return up to `limit` of all that is kept, by issuer."""
        with self._database.read() as connection:
            return [_kept(row) for row in connection.execute(_all.limit(limit))]

    def kept(self, digests: Collection[str]) -> frozenset[str]:
        """Return which of these documents are kept."""
        wanted = select(evidence_documents.c.digest).where(
            evidence_documents.c.digest.in_(list(digests))
        )
        with self._database.read() as connection:
            return frozenset(connection.scalars(wanted))

    def claim(self, wanted: KeptEvidence, now: datetime, until: datetime) -> bool:
        """Reserve the asking for this caller until then; False where another process asks.

        False too where somebody was told meanwhile. What was not kept is kept from now on.
        """
        try:
            with self._database.write() as connection:
                row = connection.execute(_lock, _named(wanted.key)).first()
                if row is None:
                    connection.execute(
                        insert(foreign_evidence).values(_values(wanted) | {"claimed_until": until})
                    )
                elif _taken(row, wanted, now):
                    return False
                else:
                    connection.execute(
                        update(foreign_evidence)
                        .where(_its)
                        .values(
                            claimed_until=until,
                            url=wanted.url,
                            issuer_certificate=wanted.issuer,
                        ),
                        _named(wanted.key),
                    )
                connection.commit()
        except IntegrityError:  # another process began to keep it in this moment
            return False
        return True

    def settle(
        self, key: EvidenceKey, change: Callable[[KeptEvidence], KeptEvidence], now: datetime
    ) -> KeptEvidence | None:
        """Change what is kept, locked, and end the claim; return it, None where it is gone.

        A new statement's document is kept beside the old one's.
        """
        with self._database.write() as connection:
            row = connection.execute(_lock, _named(key)).first()
            if row is None:
                return None
            before = _kept(row)
            after = change(before)
            if after.statement is not None and after.statement != before.statement:
                _keep_document(connection, after.statement, now)
            values = _values(after)
            for name in ("kind", "issuer", "serial", "used_at"):
                del values[name]
            connection.execute(
                update(foreign_evidence).where(_its).values(claimed_until=None, **values),
                _named(key),
            )
            connection.commit()
        return after

    def use(self, key: EvidenceKey, now: datetime) -> None:
        """Note that a decision asked for it."""
        self._database.append(Row(_use, {**_named(key), "used": now}))

    def forget(self, unused_since: datetime, needed_since: datetime, now: datetime) -> int:
        """Delete what nobody used since then, and documents replaced before `needed_since`.

        Returns how many of both. A document counts as replaced from when this finds that nothing
        has it as its newest any more.
        """
        documents = evidence_documents.c
        in_use = select(_c.digest).where(_c.digest == documents.digest).exists()
        with self._database.write() as connection:
            unused = (
                select(_c.kind, _c.issuer, _c.serial)
                .where(
                    _c.used_at < unused_since,
                    or_(_c.claimed_until.is_(None), _c.claimed_until < now),
                )
                .limit(_DELETED_AT_ONCE)
                .with_for_update()
            )
            rows = connection.execute(unused).all()
            for row in rows:
                key = EvidenceKey(EvidenceKind(row.kind), row.issuer, row.serial)
                connection.execute(delete(foreign_evidence).where(_its), _named(key))
            connection.execute(
                update(evidence_documents)
                .where(documents.replaced_at.is_(None), ~in_use)
                .values(replaced_at=now)
            )
            old = (
                select(documents.digest)
                .where(documents.replaced_at < needed_since)
                .limit(_DELETED_AT_ONCE)
            )
            digests = list(connection.scalars(old))
            connection.execute(delete(evidence_documents).where(documents.digest.in_(digests)))
            connection.commit()
        return len(rows) + len(digests)


def _keep_document(connection: Connection, statement: Statement, now: datetime) -> None:
    """Keep the document, unless it is: one response may speak of several certificates."""
    known = connection.execute(
        update(evidence_documents)
        .where(evidence_documents.c.digest == statement.digest)
        .values(replaced_at=None)
    )
    if known.rowcount == 0:
        connection.execute(
            insert(evidence_documents).values(
                digest=statement.digest, document=statement.document, stored_at=now
            )
        )


def _taken(row: Any, wanted: KeptEvidence, now: datetime) -> bool:
    """Whether another process asks, or was told after this one looked."""
    asks = row.claimed_until is not None and row.claimed_until > now
    return asks or (row.asked_at, row.failed_at) != (wanted.asked_at, wanted.failed_at)


def _named(key: EvidenceKey) -> dict[str, str]:
    return {"which": key.kind.value, "of": key.issuer, "number": key.serial}


def _values(kept: KeptEvidence) -> dict[str, Any]:
    statement = kept.statement
    status = None if statement is None or statement.status is None else statement.status.value
    return {
        "kind": kept.key.kind.value,
        "issuer": kept.key.issuer,
        "serial": kept.key.serial,
        "url": kept.url,
        "issuer_certificate": kept.issuer,
        "used_at": kept.used_at,
        "status": status,
        "digest": None if statement is None else statement.digest,
        "since": None if statement is None else statement.since,
        "until": None if statement is None else statement.until,
        "asked_at": kept.asked_at,
        "renew_at": kept.renew_at,
        "failure": None if kept.failure is None else kept.failure.value,
        "failed_at": kept.failed_at,
    }


def _kept(row: Any) -> KeptEvidence:
    statement = None
    if row.digest is not None:
        status = None if row.status is None else CertificateStatus(row.status)
        statement = Statement(status, row.digest, row.since, row.until)
    return KeptEvidence(
        EvidenceKey(EvidenceKind(row.kind), row.issuer, row.serial),
        row.url,
        bytes(row.issuer_certificate),
        row.used_at,
        statement,
        row.asked_at,
        row.renew_at,
        None if row.failure is None else Failure(row.failure),
        row.failed_at,
    )
