"""People who use the console, their passkeys and sessions.

Revision: 0034, after: 0033
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "console_accounts",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("uniquifier", sa.String(length=64), nullable=False),
        sa.Column("passkey_handle", sa.String(length=64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("second_factor", sa.String(length=16), nullable=True),
        sa.Column("secrets_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("totp_counter", sa.Integer(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", Instant(), nullable=True),
        sa.Column("signed_in_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_console_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_console_accounts_email")),
        sa.UniqueConstraint("uniquifier", name=op.f("uq_console_accounts_uniquifier")),
        sa.UniqueConstraint("passkey_handle", name=op.f("uq_console_accounts_passkey_handle")),
    )
    op.create_table(
        "console_passkeys",
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("usage", sa.String(length=16), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("backup_state", sa.Boolean(), nullable=False),
        sa.Column("device_type", sa.String(length=64), nullable=False),
        sa.Column("extensions", sa.String(length=255), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["console_accounts.account_id"],
            name=op.f("fk_console_passkeys_account_id"),
        ),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("pk_console_passkeys")),
    )
    op.create_index(
        op.f("ix_console_passkeys_account_id"), "console_passkeys", ["account_id"], unique=False
    )
    op.create_table(
        "console_sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["console_accounts.account_id"],
            name=op.f("fk_console_sessions_account_id"),
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_console_sessions")),
        sa.UniqueConstraint("session_id", name=op.f("uq_console_sessions_session_id")),
    )
    op.create_index("ix_console_sessions_account_id", "console_sessions", ["account_id", "used_at"])
    op.create_index("ix_console_sessions_ends_at", "console_sessions", ["ends_at"])


def downgrade() -> None:
    """Undo."""
    for table in ("console_sessions", "console_passkeys", "console_accounts"):
        op.drop_table(table)
