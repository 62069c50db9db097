"""`make run`: from nothing to a running demonstration, and what to paste next."""

import sys
from pathlib import Path
from typing import Any

import orjson

from server.cli.output import emit_refusal, refusal_of
from server.serve import prepare_serving, run_server
from server.settings import Settings, load_settings


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
        say(instructions(settings, initialised.payload))
        run_server(settings)
    except KeyboardInterrupt:
        say("stopped; `make run` goes on from here")
        return 1
    except Exception as failure:  # noqa: BLE001 - the last stop: nothing may leave as a trace
        emit_refusal(refusal_of(failure), as_json=False)
        return 1
    return 0


def say(text: str) -> None:
    """Print at once, also where the output is a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def instructions(settings: Settings, told: dict[str, Any]) -> str:
    """Return the commands that authorise both vehicles, ready to paste."""
    request = write_certificate_request(settings.home, told["demo"])
    base, cpo, demo = told["base_url"], told["clients"]["cpo"], told["demo"]
    vehicle = orjson.dumps(
        {
            "station_id": demo["station_id"],
            "identification": {"type": "mac", "value": demo["mac"]},
        }
    ).decode()
    evtrust = ".venv/bin/evtrust"
    return f"""
evtrust listens on {base}   (API description: {base}/docs)
There is no web console yet. Stop with Ctrl-C; `make run` starts again with the same data.

Paste into another terminal, in this folder. A token for the charge point operator:

  TOKEN=$(curl -s {base}/oauth/token -d grant_type=client_credentials \\
    -d client_id={cpo["client_id"]} \\
    -d client_secret={cpo["client_secret"]} \\
    | .venv/bin/python -c 'import json,sys; print(json.load(sys.stdin)["access_token"])')

May the vehicle with the contract certificate charge?

  curl -s {base}/v1/authorizations -H "Authorization: Bearer $TOKEN" \\
    -H 'Content-Type: application/json' -d @{request}

And the vehicle that shows nothing but its MAC address (Autocharge)?

  curl -s {base}/v1/authorizations -H "Authorization: Bearer $TOKEN" \\
    -H 'Content-Type: application/json' \\
    -d '{vehicle}'

Suspend the first one's contract, ask again, and resume it:

  {evtrust} contract suspend {demo["emaid"]}
  {evtrust} contract resume {demo["emaid"]}

Without curl: {evtrust} authorize --station {demo["station_id"]} --mac {demo["mac"]}
"""


def write_certificate_request(home: Path, demo: dict[str, Any]) -> Path:
    """Write the first vehicle's request, whose chain is too long to paste; return its path."""
    path = home / "certificate-vehicle.json"
    identification = {
        "type": "contract_certificate",
        "emaid": demo["emaid"],
        "certificate_chain": demo["contract_chain_pem"],
    }
    body = {"station_id": demo["station_id"], "identification": identification}
    path.write_bytes(orjson.dumps(body, option=orjson.OPT_INDENT_2))
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


if __name__ == "__main__":
    sys.exit(main())
