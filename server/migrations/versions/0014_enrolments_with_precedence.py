"""Several contracts of one vehicle with precedence, switches, and a history of each enrolment.

Revision: 0014, after: 0013
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. What stands gets the one line of its history that is known: that it began."""
    with op.batch_alter_table("autocharge_enrolments") as table:
        table.add_column(
            sa.Column("precedence", sa.Integer(), server_default=sa.text("1"), nullable=False)
        )
        table.add_column(
            sa.Column(
                "source", sa.String(length=16), server_default=sa.text("'provider'"), nullable=False
            )
        )
        table.add_column(
            sa.Column("switched_off", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        table.drop_constraint(op.f("uq_autocharge_enrolments_digest"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_autocharge_enrolments_digest_precedence"), ["digest", "precedence"]
        )
    op.create_table(
        "autocharge_enrolment_history",
        sa.Column("enrolment_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("provider_id", sa.String(length=5), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("before", sa.String(length=12), nullable=True),
        sa.Column("after", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("reference", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint(
            "enrolment_id", "position", name=op.f("pk_autocharge_enrolment_history")
        ),
    )
    op.execute(
        "INSERT INTO autocharge_enrolment_history "
        "(enrolment_id, position, provider_id, at, event, after, reason) "
        "SELECT enrolment_id, 1, provider_id, created_at, 'enrol', 'active', 'requested' "
        "FROM autocharge_enrolments"
    )
    op.create_table(
        "autocharge_provider_choices",
        sa.Column("provider_id", sa.String(length=5), nullable=False),
        sa.Column("autocharge", sa.Boolean(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", name=op.f("pk_autocharge_provider_choices")),
    )


def downgrade() -> None:
    """Undo; of a vehicle's enrolments the first by precedence stays."""
    op.drop_table("autocharge_provider_choices")
    op.drop_table("autocharge_enrolment_history")
    op.execute(
        "DELETE FROM autocharge_enrolments WHERE precedence > "
        "(SELECT MIN(first.precedence) FROM autocharge_enrolments AS first "
        "WHERE first.digest = autocharge_enrolments.digest)"
    )
    with op.batch_alter_table("autocharge_enrolments") as table:
        table.drop_constraint(op.f("uq_autocharge_enrolments_digest_precedence"), type_="unique")
        table.create_unique_constraint(op.f("uq_autocharge_enrolments_digest"), ["digest"])
        table.drop_column("switched_off")
        table.drop_column("source")
        table.drop_column("precedence")
