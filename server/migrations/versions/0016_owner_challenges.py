"""Owner challenges, and how often a provider's claims met a holder.

Revision: 0016, after: 0015
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "autocharge_challenges",
        sa.Column("challenge_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("claimant_emaid", sa.String(length=15), nullable=False),
        sa.Column("claimant_provider_id", sa.String(length=5), nullable=False),
        sa.Column("claimant_client_id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("holder_provider_id", sa.String(length=5), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("answer_by", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("enrolment_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("challenge_id", name=op.f("pk_autocharge_challenges")),
    )
    for name, columns in (
        ("ix_autocharge_challenges_digest", ["digest", "claimant_provider_id"]),
        ("ix_autocharge_challenges_claimant", ["claimant_provider_id", "challenge_id"]),
        ("ix_autocharge_challenges_holder", ["holder_provider_id", "challenge_id"]),
        ("ix_autocharge_challenges_state", ["state", "answer_by"]),
    ):
        op.create_index(name, "autocharge_challenges", columns, unique=False)
    op.create_index(
        "uq_autocharge_challenges_open",
        "autocharge_challenges",
        ["digest"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_table(
        "autocharge_claims_met",
        sa.Column("claim_id", sa.String(length=36), nullable=False),
        sa.Column("provider_id", sa.String(length=5), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_autocharge_claims_met")),
    )
    op.create_index(
        "ix_autocharge_claims_met_provider_id", "autocharge_claims_met", ["provider_id", "at"]
    )
    op.create_index("ix_autocharge_claims_met_at", "autocharge_claims_met", ["at"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("autocharge_claims_met")
    op.drop_table("autocharge_challenges")
