"""Local authorisation lists of station groups.

Revision: 0028, after: 0027
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "authorization_station_groups",
        sa.Column("operator_id", sa.String(length=5), nullable=False),
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint(
            "operator_id", "name", name=op.f("pk_authorization_station_groups")
        ),
    )
    op.create_table(
        "authorization_listed_contracts",
        sa.Column("operator_id", sa.String(length=5), nullable=False),
        sa.Column("group_name", sa.String(length=48), nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint(
            "operator_id",
            "group_name",
            "contract_id",
            name=op.f("pk_authorization_listed_contracts"),
        ),
    )
    op.create_table(
        "authorization_listed_stations",
        sa.Column("station_id", sa.String(length=48), nullable=False),
        sa.Column("operator_id", sa.String(length=5), nullable=False),
        sa.Column("group_name", sa.String(length=48), nullable=False),
        sa.Column("version", sa.String(length=8), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("per_message", sa.Integer(), nullable=False),
        sa.Column("last_version", sa.Integer(), nullable=False),
        sa.Column("held", sa.JSON(), nullable=True),
        sa.Column("call_id", sa.String(length=36), nullable=True),
        sa.Column("sent", sa.JSON(), nullable=True),
        sa.Column("refused_for", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"],
            ["authorization_stations.station_id"],
            name=op.f("fk_authorization_listed_stations_station_id"),
        ),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_authorization_listed_stations")),
    )
    op.create_index(
        "ix_authorization_listed_stations_group",
        "authorization_listed_stations",
        ["operator_id", "group_name"],
    )
    op.create_table(
        "authorization_list_consents",
        sa.Column("provider_id", sa.String(length=5), nullable=False),
        sa.Column("operator_id", sa.String(length=5), nullable=False),
        sa.Column("given_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint(
            "provider_id", "operator_id", name=op.f("pk_authorization_list_consents")
        ),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("authorization_list_consents")
    op.drop_table("authorization_listed_stations")
    op.drop_table("authorization_listed_contracts")
    op.drop_table("authorization_station_groups")
