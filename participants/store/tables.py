"""Tables of the participants: clients, what is kept of their secrets, token signing keys."""

from sqlalchemy import JSON, Column, ForeignKey, Index, LargeBinary, String, Table

from foundation.database import Instant, metadata

clients = Table(
    "participants_clients",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("roles", JSON, nullable=False),  # ClientRole values
    Column("provider_ids", JSON, nullable=False),
    Column("wmis", JSON, nullable=False),
    Column("operator_ids", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
)

client_secrets = Table(
    "participants_client_secrets",
    metadata,
    Column("secret_id", String(36), primary_key=True),
    Column("client_id", ForeignKey(clients.c.client_id), nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # HMAC-SHA-256 under the salt
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Index("ix_participants_client_secrets_client_id", "client_id"),
)

token_keys = Table(
    "participants_token_keys",
    metadata,
    Column("key_id", String(32), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # PKCS#8 DER under the key-encryption key
    Column("created_at", Instant, nullable=False),
    Column("retired_at", Instant),  # none while it may sign
)
