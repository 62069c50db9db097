"""Unknown identifiers, one after another from one station: nothing grows past the window."""

import threading
from collections.abc import Iterator
from functools import partial

import orjson
import pytest
import sqlalchemy as sa

from authorization.store.tables import decisions
from autocharge.profiles.sighting_policy import load_sighting_policy
from autocharge.store.tables import sightings
from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.hot_routes import Handle
from tests.server.assembly import Application, Things

POLICY = load_sighting_policy()
THREADS = 8
FLOOD = 10_000


@pytest.fixture
def things(application: Application) -> Things:
    """A tenant's things, its vehicle out of quarantine."""
    made = application.things()
    path = f"/v1/autocharge/quarantines/{made.quarantine_id}/release"
    assert application.ask("POST", path, {"reason": "found"}, client="mo").status == 200
    return made


def count(database: Database, table: sa.Table, station_id: str) -> int:
    with database.read() as connection:
        statement = sa.select(sa.func.count()).where(table.c.station_id == station_id)
        return connection.scalar(statement) or 0


def flood(
    application: Application, handle: Handle, station_id: str, bodies: Iterator[bytes]
) -> list[object]:
    """Ask from several threads until there are no more bodies; return every answer."""
    principal = application.services.authenticate(application.tokens["cpo"])
    answers: list[object] = []
    guard = threading.Lock()

    def ask() -> None:
        while True:
            with guard:
                body = next(bodies, None)
            if body is None:
                return
            work = partial(handle, principal, {"station_id": station_id}, body)
            try:
                answers.append(orjson.loads(application.services.batches.run(work)[1]))
            except ServiceError as refusal:
                answers.append(refusal)

    threads = [threading.Thread(target=ask) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_a_flood_stores_no_more_than_the_window_holds(
    application: Application, things: Things
) -> None:
    handle = application.services.decision_operations.authorize_16
    before = count(application.database, decisions, things.station_id)
    bodies = (orjson.dumps({"idTag": f"VID:98ED5D{number:06X}"}) for number in range(FLOOD))
    answers = flood(application, handle, things.station_id, bodies)
    assert len(answers) == FLOOD
    assert all(answer == {"idTagInfo": {"status": "Invalid"}} for answer in answers)
    most = POLICY.unknown_per_station + THREADS  # those on their way when it was reached
    stored = count(application.database, sightings, things.station_id) - before
    assert POLICY.unknown_per_station <= stored <= most
    assert count(application.database, decisions, things.station_id) == before + stored

    # who is enrolled charges nevertheless, and strangers are told to wait in the API's own words
    known = {
        "station_id": things.station_id,
        "identification": {"type": "mac", "value": things.mac},
    }
    asked = application.ask("POST", "/v1/authorizations", known, client="cpo")
    assert asked.json["outcome"] == "accepted"
    unknown = {**known, "identification": {"type": "mac", "value": "98ED5DFFFFFF"}}
    asked = application.ask("POST", "/v1/authorizations", unknown, client="cpo")
    assert (asked.status, asked.code) == (429, "too_many_unknown_identifiers")
    assert asked.headers["Retry-After"] == "60"
    for version, payload in {
        "2.0.1": {"idToken": {"idToken": "98ED5DFFFFFF", "type": "MacAddress"}},
        "2.1": {"idToken": {"idToken": "98ED5DFFFFFF", "type": "MacAddress"}},
    }.items():
        path = f"/ocpp/{version}/{things.station_id}/Authorize"
        asked = application.ask("POST", path, payload, client="cpo")
        assert asked.json == {"idTokenInfo": {"status": "Unknown"}}


def test_reports_are_limited_too(application: Application, things: Things) -> None:
    answers = []
    for number in range(POLICY.unknown_per_station + 5):
        body = {
            "station_id": things.station_id,
            "identifiers": [{"type": "mac", "value": f"98ED5E{number:06X}"}],
        }
        answers.append(
            application.ask("POST", "/v1/autocharge/sightings", body, client="cpo").status
        )
    assert set(answers) == {201, 429}
    assert answers[-1] == 429


def test_the_refusal_is_of_its_kind(application: Application, things: Things) -> None:
    handle = application.services.decision_operations.authorize_json
    bodies = (
        orjson.dumps(
            {
                "station_id": things.station_id,
                "identification": {"type": "mac", "value": f"98ED5F{number:06X}"},
            }
        )
        for number in range(POLICY.unknown_per_station + 2 * THREADS)
    )
    answers = flood(application, handle, things.station_id, bodies)
    refusals = [answer for answer in answers if isinstance(answer, ServiceError)]
    assert refusals
    assert {refusal.kind for refusal in refusals} == {Kind.RATE_LIMITED}
