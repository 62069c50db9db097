"""How far the tokens of OCPI partners were read.

Revision: 0032, after: 0031
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "authorization_token_pulls",
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("registered_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("since", Instant(), nullable=True),
        sa.Column("began", Instant(), nullable=True),
        sa.Column("next_page", sa.String(length=1024), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_authorization_token_pulls")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("authorization_token_pulls")
