"""Sessions at once, stations' transactions and contracts' budgets.

Revision: 0029, after: 0028
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Apply; sessions that run take no slot, and count all the same."""
    with op.batch_alter_table("authorization_sessions") as sessions:
        sessions.alter_column("contract_id", existing_type=sa.String(length=36), nullable=True)
        sessions.add_column(sa.Column("heard_at", Instant(), nullable=True))
        sessions.add_column(sa.Column("evse_id", sa.String(length=41), nullable=True))
        sessions.add_column(sa.Column("energy_wh", sa.BigInteger(), nullable=True))
        sessions.add_column(sa.Column("cost_currency", sa.String(length=3), nullable=True))
        sessions.add_column(sa.Column("cost_minor", sa.BigInteger(), nullable=True))
        sessions.add_column(sa.Column("ended_by", sa.String(length=8), nullable=True))
        sessions.add_column(sa.Column("slot", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE authorization_sessions SET heard_at = COALESCE(ended_at, started_at), "
        "ended_by = CASE WHEN ended_at IS NULL THEN NULL ELSE 'told' END"
    )
    with op.batch_alter_table("authorization_sessions") as sessions:
        sessions.alter_column("heard_at", existing_type=Instant(), nullable=False)
    op.create_index(
        "uq_authorization_sessions_slot",
        "authorization_sessions",
        ["contract_id", "slot"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_index(
        "ix_authorization_sessions_open_heard_at",
        "authorization_sessions",
        ["heard_at"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_table(
        "authorization_transactions",
        sa.Column("station_id", sa.String(length=48), nullable=False),
        sa.Column("transaction_key", sa.String(length=36), nullable=False),
        sa.Column("version", sa.String(length=8), nullable=False),
        sa.Column("start_hash", sa.String(length=64), nullable=True),
        sa.Column("first_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("seq_no", sa.Integer(), nullable=True),
        sa.Column("evse", sa.Integer(), nullable=True),
        sa.Column("register_first_wh", sa.BigInteger(), nullable=True),
        sa.Column("register_last_wh", sa.BigInteger(), nullable=True),
        sa.Column("cost_currency", sa.String(length=3), nullable=True),
        sa.Column("cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("heard_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"],
            ["authorization_stations.station_id"],
            name=op.f("fk_authorization_transactions_station_id"),
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["authorization_sessions.session_id"],
            name=op.f("fk_authorization_transactions_session_id"),
        ),
        sa.PrimaryKeyConstraint(
            "station_id", "transaction_key", name=op.f("pk_authorization_transactions")
        ),
        sa.UniqueConstraint(
            "station_id",
            "start_hash",
            name=op.f("uq_authorization_transactions_station_id_start_hash"),
        ),
        sa.UniqueConstraint("session_id", name=op.f("uq_authorization_transactions_session_id")),
    )
    op.create_index(
        "ix_authorization_transactions_heard_at", "authorization_transactions", ["heard_at"]
    )
    op.create_table(
        "authorization_budgets",
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("sessions_at_once", sa.Integer(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("contract_id", name=op.f("pk_authorization_budgets")),
    )
    op.create_table(
        "authorization_budget_caps",
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["authorization_budgets.contract_id"],
            name=op.f("fk_authorization_budget_caps_contract_id"),
        ),
        sa.PrimaryKeyConstraint(
            "contract_id", "position", name=op.f("pk_authorization_budget_caps")
        ),
    )


def downgrade() -> None:
    """Undo; sessions of contracts that are not kept here have no place any more."""
    op.drop_table("authorization_budget_caps")
    op.drop_table("authorization_budgets")
    op.drop_table("authorization_transactions")
    op.drop_index("ix_authorization_sessions_open_heard_at", "authorization_sessions")
    op.drop_index("uq_authorization_sessions_slot", "authorization_sessions")
    op.execute("DELETE FROM authorization_sessions WHERE contract_id IS NULL")
    with op.batch_alter_table("authorization_sessions") as sessions:
        for name in (
            *("slot", "ended_by", "cost_minor", "cost_currency"),
            *("energy_wh", "evse_id", "heard_at"),
        ):
            sessions.drop_column(name)
        sessions.alter_column("contract_id", existing_type=sa.String(length=36), nullable=False)
