"""`evtrust serve` and `evtrust worker`."""

import signal
import threading

import click

from server.settings import load_settings


@click.command("serve")
def serve_command() -> None:
    """Serve HTTP on EVTRUST_LISTEN until told to stop."""
    from server.serve import prepare_serving, run_server

    settings = load_settings()
    prepare_serving(settings)  # before anything imports the metrics
    from server.startup import check_startable

    check_startable(settings)
    run_server(settings)


@click.command("worker")
def worker_command() -> None:
    """Do background work (CRLs, OCSP signers) without serving; any number may run."""
    from server.observability import configure_logs
    from server.wiring import Services

    settings = load_settings()
    configure_logs(settings.log_level)
    housekeeping = Services(settings).housekeeping
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    housekeeping.start()
    stop.wait()
    housekeeping.stop()
