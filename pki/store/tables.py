"""Tables of the certificate authorities."""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    text,
)

from foundation.database import Instant, metadata

keys = Table(
    "pki_keys",
    metadata,
    Column("key_id", String(36), primary_key=True),
    Column("algorithm", String(8), nullable=False),
    Column("offline", Boolean, nullable=False),  # opened by `ca` commands only
    Column("sealed", LargeBinary, nullable=False),  # PKCS#8 DER under the key-encryption key
    Column("created_at", Instant, nullable=False),
)

authorities = Table(
    "pki_authorities",
    metadata,
    Column("name", String(64), primary_key=True),  # `mo-sub2-g1`: stands in CRL and AIA URLs
    Column("slot", String(64), nullable=False),  # `mo-sub2`: the same through every rollover
    Column("generation", Integer, nullable=False),
    Column("role", String(32), nullable=False),
    Column("edition", String(16), nullable=False),
    Column("algorithm", String(8), nullable=False),
    Column("state", String(16), nullable=False),  # pending (CSR out) | active | retired
    Column("online", Boolean, nullable=False),
    Column("key_id", String(36)),  # none where only the certificate is ours to know
    Column("parent", String(64)),  # none for a root, and below somebody else's authority
    Column("certificate", LargeBinary),  # DER; none while pending
    Column("upper_chain", LargeBinary),  # foreign certificates above, concatenated DER, root last
    Column("not_before", Instant),
    Column("not_after", Instant),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("slot", "generation"),
)

serial_reservations = Table(
    "pki_serial_reservations",
    metadata,
    Column("issuer", String(64), primary_key=True),
    Column("serial", String(40), primary_key=True),  # upper-case hex without leading zeros
    Column("role", String(32), nullable=False),
    Column("reserved_at", Instant, nullable=False),
    Column("client_id", String(64), nullable=False),
    # a reservation that a crash left without certificate can be revoked, to be on the safe side
    Column("revoked_at", Instant),
    Column("revocation_reason", String(32)),
)

certificates = Table(
    "pki_certificates",
    metadata,
    Column("issuer", String(64), primary_key=True),  # authority's name
    Column("serial", String(40), primary_key=True),  # as in serial_reservations
    Column("fingerprint", String(64), nullable=False, unique=True),  # SHA-256, lower-case hex
    Column("role", String(32), nullable=False),
    Column("subject_id", String(255)),  # look-up key of the CN: EMAID, PCID, EVSEID …
    Column("owner", String(64), nullable=False),  # provider id, operator id, WMI or `evtrust`
    Column("certificate", LargeBinary, nullable=False),  # DER
    Column("not_before", Instant, nullable=False),
    Column("not_after", Instant, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("status", String(8), nullable=False),  # good | on_hold | revoked
    Column("revoked_at", Instant),
    Column("revocation_reason", String(32)),
    Index("ix_pki_certificates_subject_id", "subject_id"),
    # of the few that are revoked or on hold: every certificate that is issued pays for an index
    Index(
        "ix_pki_certificates_revoked",
        "issuer",
        sqlite_where=text("revoked_at IS NOT NULL"),
        postgresql_where=text("revoked_at IS NOT NULL"),
    ),
)

status_revisions = Table(
    "pki_status_revisions",
    metadata,
    Column("issuer", String(64), primary_key=True),
    Column("revision", Integer, nullable=False),  # grows with every change of a status below it
    Column("listed", Integer, nullable=False),  # the revision that the newest CRL shows
)

crls = Table(
    "pki_crls",
    metadata,
    Column("issuer", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # RFC 5280 section 5.2.3
    Column("this_update", Instant, nullable=False),
    Column("next_update", Instant, nullable=False),
    Column("crl", LargeBinary, nullable=False),  # DER
)

ocsp_signers = Table(
    "pki_ocsp_signers",
    metadata,
    Column("issuer", String(64), primary_key=True),  # authority that it speaks for
    Column("serial", String(40), primary_key=True),  # of its certificate in pki_certificates
    Column("key_id", String(36), nullable=False),
    Column("certificate", LargeBinary, nullable=False),  # DER
    Column("not_before", Instant, nullable=False),
    Column("not_after", Instant, nullable=False),
)

anchors = Table(
    "pki_anchors",
    metadata,
    Column("fingerprint", String(64), primary_key=True),  # SHA-256, lower-case hex
    Column("name", String(255), nullable=False),
    Column("role", String(32), nullable=False),  # v2g_root | mo_root | oem_root
    Column("certificate", LargeBinary, nullable=False),  # DER
    Column("own", Boolean, nullable=False),
    Column("tolerance_policy", String(32), nullable=False),
    Column("revocation_policy", String(32), nullable=False),
    Column("added_at", Instant, nullable=False),
)
