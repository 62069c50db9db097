"""What the risk of Autocharge decisions was, and questions to drivers.

Revision: 0013, after: 0012
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "autocharge_assessments",
        sa.Column("reference", sa.String(length=36), nullable=False),
        sa.Column("assessed_at", Instant(), nullable=False),
        sa.Column("features", sa.JSON(), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("rules_version", sa.String(length=40), nullable=False),
        sa.Column("shadow_action", sa.String(length=8), nullable=True),
        sa.Column("shadow_version", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_autocharge_assessments")),
    )
    op.create_table(
        "autocharge_step_ups",
        sa.Column("reference", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("enrolment_id", sa.String(length=36), nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("provider_id", sa.String(length=5), nullable=False),
        sa.Column("operator_id", sa.String(length=5), nullable=False),
        sa.Column("station_id", sa.String(length=48), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("lapses_at", Instant(), nullable=False),
        sa.Column("answer", sa.String(length=8), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("answered_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_autocharge_step_ups")),
    )
    op.create_index("ix_autocharge_step_ups_digest", "autocharge_step_ups", ["digest", "asked_at"])
    op.create_index(
        "ix_autocharge_step_ups_contract_id", "autocharge_step_ups", ["contract_id", "lapses_at"]
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("autocharge_step_ups")
    op.drop_table("autocharge_assessments")
