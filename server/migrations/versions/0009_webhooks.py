"""Webhook endpoints and what is delivered to them.

Revision: 0009, after: 0008
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_WAITING = sa.text("state = 'pending'")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "participants_webhook_endpoints",
        sa.Column("endpoint_id", sa.String(length=36), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=True),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", Instant(), nullable=True),
        sa.Column("rests_until", Instant(), nullable=True),
        sa.Column("pause", sa.String(length=32), nullable=True),
        sa.Column("pinged_at", Instant(), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("claim", sa.String(length=36), nullable=True),
        sa.Column("claimed_until", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["participants_clients.client_id"],
            name=op.f("fk_participants_webhook_endpoints_client_id"),
        ),
        sa.PrimaryKeyConstraint("endpoint_id", name=op.f("pk_participants_webhook_endpoints")),
    )
    op.create_index(
        "ix_participants_webhook_endpoints_client_id",
        "participants_webhook_endpoints",
        ["client_id"],
    )
    op.create_index(
        "ix_participants_webhook_endpoints_due_at", "participants_webhook_endpoints", ["due_at"]
    )
    op.create_table(
        "participants_webhook_deliveries",
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("endpoint_id", sa.String(length=36), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("next_attempt_at", Instant(), nullable=True),
        sa.Column("last_attempt_at", Instant(), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_code", sa.String(length=32), nullable=True),
        sa.Column("replay_of", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["participants_webhook_endpoints.endpoint_id"],
            name=op.f("fk_participants_webhook_deliveries_endpoint_id"),
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_participants_webhook_deliveries")),
    )
    op.create_index(
        "ix_participants_webhook_deliveries_endpoint_id",
        "participants_webhook_deliveries",
        ["endpoint_id", "delivery_id"],
    )
    op.create_index(
        "ix_participants_webhook_deliveries_created_at",
        "participants_webhook_deliveries",
        ["created_at"],
    )
    op.create_index(
        "ix_participants_webhook_deliveries_waiting",
        "participants_webhook_deliveries",
        ["endpoint_id", "next_attempt_at"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index(
        "ix_participants_webhook_deliveries_waiting",
        table_name="participants_webhook_deliveries",
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.drop_index(
        "ix_participants_webhook_deliveries_created_at",
        table_name="participants_webhook_deliveries",
    )
    op.drop_index(
        "ix_participants_webhook_deliveries_endpoint_id",
        table_name="participants_webhook_deliveries",
    )
    op.drop_table("participants_webhook_deliveries")
    op.drop_index(
        "ix_participants_webhook_endpoints_due_at", table_name="participants_webhook_endpoints"
    )
    op.drop_index(
        "ix_participants_webhook_endpoints_client_id", table_name="participants_webhook_endpoints"
    )
    op.drop_table("participants_webhook_endpoints")
