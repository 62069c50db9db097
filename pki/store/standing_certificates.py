"""Certificates in order, by what they name: what a renewal is judged by."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select

from foundation.database import Database
from pki.model.issued import CertificateRecord
from pki.model.roles import CertificateRole, CertificateStatus
from pki.store.issuance import certificate_record
from pki.store.tables import authorities, certificates

MAXIMUM_RECORDS = 32
"""Own judgement: a station that renews daily for a month."""

_standing = (
    select(certificates)
    .join(authorities, authorities.c.name == certificates.c.issuer)
    .where(
        certificates.c.subject_id == bindparam("subject_id"),
        certificates.c.role == bindparam("role"),
        certificates.c.owner == bindparam("owner"),
        certificates.c.status == CertificateStatus.GOOD,
        certificates.c.not_before <= bindparam("at"),
        certificates.c.not_after > bindparam("at"),
        authorities.c.slot == bindparam("slot"),
    )
    .order_by(certificates.c.issued_at.desc(), certificates.c.serial)
    .limit(MAXIMUM_RECORDS)
)


class SqlStandingCertificates:
    """`StandingCertificates`: each call reads what is committed by then."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(
        self, slot: str, role: CertificateRole, subject_id: str, owner: str, at: datetime
    ) -> Sequence[CertificateRecord]:
        """Return those good and valid at `at`, latest first, at most MAXIMUM_RECORDS."""
        values = {
            "slot": slot,
            "role": role,
            "subject_id": subject_id,
            "owner": owner,
            "at": at,
        }
        with self._database.read() as connection:
            return [certificate_record(row) for row in connection.execute(_standing, values)]
