"""Tables of imports. A file waits here sealed; what is left of it names no vehicle."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

from foundation.database import Instant, metadata


def _counter(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


imports = Table(
    "autocharge_imports",
    metadata,
    Column("import_id", String(36), primary_key=True),  # time-ordered
    Column("client_id", String(64), nullable=False),
    Column("acting_client_id", String(64), nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("state", String(12), nullable=False),
    Column("reason", String(40)),  # why it was stopped
    Column("sealed_key", LargeBinary),  # of the file and the marks; none once it has ended
    Column("file_bytes", BigInteger, nullable=False),
    Column("file_lines", Integer, nullable=False),
    Column("last_line", Integer, nullable=False),
    _counter("added"),
    _counter("unchanged"),
    _counter("refused"),
    _counter("removed"),
    _counter("left"),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("claim", String(36)),
    Column("claimed_until", Instant),
    Column("attempts", Integer, nullable=False, server_default=text("0")),  # without progress
    Index("ix_autocharge_imports_client_id", "client_id", "import_id"),
    Index("ix_autocharge_imports_state", "state", "changed_at"),
)

import_chunks = Table(
    "autocharge_import_chunks",  # of a file that has not been read to its end
    metadata,
    Column("import_id", String(36), ForeignKey("autocharge_imports.import_id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 0
    Column("sealed", LargeBinary, nullable=False),  # with the import's key
)

import_lines = Table(
    "autocharge_import_lines",
    metadata,
    Column("import_id", String(36), primary_key=True),  # no foreign key: looked at for each row
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("outcome", String(12), nullable=False),  # added | unchanged | refused
    Column("code", String(40)),
    Column("detail", String(400)),
    Column("provider_id", String(5)),
    Column("enrolment_id", String(36)),  # of what was added
    Column("precedence", Integer),
    Column("vehicle_mark", LargeBinary),  # meaningless once the import's key is destroyed
    Column("pair_mark", LargeBinary),
    Column("undo_outcome", String(12)),  # removed | left
    Column("undo_code", String(40)),
    Index("ix_autocharge_import_lines_vehicle_mark", "import_id", "vehicle_mark"),
)
