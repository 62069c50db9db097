"""Tables of what foreign PKIs said of revocation."""

from sqlalchemy import Column, Index, LargeBinary, String, Table

from foundation.database import Instant, metadata

foreign_evidence = Table(
    "pki_foreign_evidence",
    metadata,
    Column("kind", String(4), primary_key=True),  # ocsp | crl
    Column("issuer", String(64), primary_key=True),  # SHA-256 of its name and key
    Column("serial", String(40), primary_key=True),  # upper-case hex; empty for a CRL
    Column("url", String(2048), nullable=False),
    Column("issuer_certificate", LargeBinary, nullable=False),  # DER: verifies what comes
    Column("used_at", Instant, nullable=False),
    Column("status", String(16)),  # what a response says; none for a CRL
    Column("digest", String(64)),
    Column("since", Instant),
    Column("until", Instant),
    Column("asked_at", Instant),
    Column("renew_at", Instant),
    Column("failure", String(16)),
    Column("failed_at", Instant),
    Column("claimed_until", Instant),
    Index("ix_pki_foreign_evidence_renew_at", "renew_at"),
    Index("ix_pki_foreign_evidence_used_at", "used_at"),
)

evidence_documents = Table(
    "pki_evidence_documents",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the DER, lower-case hex
    Column("document", LargeBinary, nullable=False),
    Column("stored_at", Instant, nullable=False),
    Column("replaced_at", Instant),  # none while it is the newest
    Index("ix_pki_evidence_documents_replaced_at", "replaced_at"),
)
