"""`evtrust serve` and `evtrust worker`."""

import signal
import threading

import click

from server.cli.output import json_option
from server.settings import load_settings


@click.command("serve")
@json_option
def serve_command(as_json: bool) -> None:
    """Serve HTTP on EVTRUST_LISTEN until told to stop."""
    del as_json  # there is nothing to print but a refusal, which the root command sees to
    from server.serve import prepare_serving, run_server

    settings = load_settings()
    prepare_serving(settings)  # before anything imports the metrics
    from server.startup import check_startable

    check_startable(settings)
    run_server(settings)


@click.command("worker")
@json_option
def worker_command(as_json: bool) -> None:
    """Do background work (CRLs, OCSP signers, webhooks, imports); any number may run."""
    del as_json  # as above
    from server.observability import configure_logs
    from server.startup import check_startable
    from server.wiring import Services

    settings = load_settings()
    check_startable(settings)
    configure_logs(settings.log_level)
    services = Services(settings)
    housekeeping, errands = services.housekeeping, services.errands
    courier, importer = services.courier, services.importer
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    housekeeping.start()
    errands.start()
    courier.start()
    importer.start()
    stop.wait()
    housekeeping.stop()
    errands.stop()
    importer.stop()
    courier.stop()
