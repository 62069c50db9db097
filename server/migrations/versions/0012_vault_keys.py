"""The vault's keys with their purpose and generation: peppers, sealing keys, pseudonyms.

Revision: 0012, after: 0011
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; the peppers that there are stay in use, the newest as the one that hashes."""
    op.create_table(
        "autocharge_keys",
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("used_from", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("purpose", "key_id", name=op.f("pk_autocharge_keys")),
        sa.UniqueConstraint(
            "purpose", "generation", name=op.f("uq_autocharge_keys_purpose_generation")
        ),
    )
    op.execute(
        "INSERT INTO autocharge_keys (purpose, key_id, generation, sealed, created_at, used_from) "
        "SELECT 'pepper', key_id, ROW_NUMBER() OVER (ORDER BY created_at, key_id), sealed, "
        "created_at, created_at FROM autocharge_peppers"
    )
    op.drop_table("autocharge_peppers")


def downgrade() -> None:
    """Undo; identifiers that were sealed since under a key of their own stay unreadable."""
    op.create_table(
        "autocharge_peppers",
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_autocharge_peppers")),
    )
    op.execute(
        "INSERT INTO autocharge_peppers (key_id, sealed, created_at) "
        "SELECT key_id, sealed, created_at FROM autocharge_keys WHERE purpose = 'pepper'"
    )
    op.drop_table("autocharge_keys")
