"""A vehicle gets its contract over OCPP: request and answer verified, key unwrapped."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from authorization.api.ocpp_installation import AnswerGet15118EvCertificate
from authorization.model.ocpp_version import LIMITS, OcppVersion
from authorization.model.station import Station
from authorization.operations.get_ev_certificate import GetEvCertificate, Install
from contract_service.model.installation import StepName
from contract_service.operations.install import Installation, InstallationRequest
from exi import Message, Schema, decode, encode
from foundation.database import Database
from foundation.identifiers import Emaid
from foundation.principal import Principal
from pki.keys.sealed import generate_key
from pki.model.roles import KeyAlgorithm
from tests.authorization.ocpp import published
from tests.contract_service.provisioning.works import (
    EMAID,
    OPERATOR,
    SESSION,
    Car,
    Works,
    code_of,
    delivered,
    request,
    session_of,
    update_request,
)

NAMESPACES = {
    Schema.ISO15118_2: "urn:iso:15118:2:2013:MsgDef",
    Schema.ISO15118_20: "urn:iso:15118:20:2022:MsgDef",
}


class Stations:
    """The operator's one station."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def find(self, station_id: str) -> Station | None:
        return Station("CS-1", "DEABC", (), None, self._now) if station_id == "CS-1" else None

    def page(
        self, operator_ids: frozenset[str] | None, after: str | None, limit: int
    ) -> tuple[Station, ...]:
        return ()


@pytest.fixture
def works(database: Database, clock: Callable[[], datetime]) -> Works:
    return Works(database, clock())


def provisioned(works: Works, algorithm: KeyAlgorithm) -> Car:
    car = works.found(algorithm).car(algorithm=algorithm)
    works.provisioned(car)
    return car


def ask(
    works: Works,
    version: OcppVersion,
    schema: Schema,
    message: Message | bytes,
    *,
    most: int | None = None,
    install: Install | None = None,
    **more: object,
) -> tuple[dict[str, Any], bytes]:
    """The response payload and the EXI in it; both are what the schemas allow."""
    exi = message if isinstance(message, bytes) else encode(message)
    payload = {
        "iso15118SchemaVersion": NAMESPACES[schema],
        "action": "Install",
        "exiRequest": base64.b64encode(exi).decode(),
        **more,
    }
    judge = "2.0.1" if version is OcppVersion.V16 else version.value
    assert published.errors(judge, "Get15118EVCertificate", payload) == []

    def carrying_less(principal: Principal, request: InstallationRequest) -> Installation:
        return works.install(principal, replace(request, maximum_octets=most))

    chosen = install or (works.install if most is None else carrying_less)
    get = GetEvCertificate(Stations(works.now), chosen)
    body = json.dumps(payload).encode()
    _, raw = AnswerGet15118EvCertificate(get, version)(OPERATOR, {"station_id": "CS-1"}, body)
    answer: dict[str, Any] = json.loads(raw)
    errors = published.errors(judge, "Get15118EVCertificate", answer, response=True)
    assert errors == []
    exi_response = base64.b64decode(answer["exiResponse"], validate=True)
    decode(exi_response, schema)
    return answer, exi_response


def steps_of(works: Works, answer: Mapping[str, Any]) -> list[tuple[str, bool, str | None]]:
    """What an engineer reads by the reference that the answer gave."""
    record = works.log.find(answer["customData"]["reference"])
    assert record is not None
    assert record.station_id == "CS-1"
    assert EMAID not in repr(record)
    return [(step.name, step.passed, step.code) for step in record.steps]


@pytest.mark.parametrize("version", [OcppVersion.V201, OcppVersion.V21])
def test_an_iso15118_2_vehicle_installs_its_contract(works: Works, version: OcppVersion) -> None:
    car = provisioned(works, KeyAlgorithm.P256)
    answer, exi = ask(works, version, Schema.ISO15118_2, request(works, car))
    assert answer["status"] == "Accepted"
    assert "statusInfo" not in answer
    assert delivered(exi, Schema.ISO15118_2, car.key, car.certificate)
    assert all(passed for _, passed, _ in steps_of(works, answer))


def test_an_iso15118_20_vehicle_installs_over_21(works: Works) -> None:
    car = provisioned(works, KeyAlgorithm.P521)
    answer, exi = ask(
        works,
        OcppVersion.V21,
        Schema.ISO15118_20,
        request(works, car),
        maximumContractCertificateChains=2,
        prioritizedEMAIDs=["DE-ABC-C12345678"],
    )
    assert (answer["status"], answer["remainingContracts"]) == ("Accepted", 0)
    assert delivered(exi, Schema.ISO15118_20, car.key, car.certificate)


def test_several_contracts_by_the_stations_priority(works: Works) -> None:
    car = provisioned(works, KeyAlgorithm.P521)
    other = Emaid.parse("DEABCC87654321")
    works.provisioned(car, other.canonical)
    first, exi = ask(
        works,
        OcppVersion.V21,
        Schema.ISO15118_20,
        request(works, car),
        maximumContractCertificateChains=8,
        prioritizedEMAIDs=[other.canonical],
    )
    assert first["remainingContracts"] == 1
    _, chain = delivered(exi, Schema.ISO15118_20, car.key, car.certificate)
    assert other.canonical.encode() in chain[0]


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.P256, KeyAlgorithm.P521], ids=["-2", "-20"])
def test_what_a_version_cannot_carry_is_said_so_and_not_delivered(
    works: Works, algorithm: KeyAlgorithm
) -> None:
    car = provisioned(works, algorithm)
    schema = car.published.schema
    message = request(works, car)
    octets = len(works.ask(car).exi)
    before = works.events().count("contract_data.delivered")
    answer, exi = ask(works, OcppVersion.V201, schema, message, most=octets - 1)
    assert answer["status"] == "Failed"
    assert answer["statusInfo"]["reasonCode"] == "TooLargeElement"
    assert "answer_too_large" in answer["statusInfo"]["additionalInfo"]
    assert code_of(exi, schema) == "FAILED"
    assert session_of(exi, schema) == SESSION
    assert steps_of(works, answer)[-1] == (StepName.ANSWER, False, "answer_too_large")
    assert works.events().count("contract_data.delivered") == before
    answer, exi = ask(works, OcppVersion.V201, schema, message, most=octets)
    assert delivered(exi, schema, car.key, car.certificate)


def test_each_version_says_how_much_it_carries(works: Works) -> None:
    car = provisioned(works, KeyAlgorithm.P256)
    asked: list[InstallationRequest] = []

    def install(principal: Principal, request: InstallationRequest) -> Installation:
        asked.append(request)
        return works.install(principal, request)

    for version in OcppVersion:
        ask(works, version, Schema.ISO15118_2, request(works, car), install=install)
    assert [one.maximum_octets for one in asked] == [
        LIMITS[version].exi_response // 4 * 3 for version in OcppVersion
    ]


@pytest.mark.parametrize("version", [OcppVersion.V201, OcppVersion.V21])
def test_a_refusal_is_read_step_by_step(works: Works, version: OcppVersion) -> None:
    car = provisioned(works, KeyAlgorithm.P256)
    forged = request(works, car, key=generate_key(KeyAlgorithm.P256))
    answer, exi = ask(works, version, Schema.ISO15118_2, forged)
    assert answer["status"] == "Failed"
    assert answer["statusInfo"]["reasonCode"] == "InvalidCertificate"
    assert code_of(exi, Schema.ISO15118_2) == "FAILED_SignatureError"
    assert steps_of(works, answer)[-1] == (StepName.SIGNATURE, False, "signature_wrong")
    reference = answer["customData"]["reference"]
    assert reference in answer["statusInfo"]["additionalInfo"]


@pytest.mark.parametrize("exi", [b"", b"\x80", b"\xff" * 4000, bytes(range(256)) * 16])
@pytest.mark.parametrize("schema", Schema)
@pytest.mark.parametrize("version", [OcppVersion.V201, OcppVersion.V21])
def test_rubbish_gets_exi_as_well(
    works: Works, version: OcppVersion, schema: Schema, exi: bytes
) -> None:
    answer, _ = ask(works, version, schema, exi)
    assert answer["status"] == "Failed"
    assert answer["statusInfo"]["reasonCode"] == "InvalidValue"
    assert steps_of(works, answer)[0][:2] == (StepName.MESSAGE, False)


def test_an_unknown_vehicle_and_one_without_contract(works: Works) -> None:
    works.found()
    stranger = works.car(publish=False)
    answer, exi = ask(works, OcppVersion.V201, Schema.ISO15118_2, request(works, stranger))
    assert answer["statusInfo"]["reasonCode"] == "NotFound"
    assert code_of(exi, Schema.ISO15118_2) == "FAILED_NoCertificateAvailable"
    assert steps_of(works, answer)[-1] == (StepName.VEHICLE, False, "vehicle_unknown")
    works.publish(stranger)
    answer, _ = ask(works, OcppVersion.V201, Schema.ISO15118_2, request(works, stranger))
    assert steps_of(works, answer)[-1] == (StepName.CONTRACT, False, "no_contract")
    text = json.dumps(answer)
    assert stranger.published.pcid.value not in text


def test_an_update_over_ocpp(works: Works) -> None:
    car = provisioned(works, KeyAlgorithm.P256)
    _, exi = ask(works, OcppVersion.V201, Schema.ISO15118_2, request(works, car))
    key, chain = delivered(exi, Schema.ISO15118_2, car.key, car.certificate)
    works.provisioned(car)  # the next certificate of the same contract
    message = update_request(works, chain, key, EMAID)
    answer, exi = ask(works, OcppVersion.V201, Schema.ISO15118_2, message, action="Update")
    assert (answer["status"], code_of(exi, Schema.ISO15118_2)) == ("Accepted", "OK")
    # an installation is no update
    answer, _ = ask(works, OcppVersion.V201, Schema.ISO15118_2, message)
    assert answer["status"] == "Failed"
