"""Tables of first sessions: starts that wait to be paired, and proposals."""

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, text

from autocharge.store.digest_tables import OWNER, register_digests
from foundation.database import Instant, metadata

_OPEN = text("state = 'open'")

session_starts = Table(
    "autocharge_session_starts",  # of RFID and app sessions, for some minutes
    metadata,
    Column("session_id", String(36), primary_key=True),
    Column("emaid", String(15), nullable=False),
    Column("station_id", String(48), nullable=False),
    Column("evse_id", String(41)),
    Column("started_at", Instant, nullable=False),
    Column("looked_at", Instant),
    Index("ix_autocharge_session_starts_started_at", "started_at"),
    Index("ix_autocharge_session_starts_station_id", "station_id", "started_at"),
)

proposals = Table(
    "autocharge_proposals",
    metadata,
    Column("proposal_id", String(36), primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("key_id", String(36), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("emaid", String(15), nullable=False),
    Column("provider_id", String(5), nullable=False),
    Column("state", String(12), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("lapses_at", Instant, nullable=False),
    Column("sessions", Integer, nullable=False),
    Column("closed_at", Instant),
    Column("enrolment_id", String(36)),
    Index("ix_autocharge_proposals_digest", "digest"),
    Index(
        "uq_autocharge_proposals_open",
        "digest",
        "emaid",
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
    Index("ix_autocharge_proposals_emaid", "emaid", "state"),
    Index("ix_autocharge_proposals_provider_id", "provider_id", "proposal_id"),
    Index("ix_autocharge_proposals_state", "state", "lapses_at"),
)
register_digests(proposals, erased_by=OWNER, record="proposal")

proposal_sessions = Table(
    "autocharge_proposal_sessions",
    metadata,
    Column("proposal_id", String(36), primary_key=True),
    Column("session_id", String(36), primary_key=True),
    Column("station_id", String(48), nullable=False),
    Column("started_at", Instant, nullable=False),
)
