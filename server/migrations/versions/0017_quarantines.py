"""Quarantines of identifiers that are not one vehicle's own.

Revision: 0017, after: 0016
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_STANDING = sa.text("released_at IS NULL")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "autocharge_quarantines",
        sa.Column("quarantine_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(36), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("provider_id", sa.String(5), nullable=False),
        sa.Column("operator_id", sa.String(8), nullable=False),
        sa.Column("cause", sa.String(12), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("suspected", sa.JSON(), nullable=False),
        sa.Column("rules_version", sa.String(16), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("released_at", Instant(), nullable=True),
        sa.Column("released_by", sa.String(64), nullable=True),
        sa.Column("release_reason", sa.String(200), nullable=True),
        sa.Column("disbelieved", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("quarantine_id", name=op.f("pk_autocharge_quarantines")),
    )
    op.create_index("ix_autocharge_quarantines_digest", "autocharge_quarantines", ["digest"])
    op.create_index(
        "ix_autocharge_quarantines_provider_id",
        "autocharge_quarantines",
        ["provider_id", "quarantine_id"],
    )
    op.create_index(
        "ix_autocharge_quarantines_released_at", "autocharge_quarantines", ["released_at"]
    )
    op.create_index(
        "ix_autocharge_quarantines_standing",
        "autocharge_quarantines",
        ["digest", "provider_id", "operator_id"],
        unique=True,
        sqlite_where=_STANDING,
        postgresql_where=_STANDING,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("autocharge_quarantines")
