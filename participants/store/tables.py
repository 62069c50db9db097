"""Tables of the participants: clients, what is kept of their secrets, token keys, webhooks."""

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

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

webhook_endpoints = Table(
    "participants_webhook_endpoints",
    metadata,
    Column("endpoint_id", String(36), primary_key=True),
    Column("client_id", ForeignKey(clients.c.client_id), nullable=False),
    Column("url", String(2048), nullable=False),
    Column("events", JSON, nullable=False),  # WebhookEvent values
    Column("description", String(500)),
    Column("metadata", JSON, nullable=False),
    Column("status", String(16), nullable=False),
    Column("secret", LargeBinary, nullable=False),  # sealed for this row
    Column("created_at", Instant, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Instant),
    Column("rests_until", Instant),
    Column("pause", String(32)),
    Column("pinged_at", Instant),
    Column("due_at", Instant),  # when its next turn may begin; none while nothing waits
    Column("claim", String(36)),
    Column("claimed_until", Instant),
    Index("ix_participants_webhook_endpoints_client_id", "client_id"),
    Index("ix_participants_webhook_endpoints_due_at", "due_at"),
)

_WAITING = text("state = 'pending'")

webhook_deliveries = Table(
    "participants_webhook_deliveries",
    metadata,
    Column("delivery_id", String(36), primary_key=True),  # begins with the time
    Column("endpoint_id", ForeignKey(webhook_endpoints.c.endpoint_id), nullable=False),
    Column("event", String(64), nullable=False),
    Column("event_id", String(36), nullable=False),
    Column("body", LargeBinary, nullable=False),  # names a driver: sealed for this row
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("next_attempt_at", Instant),  # none once it is over
    Column("last_attempt_at", Instant),
    Column("last_status", Integer),
    Column("last_code", String(32)),
    Column("replay_of", String(36)),
    Index("ix_participants_webhook_deliveries_endpoint_id", "endpoint_id", "delivery_id"),
    Index("ix_participants_webhook_deliveries_created_at", "created_at"),
    Index(
        "ix_participants_webhook_deliveries_waiting",
        "endpoint_id",
        "next_attempt_at",
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    ),
)
