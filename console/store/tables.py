"""Tables of the console: accounts, passkeys, sessions."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from foundation.database import Instant, metadata

accounts = Table(
    "console_accounts",
    metadata,
    Column("account_id", String(36), primary_key=True),
    Column("email", String(254), nullable=False, unique=True),  # lower case
    Column("password_hash", String(255), nullable=False),  # argon2id
    Column("roles", JSON, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("uniquifier", String(64), nullable=False, unique=True),
    Column("passkey_handle", String(64), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("second_factor", String(16)),
    Column("secrets_sealed", LargeBinary),  # TOTP secret and recovery codes
    Column("totp_counter", Integer),  # the last code's period: none counts twice (RFC 6238, 5.2)
    Column("failures", Integer, nullable=False),
    Column("locked_until", Instant),
    Column("signed_in_at", Instant),
)

passkeys = Table(
    "console_passkeys",
    metadata,
    Column("credential_id", LargeBinary, primary_key=True),
    Column("account_id", ForeignKey(accounts.c.account_id), nullable=False, index=True),
    Column("name", String(64), nullable=False),
    Column("usage", String(16), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("transports", JSON, nullable=False),
    Column("backup_state", Boolean, nullable=False),
    Column("device_type", String(64), nullable=False),
    Column("extensions", String(255)),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant, nullable=False),
)

sessions = Table(
    "console_sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),  # SHA-256 of what the browser holds
    Column("session_id", String(36), nullable=False, unique=True),
    Column("account_id", ForeignKey(accounts.c.account_id)),  # none before signing in
    Column("content", LargeBinary, nullable=False),  # sealed
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("browser", String(200), nullable=False),
    Column("address", String(45), nullable=False),
    Index("ix_console_sessions_account_id", "account_id", "used_at"),
    Index("ix_console_sessions_ends_at", "ends_at"),
)
