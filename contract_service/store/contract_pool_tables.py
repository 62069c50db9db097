"""Tables of the contract pool and of what vehicles were answered."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from foundation.database import Instant, metadata

contract_data = Table(
    "contract_data",
    metadata,
    Column("data_id", String(36), primary_key=True),
    Column("contract_id", String(36), ForeignKey("contracts.contract_id"), nullable=False),
    Column("identity", String(15), nullable=False),  # of the contract, as in `contracts`
    Column("pcid", String(18), nullable=False),  # as spelled
    Column("pcid_key", String(18), nullable=False),  # upper case, to look up by
    Column("schema", String(16), nullable=False),
    Column("fingerprint", String(64), nullable=False),  # of the contract certificate
    Column("issuer", String(64)),  # our authority's name; none for a foreign certificate
    Column("serial", String(40), nullable=False),
    Column("chain", LargeBinary, nullable=False),  # concatenated DER, leaf first, without root
    Column("recipient_key", String(64), nullable=False),  # SHA-256 of the vehicle's key
    Column("not_before", Instant, nullable=False),
    Column("not_after", Instant, nullable=False),
    Column("origin", String(12), nullable=False),  # generated | signed | added
    Column("client_id", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("renewal_claimed_until", Instant),  # until then one process alone tries to renew it
    Column("renewal_claimed_for", String(64)),  # SHA-256 of the vehicle's key then; "" for none
    UniqueConstraint("identity", "schema"),
    Index("ix_contract_data_pcid_key", "pcid_key"),
    Index("ix_contract_data_not_after", "not_after"),
    Index("ix_contract_data_contract_id", "contract_id"),
)

prepared_answers = Table(
    "contract_prepared_answers",
    metadata,
    Column("data_id", String(36), ForeignKey("contract_data.data_id"), primary_key=True),
    Column("action", String(8), primary_key=True),  # install | update
    Column("recipient_key", String(64), primary_key=True),
    Column("signer", String(64), primary_key=True),  # SHA-256 of the CPS leaf
    Column("root", String(64), nullable=False),  # SHA-256 of the V2G root above it
    Column("message", LargeBinary, nullable=False),  # EXI with a session of zeros
)

default_contracts = Table(
    "contract_defaults",
    metadata,
    Column("pcid_key", String(18), primary_key=True),
    Column("identity", String(15), nullable=False),
)

installations = Table(
    "contract_installations",  # what a vehicle asked and was answered; no PCID and no EMAID
    metadata,
    Column("reference", String(36), primary_key=True),
    Column("answered_at", Instant, nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("operator_ids", JSON, nullable=False),  # of the client that asked
    Column("station_id", String(48)),
    Column("wmi", String(3)),  # of the vehicle, once its signature has been verified
    Column("provider_id", String(5)),  # of the contract that was delivered or refused
    Column("schema", String(16), nullable=False),
    Column("action", String(8), nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("response_code", String(64), nullable=False),
    Column("remaining_contracts", Integer, nullable=False),
    Column("steps", JSON, nullable=False),
    Column("data_id", String(36)),  # the contract data that were delivered
    Column("session", String(64)),  # SHA-256 of session id and vehicle's key (-20 alone)
    Column("request", String(64)),  # SHA-256 of the request (-20 alone)
    Index("ix_contract_installations_session", "session"),
    Index("ix_contract_installations_answered_at", "answered_at"),
)
