"""Requests are counted under route templates; lines are whole, in order, and not lost."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import orjson
import pytest
from prometheus_client import REGISTRY

from server.observability import LINES_AT_MOST, ROUTE, LineBuffer, Observed, Tally


def ask(application: Any, route: str, method: str = "POST", path: str = "/x/WVWZZZ") -> None:
    def start_response(_: str, __: list[tuple[str, str]], ___: Any = None) -> Callable[..., object]:
        return lambda _: None

    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "template": route}
    list(application(environ, start_response))


def answering(status: str) -> Callable[..., Iterable[bytes]]:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ[ROUTE] = environ["template"]
        start_response(status, [])
        return [b""]

    return application


def test_a_line_names_the_route_and_never_the_path() -> None:
    lines: list[bytes] = []
    ask(Observed(answering("200 OK"), lines.append), "/x/{vin}", method="STRANGE")
    (line,) = lines
    assert line.endswith(b"\n")
    said = orjson.loads(line)
    assert (said["route"], said["status"], said["method"]) == ("/x/{vin}", 200, "other")
    assert b"WVWZZZ" not in line


@pytest.mark.parametrize(("status", "lines"), [("200 OK", 0), ("404 Not Found", 1)])
def test_good_status_answers_leave_no_line(status: str, lines: int) -> None:
    written: list[bytes] = []
    ask(Observed(answering(status), written.append), "/ocsp")
    assert len(written) == lines


def test_an_application_that_fails_is_logged_as_500() -> None:
    written: list[bytes] = []

    def failing(_: dict[str, Any], __: Any) -> Iterable[bytes]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ask(Observed(failing, written.append), "/x")
    assert orjson.loads(written[0])["status"] == 500


def test_lines_of_many_threads_are_written_whole_and_all() -> None:
    written: list[bytes] = []
    buffer = LineBuffer(written.append)

    def work(number: int) -> None:
        for i in range(500):
            buffer(b"%d %d\n" % (number, i))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    buffer.flush()
    lines = b"".join(written).splitlines()
    assert len(lines) == len(set(lines)) == 4000
    assert [line for line in lines if line.startswith(b"3 ")] == [b"3 %d" % i for i in range(500)]


def test_a_line_is_written_soon_without_being_asked() -> None:
    written = threading.Event()
    LineBuffer(lambda _: written.set())(b"line\n")
    began = time.monotonic()
    assert written.wait(5)
    assert time.monotonic() - began < 5


def test_lines_that_nobody_takes_do_not_fill_the_memory() -> None:
    stalled, taken = threading.Event(), threading.Event()
    written: list[bytes] = []

    def stall(lines: bytes) -> None:
        stalled.set()
        taken.wait(30)
        written.append(lines)

    buffer = LineBuffer(stall)
    buffer(b"first\n")
    assert stalled.wait(5)
    for number in range(LINES_AT_MOST + 5000):
        buffer(b"%d\n" % number)
    taken.set()
    newest = b"%d\n" % (LINES_AT_MOST + 4999)
    end = time.monotonic() + 5
    while newest not in b"".join(written) and time.monotonic() < end:
        time.sleep(0.05)
    kept = b"".join(written).splitlines(keepends=True)
    assert newest in kept  # the oldest went
    assert len(kept) <= LINES_AT_MOST + 1


def test_a_tally_tells_every_answer_that_threads_counted() -> None:
    before = _requests("POST", "/tallied", "200")
    tally = Tally("POST", "/tallied", "200")

    def count() -> None:
        for _ in range(1000):
            tally()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    end = time.monotonic() + 5
    while _requests("POST", "/tallied", "200") - before < 4000 and time.monotonic() < end:
        time.sleep(0.05)
    tally.flush()
    assert _requests("POST", "/tallied", "200") - before == 4000


def _requests(*labels: str) -> float:
    names = dict(zip(("method", "route", "status"), labels, strict=True))
    return REGISTRY.get_sample_value("evtrust_http_requests_total", names) or 0.0
