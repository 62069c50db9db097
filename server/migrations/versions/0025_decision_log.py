"""Decisions that can be looked for and explained.

Revision: 0025, after: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_TABLE = "authorization_decisions"
_INDEXES = {
    "decided_at": None,
    "operator_id": None,
    "provider_id": "provider_id IS NOT NULL",
    "contract_id": "contract_id IS NOT NULL",
    "evcoid_digest": "evcoid_digest IS NOT NULL",
    "enrolment_id": "enrolment_id IS NOT NULL",
    "evse_id": "evse_id IS NOT NULL",
    "refused_for": "refused_for IS NOT NULL",
    "outcome": "outcome <> 'accepted'",
}


def upgrade() -> None:
    """Apply."""
    op.add_column(_TABLE, sa.Column("refused_for", sa.String(length=64), nullable=True))
    op.add_column(_TABLE, sa.Column("evcoid_digest", sa.LargeBinary(), nullable=True))
    op.add_column(_TABLE, sa.Column("basis", sa.JSON(), nullable=True))
    for column, condition in _INDEXES.items():
        where = None if condition is None else sa.text(condition)
        op.create_index(
            f"ix_{_TABLE}_{column}",
            _TABLE,
            [column] if column == "decided_at" else [column, "decided_at"],
            sqlite_where=where,
            postgresql_where=where,
        )
    op.create_index(
        "ix_autocharge_assessments_assessed_at", "autocharge_assessments", ["assessed_at"]
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_autocharge_assessments_assessed_at", "autocharge_assessments")
    for column in reversed(_INDEXES):
        op.drop_index(f"ix_{_TABLE}_{column}", _TABLE)
    op.drop_column(_TABLE, "basis")
    op.drop_column(_TABLE, "evcoid_digest")
    op.drop_column(_TABLE, "refused_for")
