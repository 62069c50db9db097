"""Tables of claims: owner challenges, and how often a provider met a holder."""

from sqlalchemy import Column, Index, LargeBinary, String, Table, text

from autocharge.store.digest_tables import LAST_HOLDER, register_digests
from foundation.database import Instant, metadata

_OPEN = text("state = 'open'")

challenges = Table(
    "autocharge_challenges",
    metadata,
    Column("challenge_id", String(36), primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("key_id", String(36), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("claimant_emaid", String(15), nullable=False),
    Column("claimant_provider_id", String(5), nullable=False),
    Column("claimant_client_id", String(64), nullable=False),
    Column("source", String(16), nullable=False),
    Column("holder_provider_id", String(5), nullable=False),
    Column("state", String(12), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("answer_by", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("enrolment_id", String(36)),  # the claimant's, where it gained one
    Index("ix_autocharge_challenges_digest", "digest", "claimant_provider_id"),
    # one question about a vehicle at a time
    Index(
        "uq_autocharge_challenges_open",
        "digest",
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
    Index("ix_autocharge_challenges_claimant", "claimant_provider_id", "challenge_id"),
    Index("ix_autocharge_challenges_holder", "holder_provider_id", "challenge_id"),
    Index("ix_autocharge_challenges_state", "state", "answer_by"),
)
# who holds the vehicle may have the claim on it forgotten with it
register_digests(challenges, erased_by=LAST_HOLDER, record="challenge")

claims_met = Table(
    "autocharge_claims_met",  # claims that met a holder, for a day
    metadata,
    Column("claim_id", String(36), primary_key=True),
    Column("provider_id", String(5), nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_autocharge_claims_met_provider_id", "provider_id", "at"),
    Index("ix_autocharge_claims_met_at", "at"),
)
