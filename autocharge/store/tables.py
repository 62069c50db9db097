"""Tables of Autocharge. No vehicle identifier stands here in clear."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from autocharge.store.digest_tables import LAST_HOLDER, OWNER, register_digests
from foundation.database import Instant, metadata

keys = Table(
    "autocharge_keys",
    metadata,
    Column("purpose", String(12), primary_key=True),  # pepper | sealing | pseudonym
    Column("key_id", String(36), primary_key=True),
    Column("generation", Integer, nullable=False),  # the order of one purpose's keys, by no clock
    Column("sealed", LargeBinary, nullable=False),  # 32 bytes under the key-encryption key
    Column("created_at", Instant, nullable=False),
    Column("used_from", Instant),  # none: announced to readers, no row is written with it yet
    UniqueConstraint("purpose", "generation"),
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
    Column("precedence", Integer, nullable=False, server_default=text("1")),  # lower goes first
    Column("source", String(16), nullable=False, server_default=text("'provider'")),
    Column("switched_off", Boolean, nullable=False, server_default=false()),
    # of those who claim a vehicle at once, whoever has seen the same enrolments takes the same
    # place, and one of them gets it
    UniqueConstraint("digest", "precedence"),
    Index("ix_autocharge_enrolments_provider_id", "provider_id", "enrolment_id"),
    Index("ix_autocharge_enrolments_emaid", "emaid", "enrolment_id"),
)
register_digests(enrolments, erased_by=OWNER)

_UNMATCHED = text("enrolment_id IS NULL")

sightings = Table(
    "autocharge_sightings",
    metadata,
    # of one message: `<reference>:<position>`, so that what was read together stands together
    Column("sighting_id", String(40), primary_key=True),
    Column("seen_at", Instant, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("key_id", String(36), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("source", String(24), nullable=False),
    Column("station_id", String(48), nullable=False),
    Column("operator_id", String(5), nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("evse_id", String(41)),
    Column("accepted", Boolean, nullable=False),
    Column("enrolment_id", String(36)),  # that it resolved to; none where nobody enrolled it
    Column("reference", String(36)),  # of the decision; none where none was asked for
    Index("ix_autocharge_sightings_digest", "digest", "accepted", "seen_at"),
    Index("ix_autocharge_sightings_station_id", "station_id", "seen_at"),
    Index(
        "ix_autocharge_sightings_unmatched_operator_id",
        "operator_id",
        "seen_at",
        sqlite_where=_UNMATCHED,
        postgresql_where=_UNMATCHED,
    ),
    Index(
        "ix_autocharge_sightings_unmatched_seen_at",
        "seen_at",
        sqlite_where=_UNMATCHED,
        postgresql_where=_UNMATCHED,
    ),
)
register_digests(sightings, erased_by=LAST_HOLDER, record="sighting")

assessments = Table(
    "autocharge_assessments",
    metadata,
    Column("reference", String(36), primary_key=True),  # of the decision
    Column("assessed_at", Instant, nullable=False),
    Column("features", JSON, nullable=False),  # those that are known; no identifier, no place
    Column("action", String(8), nullable=False),  # accept | step_up | deny
    Column("score", Integer, nullable=False),
    Column("reasons", JSON, nullable=False),  # [[code, weight]]; the sentences are the decision's
    Column("rules_version", String(40), nullable=False),
    Column("shadow_action", String(8)),  # what candidate rules would have said
    Column("shadow_version", String(40)),
    Index("ix_autocharge_assessments_assessed_at", "assessed_at"),
)

step_ups = Table(
    "autocharge_step_ups",
    metadata,
    Column("reference", String(36), primary_key=True),  # of the decision that asked
    Column("kind", String(12), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("key_id", String(36), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("enrolment_id", String(36), nullable=False),
    Column("contract_id", String(36), nullable=False),
    Column("provider_id", String(5), nullable=False),
    Column("operator_id", String(5), nullable=False),
    Column("station_id", String(48), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("lapses_at", Instant, nullable=False),
    Column("answer", String(8)),  # confirm | decline
    Column("answered_at", Instant),
    Column("answered_by", String(64)),  # client, or rfid | app
    Index("ix_autocharge_step_ups_digest", "digest", "asked_at"),
    Index("ix_autocharge_step_ups_contract_id", "contract_id", "lapses_at"),
)
register_digests(step_ups, erased_by=OWNER, record="step_up")

enrolment_history = Table(
    "autocharge_enrolment_history",  # stays when the enrolment goes; names no vehicle or contract
    metadata,
    Column("enrolment_id", String(36), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),  # from 1
    Column("provider_id", String(5), nullable=False),
    Column("at", Instant, nullable=False),
    Column("client_id", String(64)),  # none: another provider's doing, or from before there was one
    Column("event", String(16), nullable=False),
    Column("before", String(12)),  # none: the enrolment began
    Column("after", String(12), nullable=False),
    Column("reason", String(24), nullable=False),
    Column("reference", String(36)),
)

provider_choices = Table(
    "autocharge_provider_choices",  # a provider without a row has Autocharge on
    metadata,
    Column("provider_id", String(5), primary_key=True),
    Column("autocharge", Boolean, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("first_session", String(4)),  # ask | auto | off; none: what the policy says
)

erasures = Table(
    "autocharge_erasures",
    metadata,
    Column("erasure_id", String(36), primary_key=True),
    Column("erased_at", Instant, nullable=False),
    Column("requested_by", String(64), nullable=False),  # client
    Column("receipt_hash", LargeBinary, nullable=False),  # SHA-256 of the receipt, all that stays
)

receipt_keys = Table(
    "autocharge_receipt_keys",
    metadata,
    Column("key_id", String(36), primary_key=True),
    Column("public_key", LargeBinary, nullable=False),  # SubjectPublicKeyInfo, kept for good
    Column("sealed", LargeBinary, nullable=False),  # PKCS#8 under the key-encryption key
    Column("created_at", Instant, nullable=False),
)
