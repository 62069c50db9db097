"""Start the HTTP server: granian worker processes over one WSGI callable."""

import errno
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces

from foundation.errors import Kind, ServiceError
from server.settings import Address, Settings

BACKLOG = 1024
STOP_SECONDS = 10
ENDING_SECONDS = 2.0
"""How long a start waits for the workers of a killed predecessor to leave the address."""


def run_server(settings: Settings) -> None:
    """Serve on the configured addresses until told to stop (SIGTERM or SIGINT)."""
    management: subprocess.Popen[bytes] | None = None
    if settings.management_listen != settings.listen:
        management = subprocess.Popen(
            [sys.executable, "-m", "server.serve", "management"], close_fds=True
        )
    try:
        _granian("server.entry:build_main", settings.listen, settings.workers, settings.threads)
    except SystemExit as ended:
        if ended.code:
            raise ServiceError(
                Kind.UNAVAILABLE,
                "workers_ended",
                "worker processes end soon after their start; what they wrote says why",
            ) from None
    finally:
        if management is not None:
            management.terminate()
            try:
                management.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                management.kill()


def prepare_serving(settings: Settings) -> None:
    """Make sure of free addresses, then empty the folder of shared metrics.

    Raises ServiceError CONFLICT `address_not_free`: worker processes could not tell it themselves.
    Must run before anything imports prometheus_client, which looks for the folder at import.
    """
    for address in {settings.listen, settings.management_listen}:
        _require_free(address)
    prepare_metrics(settings.home)


def _require_free(address: Address) -> None:
    patience = time.monotonic() + ENDING_SECONDS
    while (obstacle := _obstacle(address)) is not None:
        if obstacle.errno != errno.EADDRINUSE or time.monotonic() > patience:
            raise ServiceError(
                Kind.CONFLICT,
                "address_not_free",
                f"cannot listen on {address} ({obstacle.strerror}); stop what listens there, or "
                "set EVTRUST_LISTEN",
            )
        time.sleep(0.1)


def _obstacle(address: Address) -> OSError | None:
    """Return why nobody could listen there now, None if somebody could."""
    try:
        family, kind, _, _, place = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as failure:
        return failure
    return None


def prepare_metrics(home: Path) -> None:
    """Empty the folder in which worker processes share their metrics.

    Must run before anything imports prometheus_client, which looks for the folder at import.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = home / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def _granian(target: str, address: Address, workers: int, threads: int) -> None:
    Granian(
        target,
        address=address.host,
        port=address.port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        backlog=BACKLOG,
        websockets=False,
        factory=True,
        log_enabled=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    ).serve()


if __name__ == "__main__":
    from server.settings import load_settings

    _granian("server.entry:build_management", load_settings().management_listen, 1, 2)
