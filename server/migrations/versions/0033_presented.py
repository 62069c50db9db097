"""What partners were asked about, so that a transaction finds the decision again.

Revision: 0033, after: 0032
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_TABLE = "authorization_decisions"
_INDEX = f"ix_{_TABLE}_presented_digest"


def upgrade() -> None:
    """Apply."""
    op.add_column(_TABLE, sa.Column("presented_digest", sa.LargeBinary(), nullable=True))
    where = sa.text("presented_digest IS NOT NULL")
    op.create_index(
        _INDEX,
        _TABLE,
        ["presented_digest", "decided_at"],
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index(_INDEX, _TABLE)
    op.drop_column(_TABLE, "presented_digest")
