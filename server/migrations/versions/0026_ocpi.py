"""OCPI connections, the tokens partners were given, and what they are told of ours.

Revision: 0026, after: 0025
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "authorization_ocpi_connections",
        sa.Column("partner_id", sa.String(36), nullable=False),
        sa.Column("own_roles", sa.JSON(), nullable=False),
        sa.Column("version", sa.String(8), nullable=True),
        sa.Column("encoding", sa.String(8), nullable=True),
        sa.Column("url", sa.String(512), nullable=True),
        sa.Column("roles", sa.JSON(), nullable=True),
        sa.Column("endpoints", sa.JSON(), nullable=True),
        sa.Column("token_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("registered_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_authorization_ocpi_connections")),
    )
    op.create_table(
        "authorization_ocpi_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("partner_id", sa.String(36), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_authorization_ocpi_tokens")),
        sa.UniqueConstraint(
            "partner_id", "purpose", name=op.f("uq_authorization_ocpi_tokens_partner_id_purpose")
        ),
    )
    op.add_column("authorization_tokens", sa.Column("changed_at", Instant(), nullable=True))
    op.execute("UPDATE authorization_tokens SET changed_at = created_at")
    op.create_index(
        "ix_authorization_tokens_provider_id", "authorization_tokens", ["provider_id", "created_at"]
    )
    op.create_table(
        "authorization_token_pushes",
        sa.Column("partner_id", sa.String(36), nullable=False),
        sa.Column("token_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("uid_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("contract_id", sa.String(36), nullable=False),
        sa.Column("provider_id", sa.String(5), nullable=False),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint(
            "partner_id", "token_id", name=op.f("pk_authorization_token_pushes")
        ),
    )
    op.create_index(
        "ix_authorization_token_pushes_next_attempt_at",
        "authorization_token_pushes",
        ["next_attempt_at"],
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("authorization_token_pushes")
    op.drop_index("ix_authorization_tokens_provider_id", "authorization_tokens")
    op.drop_column("authorization_tokens", "changed_at")
    op.drop_table("authorization_ocpi_tokens")
    op.drop_table("authorization_ocpi_connections")
