"""Events at rest: what is personal in them is sealed for its own row, however it is written."""

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa

from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.outbox import Outbox, outbox
from foundation.sealing import Sealer

EMAID = "DEABCC12345678"
OUTBOX = Outbox(Sealer(b"a" * 32))


def _by_group_commit(database: Database, event: Event) -> None:
    database.append(OUTBOX.row(event))


def _in_a_unit_of_work(database: Database, event: Event) -> None:
    with database.write() as connection:
        OUTBOX.log(connection).append(event)
        connection.commit()


Write = Callable[[Database, Event], None]


def _rows(database: Database) -> list[tuple[str, bytes | None]]:
    with database.read() as connection:
        rows = connection.execute(sa.select(outbox.c.id, outbox.c.personal)).all()
    return [(row.id, row.personal) for row in rows]


def _personal(now: datetime, **personal: str) -> Event:
    return Event("contract_data.created", now, "c", ("DEABC",), {"contract_id": "1"}, personal)


@pytest.mark.parametrize("write", [_by_group_commit, _in_a_unit_of_work])
def test_what_is_personal_is_sealed_and_comes_back(
    database: Database, now: datetime, write: Write
) -> None:
    write(database, _personal(now, emaid=EMAID))
    ((event_id, sealed),) = _rows(database)
    assert sealed is not None
    assert EMAID.encode() not in sealed
    assert OUTBOX.open_personal(event_id, sealed) == {"emaid": EMAID}


@pytest.mark.parametrize("write", [_by_group_commit, _in_a_unit_of_work])
def test_nothing_personal_is_nothing_stored(
    database: Database, now: datetime, write: Write
) -> None:
    write(database, _personal(now))
    ((event_id, sealed),) = _rows(database)
    assert sealed is None
    assert OUTBOX.open_personal(event_id, sealed) == {}


def test_one_rows_blob_does_not_open_in_anothers_place(database: Database, now: datetime) -> None:
    _by_group_commit(database, _personal(now, emaid=EMAID))
    _by_group_commit(database, _personal(now, emaid="DEABCC87654321"))
    (_, first), (second_id, _) = _rows(database)
    with pytest.raises(ServiceError) as refusal:
        OUTBOX.open_personal(second_id, first)
    assert refusal.value.kind is Kind.UNAVAILABLE
    assert EMAID not in str(refusal.value)


def test_another_key_opens_nothing(database: Database, now: datetime) -> None:
    _by_group_commit(database, _personal(now, emaid=EMAID))
    ((event_id, sealed),) = _rows(database)
    with pytest.raises(ServiceError):
        Outbox(Sealer(b"b" * 32)).open_personal(event_id, sealed)


def test_an_events_text_shows_nothing_personal(now: datetime) -> None:
    assert EMAID not in repr(_personal(now, emaid=EMAID))
