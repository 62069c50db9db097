"""Published CRLs in the database, and what the next one must list."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, literal, or_, select, union_all, update

from foundation.database import Database
from pki.model.crl import CrlEntry
from pki.model.roles import CertificateStatus, RevocationReason
from pki.operations.status_ports import StoredCrl
from pki.store.tables import authorities, certificates, crls, serial_reservations, status_revisions

_newest = (
    select(crls).where(crls.c.issuer == bindparam("issuer")).order_by(crls.c.number.desc()).limit(1)
)
_newest_number = select(func.coalesce(func.max(crls.c.number), 0)).where(
    crls.c.issuer == bindparam("issuer")
)
_lock = select(authorities.c.name).where(authorities.c.name == bindparam("name")).with_for_update()
_revision = select(status_revisions.c.revision).where(
    status_revisions.c.issuer == bindparam("issuer")
)
_outdated = select(literal(1)).where(
    status_revisions.c.issuer == bindparam("issuer"),
    status_revisions.c.revision > status_revisions.c.listed,
)
_entries = union_all(
    select(
        certificates.c.serial, certificates.c.revoked_at, certificates.c.revocation_reason
    ).where(
        certificates.c.issuer == bindparam("issuer"),
        certificates.c.revoked_at.is_not(None),  # as the index has it
        certificates.c.status.in_((CertificateStatus.REVOKED, CertificateStatus.ON_HOLD)),
        or_(
            certificates.c.not_after >= bindparam("since"),
            certificates.c.revoked_at >= bindparam("since"),
        ),
    ),
    select(
        serial_reservations.c.serial,
        serial_reservations.c.revoked_at,
        serial_reservations.c.revocation_reason,
    ).where(
        serial_reservations.c.issuer == bindparam("issuer"),
        serial_reservations.c.revoked_at.is_not(None),
    ),
).order_by("revoked_at", "serial")
_insert = insert(crls)
_mark_listed = (
    update(status_revisions)
    .where(
        status_revisions.c.issuer == bindparam("of_issuer"),
        status_revisions.c.listed < bindparam("shown"),
    )
    .values(listed=bindparam("shown"))
)
_drop_older = delete(crls).where(
    crls.c.issuer == bindparam("of_issuer"), crls.c.number < bindparam("before")
)


class SqlCrlShelf:
    """`CrlShelf`: each call reads or writes by itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, issuer: str) -> StoredCrl | None:
        """Return the authority's list with the highest number."""
        with self._database.read() as connection:
            row = connection.execute(_newest, {"issuer": issuer}).one_or_none()
        if row is None:
            return None
        return StoredCrl(row.number, row.this_update, row.next_update, row.crl)

    def outdated(self, issuer: str) -> bool:
        """Whether a status has changed that the newest list does not show."""
        with self._database.read() as connection:
            return connection.execute(_outdated, {"issuer": issuer}).first() is not None

    def revision(self, issuer: str) -> int:
        """Return how often a status below the authority has changed."""
        with self._database.read() as connection:
            return connection.execute(_revision, {"issuer": issuer}).scalar_one_or_none() or 0

    def entries(self, issuer: str, since: datetime) -> Sequence[CrlEntry]:
        """Return what is revoked or held and was, at `since` or later, unexpired or revoked."""
        with self._database.read() as connection:
            rows = connection.execute(_entries, {"issuer": issuer, "since": since})
            return [
                CrlEntry(int(serial, 16), revoked_at, RevocationReason(reason))
                for serial, revoked_at, reason in rows
            ]

    def add(self, issuer: str, crl: StoredCrl, revision: int) -> bool:
        """Store a list that shows `revision`, durable on return; False where its number is taken.

        Of the older lists the newest stays, for whoever is fetching it.
        """
        with self._database.write() as connection:
            # one publisher at a time: an older number would otherwise fit where lists were dropped
            connection.execute(_lock, {"name": issuer})
            if connection.execute(_newest_number, {"issuer": issuer}).scalar() != crl.number - 1:
                return False
            connection.execute(
                _insert,
                {
                    "issuer": issuer,
                    "number": crl.number,
                    "this_update": crl.this_update,
                    "next_update": crl.next_update,
                    "crl": crl.crl,
                },
            )
            connection.execute(_mark_listed, {"of_issuer": issuer, "shown": revision})
            connection.execute(_drop_older, {"of_issuer": issuer, "before": crl.number - 1})
            connection.commit()
        return True
