"""Imports of enrolments: files that wait, and what became of their lines.

Revision: 0021, after: 0020
"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Instant

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    zero = sa.text("0")
    op.create_table(
        "autocharge_imports",
        sa.Column("import_id", sa.String(36), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("acting_client_id", sa.String(64), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(40), nullable=True),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("file_lines", sa.Integer(), nullable=False),
        sa.Column("last_line", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), server_default=zero, nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default=zero, nullable=False),
        sa.Column("refused", sa.Integer(), server_default=zero, nullable=False),
        sa.Column("removed", sa.Integer(), server_default=zero, nullable=False),
        sa.Column("left", sa.Integer(), server_default=zero, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("claim", sa.String(36), nullable=True),
        sa.Column("claimed_until", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=zero, nullable=False),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_autocharge_imports")),
    )
    op.create_index(
        "ix_autocharge_imports_client_id", "autocharge_imports", ["client_id", "import_id"]
    )
    op.create_index("ix_autocharge_imports_state", "autocharge_imports", ["state", "changed_at"])
    op.create_table(
        "autocharge_import_chunks",
        sa.Column("import_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["autocharge_imports.import_id"],
            name=op.f("fk_autocharge_import_chunks_import_id"),
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_autocharge_import_chunks")),
    )
    op.create_table(
        "autocharge_import_lines",
        sa.Column("import_id", sa.String(36), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("code", sa.String(40), nullable=True),
        sa.Column("detail", sa.String(400), nullable=True),
        sa.Column("provider_id", sa.String(5), nullable=True),
        sa.Column("enrolment_id", sa.String(36), nullable=True),
        sa.Column("precedence", sa.Integer(), nullable=True),
        sa.Column("vehicle_mark", sa.LargeBinary(), nullable=True),
        sa.Column("pair_mark", sa.LargeBinary(), nullable=True),
        sa.Column("undo_outcome", sa.String(12), nullable=True),
        sa.Column("undo_code", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_autocharge_import_lines")),
    )
    op.create_index(
        "ix_autocharge_import_lines_vehicle_mark",
        "autocharge_import_lines",
        ["import_id", "vehicle_mark"],
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("autocharge_import_lines")
    op.drop_table("autocharge_import_chunks")
    op.drop_table("autocharge_imports")
