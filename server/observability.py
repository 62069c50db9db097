"""Structured logs and low-cardinality metrics: route templates, never addresses or identifiers."""

import atexit
import logging
import os
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REQUESTS = Counter(
    "evtrust_http_requests_total", "Requests by route template.", ["method", "route", "status"]
)
SECONDS = Histogram(
    "evtrust_http_request_seconds",
    "Time to answer by route template.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0),
)
DECISIONS = Counter("evtrust_decisions_total", "Authorisation decisions.", ["outcome", "evidence"])
FAILED_AUTHENTICATIONS = Counter(
    "evtrust_failed_authentications_total", "Secrets and tokens that did not stand.", ["reason"]
)

WEBHOOKS = Counter(
    "evtrust_webhooks_total", "What became of webhook deliveries, attempt by attempt.", ["outcome"]
)


PARTNER_QUESTIONS = Counter(
    "evtrust_partner_questions_total",
    "What came of questions to roaming partners: answered, or why not.",
    ["partner", "result"],
)


FOREIGN_EVIDENCE = Counter(
    "evtrust_foreign_evidence_total",
    "What came of questions to foreign OCSP responders and CRL servers.",
    ["kind", "result"],
)


def count_partner_question(partner_id: str, result: str) -> None:
    """Count under a partner's id, which an administrator chose, and one of a few fixed words."""
    PARTNER_QUESTIONS.labels(partner_id, result).inc()


def count_foreign_evidence(kind: str, result: str) -> None:
    """Count under `ocsp` or `crl` and one of a few fixed words."""
    FOREIGN_EVIDENCE.labels(kind, result).inc()


def count_webhook(outcome: str) -> None:
    """Count under one of a few fixed words."""
    WEBHOOKS.labels(outcome).inc()


def count_failed_authentication(reason: str) -> None:
    """Count under one of a few fixed words."""
    FAILED_AUTHENTICATIONS.labels(reason).inc()


ROUTE = "evtrust.route"
"""WSGI environment key in which whoever answers leaves the template of the route."""

LINES_WAIT_SECONDS = 0.2
"""Own judgement: soon enough for whoever follows a log."""

LINES_AT_MOST = 100_000
"""Own judgement: some 20 MB. Where nobody takes standard output, the oldest lines go."""

COUNTED_ONLY = frozenset({"/ocsp", "/crl/{ca}.crl", "/ca/{ca}.cer"})
"""Public status routes, whose good answers are counted, but neither timed nor logged."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def configure_logs(level: str) -> None:
    """Write one JSON object a line to standard output, from `level` up."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )


@dataclass(frozen=True, slots=True)
class _Meter:
    """The metrics of one method, route and status, looked up once."""

    requests: Counter
    seconds: Histogram


class Observed:
    """Counts, times and logs every answer of `application` under its route template.

    Good answers of the routes in COUNTED_ONLY are but counted: there are thousands a second, and
    the rest would cost more than the answer. `write` takes a line as bytes; None logs no requests.
    """

    def __init__(
        self, application: "WSGIApplication", write: Callable[[bytes], object] | None
    ) -> None:
        self._application = application
        self._write = write
        self._meters: dict[tuple[str, str, str], _Meter] = {}

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        began = time.perf_counter()
        status = "500"

        def start(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status
            status = line[:3]
            return start_response(line, headers, exc_info)

        try:
            return self._application(environ, start)
        finally:
            self._note(environ, status, time.perf_counter() - began)

    def _note(self, environ: "WSGIEnvironment", status: str, seconds: float) -> None:
        route = environ.get(ROUTE, "unmatched")
        method = environ["REQUEST_METHOD"]
        if method not in _METHODS:
            method = "other"
        meter = self._meters.get((method, route, status))
        if meter is None:
            meter = _Meter(REQUESTS.labels(method, route, status), SECONDS.labels(route))
            self._meters[method, route, status] = meter
        meter.requests.inc()
        if route in COUNTED_ONLY and status < "400":
            return
        meter.seconds.observe(seconds)
        if self._write is not None:
            self._write(
                orjson.dumps(
                    {
                        "event": "request",
                        "level": "info",
                        "timestamp": datetime.now(UTC),
                        "method": method,
                        "route": route,
                        "status": int(status),
                        "seconds": round(seconds, 6),
                    },
                    option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE,
                )
            )


class _WrittenTogether(ABC):
    """What piles up is written a few times a second, by a daemon thread of its own."""

    _writer: threading.Thread | None = None

    @abstractmethod
    def flush(self) -> None:
        """Write what is waiting."""

    def _expect_writer(self) -> None:
        if self._writer is None:
            # not before the first use: a thread would not survive the fork of a worker
            self._writer = threading.Thread(target=self._run, name="log", daemon=True)
            self._writer.start()
            atexit.register(self.flush)

    def _run(self) -> None:
        while True:
            time.sleep(LINES_WAIT_SECONDS)
            self.flush()


class LineBuffer(_WrittenTogether):
    """Log lines on their way to standard output, written together a few times a second.

    A system call for each line costs every thread its turn at the interpreter. What a killed
    process had not yet written is lost; what counts is on record elsewhere.
    """

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._lines: deque[bytes] = deque(maxlen=LINES_AT_MOST)

    def __call__(self, line: bytes) -> None:
        """Take a line with its line end; never waits."""
        self._lines.append(line)
        self._expect_writer()

    def flush(self) -> None:
        """Write what is waiting."""
        lines = []
        while self._lines:
            lines.append(self._lines.popleft())
        if lines:
            self._write(b"".join(lines))


class Tally(_WrittenTogether):
    """Counts answers of one sort; the metric learns of them a few times a second.

    Counting one by one costs a lock and a write to shared memory each.
    """

    def __init__(self, method: str, route: str, status: str) -> None:
        self._requests = REQUESTS.labels(method, route, status)
        self._answers: deque[None] = deque()

    def __call__(self) -> None:
        """Count one answer; never waits."""
        self._answers.append(None)  # atomic, as an addition is not
        self._expect_writer()

    def flush(self) -> None:
        """Add what was counted to the metric."""
        count = 0
        with suppress(IndexError):
            while True:
                self._answers.popleft()
                count += 1
        if count:
            self._requests.inc(count)


def to_standard_output(lines: bytes) -> None:
    """Write all of `lines`, past whatever buffers the interpreter has."""
    written = 0
    while written < len(lines):
        written += os.write(1, lines[written:])


def render_metrics() -> tuple[bytes, str]:
    """Return the metrics of every worker process in Prometheus' text form, and its media type."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        collect: Callable[[CollectorRegistry], object] = multiprocess.MultiProcessCollector
        collect(registry)
        return generate_latest(registry), CONTENT_TYPE_LATEST
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
