"""Which revision of the schema there is and which the code needs, without Alembic.

Every process that serves asks this, and Alembic is ten megabytes of it.
"""

from functools import cache
from pathlib import Path

from sqlalchemy import column, inspect, select, table

from foundation.database import Database

_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_recorded = table("alembic_version", column("version_num"))


@cache
def newest_revision() -> str:
    """Return the newest revision that this code knows: its migrations are named by number."""
    return max(path.name.split("_")[0] for path in _VERSIONS.glob("[0-9]*_*.py"))


def current_revision(database: Database) -> str | None:
    """Return the revision of the database; None where it was never migrated."""
    with database.read() as connection:
        if not inspect(connection).has_table(_recorded.name):
            return None
        revision: str | None = connection.scalar(select(_recorded.c.version_num))
        return revision
