"""What stations read of vehicles: sightings.

Revision: 0011, after: 0010
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_UNMATCHED = sa.text("enrolment_id IS NULL")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "autocharge_sightings",
        sa.Column("sighting_id", sa.String(length=40), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.String(length=24), nullable=False),
        sa.Column("station_id", sa.String(length=48), nullable=False),
        sa.Column("operator_id", sa.String(length=5), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("evse_id", sa.String(length=41), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("enrolment_id", sa.String(length=36), nullable=True),
        sa.Column("reference", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("sighting_id", name=op.f("pk_autocharge_sightings")),
    )
    op.create_index("ix_autocharge_sightings_digest", "autocharge_sightings", ["digest", "seen_at"])
    op.create_index(
        "ix_autocharge_sightings_station_id", "autocharge_sightings", ["station_id", "seen_at"]
    )
    op.create_index(
        "ix_autocharge_sightings_unmatched_operator_id",
        "autocharge_sightings",
        ["operator_id", "seen_at"],
        sqlite_where=_UNMATCHED,
        postgresql_where=_UNMATCHED,
    )
    op.create_index(
        "ix_autocharge_sightings_unmatched_seen_at",
        "autocharge_sightings",
        ["seen_at"],
        sqlite_where=_UNMATCHED,
        postgresql_where=_UNMATCHED,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("autocharge_sightings")
