"""Tables of the tokens that roaming partners push: hashed to be found, sealed to be read."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from foundation.database import Instant, metadata

foreign_tokens = Table(
    "authorization_foreign_tokens",
    metadata,
    Column("token_id", String(36), primary_key=True),
    Column("name_hash", LargeBinary, nullable=False),  # keyed: partner, provider, type and uid
    Column("uid_hash", LargeBinary, nullable=False),  # keyed: type and uid
    Column("partner_id", String(36), nullable=False),
    Column("provider_id", String(5), nullable=False),
    Column("type", String(12), nullable=False),
    Column("valid", Boolean, nullable=False),
    Column("whitelist", String(16), nullable=False),
    Column("last_updated", Instant, nullable=False),  # the provider's own time
    Column("sealed", LargeBinary, nullable=False),  # everything else, as JSON
    UniqueConstraint("name_hash"),
    Index("ix_authorization_foreign_tokens_uid_hash", "uid_hash"),
    Index("ix_authorization_foreign_tokens_partner_id", "partner_id"),
)

foreign_token_counts = Table(
    "authorization_foreign_token_counts",
    metadata,
    Column("partner_id", String(36), primary_key=True),
    Column("tokens", Integer, nullable=False),
)
