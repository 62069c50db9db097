"""Where the time of one answer goes: the served application called in this process, one thread.

`python -m benchmarks --profile` makes a site and runs this module in a process of its own, because
the application reads its settings from the environment when it is imported.
"""

import cProfile
import io
import os
import pickle
import pstats
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from benchmarks.messages import (
    authorize_by_chain,
    authorize_by_hash,
    authorize_by_mac,
    issue_from_csr,
    ocsp_request,
    token_request,
)
from benchmarks.primitives import measure_primitives
from benchmarks.site import STATION_ID, Site
from benchmarks.vehicles import Vehicle

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_LINES = 30
_OURS = r"/(foundation|exi|pki|participants|contract_service|autocharge|authorization|server)/"
_FUNCTION = re.compile(r" *[0-9]+(/[0-9]+)? +[0-9.]+ +[0-9.]+ ")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and the status that its answer must have."""

    request: bytes
    status: str


def profile_site(site: Site, folder: Path, calls: int) -> str:
    """Return, as text, what `calls` answers of each sort cost and where (CPU time)."""
    parcel = folder / "site.pickle"
    parcel.write_bytes(pickle.dumps(site))
    environment = {**site.environment, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    told = folder / "profile.md"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.profiling", str(parcel), str(calls), str(told)],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,  # the access log
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the profile ended with {done.returncode}: {done.stderr[-3000:]}")
    return told.read_text()


def call(application: "WSGIApplication", request: bytes) -> tuple[str, bytes]:
    """Answer one HTTP request (bytes) by a WSGI application (PEP 3333)."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for line in lines:
        name, _, value = line.partition(":")
        key = name.upper().replace("-", "_")
        prefix = "" if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else "HTTP_"
        environ[prefix + key] = value.strip()
    statuses: list[str] = []

    def start_response(status: str, _headers: object, _exc_info: object = None) -> Any:
        statuses.append(status)
        return lambda _data: None

    answer = application(environ, start_response)
    content = b"".join(answer)
    close = getattr(answer, "close", None)
    if close is not None:
        close()
    return statuses[-1], content


def _run(application: "WSGIApplication", exchanges: Sequence[Exchange]) -> None:
    for exchange in exchanges:
        status, body = call(application, exchange.request)
        if not status.startswith(exchange.status):
            raise RuntimeError(f"expected {exchange.status}, not {status} {body!r}")


def _measured(application: "WSGIApplication", exchanges: Sequence[Exchange]) -> str:
    _run(application, exchanges[:50])
    began, cpu = time.perf_counter(), time.process_time()
    _run(application, exchanges)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    profile = cProfile.Profile(time.process_time)
    profile.runcall(_run, application, exchanges)
    text = io.StringIO()
    stats = pstats.Stats(profile, stream=text)
    stats.sort_stats("tottime").print_stats(_LINES)
    stats.sort_stats("cumtime").print_stats(_OURS, _LINES)
    shown = [line for line in text.getvalue().splitlines() if _FUNCTION.match(line)]
    count = len(exchanges)
    total_calls: int = stats.total_calls  # type: ignore[attr-defined] # typeshed leaves it out
    return "\n".join(
        [
            f"{cpu / count * 1e6:.0f} µs CPU and {wall / count * 1e6:.0f} µs a call without the",
            f"profiler. With it ({count} answers of {total_calls / count:.0f} Python calls each),",
            "by own time, then ours with what they call:",
            "   ncalls  tottime  percall  cumtime  percall",
            *(line.replace(f"{Path.cwd()}/", "") for line in shown),
        ]
    )


def _main(parcel: Path, calls: int, told: Path) -> None:
    site: Site = pickle.loads(parcel.read_bytes())
    from server.entry import build_main  # noqa: PLC0415 - it is for this process, not its parent

    application = build_main()
    operator, provider = _token(application, site.operator), _token(application, site.provider)
    messages: dict[str, tuple[str, Callable[[Vehicle], bytes]]] = {
        "authorise by chain": ("200", lambda it: authorize_by_chain(STATION_ID, it, operator)),
        "authorise by hash": (
            "200",
            lambda it: authorize_by_hash(STATION_ID, it, site.root, operator),
        ),
        "authorise by MAC": ("200", lambda it: authorize_by_mac(STATION_ID, it, operator)),
        "OCSP fresh": ("200", lambda it: ocsp_request(it.chain[0], it.chain[1], nonce=True)),
        "OCSP repeated": (
            "200",
            lambda _: ocsp_request(*site.vehicles[0].chain[:2], nonce=False),
        ),
        "issue from CSR": ("201", lambda it: issue_from_csr(it, provider)),
    }
    texts = [f"# {site.database}: {measure_primitives(0.5)}"]
    for name, (status, message) in messages.items():
        vehicles = [site.vehicles[number % len(site.vehicles)] for number in range(calls)]
        exchanges = [Exchange(message(vehicle), status) for vehicle in vehicles]
        texts.append(f"## {name}\n\n```\n{_measured(application, exchanges)}\n```")
    told.write_text("\n\n".join(texts) + "\n")


def _token(application: "WSGIApplication", client: tuple[str, str]) -> str:
    _, body = call(application, token_request(*client))
    access_token: str = orjson.loads(body)["access_token"]
    return access_token


if __name__ == "__main__":
    _main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
