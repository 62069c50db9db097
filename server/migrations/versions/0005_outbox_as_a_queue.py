"""The outbox as a queue: who has claimed an event, until when, how often, and when it was done.

Revision: 0005, after: 0004
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_WAITING = sa.text("done_at IS NULL")


def upgrade() -> None:
    """Apply."""
    op.add_column("outbox", sa.Column("claim", sa.String(length=36), nullable=True))
    op.add_column("outbox", sa.Column("claimed_until", Instant(), nullable=True))
    op.add_column(
        "outbox",
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column("outbox", sa.Column("done_at", Instant(), nullable=True))
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["id"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index(
        "ix_outbox_waiting",
        table_name="outbox",
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    for name in ("done_at", "attempts", "claimed_until", "claim"):
        op.drop_column("outbox", name)
