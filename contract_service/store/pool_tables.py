"""Tables of OPCP's pools."""

from sqlalchemy import Column, LargeBinary, String, Table

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
