"""Tables of the decision and its surroundings: stations, tokens, sessions, decisions."""

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from foundation.database import Instant, metadata

stations = Table(
    "authorization_stations",
    metadata,
    Column("station_id", String(48), primary_key=True),
    Column("operator_id", String(5), nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("registered_at", Instant, nullable=False),
    Column("secc_key", String(64)),  # one SECCID belongs to one station
    Column("secc_spelled", String(64)),
    Index("ix_authorization_stations_operator_id", "operator_id", "station_id"),
    Index("ix_authorization_stations_secc_key", "secc_key", unique=True),
)

evses = Table(
    "authorization_evses",
    metadata,
    Column("evse_key", String(41), primary_key=True),  # one EVSE belongs to one station
    Column("station_id", ForeignKey(stations.c.station_id), nullable=False),
    Column("position", Integer, nullable=False),  # OCPP counts a station's EVSEs from 1
    Column("spelled", String(41), nullable=False),
    Index("ix_authorization_evses_station_id", "station_id"),
)

tokens = Table(
    "authorization_tokens",
    metadata,
    Column("token_id", String(36), primary_key=True),
    Column("kind", String(8), nullable=False),  # rfid | app
    Column("uid_hash", LargeBinary, nullable=False),  # keyed hash over kind and uid
    Column("uid_sealed", LargeBinary, nullable=False),
    Column("contract_id", String(36), nullable=False),
    Column("provider_id", String(5), nullable=False),
    Column("status", String(8), nullable=False),  # active | blocked
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("uid_hash"),
    Index("ix_authorization_tokens_contract_id", "contract_id"),
)

peppers = Table(
    "authorization_peppers",
    metadata,
    Column("key_id", String(16), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)

decisions = Table(
    "authorization_decisions",
    metadata,
    Column("reference", String(36), primary_key=True),
    Column("decided_at", Instant, nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("operator_id", String(5), nullable=False),
    Column("station_id", String(48), nullable=False),
    Column("evse_id", String(41)),
    Column("evidence", String(32), nullable=False),
    Column("assurance", String(32), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("certificate_status", String(32)),
    Column("reasons", JSON, nullable=False),  # [[code, detail]], without any identifier
    Column("valid_until", Instant),
    Column("contract_id", String(36)),  # the EMAID is looked up, so that erasing it is enough
    Column("provider_id", String(5)),
    Column("enrolment_id", String(36)),
    Column("evcoid_sealed", LargeBinary),  # what was claimed where there is no contract
    Column("rules_version", String(16), nullable=False),
)

sessions = Table(
    "authorization_sessions",
    metadata,
    Column("session_id", String(36), primary_key=True),
    Column("reference", ForeignKey(decisions.c.reference), nullable=False),
    Column("operator_id", String(5), nullable=False),
    Column("station_id", String(48), nullable=False),
    Column("contract_id", String(36), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    UniqueConstraint("reference"),  # one decision, one session
    Index("ix_authorization_sessions_contract_id", "contract_id", "started_at"),
)

station_calls = Table(
    "authorization_station_calls",
    metadata,
    Column("call_id", String(36), primary_key=True),
    Column("station_id", ForeignKey(stations.c.station_id), nullable=False),
    Column("version", String(8), nullable=False),  # of OCPP
    Column("purpose", String(32), nullable=False),
    Column("action", String(32), nullable=False),  # purpose, or DataTransfer
    Column("payload", JSON, nullable=False),
    Column("slot", String(128), nullable=False),
    Column("state", String(16), nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("request_hash", String(64)),
    Column("fingerprint", String(64)),
    Column("ended_at", Instant),
    Column("answer", JSON(none_as_null=True)),
    Index("ix_authorization_station_calls_station_id", "station_id", "state", "created_at"),
    Index("ix_authorization_station_calls_state", "state", "expires_at"),
)
