"""Roots that an administrator published in the root pool.

Revision: 0004, after: 0003
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "pool_roots",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("root_type", sa.String(length=3), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("not_after", Instant(), nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_pool_roots")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("pool_roots")
