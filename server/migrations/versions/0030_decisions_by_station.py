"""Decisions are found by station.

Revision: 0030, after: 0029
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_INDEX = "ix_authorization_decisions_station_id"


def upgrade() -> None:
    """Apply."""
    op.create_index(_INDEX, "authorization_decisions", ["station_id", "decided_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_index(_INDEX, "authorization_decisions")
