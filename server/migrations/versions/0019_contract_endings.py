"""Contracts that ended, until what hangs on them elsewhere is gone.

Revision: 0019, after: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; those that ended before are seen to as well."""
    op.create_table(
        "contract_endings",
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("emaid", sa.String(length=15), nullable=False),
        sa.PrimaryKeyConstraint("contract_id", name=op.f("pk_contract_endings")),
    )
    op.execute(
        "INSERT INTO contract_endings (contract_id, emaid) "
        "SELECT contract_id, emaid FROM contracts WHERE status = 'terminated'"
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("contract_endings")
