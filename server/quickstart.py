"""`make run`: from nothing to a running demonstration, and what to paste next."""

import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from server.cli.output import emit_refusal, refusal_of
from server.serve import prepare_serving, run_server
from server.settings import Address, Settings, load_settings


def main() -> int:
    """Initialise the demonstration where needed, tell how to use it, serve until stopped."""
    try:
        settings = load_settings()
        prepare_serving(settings)
        # not earlier: prometheus_client looks at its import for a folder that is prepared above
        from server.startup import check_startable, initialise_everything  # noqa: PLC0415

        initialised = initialise_everything(
            settings, demo=True, progress=lambda step: say(f"  {step}")
        )
        check_startable(settings)
        guide = instructions(settings, initialised.payload)
        threading.Thread(
            target=say_when_listening, args=(settings.listen, guide), daemon=True
        ).start()
        run_server(settings)
    except KeyboardInterrupt:  # before it served; while it serves, the server takes it itself
        code = 1
    except Exception as failure:  # noqa: BLE001 - the last stop: nothing may leave as a trace
        emit_refusal(refusal_of(failure), as_json=False)
        return 1
    else:
        code = 0
    say("stopped; `make run` goes on from here")
    return code


def say_when_listening(address: Address, text: str) -> None:
    """Print `text` once somebody answers at `address`: commands pasted earlier would fail."""
    while True:
        with suppress(OSError), socket.create_connection((address.host, address.port), 1):
            say(text)
            return
        time.sleep(0.05)


def say(text: str) -> None:
    """Print at once, also where the output is a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def instructions(settings: Settings, told: dict[str, Any]) -> str:
    """Return the commands that authorise both vehicles, ready to paste."""
    demo = told["demo"]
    request, chain = write_certificate_vehicle(settings.home, demo)
    base, cpo = told["base_url"], told["clients"]["cpo"]
    vehicle = orjson.dumps(
        {
            "station_id": demo["station_id"],
            "identification": {"type": "mac", "value": demo["mac"]},
        }
    ).decode()
    evtrust, python = ".venv/bin/evtrust", ".venv/bin/python"
    return f"""
evtrust listens on {base}   (API description: {base}/docs)
Stop with Ctrl-C; `make run` starts again with the same data.

{console_sign_in(base, told["console"])}

Paste into another terminal, in this folder. A token for the charge point operator:

  TOKEN=$(curl -s {base}/oauth/token -d grant_type=client_credentials \\
    -d client_id={cpo["client_id"]} \\
    -d client_secret={cpo["client_secret"]} \\
    | {python} -c 'import json,sys; print(json.load(sys.stdin)["access_token"])')

May the vehicle with the contract certificate charge?

  curl -s {base}/v1/authorizations -H "Authorization: Bearer $TOKEN" \\
    -H 'Content-Type: application/json' -d @{request} | {python} -m json.tool

And the vehicle that shows nothing but its MAC address (Autocharge)?

  curl -s {base}/v1/authorizations -H "Authorization: Bearer $TOKEN" \\
    -H 'Content-Type: application/json' \\
    -d '{vehicle}' | {python} -m json.tool

Suspend the first one's contract, ask for it again, and resume it:

  {evtrust} contract suspend {demo["emaid"]}
  {evtrust} contract resume {demo["emaid"]}

Revoke its certificate for a while, ask again, and release it (any other reason is final):

  {evtrust} ca revoke {chain} --reason certificateHold
  {evtrust} ca revoke {chain} --release

Without curl:

  {evtrust} authorize --station {demo["station_id"]} --emaid {demo["emaid"]} --chain {chain}
  {evtrust} authorize --station {demo["station_id"]} --mac {demo["mac"]}

From here on: what the service logs.
"""


def console_sign_in(base: str, person: dict[str, str] | None) -> str:
    """Return how to sign in to the web console; None: the data are older than the console."""
    if person is None:
        add = ".venv/bin/evtrust console add you@example.org --role administrator"
        return f"To look at it in a browser, make yourself an account:\n\n  {add}"
    return f"""To look at it in a browser: {base}/console/

  e-mail address  {person["user"]}
  password        {person["password"]}"""


def write_certificate_vehicle(home: Path, demo: dict[str, Any]) -> tuple[Path, Path]:
    """Write the first vehicle's request (JSON) and chain (PEM), too long to paste.

    Returns their paths, as short as the working directory allows.
    """
    request, chain = home / "certificate-vehicle.json", home / "certificate-vehicle.pem"
    identification = {
        "type": "contract_certificate",
        "emaid": demo["emaid"],
        "certificate_chain": demo["contract_chain_pem"],
    }
    body = {"station_id": demo["station_id"], "identification": identification}
    request.write_bytes(orjson.dumps(body, option=orjson.OPT_INDENT_2))
    chain.write_text(demo["contract_chain_pem"])
    return _shortest(request), _shortest(chain)


def _shortest(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


if __name__ == "__main__":
    sys.exit(main())
