"""Tokens of other providers, pushed by roaming partners.

Revision: 0022, after: 0021
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "authorization_foreign_tokens",
        sa.Column("token_id", sa.String(36), nullable=False),
        sa.Column("name_hash", sa.LargeBinary(), nullable=False),
        sa.Column("uid_hash", sa.LargeBinary(), nullable=False),
        sa.Column("partner_id", sa.String(36), nullable=False),
        sa.Column("provider_id", sa.String(5), nullable=False),
        sa.Column("type", sa.String(12), nullable=False),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("whitelist", sa.String(16), nullable=False),
        sa.Column("last_updated", Instant(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_authorization_foreign_tokens")),
        sa.UniqueConstraint("name_hash", name=op.f("uq_authorization_foreign_tokens_name_hash")),
    )
    op.create_index(
        "ix_authorization_foreign_tokens_uid_hash", "authorization_foreign_tokens", ["uid_hash"]
    )
    op.create_index(
        "ix_authorization_foreign_tokens_partner_id", "authorization_foreign_tokens", ["partner_id"]
    )
    op.create_table(
        "authorization_foreign_token_counts",
        sa.Column("partner_id", sa.String(36), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_authorization_foreign_token_counts")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("authorization_foreign_token_counts")
    op.drop_table("authorization_foreign_tokens")
