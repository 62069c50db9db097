"""Enrolments by the million, generated straight into the table by the product's own vault.

The history of each, which resolving does not read, is left out.
"""

import multiprocessing
import random
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa
from sqlalchemy.schema import AddConstraint, CreateIndex, DropConstraint, DropIndex

from autocharge.model.enrolment import EnrolmentSource, EnrolmentStatus, IdentifierKind
from autocharge.store.identifier_vault import IdentifierVault, digests_under, sealed_under
from autocharge.store.tables import enrolments
from contract_service.store.tables import contracts
from foundation.identifiers import Mac
from foundation.many_rows import ManyRows
from server.settings import Settings, load_settings
from server.startup import initialise_everything
from server.wiring import Services

MOST = 1 << 24
"""How many vehicles have a MAC of one manufacturer's prefix."""

_PROVIDER = "DEABC"
_OUI, _IMPORTED_OUI = "98ED5C", "A453EE"
_BLOCK = 10_000
_GENERATORS = 3
_BUILDERS = 2

Progress = Callable[[str], None]

_COLUMNS = tuple(str(column.name) for column in enrolments.c)
_CONTRACT_COLUMNS = tuple(str(column.name) for column in contracts.c)
_insert_enrolments = ManyRows(enrolments, _COLUMNS)
_insert_contracts = ManyRows(contracts, _CONTRACT_COLUMNS)


def mac_of(number: int) -> Mac:
    """Return the MAC of the enrolled vehicle `number`."""
    key = f"{_OUI}{number:06X}"
    return Mac(key, key, ())


def file_of(count: int) -> bytes:
    """Return a file of `count` vehicles that are not enrolled, each for a contract of its own."""
    lines = (f"mac,{_IMPORTED_OUI}{n:06X},{_emaid(n)}\r\n" for n in range(count))
    return b"type,value,emaid\r\n" + "".join(lines).encode()


def _emaid(number: int) -> str:
    return f"{_PROVIDER}C{number:08d}"


@contextmanager
def fleet(url: str, home: Path, count: int, progress: Progress) -> Iterator[Services]:
    """Yield the services of a new installation with `count` enrolments on an empty database."""
    settings = load_settings(
        {
            "EVTRUST_HOME": str(home),
            "EVTRUST_DATABASE_URL": url,
            "EVTRUST_PUBLIC_URL": "http://127.0.0.1:8080",
            "EVTRUST_CONFIG": "",
        }
    )
    initialise_everything(settings, demo=False, progress=lambda _: None)
    services = Services(settings)
    try:
        _populate(services, count, progress)
        yield services
    finally:
        services.database.close()


def add_contracts(services: Services, count: int) -> None:
    """Make the contracts that `file_of` names."""
    for block in _blocks(count):
        with services.database.write() as connection:
            _insert_contracts.insert(connection, [_contract(number) for number in block])
            connection.commit()


def _blocks(count: int) -> list[range]:
    return [range(first, min(first + _BLOCK, count)) for first in range(0, count, _BLOCK)]


def _populate(services: Services, count: int, progress: Progress) -> None:
    if count > MOST:
        raise ValueError(f"there are {MOST} vehicles at most")
    began = time.monotonic()
    if services.database.dialect == "sqlite":
        for block in _blocks(count):
            with services.database.write() as connection:
                _insert_enrolments.insert(connection, list(_rows(services.vault, block)))
                connection.commit()
        return
    services.vault  # noqa: B018 - makes the pepper that the generators share
    _drop_indexes(services)
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_GENERATORS, spawned, _open, (services.settings,)) as pool:
        for number, _ in enumerate(pool.map(_copy, _blocks(count)), 1):
            if number % 50 == 0:
                seconds = time.monotonic() - began
                progress(f"{number * _BLOCK:,} of {count:,} enrolments after {seconds:.0f} s")
        for _ in pool.map(_run, _index_statements(), [count] * 9):
            progress(f"an index after {time.monotonic() - began:.0f} s")
    _run("VACUUM ANALYZE autocharge_enrolments", count, services)
    progress(f"{count:,} enrolments after {time.monotonic() - began:.0f} s")


def _index_statements() -> list[str]:
    dialect = sa.create_engine("postgresql+psycopg://").dialect
    keys = [enrolments.primary_key, *_uniques()]
    made = [AddConstraint(key) for key in keys] + [CreateIndex(one) for one in enrolments.indexes]
    return [str(one.compile(dialect=dialect)) for one in made]


def _uniques() -> list[sa.Constraint]:
    return [one for one in enrolments.constraints if isinstance(one, sa.UniqueConstraint)]


def _drop_indexes(services: Services) -> None:
    with services.database.write() as connection:
        for key in (*_uniques(), enrolments.primary_key):
            connection.execute(DropConstraint(key))
        for index in enrolments.indexes:
            connection.execute(DropIndex(index))
        connection.commit()


_here: list[Services] = []  # of a generator's process


def _open(settings: Settings) -> None:
    _here.append(Services(settings))


def _connect(services: Services) -> psycopg.Connection[Any]:
    url = services.database.url.set(drivername="postgresql")
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)


def _copy(block: range) -> None:
    """Copy some enrolments into the table."""
    (services,) = _here
    names = ", ".join(f'"{name}"' for name in _COLUMNS)
    into = f"COPY autocharge_enrolments ({names}) FROM STDIN"
    with _connect(services) as connection, connection.cursor().copy(into) as copy:
        for row in _rows(services.vault, block):
            copy.write_row([row[name] for name in _COLUMNS])


def _run(statement: str, _count: int, services: Services | None = None) -> None:
    with _connect(services or _here[0]) as connection:
        connection.execute("SET maintenance_work_mem = '768MB'")
        connection.execute(statement)


def _rows(vault: IdentifierVault, numbers: Iterable[int]) -> Iterator[dict[str, Any]]:
    at = datetime.now(UTC)
    keys = vault.keys
    for number in numbers:
        mac = mac_of(number)
        enrolment_id = str(UUID(int=random.getrandbits(128), version=4))
        yield {
            "enrolment_id": enrolment_id,
            "kind": IdentifierKind.MAC.value,
            "digest": digests_under(keys, mac)[0],
            "key_id": keys.peppers[0].key_id,
            "sealed": sealed_under(keys, enrolment_id, mac),
            "emaid": f"{_PROVIDER}D{number:08d}",
            "provider_id": _PROVIDER,
            "status": EnrolmentStatus.ACTIVE.value,
            "created_at": at,
            "precedence": 1,
            "source": EnrolmentSource.PROVIDER.value,
            "switched_off": False,
        }


def _contract(number: int) -> dict[str, Any]:
    at = datetime.now(UTC)
    values: dict[str, Any] = dict.fromkeys(_CONTRACT_COLUMNS)
    return values | {
        "contract_id": str(UUID(int=random.getrandbits(128), version=4)),
        "emaid": _emaid(number),
        "identity": _emaid(number),
        "provider_id": _PROVIDER,
        "status": "active",
        "allow_bare_emaid": False,
        "valid_from": at,
        "created_at": at,
    }
