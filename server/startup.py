"""From nothing to something that can serve, and what must hold before it serves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR
from server.demo import create_demo, read_demo
from server.installation import initialise
from server.migrate import upgrade
from server.revision import current_revision, newest_revision
from server.settings import Settings
from server.wiring import Services

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Initialised:
    """What `evtrust init` tells: for machines, and for people."""

    payload: dict[str, Any]
    human: str


def initialise_everything(settings: Settings, *, demo: bool, progress: Progress) -> Initialised:
    """Make state folder, schema, sealing, token key and pepper; with `demo` also demo data.

    Safe to repeat: what exists stays, and the demo's secrets are told again.
    Raises ServiceError CONFLICT `demo_beside_real` where real data exist and `demo` is asked for.
    """
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database_url)
    try:
        return _initialise(settings, database, demo=demo, progress=progress)
    finally:
        database.close()


def _initialise(
    settings: Settings, database: Database, *, demo: bool, progress: Progress
) -> Initialised:
    progress("database: bringing the schema up to date")
    upgrade(database)
    installation = initialise(database, settings, demo=demo)
    services = Services(settings, database=database, installation=installation, offline_keys=True)
    progress("secrets: token key and pepper")
    services.rotate_token_key(LOCAL_ADMINISTRATOR, only_if_none=True)
    services.vault  # noqa: B018 - opening it makes the first pepper
    if not demo:
        return Initialised(
            {"base_url": settings.public_url, "clients": {}, "console": None, "demo": None},
            "ready. Next: `evtrust ca create` makes authorities, `evtrust client create` the "
            "first participant, `evtrust serve` serves.",
        )
    if not installation.demo:
        raise ServiceError(
            Kind.CONFLICT,
            "demo_beside_real",
            "this installation is not a demonstration; set EVTRUST_HOME to another folder",
        )
    payload = read_demo(services) or create_demo(services, progress)
    return Initialised(payload, "the demonstration is ready; `evtrust serve` serves it")


def check_startable(settings: Settings) -> None:
    """Refuse to serve what must not be served.

    Raises ServiceError: `schema_outdated`, `not_initialised`, `sealed_blob_unreadable`,
    `demo_exposed` (demo data on an address that others reach), `demo_unfinished`,
    `demo_beside_real`.
    """
    database = Database(settings.database_url)
    try:
        services = Services(settings, database=database)
        demo = services.installation.demo
        current, newest = current_revision(database), newest_revision()
        if current != newest:
            raise ServiceError(
                Kind.CONFLICT,
                "schema_outdated",
                f"the database is at {current or 'nothing'}, this version needs {newest}; "
                "run `evtrust db upgrade`",
            )
        if demo:
            _check_demo(settings, services)
    finally:
        database.close()


def _check_demo(settings: Settings, services: Services) -> None:
    exposed = [
        address
        for address in (settings.listen, settings.management_listen)
        if not address.is_loopback
    ]
    if exposed:
        raise ServiceError(
            Kind.FORBIDDEN,
            "demo_exposed",
            f"demo data are served on loopback only, not on {exposed[0]}; "
            "run `evtrust init` in another EVTRUST_HOME for a real service",
        )
    demo = read_demo(services)
    if demo is None:
        raise ServiceError(
            Kind.CONFLICT,
            "demo_unfinished",
            "the demonstration was interrupted while it was made; run `evtrust init --demo`",
        )
    slots = set(demo["authorities"])
    strangers = {authority.slot for authority in services.authorities.all()} - slots
    if strangers:
        raise ServiceError(
            Kind.FORBIDDEN,
            "demo_beside_real",
            f"authorities that are not the demo's stand beside it: {', '.join(sorted(strangers))}",
        )
