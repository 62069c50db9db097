"""A load generator: keep-alive HTTP/1.1 connections on raw sockets, one request in flight on each.

It is a closed loop, unless a load is paced. One process, one epoll, requests that are already
bytes, so that on a machine of two cores the server under test keeps the other core to itself.
"""

import re
import select
import socket
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection

from benchmarks.processes import cpu_seconds, machine_busy_seconds

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
_RECEIVE_BYTES = 65536
_PATIENCE_SECONDS = 10.0


class WrongAnswerError(RuntimeError):
    """An answer that is not the one expected; a row with one has no figures."""


@dataclass(frozen=True, slots=True)
class Load:
    """What to send and what to expect.

    `requests` are whole HTTP/1.1 requests, taken in turn by whichever connection is free, from
    index `first` on. Every answer has `status`, and its body contains `expected`. With `pace` so
    many requests a second are due, whether or not earlier ones were answered, and a latency
    counts from when its request was due: a server that falls behind shows it.
    """

    port: int
    requests: Sequence[bytes]
    expected: bytes
    status: int = 200
    first: int = 0
    connections: int = 100
    warm_up_seconds: float = 0.5
    seconds: float = 3.0
    pace: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What one window of a load showed; latencies in seconds, CPU in seconds of the window.

    `sent` counts the requests sent in all, warm-up included: `first` of the next load of the same
    requests. `strangers_cpu` is what everything but the server and this generator used.
    """

    answers: int
    sent: int
    seconds: float
    p50: float
    p99: float
    server_cpu: float
    generator_cpu: float
    strangers_cpu: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    @property
    def cpu_per_answer(self) -> float:
        """CPU seconds of the server's workers for one answer."""
        return self.server_cpu / self.answers


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value at or below which `share` (0 < share ≤ 1) of the sorted values lie."""
    if not ordered:
        raise ValueError("no values, no percentile")
    rank = max(1, -int(-share * len(ordered) // 1))  # nearest rank: the ceiling of share * n
    return ordered[min(rank, len(ordered)) - 1]


def body_of(answer: bytes) -> bytes | None:
    """Return the body of a whole HTTP/1.1 answer; None while some of it is missing."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return None
    length = _LENGTH.search(answer, 0, end + 2)
    if length is None:
        raise WrongAnswerError(f"an answer without Content-Length: {answer[:end]!r}")
    body = answer[end + 4 :]
    missing = int(length[1]) - len(body)
    if missing < 0:
        raise WrongAnswerError("more bytes than one answer to one request")
    return None if missing else body


def ask(port: int, request: bytes) -> tuple[int, bytes]:
    """Send one request on a connection of its own; return the status and the body."""
    with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_SECONDS) as connection:
        connection.sendall(request)
        answer = b""
        while (body := body_of(answer)) is None:
            received = connection.recv(_RECEIVE_BYTES)
            if not received:
                raise WrongAnswerError("the server closed the connection before it had answered")
            answer += received
    return int(answer[9:12]), body


class _Loop:
    """The connections of one load and what is in flight on each."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._status_line = b"HTTP/1.1 %d" % load.status
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._partial: dict[int, bytes] = {}
        self._sent_at: dict[int, int] = {}
        self._idle: list[int] = []
        self._interval = None if load.pace is None else int(1e9 / load.pace)
        self._due = 0
        self.sent = 0

    def __enter__(self) -> "_Loop":
        for _ in range(self._load.connections):
            connection = socket.create_connection(("127.0.0.1", self._load.port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(0)
            self._sockets[connection.fileno()] = connection
            self._poll.register(connection.fileno(), select.EPOLLIN)
        self._due = time.monotonic_ns()
        for descriptor in self._sockets:
            if self._interval is None:
                self._send(descriptor)
            else:
                self._idle.append(descriptor)
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._sockets.values():
            connection.close()
        self._poll.close()

    def _send(self, descriptor: int) -> None:
        request = self._load.requests[(self._load.first + self.sent) % len(self._load.requests)]
        self.sent += 1
        self._sent_at[descriptor] = time.monotonic_ns()
        if self._sockets[descriptor].send(request) != len(request):
            raise WrongAnswerError("a request does not fit the socket's buffer")

    def _send_due(self, interval: int) -> float:
        """Send what is due on connections that are free; return seconds until there is more."""
        now = time.monotonic_ns()
        while self._idle and self._due <= now:
            descriptor = self._idle.pop()
            self._send(descriptor)
            self._sent_at[descriptor] = self._due
            self._due += interval
        return max(0.0, min(0.1, (self._due - now) / 1e9)) if self._idle else 0.1

    def _check(self, answer: bytes, body: bytes) -> None:
        if not answer.startswith(self._status_line) or self._load.expected not in body:
            raise WrongAnswerError(
                f"expected {self._load.status} with {self._load.expected!r}, not {answer[:600]!r}"
            )

    def run(self, until: int, latencies: "array[int]", *, resend: bool = True) -> None:
        """Collect answers until the monotonic time `until` (ns), or until none is in flight."""
        send, check, sockets, partial = self._send, self._check, self._sockets, self._partial
        while (resend or self._sent_at) and time.monotonic_ns() < until:
            wait = 0.1
            if resend and self._interval is not None:
                wait = self._send_due(self._interval)
            for descriptor, _ in self._poll.poll(wait):
                answer = sockets[descriptor].recv(_RECEIVE_BYTES)
                if not answer:
                    raise WrongAnswerError("the server closed a connection")
                if partial:
                    answer = partial.pop(descriptor, b"") + answer
                body = body_of(answer)
                if body is None:
                    partial[descriptor] = answer
                    continue
                latencies.append(time.monotonic_ns() - self._sent_at.pop(descriptor))
                check(answer, body)
                if self._interval is not None:
                    self._idle.append(descriptor)
                elif resend:
                    send(descriptor)
        if not resend and self._sent_at:
            raise WrongAnswerError(f"{len(self._sent_at)} requests were never answered")


def generate(load: Load, workers: Sequence[int]) -> Measured:
    """Run the load against the server whose worker processes are `workers`, in this process.

    Raises WrongAnswerError on the first answer that is not as expected.
    """
    warm_up, latencies = array("q"), array("q")
    with _Loop(load) as loop:
        loop.run(time.monotonic_ns() + int(load.warm_up_seconds * 1e9), warm_up)
        machine, server = machine_busy_seconds(), cpu_seconds(workers)
        own, began = time.process_time(), time.monotonic_ns()
        loop.run(began + int(load.seconds * 1e9), latencies)
        seconds = (time.monotonic_ns() - began) / 1e9
        own, server = time.process_time() - own, cpu_seconds(workers) - server
        machine = machine_busy_seconds() - machine
        drained = array("q")
        loop.run(
            time.monotonic_ns() + int(_PATIENCE_SECONDS * 1e9),
            drained,
            resend=False,
        )
    if not latencies:
        raise WrongAnswerError("not one answer in the whole window")
    ordered = sorted(latencies)
    return Measured(
        answers=len(ordered),
        sent=loop.sent,
        seconds=seconds,
        p50=percentile(ordered, 0.50) / 1e9,
        p99=percentile(ordered, 0.99) / 1e9,
        server_cpu=server,
        generator_cpu=own,
        strangers_cpu=max(0.0, machine - own - server),
    )


def in_own_process(load: Load, workers: Sequence[int]) -> Measured:
    """Run `generate` in a new process of its own; raises as it does."""
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_deliver, args=(load, workers, sender))
    process.start()
    sender.close()
    try:
        outcome = receiver.recv()
    except EOFError:
        outcome = "the load generator ended without a result"
    process.join()
    if isinstance(outcome, Measured):
        return outcome
    raise WrongAnswerError(str(outcome))


def _deliver(load: Load, workers: Sequence[int], sender: Connection) -> None:
    try:
        sender.send(generate(load, workers))
    except (WrongAnswerError, OSError) as failure:
        sender.send(f"{type(failure).__name__}: {failure}")
