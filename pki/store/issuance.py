"""Reserved serials and issued certificates in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy import Row as SqlRow
from sqlalchemy.exc import IntegrityError

from foundation.database import Database, Row
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.outbox import Outbox
from pki.model.issued import CertificateRecord, Reservation
from pki.model.roles import CertificateRole, CertificateStatus, RevocationReason
from pki.store.tables import certificates, serial_reservations

_reserve = insert(serial_reservations)
_record = insert(certificates)
_get = select(certificates).where(
    certificates.c.issuer == bindparam("issuer"), certificates.c.serial == bindparam("serial")
)
_by_fingerprint = select(certificates).where(certificates.c.fingerprint == bindparam("fingerprint"))
_unfinished = (
    select(serial_reservations)
    .outerjoin(
        certificates,
        (certificates.c.issuer == serial_reservations.c.issuer)
        & (certificates.c.serial == serial_reservations.c.serial),
    )
    .where(
        certificates.c.serial.is_(None),
        serial_reservations.c.revoked_at.is_(None),
        serial_reservations.c.reserved_at < bindparam("before"),
    )
    .order_by(serial_reservations.c.reserved_at)
)


class SqlCertificates:
    """`CertificateRepository` on a connection, inside a transaction or for reading."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, issuer: str, serial: str) -> CertificateRecord | None:
        """Return the record of a serial (upper-case hex) below an authority's name."""
        parameters = {"issuer": issuer, "serial": serial}
        row = self._connection.execute(_get, parameters).one_or_none()
        return None if row is None else certificate_record(row)

    def by_fingerprint(self, fingerprint: str) -> CertificateRecord | None:
        """Return the record of a certificate by its fingerprint (lower-case hex)."""
        row = self._connection.execute(_by_fingerprint, {"fingerprint": fingerprint}).one_or_none()
        return None if row is None else certificate_record(row)

    def add(self, record: CertificateRecord) -> None:
        """Store a record; CONFLICT where its serial or fingerprint is there already."""
        try:
            self._connection.execute(_record, _certificate_values(record))
        except IntegrityError as taken:
            raise _certificate_exists() from taken


class SqlReservations:
    """`ReservationRepository` on a connection, inside a transaction or for reading."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, reservation: Reservation) -> None:
        """Reserve; CONFLICT where the serial is taken."""
        try:
            self._connection.execute(_reserve, _reservation_values(reservation))
        except IntegrityError as taken:
            raise _serial_taken() from taken

    def unfinished(self, before: datetime) -> Sequence[Reservation]:
        """Return serials reserved before that instant, neither recorded nor revoked since."""
        rows = self._connection.execute(_unfinished, {"before": before})
        return [
            Reservation(
                issuer=row.issuer,
                serial=row.serial,
                role=CertificateRole(row.role),
                reserved_at=row.reserved_at,
                client_id=row.client_id,
            )
            for row in rows
        ]


class SqlIssuanceLog:
    """`IssuanceLog` by group commit: the steps of all waiting threads share a transaction."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    def reserve(self, reservation: Reservation) -> None:
        """Reserve a serial, durable on return; CONFLICT where it is taken."""
        try:
            self._database.append(Row(_reserve, _reservation_values(reservation)))
        except IntegrityError as taken:
            raise _serial_taken() from taken

    def record(
        self, record: CertificateRecord, event: Event, alongside: Sequence[Row] = ()
    ) -> None:
        """Record a certificate and its event, durable on return.

        With it are stored the rows of whoever asked for it, in this order, or nothing at all.
        """
        own = Row(_record, _certificate_values(record))
        try:
            self._database.append(own, self._outbox.row(event), *alongside)
        except IntegrityError as taken:
            raise _certificate_exists() from taken


def certificate_record(row: SqlRow[Any]) -> CertificateRecord:
    """Return a row of `pki_certificates` as a value."""
    reason = row.revocation_reason
    return CertificateRecord(
        issuer=row.issuer,
        serial=row.serial,
        fingerprint=row.fingerprint,
        role=CertificateRole(row.role),
        subject_id=row.subject_id,
        owner=row.owner,
        certificate=row.certificate,
        not_before=row.not_before,
        not_after=row.not_after,
        issued_at=row.issued_at,
        status=CertificateStatus(row.status),
        revoked_at=row.revoked_at,
        revocation_reason=None if reason is None else RevocationReason(reason),
    )


def _certificate_values(record: CertificateRecord) -> dict[str, Any]:
    return {
        "issuer": record.issuer,
        "serial": record.serial,
        "fingerprint": record.fingerprint,
        "role": record.role,
        "subject_id": record.subject_id,
        "owner": record.owner,
        "certificate": record.certificate,
        "not_before": record.not_before,
        "not_after": record.not_after,
        "issued_at": record.issued_at,
        "status": record.status,
        "revoked_at": record.revoked_at,
        "revocation_reason": record.revocation_reason,
    }


def _reservation_values(reservation: Reservation) -> dict[str, Any]:
    return {
        "issuer": reservation.issuer,
        "serial": reservation.serial,
        "role": reservation.role,
        "reserved_at": reservation.reserved_at,
        "client_id": reservation.client_id,
    }


def _serial_taken() -> ServiceError:
    return ServiceError(
        Kind.CONFLICT, "serial_taken", "the serial number is taken; ask for the certificate again"
    )


def _certificate_exists() -> ServiceError:
    return ServiceError(
        Kind.CONFLICT,
        "certificate_exists",
        "this certificate is recorded already; nothing was changed",
    )
