"""Webhooks of a started service: what a receiver gets, and what bad receivers spoil (nothing)."""

import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from foundation.database import Database
from participants.store.tables import webhook_deliveries, webhook_endpoints
from tests.end_to_end.demonstrations import Demonstrations, on_either_database
from tests.end_to_end.service import EVTRUST, Answer, Service, eventually, free_port
from tests.foundation.receivers import OK, Receiver, answering, receiver

PATIENCE = 30.0
"""Seconds; on a busy machine a round of one second takes longer."""


@pytest.fixture(params=on_either_database("webhooks"))
def service(
    request: pytest.FixtureRequest, demonstrations: Demonstrations, tmp_path: Path
) -> Iterator[Service]:
    with demonstrations.copied(request.param, tmp_path, workers=1) as service:
        service.environment["EVTRUST_EGRESS_NETWORKS"] = "127.0.0.0/8"
        yield service


def register(service: Service, url: str, *events: str, client: str = "mo") -> Any:
    answer = service.ask(
        "POST", "/v1/webhook/endpoints", {"url": url, "enabledEvents": events}, client=client
    )
    assert answer.status == 201, answer.body
    return answer.json


def at(port: int) -> str:
    return f"http://127.0.0.1:{port}/hook"


def change(service: Service, what: str) -> Answer:
    emaid = service.told["demo"]["emaid"]
    return service.ask("POST", f"/v1/contracts/{emaid}/{what}", client="mo")


def received(told: Receiver) -> list[Any]:
    return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in told.requests]


def log(service: Service, endpoint: Any, **query: str) -> list[Any]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    path = f"/v1/webhook/endpoints/{endpoint['id']}/deliveries?{asked}"
    answer = service.ask("GET", path, client="mo")
    assert answer.status == 200, answer.body
    found: list[Any] = answer.json["deliveries"]
    return found


@contextmanager
def working(service: Service) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `evtrust worker` while the block runs, unless it is killed before."""
    with (service.home / "worker.log").open("ab") as out:
        process = subprocess.Popen(
            [EVTRUST, "worker"], env=service.environment, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def test_a_suspended_contract_is_told_signed(service: Service) -> None:
    emaid, pcid = service.told["demo"]["emaid"], service.told["demo"]["pcid"]
    with receiver(answering(OK)) as told, service.serving(), working(service):
        endpoint = register(service, at(told.port), "contract.suspended")
        strangers = register(service, at(told.port), "contract.suspended", client="cpo")
        assert change(service, "suspend").status == 200
        eventually(lambda: len(told.requests) == 1, PATIENCE)
        head, _, body = told.requests[0].partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        digest = hmac.new(endpoint["secret"].encode(), body, hashlib.sha256).hexdigest()
        assert headers["payload-signature"] == digest
        assert headers["X-Hubject-Signature"] == f"sha256={digest}"
        assert headers["X-Operator-Signature"] == f"sha256={digest}"
        assert headers["Content-Type"] == "application/json"
        payload = json.loads(body)
        assert payload["eventType"] == "contract.suspended"
        assert payload["payload"] == {"emaid": emaid, "pcid": pcid}
        eventually(lambda: [d["state"] for d in log(service, endpoint)] == ["delivered"], PATIENCE)
        assert (
            "secret"
            not in service.ask("GET", f"/v1/webhook/endpoints/{endpoint['id']}", client="mo").json
        )
        listed = service.run("webhook", "list")["endpoints"]
        assert {one["endpoint_id"] for one in listed} == {endpoint["id"], strangers["id"]}
        (delivery,) = service.run("webhook", "deliveries", endpoint["id"])["deliveries"]
        assert delivery["status"] == 200
        service.run("webhook", "replay", endpoint["id"], delivery["delivery_id"])
        eventually(lambda: len(told.requests) == 2, PATIENCE)
        assert received(told)[1] == payload
    logged = service.log() + (service.home / "worker.log").read_text()
    for secret in (emaid, pcid, endpoint["secret"], str(told.port)):
        assert secret not in logged


def test_bad_receivers_disturb_nobody(service: Service) -> None:
    released = threading.Event()

    def hang(connection: socket.socket, _: bytes) -> None:
        released.wait(60)

    with (
        receiver(answering(OK)) as good,
        receiver(answering(OK)) as elsewhere,
        receiver(hang) as hanging,
        receiver(_redirecting_to(elsewhere.port)) as redirecting,
        receiver(answering(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000)) as flooding,
        service.serving(),
    ):
        event = "contract.suspended"
        bad = {
            "timed_out": register(service, at(hanging.port), event),
            307: register(service, at(redirecting.port), event),
            "answer_too_large": register(service, at(flooding.port), event),
            "not_connected": register(service, at(free_port()), event),
        }
        endpoint = register(service, at(good.port), event, "contract.resumed")
        assert change(service, "suspend").status == 200
        began = time.monotonic()
        eventually(lambda: len(good.requests) == 1, PATIENCE)
        assert change(service, "resume").status == 200
        eventually(lambda: len(good.requests) == 2, PATIENCE)
        eventually(lambda: bool(hanging.requests), PATIENCE)
        assert service.authorise(service.certificate_vehicle)["outcome"] == "accepted"
        for expected, at_fault in bad.items():
            (delivery,) = _attempted(service, at_fault)
            assert expected in {delivery["error"], delivery["httpStatus"]}, (expected, delivery)
        assert time.monotonic() - began < 2 * PATIENCE
        assert elsewhere.requests == []
        assert {d["state"] for d in log(service, endpoint)} == {"delivered"}
        released.set()


def _redirecting_to(port: int) -> Any:
    location = f"http://127.0.0.1:{port}/"
    return answering(
        f"HTTP/1.1 307 Go\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    )


def _attempted(service: Service, endpoint: Any) -> list[Any]:
    eventually(lambda: all(d["attempts"] for d in log(service, endpoint)), PATIENCE)
    return log(service, endpoint)


@pytest.mark.xdist_group("webhooks-refusing")
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "https://localhost/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "http://93.184.216.34:8080/",
        "ftp://hooks.example/",
    ],
)
def test_targets_that_are_not_public_are_refused_unless_configured(
    refusing: Service, url: str
) -> None:
    answer = refusing.ask(
        "POST",
        "/v1/webhook/endpoints",
        {"url": url, "enabledEvents": ["root.cert.added"]},
        client="mo",
    )
    assert answer.status == 400
    assert set(answer.json) == {"errorMessages", "traceId"}
    assert answer.json["errorMessages"][0].startswith("webhook_target_refused: ")
    assert refusing.ask("GET", "/v1/webhook/endpoints", client="mo").json == []


@pytest.fixture(scope="module")
def refusing(
    demonstrations: Demonstrations, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("home")
    with demonstrations.copied("sqlite", home, workers=1) as service, service.serving():
        yield service


def test_workers_that_are_killed_lose_nothing(service: Service) -> None:
    def slowly(connection: socket.socket, _: bytes) -> None:
        time.sleep(0.1)
        connection.sendall(OK)

    changes = 6
    with receiver(slowly) as told:
        with service.serving():
            register(service, at(told.port), "contract.suspended", "contract.resumed")
        for i in range(changes):  # nobody serves or works now: the events wait
            service.run("contract", "resume" if i % 2 else "suspend", service.told["demo"]["emaid"])
        for before_the_kill in (1, 3):
            with working(service) as process:
                eventually(lambda: len(told.requests) >= before_the_kill, PATIENCE)  # noqa: B023 - called at once
                os.kill(process.pid, signal.SIGKILL)
            _leases_run_out(service)
        with working(service):
            eventually(lambda: len(_told_apart(told)) == changes, PATIENCE)
            eventually(lambda: _states(service) == {"delivered"}, PATIENCE)
    assert {body["eventType"] for body in received(told)} == {
        "contract.suspended",
        "contract.resumed",
    }


def _told_apart(told: Receiver) -> set[str]:
    return {body["eventId"] for body in received(told)}


def _states(service: Service) -> set[str]:
    database = Database(service.environment["EVTRUST_DATABASE_URL"])
    try:
        with database.read() as connection:
            return set(connection.execute(sa.select(webhook_deliveries.c.state)).scalars())
    finally:
        database.close()


def _leases_run_out(service: Service) -> None:
    """As if the minute had passed for which the killed one had claimed the endpoint."""
    url = service.environment["EVTRUST_DATABASE_URL"]
    database = Database(url)
    past = datetime.now(UTC) - timedelta(seconds=1)
    with database.write() as connection:
        connection.execute(
            sa.update(webhook_endpoints)
            .where(webhook_endpoints.c.claimed_until.is_not(None))
            .values(claimed_until=past)
        )
        connection.execute(
            sa.text("UPDATE outbox SET claimed_until = NULL WHERE claimed_until IS NOT NULL")
        )
        connection.commit()
    database.close()
