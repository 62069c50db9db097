"""The CPMS of docs/examples in front of a started service, and stations that charge through it.

Station and CPMS are built on the package `ocpp`, which validates each message and answer against
the published schema of its version.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ocpp.v16
import ocpp.v21
import ocpp.v201
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.end_to_end.demonstrations import Demonstrations, on_either_database
from tests.end_to_end.service import Service

EXAMPLE = Path(__file__).parents[2] / "docs/examples/cpms.py"
PNC = "org.openchargealliance.iso15118pnc"
POINTS = {
    "1.6": ocpp.v16.ChargePoint,
    "2.0.1": ocpp.v201.ChargePoint,
    "2.1": ocpp.v21.ChargePoint,
}


def now() -> str:
    return datetime.now(UTC).isoformat()


@dataclass(frozen=True)
class Network:
    """A started service and a started CPMS, which listens on `port`."""

    service: Service
    port: int

    @property
    def demo(self) -> dict[str, str]:
        told: dict[str, str] = self.service.told["demo"]
        return told


@pytest.fixture(scope="module", params=on_either_database("cpms"))
def network(
    request: pytest.FixtureRequest,
    demonstrations: Demonstrations,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Network]:
    home = tmp_path_factory.mktemp("cpms")
    with demonstrations.copied(request.param, home, workers=1) as service, service.serving():
        client = service.told["clients"]["cpo"]
        environment = {
            **os.environ,
            "EVTRUST": f"http://127.0.0.1:{service.port}",
            "CLIENT_ID": client["client_id"],
            "CLIENT_SECRET": client["client_secret"],
        }
        cpms = subprocess.Popen(
            [sys.executable, EXAMPLE, "0"], env=environment, stdout=subprocess.PIPE, text=True
        )
        try:
            assert cpms.stdout is not None
            yield Network(service, int(cpms.stdout.readline().split()[-1]))
        finally:
            cpms.send_signal(signal.SIGTERM)
            cpms.communicate(timeout=30)


def with_station(network: Network, version: str, drive: Any) -> Any:
    """Connect the demonstration's station and have it do `drive`; return what that returns."""

    async def connected() -> Any:
        url = f"ws://127.0.0.1:{network.port}/{network.demo['station_id']}"
        async with connect(url, subprotocols=[Subprotocol(f"ocpp{version}")]) as wire:
            station = POINTS[version](network.demo["station_id"], wire)
            listening = asyncio.create_task(station.start())
            try:
                return await drive(station)
            finally:
                listening.cancel()
                with suppress(asyncio.CancelledError):
                    await listening

    return asyncio.run(connected())


async def charge_16(station: Any, network: Network) -> list[str]:
    call = ocpp.v16.call
    booted = await station.call(
        call.BootNotification(charge_point_model="m", charge_point_vendor="v")
    )
    tag = f"VID:{network.demo['mac']}"
    authorised = await station.call(call.Authorize(id_tag=tag))
    started = await station.call(
        call.StartTransaction(connector_id=1, id_tag=tag, meter_start=1000, timestamp=now())
    )
    await station.call(
        call.MeterValues(
            connector_id=1,
            transaction_id=started.transaction_id,
            meter_value=[{"timestamp": now(), "sampledValue": [{"value": "3000"}]}],
        )
    )
    stopped = await station.call(
        call.StopTransaction(
            transaction_id=started.transaction_id, meter_stop=6000, timestamp=now(), id_tag=tag
        )
    )
    certified = await station.call(
        call.DataTransfer(
            vendor_id=PNC,
            message_id="Authorize",
            data=json.dumps(
                {
                    "idToken": {"idToken": network.demo["emaid"], "type": "eMAID"},
                    "certificate": network.demo["contract_chain_pem"],
                }
            ),
        )
    )
    answer = json.loads(certified.data)
    return [
        booted.status,
        authorised.id_tag_info["status"],
        started.id_tag_info["status"],
        stopped.id_tag_info["status"],
        answer["idTokenInfo"]["status"],
        answer["certificateStatus"],
    ]


async def charge_2(station: Any, network: Network, version: str) -> list[str]:
    module = ocpp.v201 if version == "2.0.1" else ocpp.v21
    call = module.call
    booted = await station.call(
        call.BootNotification(charging_station={"model": "m", "vendor_name": "v"}, reason="PowerUp")
    )
    by_mac = await station.call(
        call.Authorize(id_token={"id_token": network.demo["mac"], "type": "MacAddress"})
    )
    token = {"id_token": network.demo["emaid"], "type": "eMAID"}
    authorised = await station.call(
        call.Authorize(id_token=token, certificate=network.demo["contract_chain_pem"])
    )

    async def event(kind: str, number: int, reading: float, **more: Any) -> Any:
        return await station.call(
            call.TransactionEvent(
                event_type=kind,
                timestamp=now(),
                trigger_reason="Authorized" if kind == "Started" else "MeterValuePeriodic",
                seq_no=number,
                transaction_info={"transaction_id": f"t-{version}"},
                evse={"id": 1},
                meter_value=[{"timestamp": now(), "sampled_value": [{"value": reading}]}],
                **more,
            )
        )

    started = await event("Started", 0, 1000.0, id_token=token)
    await event("Updated", 1, 3000.0)
    await event("Ended", 2, 6000.0)
    return [
        booted.status,
        by_mac.id_token_info["status"],
        authorised.id_token_info["status"],
        authorised.certificate_status,
        started.id_token_info["status"],
    ]


def test_a_station_of_each_version_charges(network: Network) -> None:
    assert with_station(network, "1.6", lambda s: charge_16(s, network)) == ["Accepted"] * 6
    for version in ("2.0.1", "2.1"):
        told = with_station(network, version, lambda s, v=version: charge_2(s, network, v))
        assert told == ["Accepted"] * 5, version
    suspended = network.service.run("contract", "suspend", network.demo["emaid"])
    assert suspended["status"] == "suspended"
    try:
        told = with_station(network, "2.1", lambda s: refused(s, network))
        assert told == ["Blocked", "ContractCancelled"]
    finally:
        network.service.run("contract", "resume", network.demo["emaid"])


async def refused(station: Any, network: Network) -> list[str]:
    answer = await station.call(
        ocpp.v21.call.Authorize(
            id_token={"id_token": network.demo["emaid"], "type": "eMAID"},
            certificate=network.demo["contract_chain_pem"],
        )
    )
    return [answer.id_token_info["status"], answer.certificate_status]
