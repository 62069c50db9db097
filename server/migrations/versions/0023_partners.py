"""Roaming partners, and their references to our decisions.

Revision: 0023, after: 0022
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "authorization_partners",
        sa.Column("partner_id", sa.String(36), nullable=False),
        sa.Column("protocol", sa.String(16), nullable=False),
        sa.Column("base_url", sa.String(512), nullable=False),
        sa.Column("provider_ids", sa.JSON(), nullable=False),
        sa.Column("operator_ids", sa.JSON(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("silence_accepted_a_day", sa.Integer(), nullable=False),
        sa.Column("silence_minutes", sa.Integer(), nullable=False),
        sa.Column("silence_energy_wh", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=True),
        sa.Column("own_provider_ids", sa.JSON(), nullable=False),
        sa.Column("credentials_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("registered_at", Instant(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", Instant(), nullable=True),
        sa.Column("open_until", Instant(), nullable=True),
        sa.Column("silent_day", sa.String(10), nullable=True),
        sa.Column("silent_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_authorization_partners")),
        sa.UniqueConstraint("client_id", name=op.f("uq_authorization_partners_client_id")),
    )
    op.create_table(
        "authorization_partner_references",
        sa.Column("reference", sa.String(36), nullable=False),
        sa.Column("partner_id", sa.String(64), nullable=False),
        sa.Column("partner_reference", sa.String(64), nullable=True),
        sa.Column("asked_us", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reference"],
            ["authorization_decisions.reference"],
            name=op.f("fk_authorization_partner_references_reference"),
        ),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_authorization_partner_references")),
    )
    op.create_index(
        "ix_authorization_partner_references_partner_reference",
        "authorization_partner_references",
        ["partner_reference"],
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("authorization_partner_references")
    op.drop_table("authorization_partners")
