"""What foreign PKIs said of revocation.

Revision: 0031, after: 0030
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "pki_foreign_evidence",
        sa.Column("kind", sa.String(length=4), nullable=False),
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("issuer_certificate", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", Instant(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("since", Instant(), nullable=True),
        sa.Column("until", Instant(), nullable=True),
        sa.Column("asked_at", Instant(), nullable=True),
        sa.Column("renew_at", Instant(), nullable=True),
        sa.Column("failure", sa.String(length=16), nullable=True),
        sa.Column("failed_at", Instant(), nullable=True),
        sa.Column("claimed_until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "issuer", "serial", name=op.f("pk_pki_foreign_evidence")),
    )
    op.create_index(op.f("ix_pki_foreign_evidence_renew_at"), "pki_foreign_evidence", ["renew_at"])
    op.create_index(op.f("ix_pki_foreign_evidence_used_at"), "pki_foreign_evidence", ["used_at"])
    op.create_table(
        "pki_evidence_documents",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", Instant(), nullable=False),
        sa.Column("replaced_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_pki_evidence_documents")),
    )
    op.create_index(
        op.f("ix_pki_evidence_documents_replaced_at"), "pki_evidence_documents", ["replaced_at"]
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("pki_evidence_documents")
    op.drop_table("pki_foreign_evidence")
