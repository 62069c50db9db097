"""Sites, access groups, restrictions of contracts, and what a decision is limited to.

Revision: 0027, after: 0026
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for name in ("evses", "energy_transfer"):
        op.add_column("authorization_decisions", sa.Column(name, sa.JSON(), nullable=True))
    op.create_table(
        "authorization_sites",
        sa.Column("operator_id", sa.String(5), nullable=False),
        sa.Column("site_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(100), nullable=True),
        sa.Column("owner", sa.String(100), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("access", sa.String(12), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "site_id", name=op.f("pk_authorization_sites")),
    )
    op.create_table(
        "authorization_site_evses",
        sa.Column("operator_id", sa.String(5), nullable=False),
        sa.Column("evse_key", sa.String(41), nullable=False),
        sa.Column("site_id", sa.String(36), nullable=False),
        sa.Column("spelled", sa.String(41), nullable=False),
        sa.Column("connector_types", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint(
            "operator_id", "evse_key", name=op.f("pk_authorization_site_evses")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["authorization_sites.operator_id", "authorization_sites.site_id"],
            name=op.f("fk_authorization_site_evses_operator_id_authorization_sites"),
        ),
    )
    op.create_index(
        "ix_authorization_site_evses_site_id",
        "authorization_site_evses",
        ["operator_id", "site_id"],
    )
    op.create_table(
        "authorization_access_groups",
        sa.Column("operator_id", sa.String(5), nullable=False),
        sa.Column("group_id", sa.String(36), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint(
            "operator_id", "group_id", name=op.f("pk_authorization_access_groups")
        ),
    )
    op.create_table(
        "authorization_access_members",
        sa.Column("operator_id", sa.String(5), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.PrimaryKeyConstraint(
            "operator_id", "digest", "group_id", name=op.f("pk_authorization_access_members")
        ),
    )
    op.create_index(
        "ix_authorization_access_members_group_id",
        "authorization_access_members",
        ["operator_id", "group_id"],
    )
    op.create_table(
        "authorization_restrictions",
        sa.Column("contract_id", sa.String(36), nullable=False),
        sa.Column("provider_id", sa.String(5), nullable=False),
        sa.Column("restrictions", sa.JSON(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("contract_id", name=op.f("pk_authorization_restrictions")),
    )


def downgrade() -> None:
    """Undo."""
    for name in ("restrictions", "access_members", "access_groups", "site_evses", "sites"):
        op.drop_table(f"authorization_{name}")
    for name in ("energy_transfer", "evses"):
        op.drop_column("authorization_decisions", name)
