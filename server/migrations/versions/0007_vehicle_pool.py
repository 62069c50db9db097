"""Published vehicles, and deletions of vehicles that the others have still to follow.

Revision: 0007, after: 0006
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "pool_vehicles",
        sa.Column("pcid_key", sa.String(length=18), nullable=False),
        sa.Column("schema", sa.String(length=16), nullable=False),
        sa.Column("pcid", sa.String(length=18), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("sub_certificates", sa.LargeBinary(), nullable=False),
        sa.Column("root_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("not_before", Instant(), nullable=False),
        sa.Column("not_after", Instant(), nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.Column("checked_at", Instant(), nullable=False),
        sa.Column("v2g_root_key_ids", sa.JSON(), nullable=False),
        sa.Column("previous_pcid", sa.String(length=18), nullable=True),
        sa.PrimaryKeyConstraint("pcid_key", "schema", name=op.f("pk_pool_vehicles")),
    )
    op.create_index("ix_pool_vehicles_not_after", "pool_vehicles", ["not_after"], unique=False)
    op.create_index("ix_pool_vehicles_checked_at", "pool_vehicles", ["checked_at"], unique=False)
    op.create_table(
        "pool_vehicle_deletions_due",
        sa.Column("pcid_key", sa.String(length=18), nullable=False),
        sa.Column("pcid", sa.String(length=18), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("pcid_key", name=op.f("pk_pool_vehicle_deletions_due")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("pool_vehicle_deletions_due")
    op.drop_index("ix_pool_vehicles_checked_at", table_name="pool_vehicles")
    op.drop_index("ix_pool_vehicles_not_after", table_name="pool_vehicles")
    op.drop_table("pool_vehicles")
