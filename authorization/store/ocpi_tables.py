"""Tables of OCPI connections, of the tokens partners were given, and of what they are told."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from foundation.database import Instant, metadata

ocpi_connections = Table(
    "authorization_ocpi_connections",
    metadata,
    Column("partner_id", String(36), primary_key=True),
    Column("own_roles", JSON, nullable=False),  # [[role, country_code, party_id, name]]
    Column("version", String(8)),  # this and what follows: none before a handshake
    Column("encoding", String(8)),
    Column("url", String(512)),
    Column("roles", JSON(none_as_null=True)),
    Column("endpoints", JSON(none_as_null=True)),  # [[identifier, role, url]]
    Column("token_sealed", LargeBinary),  # what we show there
    Column("registered_at", Instant),
)

ocpi_tokens = Table(
    "authorization_ocpi_tokens",
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # SHA-256 of 256 random bits
    Column("partner_id", String(36), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("expires_at", Instant),
    UniqueConstraint("partner_id", "purpose"),
)

token_pushes = Table(
    "authorization_token_pushes",  # our tokens as they changed last, for each partner to be told
    metadata,
    Column("partner_id", String(36), primary_key=True),
    Column("token_id", String(36), primary_key=True),  # it may be removed by now
    Column("kind", String(8), nullable=False),
    Column("uid_sealed", LargeBinary, nullable=False),
    Column("contract_id", String(36), nullable=False),
    Column("provider_id", String(5), nullable=False),
    Column("valid", Boolean, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Instant, nullable=False),
    Index("ix_authorization_token_pushes_next_attempt_at", "next_attempt_at"),
)

token_pulls = Table(
    "authorization_token_pulls",  # how far the tokens of each partner were read
    metadata,
    Column("partner_id", String(36), primary_key=True),
    Column("registered_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("since", Instant),
    Column("began", Instant),
    Column("next_page", String(1024)),
    Column("taken", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
)
