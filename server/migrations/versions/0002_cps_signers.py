"""Leaf certificates of the provisioning service.

Revision: 0002, after: 0001
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "contract_cps_signers",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("schema", sa.String(length=16), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("root_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("not_before", Instant(), nullable=False),
        sa.Column("not_after", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_contract_cps_signers")),
    )
    op.create_index(
        "ix_contract_cps_signers_not_after", "contract_cps_signers", ["not_after"], unique=False
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_contract_cps_signers_not_after", table_name="contract_cps_signers")
    op.drop_table("contract_cps_signers")
