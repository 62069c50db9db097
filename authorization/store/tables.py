"""Tables of the decision and its surroundings: stations, tokens, sessions, decisions."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
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
    Column("changed_at", Instant),  # none only where a row is older than the column
    UniqueConstraint("uid_hash"),
    Index("ix_authorization_tokens_contract_id", "contract_id"),
    Index("ix_authorization_tokens_provider_id", "provider_id", "created_at"),
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
    Column("evses", JSON(none_as_null=True)),  # [[number, EVSEID]] that alone are allowed
    Column("energy_transfer", JSON(none_as_null=True)),  # modes that alone are allowed
    Column("refused_for", String(64)),  # code of the reason that names a refusal's outcome
    Column("evcoid_digest", LargeBinary),  # keyed hash beside `evcoid_sealed`, to look it up
    Column("basis", JSON(none_as_null=True)),  # what it was made from, without any identifier
    Column("presented_digest", LargeBinary),  # keyed hash of what a partner was asked about
    Index("ix_authorization_decisions_decided_at", "decided_at"),
    Index("ix_authorization_decisions_operator_id", "operator_id", "decided_at"),
    Index("ix_authorization_decisions_station_id", "station_id", "decided_at"),
    *(
        Index(
            f"ix_authorization_decisions_{column}",
            column,
            "decided_at",
            sqlite_where=text(condition),
            postgresql_where=text(condition),
        )
        for column, condition in (
            # rows that a filter can never find cost no entry
            ("provider_id", "provider_id IS NOT NULL"),
            ("contract_id", "contract_id IS NOT NULL"),
            ("evcoid_digest", "evcoid_digest IS NOT NULL"),
            ("enrolment_id", "enrolment_id IS NOT NULL"),
            ("presented_digest", "presented_digest IS NOT NULL"),
            ("evse_id", "evse_id IS NOT NULL"),
            ("refused_for", "refused_for IS NOT NULL"),
            ("outcome", "outcome <> 'accepted'"),
        )
    ),
)

_OPEN = text("ended_at IS NULL")

sessions = Table(
    "authorization_sessions",
    metadata,
    Column("session_id", String(36), primary_key=True),
    Column("reference", ForeignKey(decisions.c.reference), nullable=False),
    Column("operator_id", String(5), nullable=False),
    Column("station_id", String(48), nullable=False),
    Column("contract_id", String(36)),  # none for one that is not kept here
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("heard_at", Instant, nullable=False),
    Column("evse_id", String(41)),
    Column("energy_wh", BigInteger),
    Column("cost_currency", String(3)),
    Column("cost_minor", BigInteger),
    Column("ended_by", String(8)),  # told | replaced | stale
    Column("slot", Integer),
    UniqueConstraint("reference"),  # one decision, one session
    Index("ix_authorization_sessions_contract_id", "contract_id", "started_at"),
    # one session a slot, whoever asks at the same moment
    Index(
        "uq_authorization_sessions_slot",
        "contract_id",
        "slot",
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
    Index(
        "ix_authorization_sessions_open_heard_at",
        "heard_at",
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
)

transactions = Table(
    "authorization_transactions",
    metadata,
    Column("station_id", ForeignKey(stations.c.station_id), primary_key=True),
    Column("transaction_key", String(36), primary_key=True),
    Column("version", String(8), nullable=False),  # of OCPP
    Column("start_hash", String(64)),  # of the StartTransaction of OCPP 1.6 that it began with
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("seq_no", Integer),
    Column("evse", Integer),
    Column("register_first_wh", BigInteger),
    Column("register_last_wh", BigInteger),
    Column("cost_currency", String(3)),
    Column("cost_minor", BigInteger),
    Column("session_id", ForeignKey(sessions.c.session_id)),
    Column("heard_at", Instant, nullable=False),
    UniqueConstraint("station_id", "start_hash"),
    UniqueConstraint("session_id"),  # one session, one transaction
    Index("ix_authorization_transactions_heard_at", "heard_at"),
)

budgets = Table(
    "authorization_budgets",
    metadata,
    Column("contract_id", String(36), primary_key=True),
    Column("sessions_at_once", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

budget_caps = Table(
    "authorization_budget_caps",
    metadata,
    Column("contract_id", ForeignKey(budgets.c.contract_id), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("kind", String(12), nullable=False),  # energy_wh | sessions | cost
    Column("period", String(8), nullable=False),  # day | month
    Column("currency", String(3)),
    Column("most", BigInteger, nullable=False),
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

partners = Table(
    "authorization_partners",
    metadata,
    Column("partner_id", String(36), primary_key=True),
    Column("protocol", String(16), nullable=False),
    Column("base_url", String(512), nullable=False),
    Column("provider_ids", JSON, nullable=False),
    Column("operator_ids", JSON, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("silence_accepted_a_day", Integer, nullable=False),
    Column("silence_minutes", Integer, nullable=False),
    Column("silence_energy_wh", Integer, nullable=False),
    Column("client_id", String(64)),  # one client asks for one partner
    Column("own_provider_ids", JSON, nullable=False),
    Column("authdata", Boolean, nullable=False, server_default=false()),
    Column("credentials_sealed", LargeBinary),
    Column("registered_at", Instant, nullable=False),
    # what all processes share of its state: the circuit breaker, and what silence was taken for
    Column("failures", Integer, nullable=False),
    Column("failed_at", Instant),
    Column("open_until", Instant),
    Column("silent_day", String(10)),
    Column("silent_count", Integer, nullable=False),
    UniqueConstraint("client_id"),
)

partner_references = Table(
    "authorization_partner_references",
    metadata,
    Column("reference", ForeignKey(decisions.c.reference), primary_key=True),
    Column("partner_id", String(64), nullable=False),  # or the client id of who asked us
    Column("partner_reference", String(64)),
    Column("asked_us", Boolean, nullable=False),
    Index("ix_authorization_partner_references_partner_reference", "partner_reference"),
)

station_groups = Table(
    "authorization_station_groups",
    metadata,
    Column("operator_id", String(5), primary_key=True),
    Column("name", String(48), primary_key=True),
    Column("changed_at", Instant, nullable=False),
)

listed_contracts = Table(
    "authorization_listed_contracts",
    metadata,
    Column("operator_id", String(5), primary_key=True),
    Column("group_name", String(48), primary_key=True),
    Column("contract_id", String(36), primary_key=True),  # its EMAID and cards are looked up
)

listed_stations = Table(
    "authorization_listed_stations",
    metadata,
    Column("station_id", ForeignKey(stations.c.station_id), primary_key=True),
    Column("operator_id", String(5), nullable=False),
    Column("group_name", String(48), nullable=False),
    Column("version", String(8), nullable=False),  # of OCPP
    Column("entries", Integer, nullable=False),
    Column("per_message", Integer, nullable=False),
    Column("last_version", Integer, nullable=False),  # highest that was sent
    Column("held", JSON(none_as_null=True)),  # what the station acknowledged; by references
    Column("call_id", String(36)),  # the SendLocalList that waits for its answer
    Column("sent", JSON(none_as_null=True)),  # what the station holds once it accepts that
    Column("refused_for", String(64)),  # why no list can be sent
    Index("ix_authorization_listed_stations_group", "operator_id", "group_name"),
)

list_consents = Table(
    "authorization_list_consents",
    metadata,
    Column("provider_id", String(5), primary_key=True),
    Column("operator_id", String(5), primary_key=True),
    Column("given_at", Instant, nullable=False),
)
