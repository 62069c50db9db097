"""Authentication data that hubs have of our contracts.

Revision: 0024, after: 0023
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("authorization_partners") as table:
        table.add_column(
            sa.Column("authdata", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    op.create_table(
        "authorization_authdata",
        sa.Column("partner_id", sa.String(36), nullable=False),
        sa.Column("provider_id", sa.String(5), nullable=False),
        sa.Column("loaded_at", Instant(), nullable=True),
        sa.Column("looked_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"],
            ["authorization_partners.partner_id"],
            name=op.f("fk_authorization_authdata_partner_id"),
        ),
        sa.PrimaryKeyConstraint(
            "partner_id", "provider_id", name=op.f("pk_authorization_authdata")
        ),
    )
    op.create_table(
        "authorization_authdata_records",
        sa.Column("partner_id", sa.String(36), nullable=False),
        sa.Column("provider_id", sa.String(5), nullable=False),
        sa.Column("record_id", sa.String(36), nullable=False),
        sa.Column("contract_id", sa.String(36), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"],
            ["authorization_partners.partner_id"],
            name=op.f("fk_authorization_authdata_records_partner_id"),
        ),
        sa.PrimaryKeyConstraint(
            "partner_id",
            "provider_id",
            "record_id",
            name=op.f("pk_authorization_authdata_records"),
        ),
    )
    op.create_index(
        "ix_authorization_authdata_records_contract_id",
        "authorization_authdata_records",
        ["contract_id"],
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("authorization_authdata_records")
    op.drop_table("authorization_authdata")
    with op.batch_alter_table("authorization_partners") as table:
        table.drop_column("authdata")
