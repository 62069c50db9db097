"""EVSEs that were taken off their sites: nobody may charge there.

Revision: 0035, after: 0034
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_TABLE = "authorization_closed_evses"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        _TABLE,
        sa.Column("operator_id", sa.String(5), nullable=False),
        sa.Column("evse_key", sa.String(41), nullable=False),
        sa.Column("access", sa.String(12), nullable=False),
        sa.Column("closed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "evse_key", name=op.f(f"pk_{_TABLE}")),
    )
    op.create_index(f"ix_{_TABLE}_closed_at", _TABLE, ["closed_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_table(_TABLE)
