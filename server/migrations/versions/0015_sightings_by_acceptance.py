"""Accepted and refused sightings are looked for apart.

Revision: 0015, after: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_INDEX = "ix_autocharge_sightings_digest"
_TABLE = "autocharge_sightings"


def upgrade() -> None:
    """Apply."""
    op.drop_index(_INDEX, _TABLE)
    op.create_index(_INDEX, _TABLE, ["digest", "accepted", "seen_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_index(_INDEX, _TABLE)
    op.create_index(_INDEX, _TABLE, ["digest", "seen_at"])
