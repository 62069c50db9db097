"""Certificate status in the database: changes inside a unit of work, and the hot reads of OCSP."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection, and_, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from foundation.database import Database
from foundation.many_rows import is_one_of
from foundation.outbox import Outbox
from pki.model.certificate_reference import ByFingerprint, CertificateReference
from pki.model.issued import CertificateRecord, Reservation
from pki.model.ocsp import StatusRecord
from pki.model.roles import CertificateRole, CertificateStatus, RevocationReason
from pki.store.issuance import certificate_record
from pki.store.tables import certificates, serial_reservations, status_revisions

_by_fingerprint = (
    select(certificates)
    .where(certificates.c.fingerprint == bindparam("fingerprint"))
    .with_for_update()
)
_by_serial = (
    select(certificates)
    .where(
        certificates.c.issuer == bindparam("issuer"), certificates.c.serial == bindparam("serial")
    )
    .with_for_update()
)
_unfinished = (
    select(serial_reservations)
    .outerjoin(
        certificates,
        and_(
            certificates.c.issuer == serial_reservations.c.issuer,
            certificates.c.serial == serial_reservations.c.serial,
        ),
    )
    .where(
        serial_reservations.c.issuer == bindparam("issuer"),
        serial_reservations.c.serial == bindparam("serial"),
        serial_reservations.c.revoked_at.is_(None),
        certificates.c.serial.is_(None),
    )
    .with_for_update(of=serial_reservations)
)
_change = update(certificates).where(
    certificates.c.issuer == bindparam("of_issuer"),
    certificates.c.serial == bindparam("of_serial"),
)
_revoke_reserved = update(serial_reservations).where(
    serial_reservations.c.issuer == bindparam("of_issuer"),
    serial_reservations.c.serial == bindparam("of_serial"),
)
_count = (
    update(status_revisions)
    .where(status_revisions.c.issuer == bindparam("of_issuer"))
    .values(revision=status_revisions.c.revision + 1)
)
_status = select(
    certificates.c.status, certificates.c.revoked_at, certificates.c.revocation_reason
).where(certificates.c.issuer == bindparam("issuer"), certificates.c.serial == bindparam("serial"))
_reserved_status = select(
    serial_reservations.c.revoked_at, serial_reservations.c.revocation_reason
).where(
    serial_reservations.c.issuer == bindparam("issuer"),
    serial_reservations.c.serial == bindparam("serial"),
    serial_reservations.c.revoked_at.is_not(None),
)
_revisions = select(status_revisions.c.issuer, status_revisions.c.revision)


class SqlCertificateStatuses:
    """`CertificateStatuses` inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, reference: CertificateReference) -> CertificateRecord | None:
        """Return the record of a certificate that we issued; its row stays locked."""
        if isinstance(reference, ByFingerprint):
            found = self._connection.execute(
                _by_fingerprint, {"fingerprint": reference.fingerprint}
            )
        else:
            found = self._connection.execute(
                _by_serial, {"issuer": reference.issuer, "serial": reference.serial}
            )
        row = found.one_or_none()
        return None if row is None else certificate_record(row)

    def unfinished(self, issuer: str, serial: str) -> Reservation | None:
        """Return a reserved, not revoked serial for which no certificate is recorded."""
        row = self._connection.execute(
            _unfinished, {"issuer": issuer, "serial": serial}
        ).one_or_none()
        if row is None:
            return None
        return Reservation(
            row.issuer, row.serial, CertificateRole(row.role), row.reserved_at, row.client_id
        )

    def change(self, record: CertificateRecord, status: StatusRecord) -> None:
        """Store a certificate's new status and count a change below its issuer."""
        self._connection.execute(
            _change,
            {
                "of_issuer": record.issuer,
                "of_serial": record.serial,
                "status": status.status,
                "revoked_at": status.revoked_at,
                "revocation_reason": status.reason,
            },
        )
        self._count(record.issuer)

    def revoke_unfinished(self, reservation: Reservation, status: StatusRecord) -> None:
        """Store a reserved serial as revoked and count a change below its issuer."""
        self._connection.execute(
            _revoke_reserved,
            {
                "of_issuer": reservation.issuer,
                "of_serial": reservation.serial,
                "revoked_at": status.revoked_at,
                "revocation_reason": status.reason,
            },
        )
        self._count(reservation.issuer)

    def _count(self, issuer: str) -> None:
        if self._connection.execute(_count, {"of_issuer": issuer}).rowcount:
            return
        try:
            with self._connection.begin_nested():
                self._connection.execute(
                    insert(status_revisions), {"issuer": issuer, "revision": 1, "listed": 0}
                )
        except IntegrityError:  # another transaction was first with this authority's first change
            self._connection.execute(_count, {"of_issuer": issuer})


class SqlStatusUnitOfWork:
    """`StatusUnitOfWork` on a connection inside a transaction."""

    def __init__(self, connection: Connection, outbox: Outbox) -> None:
        self._connection = connection
        self.statuses = SqlCertificateStatuses(connection)
        self.events = outbox.log(connection)

    def commit(self) -> None:
        """Make everything durable."""
        self._connection.commit()


class SqlStatusReader:
    """`StatusReader` over autocommit connections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def status(self, issuer: str, serial: str) -> StatusRecord | None:
        """Return what is known of a serial (upper-case hex) below `issuer` (a name)."""
        key = {"issuer": issuer, "serial": serial}
        for status, at, reason in self._database.fetch(_status, key):
            return StatusRecord(CertificateStatus(status), at, _reason(reason))
        for at, reason in self._database.fetch(_reserved_status, key):
            return StatusRecord(CertificateStatus.REVOKED, at, _reason(reason))
        return None

    def subjects(self, fingerprints: Collection[str], role: CertificateRole) -> Mapping[str, str]:
        """Return the look-up keys of the names in those of these certificates that are the role's.

        By fingerprint (SHA-256, lower-case hex).
        """
        if not fingerprints:
            return {}
        own = certificates.c
        with self._database.read() as connection:
            rows = connection.execute(
                select(own.fingerprint, own.subject_id)
                .where(is_one_of(connection, own.fingerprint, fingerprints))
                .where(own.role == role.value, own.subject_id.is_not(None))
            ).all()
        return {row.fingerprint: row.subject_id for row in rows}

    def revisions(self) -> Mapping[str, int]:
        """Return authority name -> how often a status below it has changed, where one has."""
        with self._database.read() as connection:
            return {issuer: revision for issuer, revision in connection.execute(_revisions)}  # noqa: C416 - rows are no tuples to a type checker


def open_status_unit_of_work(
    database: Database, outbox: Outbox
) -> Callable[[], AbstractContextManager[SqlStatusUnitOfWork]]:
    """Return what opens units of work on `database`."""

    @contextmanager
    def open_one() -> Iterator[SqlStatusUnitOfWork]:
        with database.write() as connection:
            yield SqlStatusUnitOfWork(connection, outbox)

    return open_one


def _reason(text: str | None) -> RevocationReason | None:
    return None if text is None else RevocationReason(text)
