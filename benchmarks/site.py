"""One installation to measure: made by the product's own operations, served by its own command."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
import sqlalchemy as sa

from authorization.store.tables import decisions
from benchmarks.load import WrongAnswerError, ask
from benchmarks.messages import token_request
from benchmarks.processes import Server, free_port
from benchmarks.vehicles import OPERATOR_ID, PROVIDER_ID, Applicant, Vehicle
from foundation.database import Database
from foundation.identifiers import Mac
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole
from server.settings import load_settings
from server.startup import initialise_everything
from server.wiring import Services
from tests.databases import postgresql_server, temporary_postgresql_database

STATION_ID = "benchmark-station"
_EVSE_ID = f"{OPERATOR_ID[:2]}*{OPERATOR_ID[2:]}*E1"
_THREADS = 16


@dataclass(frozen=True, slots=True)
class Site:
    """A populated installation. `root` is the DER root of the vehicles' chains.

    `operator` asks for decisions, `provider` for certificates: pairs of client id and secret.
    """

    database: str
    environment: Mapping[str, str]
    vehicles: Sequence[Vehicle]
    root: bytes
    operator: tuple[str, str]
    provider: tuple[str, str]

    def server(self, name: str, workers: int, threads: int, folder: Path) -> Server:
        """Return `evtrust serve` for this site on a port of its own, not yet started."""
        port = free_port()
        return Server(
            name=name,
            command=(sys.executable, "-c", "from server.cli import main; main(['serve'])"),
            port=port,
            workers=workers,
            log=folder / f"{name}.log",
            environment={
                **self.environment,
                "EVTRUST_LISTEN": f"127.0.0.1:{port}",
                "EVTRUST_WORKERS": str(workers),
                "EVTRUST_THREADS": str(threads),
            },
        )

    def recorded_decisions(self) -> int:
        """Return how many decisions are on record."""
        database = Database(self.environment["EVTRUST_DATABASE_URL"])
        try:
            with database.read() as connection:
                return connection.scalar(sa.select(sa.func.count()).select_from(decisions)) or 0
        finally:
            database.close()


def durability(url: str) -> str:
    """Return what the database does before it calls a commit done.

    Raises WrongAnswerError where that is not to have it on disk: such figures would be worthless.
    """
    database = Database(url)
    try:
        with database.read() as connection:
            if database.dialect == "sqlite":
                wanted = {"PRAGMA journal_mode": "wal", "PRAGMA synchronous": "2"}
            else:
                wanted = {"SHOW fsync": "on", "SHOW synchronous_commit": "on"}
            found = {
                question: str(connection.exec_driver_sql(question).scalar()) for question in wanted
            }
    finally:
        database.close()
    if found != wanted:
        raise WrongAnswerError(f"commits are not durable: {found}")
    return ", ".join(f"{question.split()[1]} {answer}" for question, answer in found.items())


def token(port: int, client: tuple[str, str]) -> str:
    """Return an access token of the running server for a client."""
    status, body = ask(port, token_request(*client))
    if status != 200:
        raise WrongAnswerError(f"no token: {status} {body!r}")
    access_token = orjson.loads(body)["access_token"]
    if not isinstance(access_token, str):
        raise WrongAnswerError(f"no token: {body!r}")
    return access_token


@contextmanager
def database_url(kind: str, folder: Path) -> Iterator[str]:
    """Yield the URL of a new, empty database of `kind`, sqlite or postgresql."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'evtrust.sqlite'}"
    else:
        with (
            postgresql_server(folder / "postgresql") as server,
            temporary_postgresql_database(server) as url,
        ):
            yield url


def create_site(
    kind: str,
    url: str,
    folder: Path,
    applicants: Sequence[Applicant],
    progress: Callable[[str], None],
) -> Site:
    """Make an installation with development authorities, two clients, a station and vehicles."""
    environment = {
        "EVTRUST_HOME": str(folder / "home"),
        "EVTRUST_DATABASE_URL": url,
        "EVTRUST_PUBLIC_URL": "http://127.0.0.1:8080",
        "EVTRUST_CONFIG": "",  # whatever else is configured here is not measured
    }
    settings = load_settings(environment)
    initialise_everything(settings, demo=True, progress=lambda _: None)
    services = Services(settings)
    operator = services.create_client(
        LOCAL_ADMINISTRATOR, "operator", [ClientRole.CPO], operator_ids=[OPERATOR_ID]
    )
    provider = services.create_client(
        LOCAL_ADMINISTRATOR, "provider", [ClientRole.MO], provider_ids=[PROVIDER_ID]
    )
    services.register_station(LOCAL_ADMINISTRATOR, STATION_ID, OPERATOR_ID, [_EVSE_ID], None)
    vehicles: list[Vehicle] = []
    with ThreadPoolExecutor(_THREADS) as pool:
        for vehicle in pool.map(lambda applicant: _provision(services, applicant), applicants):
            vehicles.append(vehicle)
            if len(vehicles) % 1000 == 0:
                progress(f"{kind}: {len(vehicles)} of {len(applicants)} vehicles have a contract")
    root = _root(services)
    services.database.close()
    return Site(
        database=kind,
        environment=environment,
        vehicles=vehicles,
        root=root,
        operator=(operator.client.client_id, operator.client_secret),
        provider=(provider.client.client_id, provider.client_secret),
    )


def _provision(services: Services, applicant: Applicant) -> Vehicle:
    services.create_contract(LOCAL_ADMINISTRATOR, applicant.emaid)
    issued = services.issue_contract_certificate(
        LOCAL_ADMINISTRATOR, applicant.emaid, applicant.csr
    )
    services.enrol(LOCAL_ADMINISTRATOR, applicant.emaid, Mac.parse(applicant.mac))
    return Vehicle(applicant.emaid, applicant.mac, applicant.csr, issued.chain)


def _root(services: Services) -> bytes:
    for authority in services.authorities.all():
        if authority.slot == "mo-root" and authority.certificate is not None:
            return authority.certificate
    raise LookupError("the development authorities have no MO root")
