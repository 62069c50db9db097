"""No identifier stands in clear in logs, metrics, problems, events or the database.

A started service is asked on every route of Autocharge, in good words and in bad ones.
"""

import uuid
from collections.abc import Iterator
from typing import Any

from autocharge.model.enrolment import Identifier, parse_identifier
from foundation.database import Database
from tests.autocharge.assembly import MAC_SPELLINGS, VIN_SPELLINGS
from tests.autocharge.store.test_nothing_in_clear import everything_stored, traces_of
from tests.end_to_end.service import Answer, Service
from tests.end_to_end.test_autocharge import started

__all__ = ["started"]  # the fixture

IDENTIFIERS = (
    *(("mac", text) for text in (MAC_SPELLINGS[0], "VID:A453EE033156", "0000a453ee033157")),
    ("evccid", "WP0-V-00112233445566778-9"),
    ("vin", VIN_SPELLINGS[0]),
)
PLACE = {"station_id": "hanover-1"}


def bodies(kind: str, text: str, emaid: str) -> Iterator[Any]:
    """Yield what a route of Autocharge may be sent with an identifier in it."""
    named = {"type": kind, "value": text}
    yield named
    yield {"emaid": emaid, **named}
    yield {**named, "reason": "reported by its driver"}
    yield {**PLACE, "identifiers": [named], "source": "slac"}
    yield {**PLACE, **named, "source": "slac"}
    yield {"identifier": named}
    yield {**named, "value": text + "zz"}  # no identifier any more
    yield {**named, text: text}  # a member that nobody documented
    yield {"type": text, "value": kind}
    yield text
    yield [text] * 3


def ocpp(text: str) -> Iterator[tuple[str, object]]:
    yield "/ocpp/1.6/hanover-1/Authorize", {"idTag": text[:20]}
    yield "/ocpp/1.6/hanover-1/DataTransfer", {"vendorId": text, "messageId": text, "data": text}
    for version in ("2.0.1", "2.1"):
        for token_type in ("MacAddress", "EVCCID", "VIN", "Central"):
            token = {"idToken": text, "type": token_type}
            more = {"additionalInfo": [{"additionalIdToken": text, "type": "EVCCID"}]}
            yield f"/ocpp/{version}/hanover-1/Authorize", {"idToken": token}
            yield f"/ocpp/{version}/hanover-1/Authorize", {"idToken": {**token, **more}}


def drive(service: Service, kind: str, text: str) -> Iterator[tuple[str, Answer]]:
    """Ask everything that may be asked with an identifier; yield route and answer."""
    emaid = service.told["demo"]["emaid"]
    described = service.ask("GET", "/openapi.json").json["paths"]
    routes = [
        (path, method.upper())
        for path, methods in described.items()
        if path.startswith("/v1/autocharge")
        for method in methods
    ]
    assert len(routes) >= 20, routes
    # what deletes comes last: before that there is something to be found
    for path, method in sorted(routes, key=lambda route: ("erasures" in route[0], route)):
        concrete = path
        while "{" in concrete:
            before, _, after = concrete.partition("{")
            concrete = before + str(uuid.uuid4()) + after.partition("}")[2]
        for client in ("mo", "cpo", "admin"):
            if method in {"GET", "DELETE"}:
                yield path, service.ask(method, concrete, client=client)
                continue
            for body in bodies(kind, text, emaid):
                yield path, service.ask(method, concrete, body, client=client)
        if path == "/v1/autocharge/sightings":
            for body in ({**PLACE, "identification": {"type": kind, "value": text}},):
                yield path, service.ask("POST", "/v1/authorizations", body, client="cpo")
            for at, payload in ocpp(text):
                yield at, service.ask("POST", at, payload, client="cpo")


def test_no_identifier_is_left_in_clear(started: tuple[Service, Database]) -> None:
    service, database = started
    traces: dict[str, set[bytes]] = {}
    succeeded: set[str] = set()
    for kind, text in IDENTIFIERS:
        identifier: Identifier = parse_identifier(kind, text)
        traces[text] = traces_of(text, identifier)
        for route, answer in drive(service, kind, text):
            assert answer.status < 500, (route, answer.status)
            found = [trace for trace in traces[text] if trace in answer.body]
            assert found == [], (route, answer.status)
            if answer.status < 300:
                succeeded.add(route)
        # stored again, so that there is something to be found below
        emaid = service.told["demo"]["emaid"]
        body = {"emaid": emaid, "type": kind, "value": text, "beside_own": True}
        enrolled = service.ask("POST", "/v1/autocharge/enrolments", body, client="admin")
        assert enrolled.status == 201, enrolled.body
    for needed in ("enrolments", "resolve", "quarantines", "sightings", "erasures"):
        assert f"/v1/autocharge/{needed}" in succeeded, sorted(succeeded)
    metrics = service.ask("GET", "/metrics").body
    stored = b"\n".join(everything_stored(database))
    log = service.log().encode()
    assert b"/v1/autocharge/erasures" in log  # the log is the one that was written
    assert b"autocharge" in stored
    for text, looks in traces.items():
        for where, content in (("log", log), ("metrics", metrics), ("database", stored)):
            assert [trace for trace in looks if trace in content] == [], (where, text[-4:])
