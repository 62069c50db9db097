"""One migration history for SQLite and PostgreSQL (Alembic), run from code: no alembic.ini."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from foundation.database import Database
from server.schema import metadata

_LOCK = 0x65767472  # 'evtr': one PostgreSQL advisory lock while migrating


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(database: Database) -> None:
    """Bring the database to the newest revision in one transaction; safe to run from many hosts."""
    with database.write() as connection:
        if database.dialect == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def differences(database: Database) -> list[Any]:
    """Return how the database's schema differs from the tables of the code (Alembic ops)."""
    with database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, metadata))
