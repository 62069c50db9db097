"""Who tries to renew contract data, and for which key of the vehicle.

Revision: 0010, after: 0009
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("contract_data", sa.Column("renewal_claimed_until", Instant(), nullable=True))
    op.add_column(
        "contract_data", sa.Column("renewal_claimed_for", sa.String(length=64), nullable=True)
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("contract_data", "renewal_claimed_for")
    op.drop_column("contract_data", "renewal_claimed_until")
