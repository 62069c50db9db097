"""Structured logs and low-cardinality metrics: route templates, never addresses or identifiers."""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterable
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


def count_failed_authentication(reason: str) -> None:
    """Count under one of a few fixed words."""
    FAILED_AUTHENTICATIONS.labels(reason).inc()


ROUTE = "evtrust.route"
"""WSGI environment key in which whoever answers leaves the template of the route."""

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


def observed(application: "WSGIApplication") -> "WSGIApplication":
    """Count, time and log every answer of `application` under its route template."""
    log = structlog.get_logger("access")

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        began = time.perf_counter()
        status = "500"

        def start(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status
            status = line[:3]
            return start_response(line, headers, exc_info)

        try:
            return application(environ, start)
        finally:
            seconds = time.perf_counter() - began
            route = environ.get(ROUTE, "unmatched")
            method = environ["REQUEST_METHOD"]
            method = method if method in _METHODS else "other"
            REQUESTS.labels(method, route, status).inc()
            SECONDS.labels(route).observe(seconds)
            log.info("request", method=method, route=route, status=int(status), seconds=seconds)

    return answer


def render_metrics() -> tuple[bytes, str]:
    """Return the metrics of every worker process in Prometheus' text form, and its media type."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        collect: Callable[[CollectorRegistry], object] = multiprocess.MultiProcessCollector
        collect(registry)
        return generate_latest(registry), CONTENT_TYPE_LATEST
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
