"""Tables of the contracts."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from foundation.database import Instant, metadata

contracts = Table(
    "contracts",
    metadata,
    Column("contract_id", String(36), primary_key=True),  # random, so it can be sharded and shown
    Column(
        "emaid", String(15), nullable=False
    ),  # compact, with the check digit where one was given
    Column("identity", String(15), nullable=False),  # one for every spelling of the EMAID
    Column("provider_id", String(5), nullable=False),
    Column("pcid", String(18)),  # as spelled
    Column("pcid_key", String(18)),  # upper case, to look up by
    Column("status", String(12), nullable=False),  # active | suspended | terminated
    Column("allow_bare_emaid", Boolean, nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("valid_until", Instant),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("identity"),  # two contracts with one EMAID would bill the wrong payer
    Index("ix_contracts_provider_id", "provider_id", "contract_id"),
    Index("ix_contracts_pcid_key", "pcid_key"),
)

contract_certificates = Table(
    "contract_certificates",
    metadata,
    Column("contract_id", String(36), ForeignKey("contracts.contract_id"), primary_key=True),
    Column("fingerprint", String(64), primary_key=True),  # SHA-256, lower-case hex
    Column("issuer", String(64)),  # our authority's name; none for a foreign certificate
    Column("serial", String(40), nullable=False),  # upper-case hex without leading zeros
    Column("certificate", LargeBinary, nullable=False),  # DER
    Column("issuer_certificate", LargeBinary, nullable=False),  # DER
    Column("upper_chain", LargeBinary, nullable=False),  # concatenated DER, upwards, without root
    Column("not_before", Instant, nullable=False),
    Column("not_after", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)

revocations_due = Table(
    "contract_revocations_due",  # of contracts that ended; a row goes when its revocation is done
    metadata,
    Column("issuer", String(64), primary_key=True),
    Column("serial", String(40), primary_key=True),
    Column("contract_id", String(36), ForeignKey("contracts.contract_id"), nullable=False),
    Index("ix_contract_revocations_due_contract_id", "contract_id"),
)

endings = Table(
    "contract_endings",  # contracts that ended, until what hangs on them elsewhere is gone
    metadata,
    Column("contract_id", String(36), primary_key=True),
    Column("emaid", String(15), nullable=False),
)

cps_signers = Table(
    "contract_cps_signers",
    metadata,
    Column("fingerprint", String(64), primary_key=True),  # SHA-256 of the leaf, lower-case hex
    Column("issuer", String(64), nullable=False),  # our Prov Sub-CA 2, by name
    Column("serial", String(40), nullable=False),
    Column("key_id", String(36), nullable=False),  # of the sealed key store
    Column("schema", String(16), nullable=False),
    Column("chain", LargeBinary, nullable=False),  # concatenated DER, leaf first, without root
    Column("root", LargeBinary, nullable=False),  # DER
    Column("root_fingerprint", String(64), nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("not_after", Instant, nullable=False),
    Column("signed_all_at", Instant),  # when all contract data had its signature
    Index("ix_contract_cps_signers_not_after", "not_after"),
)
