"""Erasures on request: the hashes of their receipts, and the keys that sign these.

Revision: 0020, after: 0019
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "autocharge_erasures",
        sa.Column("erasure_id", sa.String(length=36), nullable=False),
        sa.Column("erased_at", Instant(), nullable=False),
        sa.Column("requested_by", sa.String(length=64), nullable=False),
        sa.Column("receipt_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("erasure_id", name=op.f("pk_autocharge_erasures")),
    )
    op.create_table(
        "autocharge_receipt_keys",
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_autocharge_receipt_keys")),
    )


def downgrade() -> None:
    """Undo; receipts that were given can be verified no more."""
    op.drop_table("autocharge_receipt_keys")
    op.drop_table("autocharge_erasures")
