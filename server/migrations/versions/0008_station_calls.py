"""Calls that wait for stations; a station's SECCID.

Revision: 0008, after: 0007
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("authorization_stations", sa.Column("secc_key", sa.String(64), nullable=True))
    op.add_column("authorization_stations", sa.Column("secc_spelled", sa.String(64), nullable=True))
    op.create_index(
        "ix_authorization_stations_secc_key", "authorization_stations", ["secc_key"], unique=True
    )
    op.create_table(
        "authorization_station_calls",
        sa.Column("call_id", sa.String(36), nullable=False),
        sa.Column("station_id", sa.String(48), nullable=False),
        sa.Column("version", sa.String(8), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("slot", sa.String(128), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=True),
        sa.Column("fingerprint", sa.String(64), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("answer", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"],
            ["authorization_stations.station_id"],
            name=op.f("fk_authorization_station_calls_station_id"),
        ),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_authorization_station_calls")),
    )
    op.create_index(
        "ix_authorization_station_calls_station_id",
        "authorization_station_calls",
        ["station_id", "state", "created_at"],
    )
    op.create_index(
        "ix_authorization_station_calls_state",
        "authorization_station_calls",
        ["state", "expires_at"],
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("authorization_station_calls")
    op.drop_index("ix_authorization_stations_secc_key", "authorization_stations")
    op.drop_column("authorization_stations", "secc_spelled")
    op.drop_column("authorization_stations", "secc_key")
