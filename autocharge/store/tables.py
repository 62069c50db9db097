"""Tables of Autocharge. No vehicle identifier stands here in clear."""

from sqlalchemy import Column, Index, LargeBinary, String, Table, UniqueConstraint

from foundation.database import Instant, metadata

peppers = Table(
    "autocharge_peppers",
    metadata,
    Column("key_id", String(36), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # 32 bytes under the key-encryption key
    Column("created_at", Instant, nullable=False),
)

enrolments = Table(
    "autocharge_enrolments",
    metadata,
    Column("enrolment_id", String(36), primary_key=True),  # random
    Column("kind", String(12), nullable=False),  # mac | evccid20 | vin
    Column("digest", LargeBinary, nullable=False),  # HMAC-SHA-256 of the identifier's key
    Column("key_id", String(36), nullable=False),  # of the pepper that the digest was made with
    Column("sealed", LargeBinary, nullable=False),  # the identifier as spelled
    Column("emaid", String(15), nullable=False),  # its look-up key
    Column("provider_id", String(5), nullable=False),
    Column("status", String(12), nullable=False),  # active | suspended
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("digest"),  # one vehicle, one contract
    Index("ix_autocharge_enrolments_provider_id", "provider_id", "enrolment_id"),
    Index("ix_autocharge_enrolments_emaid", "emaid", "enrolment_id"),
)
