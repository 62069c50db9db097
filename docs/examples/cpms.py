"""A small CPMS: its stations speak OCPP to it, and whom may charge it asks evtrust.

    pip install ocpp websockets
    EVTRUST=http://127.0.0.1:8080 CLIENT_ID=… CLIENT_SECRET=… python cpms.py 9000

A station connects to ws://127.0.0.1:9000/STATION_ID and offers `ocpp1.6`, `ocpp2.0.1` or `ocpp2.1`.
Everything about identity (Authorize, sessions, certificates) goes to evtrust as it came and back as
it was answered; what is left here is what a CPMS is for.
"""

import asyncio
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import ocpp.v16
import ocpp.v21
import ocpp.v201
from ocpp.charge_point import camel_to_snake_case, remove_nones, snake_to_camel_case
from ocpp.routing import on
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

SECONDS = 10  # a vehicle waits at the cable


@dataclass
class Evtrust:
    """The identity service, asked with a token that is fetched once and again when it is over."""

    base: str
    client_id: str
    client_secret: str
    token: str = ""

    def post(self, path: str, body: Any) -> Any:
        """Send JSON and return the JSON that comes back; raises urllib.error.HTTPError."""
        try:
            return self._sent(path, body)
        except urllib.error.HTTPError as refusal:
            if refusal.code != 401:
                raise
        self.token = self._sent(
            "/oauth/token",
            {
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "audience": self.base,
            },
        )["access_token"]
        return self._sent(path, body)

    def _sent(self, path: str, body: Any) -> Any:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(self.base + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            return json.load(response)


def passed_on(action: str, result: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """Return a handler that has evtrust answer `action`; `result` is the package's class for it."""

    async def handler(self: Any, **fields: Any) -> Any:
        request = remove_nones(snake_to_camel_case(fields))
        path = f"/ocpp/{self.version}/{self.id}/{action}"
        answer = await asyncio.to_thread(self.evtrust.post, path, request)
        return result(**camel_to_snake_case(answer))

    handler.__name__ = action  # the package finds handlers by their names
    decorated: Callable[..., Awaitable[Any]] = on(action)(handler)
    return decorated


def booted(result: Callable[..., Any]) -> Callable[..., Any]:
    """Return a handler of BootNotification."""

    def handler(_self: Any, **_fields: Any) -> Any:
        now = datetime.now(UTC).isoformat()
        return result(current_time=now, interval=300, status="Accepted")

    handler.__name__ = "BootNotification"
    decorated: Callable[..., Any] = on("BootNotification")(handler)
    return decorated


class Station16(ocpp.v16.ChargePoint):  # type: ignore[misc] # the package is not typed
    """A station of OCPP 1.6; Plug & Charge comes in DataTransfer."""

    version = "1.6"
    BootNotification = booted(ocpp.v16.call_result.BootNotification)
    Authorize = passed_on("Authorize", ocpp.v16.call_result.Authorize)
    DataTransfer = passed_on("DataTransfer", ocpp.v16.call_result.DataTransfer)
    StartTransaction = passed_on("StartTransaction", ocpp.v16.call_result.StartTransaction)
    MeterValues = passed_on("MeterValues", ocpp.v16.call_result.MeterValues)
    StopTransaction = passed_on("StopTransaction", ocpp.v16.call_result.StopTransaction)


class Station201(ocpp.v201.ChargePoint):  # type: ignore[misc] # as above
    """A station of OCPP 2.0.1."""

    version = "2.0.1"
    BootNotification = booted(ocpp.v201.call_result.BootNotification)
    Authorize = passed_on("Authorize", ocpp.v201.call_result.Authorize)
    TransactionEvent = passed_on("TransactionEvent", ocpp.v201.call_result.TransactionEvent)
    GetCertificateStatus = passed_on(
        "GetCertificateStatus", ocpp.v201.call_result.GetCertificateStatus
    )
    SignCertificate = passed_on("SignCertificate", ocpp.v201.call_result.SignCertificate)
    Get15118EVCertificate = passed_on(
        "Get15118EVCertificate", ocpp.v201.call_result.Get15118EVCertificate
    )


class Station21(ocpp.v21.ChargePoint):  # type: ignore[misc] # as above
    """A station of OCPP 2.1."""

    version = "2.1"
    BootNotification = booted(ocpp.v21.call_result.BootNotification)
    Authorize = passed_on("Authorize", ocpp.v21.call_result.Authorize)
    TransactionEvent = passed_on("TransactionEvent", ocpp.v21.call_result.TransactionEvent)
    GetCertificateStatus = passed_on(
        "GetCertificateStatus", ocpp.v21.call_result.GetCertificateStatus
    )
    SignCertificate = passed_on("SignCertificate", ocpp.v21.call_result.SignCertificate)
    Get15118EVCertificate = passed_on(
        "Get15118EVCertificate", ocpp.v21.call_result.Get15118EVCertificate
    )


STATIONS: dict[str, Any] = {"ocpp1.6": Station16, "ocpp2.0.1": Station201, "ocpp2.1": Station21}


async def connected(evtrust: Evtrust, connection: ServerConnection) -> None:
    """Serve one station until it hangs up."""
    speaks = STATIONS.get(connection.subprotocol or "")
    if speaks is None or connection.request is None:
        await connection.close(1002, "offer ocpp1.6, ocpp2.0.1 or ocpp2.1")
        return
    # a CPMS knows its stations: check its password or certificate here (OCPP's security profiles)
    station = speaks(connection.request.path.rpartition("/")[2], connection)
    station.evtrust = evtrust
    await station.start()


async def main(port: int) -> None:
    """Listen on loopback for good."""
    evtrust = Evtrust(os.environ["EVTRUST"], os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
    offers = [Subprotocol(name) for name in STATIONS]
    async with serve(partial(connected, evtrust), "127.0.0.1", port, subprotocols=offers) as served:
        print(f"listening on port {served.sockets[0].getsockname()[1]}", flush=True)
        await served.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
