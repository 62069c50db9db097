"""The contract pool and what vehicles were answered.

Revision: 0006, after: 0005
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("contract_cps_signers", sa.Column("signed_all_at", Instant(), nullable=True))
    op.create_table(
        "contract_data",
        sa.Column("data_id", sa.String(length=36), nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("identity", sa.String(length=15), nullable=False),
        sa.Column("pcid", sa.String(length=18), nullable=False),
        sa.Column("pcid_key", sa.String(length=18), nullable=False),
        sa.Column("schema", sa.String(length=16), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("issuer", sa.String(length=64), nullable=True),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("recipient_key", sa.String(length=64), nullable=False),
        sa.Column("not_before", Instant(), nullable=False),
        sa.Column("not_after", Instant(), nullable=False),
        sa.Column("origin", sa.String(length=12), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.contract_id"],
            name=op.f("fk_contract_data_contract_id"),
        ),
        sa.PrimaryKeyConstraint("data_id", name=op.f("pk_contract_data")),
        sa.UniqueConstraint("identity", "schema", name=op.f("uq_contract_data_identity_schema")),
    )
    for column in ("pcid_key", "not_after", "contract_id"):
        op.create_index(f"ix_contract_data_{column}", "contract_data", [column], unique=False)
    op.create_table(
        "contract_prepared_answers",
        sa.Column("data_id", sa.String(length=36), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("recipient_key", sa.String(length=64), nullable=False),
        sa.Column("signer", sa.String(length=64), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["data_id"],
            ["contract_data.data_id"],
            name=op.f("fk_contract_prepared_answers_data_id"),
        ),
        sa.PrimaryKeyConstraint(
            "data_id",
            "action",
            "recipient_key",
            "signer",
            name=op.f("pk_contract_prepared_answers"),
        ),
    )
    op.create_table(
        "contract_defaults",
        sa.Column("pcid_key", sa.String(length=18), nullable=False),
        sa.Column("identity", sa.String(length=15), nullable=False),
        sa.PrimaryKeyConstraint("pcid_key", name=op.f("pk_contract_defaults")),
    )
    op.create_table(
        "contract_installations",
        sa.Column("reference", sa.String(length=36), nullable=False),
        sa.Column("answered_at", Instant(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("operator_ids", sa.JSON(), nullable=False),
        sa.Column("station_id", sa.String(length=48), nullable=True),
        sa.Column("wmi", sa.String(length=3), nullable=True),
        sa.Column("provider_id", sa.String(length=5), nullable=True),
        sa.Column("schema", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("response_code", sa.String(length=64), nullable=False),
        sa.Column("remaining_contracts", sa.Integer(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("data_id", sa.String(length=36), nullable=True),
        sa.Column("session", sa.String(length=64), nullable=True),
        sa.Column("request", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_contract_installations")),
    )
    for column in ("session", "answered_at"):
        op.create_index(
            f"ix_contract_installations_{column}", "contract_installations", [column], unique=False
        )


def downgrade() -> None:
    """Undo."""
    for column in ("session", "answered_at"):
        op.drop_index(f"ix_contract_installations_{column}", table_name="contract_installations")
    op.drop_table("contract_installations")
    op.drop_table("contract_defaults")
    op.drop_table("contract_prepared_answers")
    for column in ("pcid_key", "not_after", "contract_id"):
        op.drop_index(f"ix_contract_data_{column}", table_name="contract_data")
    op.drop_table("contract_data")
    op.drop_column("contract_cps_signers", "signed_all_at")
