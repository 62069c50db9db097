"""The table of quarantines; identifiers stand in it as digest and ciphertext."""

from sqlalchemy import JSON, Column, Index, LargeBinary, String, Table, text

from autocharge.store.digest_tables import ADMINISTRATOR, register_digests
from foundation.database import Instant, metadata

EVERYBODY = ""
"""In `provider_id`: whoever enrolled it; in `operator_id`: everywhere. NULLs are never equal."""

_STANDING = text("released_at IS NULL")

quarantines = Table(
    "autocharge_quarantines",
    metadata,
    Column("quarantine_id", String(36), primary_key=True),  # random
    Column("kind", String(12), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("key_id", String(36), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("provider_id", String(5), nullable=False),
    Column("operator_id", String(8), nullable=False),
    Column("cause", String(12), nullable=False),  # shared | rotating | reported
    Column("reasons", JSON, nullable=False),  # [[code, detail]], without any identifier
    Column("suspected", JSON, nullable=False),  # operator ids
    Column("rules_version", String(16)),  # none where a person decided
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(64), nullable=False),  # client id
    Column("released_at", Instant),
    Column("released_by", String(64)),
    Column("release_reason", String(200)),
    Column("disbelieved", JSON(none_as_null=True)),  # operator ids
    Index("ix_autocharge_quarantines_digest", "digest"),
    Index("ix_autocharge_quarantines_provider_id", "provider_id", "quarantine_id"),
    Index("ix_autocharge_quarantines_released_at", "released_at"),
    Index(
        "ix_autocharge_quarantines_standing",
        "digest",
        "provider_id",
        "operator_id",
        unique=True,
        sqlite_where=_STANDING,
        postgresql_where=_STANDING,
    ),
)
# whoever owns the vehicle today may not undo what protects others from its identifier
register_digests(quarantines, erased_by=ADMINISTRATOR, record="quarantine")
