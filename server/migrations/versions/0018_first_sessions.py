"""Proposals from drivers' first sessions, and what each provider wants of them.

Revision: 0018, after: 0017
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "autocharge_provider_choices",
        sa.Column("first_session", sa.String(length=4), nullable=True),
    )
    op.create_table(
        "autocharge_session_starts",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("emaid", sa.String(length=15), nullable=False),
        sa.Column("station_id", sa.String(length=48), nullable=False),
        sa.Column("evse_id", sa.String(length=41), nullable=True),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("looked_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_autocharge_session_starts")),
    )
    op.create_index(
        "ix_autocharge_session_starts_started_at", "autocharge_session_starts", ["started_at"]
    )
    op.create_index(
        "ix_autocharge_session_starts_station_id",
        "autocharge_session_starts",
        ["station_id", "started_at"],
    )
    op.create_table(
        "autocharge_proposals",
        sa.Column("proposal_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("emaid", sa.String(length=15), nullable=False),
        sa.Column("provider_id", sa.String(length=5), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("lapses_at", Instant(), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("enrolment_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_autocharge_proposals")),
    )
    for name, columns in (
        ("ix_autocharge_proposals_digest", ["digest"]),
        ("ix_autocharge_proposals_emaid", ["emaid", "state"]),
        ("ix_autocharge_proposals_provider_id", ["provider_id", "proposal_id"]),
        ("ix_autocharge_proposals_state", ["state", "lapses_at"]),
    ):
        op.create_index(name, "autocharge_proposals", columns)
    op.create_index(
        "uq_autocharge_proposals_open",
        "autocharge_proposals",
        ["digest", "emaid"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_table(
        "autocharge_proposal_sessions",
        sa.Column("proposal_id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=48), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint(
            "proposal_id", "session_id", name=op.f("pk_autocharge_proposal_sessions")
        ),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("autocharge_proposal_sessions")
    op.drop_table("autocharge_proposals")
    op.drop_table("autocharge_session_starts")
    op.drop_column("autocharge_provider_choices", "first_session")
