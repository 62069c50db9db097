"""Tables of the authentication data that hubs have of our contracts."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, String, Table

from authorization.store.tables import partners
from foundation.database import Instant, metadata

authdata = Table(
    "authorization_authdata",
    metadata,
    Column("partner_id", ForeignKey(partners.c.partner_id), nullable=False),
    Column("provider_id", String(5), nullable=False),
    Column("loaded_at", Instant),  # none: what the hub has is not known
    Column("looked_at", Instant, nullable=False),
    PrimaryKeyConstraint("partner_id", "provider_id"),
)

authdata_records = Table(
    "authorization_authdata_records",
    metadata,
    Column("partner_id", ForeignKey(partners.c.partner_id), nullable=False),
    Column("provider_id", String(5), nullable=False),
    Column("record_id", String(36), nullable=False),  # of the contract, or of the token
    Column("contract_id", String(36), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # what was pushed: to delete it there again
    PrimaryKeyConstraint("partner_id", "provider_id", "record_id"),
    Index("ix_authorization_authdata_records_contract_id", "contract_id"),
)
