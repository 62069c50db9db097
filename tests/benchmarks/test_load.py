"""The load generator against a toy server, and the arithmetic on which every figure rests."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load import (
    Load,
    WrongAnswerError,
    ask,
    body_of,
    generate,
    in_own_process,
    percentile,
)

REQUEST = b"GET / HTTP/1.1\r\nHost: toy\r\n\r\n"
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\naccepted"
Say = Callable[[socket.socket], None]


@contextmanager
def toy_server(say: Say) -> Iterator[int]:
    """Answer every request with `say` until all clients have gone; yield the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                while connection.recv(65536):
                    say(connection)
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join()


def test_a_paced_load_keeps_its_pace_and_counts_from_when_it_was_due() -> None:
    def late(connection: socket.socket) -> None:
        time.sleep(0.03)
        connection.sendall(GOOD)

    with toy_server(lambda connection: connection.sendall(GOOD)) as port:
        measured = generate(replace(load(port), pace=100.0, seconds=0.5), [])
        assert 5 <= measured.answers <= 55
    with toy_server(late) as port:
        # one connection answers 33 a second: every answer waits longer than the one before
        one = replace(load(port), pace=100.0, connections=1, seconds=0.5)
        behind = generate(one, [])
        assert behind.p99 > 0.1
        assert behind.answers < 25


def load(port: int, *, expected: bytes = b"accepted") -> Load:
    return Load(port, [REQUEST], expected, connections=5, warm_up_seconds=0.05, seconds=0.2)


def test_counts_every_answer_of_the_window() -> None:
    with toy_server(lambda connection: connection.sendall(GOOD)) as port:
        measured = generate(load(port), [])
    assert measured.answers > 10
    assert measured.sent >= measured.answers
    assert 0.2 <= measured.seconds < 1.0
    assert 0 < measured.p50 <= measured.p99 < 1.0
    assert measured.rate == pytest.approx(measured.answers / measured.seconds)


def test_answers_in_pieces_are_put_together() -> None:
    def say(connection: socket.socket) -> None:
        for piece in (GOOD[:9], GOOD[9:25], GOOD[25:-1], GOOD[-1:]):
            connection.sendall(piece)

    with toy_server(say) as port:
        assert generate(load(port), []).answers > 10
        assert ask(port, REQUEST) == (200, b"accepted")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 8\r\n\r\naccepted", "expected 200"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nblocked", "'accepted'"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Content-Length"),
        (GOOD + GOOD, "more bytes"),
    ],
    ids=["status", "body", "length", "surplus"],
)
def test_one_wrong_answer_fails_the_whole_load(answer: bytes, why: str) -> None:
    with (
        toy_server(lambda connection: connection.sendall(answer)) as port,
        pytest.raises(WrongAnswerError, match=why),
    ):
        generate(load(port), [])


def test_a_closed_connection_fails_the_load() -> None:
    with (
        toy_server(lambda connection: connection.shutdown(socket.SHUT_RDWR)) as port,
        pytest.raises(WrongAnswerError, match="closed"),
    ):
        generate(load(port), [])


def test_a_failure_in_the_generators_process_is_told_here() -> None:
    with toy_server(lambda connection: connection.sendall(GOOD)) as port:
        assert in_own_process(load(port), []).answers > 10
        with pytest.raises(WrongAnswerError, match="refused"):
            in_own_process(load(port, expected=b"refused"), [])


def test_requests_are_taken_in_turn_from_the_first() -> None:
    seen: list[bytes] = []
    lock = threading.Lock()
    requests = [b"GET /%d HTTP/1.1\r\n\r\n" % number for number in range(7)]
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            while received := connection.recv(65536):
                with lock:
                    seen.append(received)
                connection.sendall(GOOD)

    server = threading.Thread(target=serve)
    server.start()
    with listener:
        measured = generate(
            Load(
                listener.getsockname()[1],
                requests,
                b"accepted",
                first=3,
                connections=1,
                warm_up_seconds=0.0,
                seconds=0.1,
            ),
            [],
        )
        server.join()
    assert seen == [requests[(3 + index) % 7] for index in range(measured.sent)]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=300), st.floats(0.001, 1.0))
def test_percentile_is_the_smallest_value_that_covers_the_share(
    values: list[int], share: float
) -> None:
    ordered = sorted(values)
    found = percentile(ordered, share)
    covered = sum(value <= found for value in ordered)
    below = sum(value < found for value in ordered)
    assert found in values
    assert covered >= share * len(ordered) > below - 1e-9


def test_percentiles_of_a_hundred() -> None:
    ordered = list(range(1, 101))
    assert [percentile(ordered, share) for share in (0.01, 0.5, 0.99, 1.0)] == [1, 50, 99, 100]
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


@given(st.binary(max_size=40), st.integers(0, 90))
def test_an_answer_is_whole_only_with_its_last_byte(body: bytes, cut: int) -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    assert body_of(answer) == body
    if cut < len(answer):
        assert body_of(answer[:cut]) is None
