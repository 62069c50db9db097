"""`evtrust init` and `evtrust db`."""

import click

from foundation.database import Database
from foundation.errors import Kind, ServiceError
from server.cli.output import emit, json_option
from server.settings import load_settings


@click.command("init")
@click.option("--demo", is_flag=True, help="Also make development authorities and demo data.")
@json_option
def init_command(demo: bool, as_json: bool) -> None:
    """Make the state folder, the database and its keys; safe to repeat."""
    from server.startup import initialise_everything

    outcome = initialise_everything(
        load_settings(), demo=demo, progress=lambda step: click.echo(step, err=True)
    )
    emit(outcome.payload, as_json=as_json, human=outcome.human)


@click.group("db")
def db_group() -> None:
    """Look after the database's schema."""


@db_group.command("upgrade")
@json_option
def upgrade_command(as_json: bool) -> None:
    """Bring the database to the newest revision; safe to repeat."""
    from server.migrate import upgrade
    from server.revision import newest_revision

    database = Database(load_settings().database_url)
    upgrade(database)
    revision = newest_revision()
    emit({"revision": revision}, as_json=as_json, human=f"the database is at {revision}")


@db_group.command("check")
@json_option
def check_command(as_json: bool) -> None:
    """Say whether the database is at the newest revision and has exactly its tables."""
    from server.migrate import differences
    from server.revision import current_revision, newest_revision

    database = Database(load_settings().database_url)
    current, newest = current_revision(database), newest_revision()
    if current != newest:
        raise ServiceError(
            Kind.CONFLICT,
            "schema_outdated",
            f"the database is at {current or 'nothing'}, the code at {newest}; "
            "run `evtrust db upgrade`",
        )
    different = [str(difference) for difference in differences(database)]
    if different:
        raise ServiceError(
            Kind.CONFLICT,
            "schema_differs",
            "the database's tables are not the code's: " + "; ".join(different[:5]),
        )
    emit({"revision": current, "differences": []}, as_json=as_json, human=f"in order: {current}")
