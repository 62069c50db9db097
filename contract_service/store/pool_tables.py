"""Tables of OPCP's pools."""

from sqlalchemy import JSON, Column, Index, LargeBinary, String, Table

from foundation.database import Instant, metadata

pool_roots = Table(
    "pool_roots",  # foreign roots that an administrator published; our own stand in pki_authorities
    metadata,
    Column("fingerprint", String(64), primary_key=True),  # SHA-256, lower-case hex
    Column("root_type", String(3), nullable=False),  # MO | V2G | OEM | PE
    Column("certificate", LargeBinary, nullable=False),  # DER
    Column("not_after", Instant, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("client_id", String(64), nullable=False),
)

pool_vehicles = Table(
    "pool_vehicles",
    metadata,
    Column("pcid_key", String(18), primary_key=True),  # upper case: one for every spelling
    Column("schema", String(16), primary_key=True),  # iso15118-2 | iso15118-20
    Column("pcid", String(18), nullable=False),  # as spelled in the certificate
    Column("fingerprint", String(64), nullable=False),  # SHA-256, lower-case hex
    Column("certificate", LargeBinary, nullable=False),  # DER
    Column("sub_certificates", LargeBinary, nullable=False),  # concatenated DER, without root
    Column("root_fingerprint", String(64), nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("not_after", Instant, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("checked_at", Instant, nullable=False),  # when its status was last looked at
    Column("v2g_root_key_ids", JSON, nullable=False),  # lower-case hex
    Column("previous_pcid", String(18)),
    Index("ix_pool_vehicles_not_after", "not_after"),
    Index("ix_pool_vehicles_checked_at", "checked_at"),
)

vehicle_deletions_due = Table(
    "pool_vehicle_deletions_due",  # a row goes when the contracts of a deleted vehicle have gone
    metadata,
    Column("pcid_key", String(18), primary_key=True),
    Column("pcid", String(18), nullable=False),
    Column("deleted_at", Instant, nullable=False),
)
