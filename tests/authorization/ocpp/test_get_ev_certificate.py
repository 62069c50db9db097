"""Get15118EVCertificate over whoever installs contracts: each version, limits, every refusal."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization.api.ocpp_data_transfer import AnswerDataTransfer, InOcpp20
from authorization.api.ocpp_installation import REASON_OF_STEP, AnswerGet15118EvCertificate
from authorization.model.ocpp_version import LIMITS, OcppVersion
from authorization.model.station import Station
from authorization.operations.get_ev_certificate import GetEvCertificate
from contract_service.model.installation import StepName
from contract_service.operations.install import (
    Installation,
    InstallationAction,
    InstallationRequest,
    InstallationStep,
)
from exi import Schema
from foundation.errors import Kind, ServiceError
from foundation.hot_routes import Handle
from foundation.identifiers import Emaid
from foundation.principal import Principal
from tests.authorization.fakes import CPO, EMAID, MO, NOW, OTHER_CPO, OTHER_EMAID
from tests.authorization.ocpp import published
from tests.authorization.ocpp.assembly import HAS2BE, PNC

V2 = "urn:iso:15118:2:2013:MsgDef"
V20 = ("urn:iso:15118:20:2020:MsgDef", "urn:iso:15118:20:2022:MsgDef")
REFERENCE = "01932c07-0000-7000-8000-000000000001"
DELIVERED = Installation(
    reference=REFERENCE,
    accepted=True,
    response_code="OK",
    exi=b"\x80\x9aanswer",
    emaids=(EMAID,),
    remaining_contracts=2,
    steps=(),
)
VERSIONS = [OcppVersion.V201, OcppVersion.V21]


@dataclass
class FakeInstall:
    """Answers as told, and remembers what it was asked."""

    answer: Installation = DELIVERED
    asked: list[InstallationRequest] = field(default_factory=list)

    def __call__(self, principal: Principal, request: InstallationRequest) -> Installation:
        self.asked.append(request)
        return self.answer


class FakeStations:
    def find(self, station_id: str) -> Station | None:
        return Station("CS-1", "DEABC", (), None, NOW) if station_id == "CS-1" else None

    def page(
        self, operator_ids: frozenset[str] | None, after: str | None, limit: int
    ) -> tuple[Station, ...]:
        return ()


def translator(version: OcppVersion, install: FakeInstall) -> AnswerGet15118EvCertificate:
    return AnswerGet15118EvCertificate(GetEvCertificate(FakeStations(), install), version)


def ask(
    version: OcppVersion,
    install: FakeInstall,
    payload: Mapping[str, object],
    who: Principal = CPO,
    station_id: str = "CS-1",
) -> Any:
    """The response payload, which the published schema must allow."""
    body = json.dumps(payload).encode()
    status, answer = translator(version, install)(who, {"station_id": station_id}, body)
    assert status == 200
    payload = json.loads(answer)
    said = version.value
    assert published.errors(said, "Get15118EVCertificate", payload, response=True) == []
    return payload


def request(exi: bytes = b"\x80\x9a", **more: object) -> dict[str, object]:
    return {
        "iso15118SchemaVersion": V2,
        "action": "Install",
        "exiRequest": base64.b64encode(exi).decode(),
        **more,
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_delivered(version: OcppVersion) -> None:
    install = FakeInstall()
    payload = request()
    assert published.errors(version.value, "Get15118EVCertificate", payload) == []
    answer = ask(version, install, payload)
    more = {"remainingContracts": 2} if version is OcppVersion.V21 else {}
    assert answer == {
        "status": "Accepted",
        "exiResponse": base64.b64encode(DELIVERED.exi).decode(),
        "customData": {"vendorId": "evtrust", "reference": REFERENCE},
        **more,
    }
    assert install.asked == [
        InstallationRequest(
            b"\x80\x9a",
            Schema.ISO15118_2,
            InstallationAction.INSTALL,
            "CS-1",
            maximum_octets=LIMITS[version].exi_response // 4 * 3,
        )
    ]


@pytest.mark.parametrize("namespace", [V2, *V20, "urn:iso:std:iso:15118:-20:CommonMessages"])
@pytest.mark.parametrize("action", ["Install", "Update"])
@pytest.mark.parametrize("version", VERSIONS)
def test_schema_and_action(version: OcppVersion, action: str, namespace: str) -> None:
    install = FakeInstall()
    ask(version, install, request(action=action, iso15118SchemaVersion=namespace))
    asked = install.asked[0]
    assert asked.schema is (Schema.ISO15118_2 if namespace == V2 else Schema.ISO15118_20)
    assert asked.action.value.lower() == action.lower()


def test_chains_and_priorities_of_21() -> None:
    install = FakeInstall()
    priorities = [OTHER_EMAID.canonical, "nonsense", "de-abc-c12345678", *["x" * 255] * 5]
    payload = request(maximumContractCertificateChains=3, prioritizedEMAIDs=priorities)
    assert published.errors("2.1", "Get15118EVCertificate", payload) == []
    ask(OcppVersion.V21, install, payload)
    asked = install.asked[0]
    assert (asked.maximum_chains, asked.prioritized_emaids) == (3, (OTHER_EMAID, EMAID))
    ask(OcppVersion.V21, install, request(maximumContractCertificateChains=0))
    assert install.asked[1].maximum_chains == 0


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("step", [*StepName, "a step that is new"])
def test_a_refusal_says_where_and_carries_exi(version: OcppVersion, step: str) -> None:
    steps = (
        InstallationStep("message", passed=True),
        InstallationStep(step, passed=False, code="some_code", detail="what to do " * 200),
    )
    refused = replace(DELIVERED, accepted=False, response_code="FAILED", emaids=(), steps=steps)
    answer = ask(version, FakeInstall(refused), request())
    assert answer["status"] == "Failed"
    assert base64.b64decode(answer["exiResponse"]) == refused.exi
    info = answer["statusInfo"]
    assert info["reasonCode"] == REASON_OF_STEP.get(step, "Unspecified")
    assert f"reference {REFERENCE}: FAILED, {step}: some_code: " in info["additionalInfo"]
    assert answer["customData"]["reference"] == REFERENCE


def test_every_reason_code_fits_where_it_stands() -> None:
    assert all(0 < len(code) <= 20 for code in REASON_OF_STEP.values())
    assert set(REASON_OF_STEP) <= {step.value for step in StepName}


@pytest.mark.parametrize("version", VERSIONS)
def test_an_answer_is_carried_whole_or_not_at_all(version: OcppVersion) -> None:
    octets = LIMITS[version].exi_response // 4 * 3
    answer = ask(version, FakeInstall(replace(DELIVERED, exi=bytes(octets))), request())
    assert len(answer["exiResponse"]) == LIMITS[version].exi_response // 4 * 4
    with pytest.raises(ServiceError) as caught:
        ask(version, FakeInstall(replace(DELIVERED, exi=bytes(octets + 1))), request())
    assert (caught.value.kind, caught.value.code) == (Kind.INVALID, "answer_too_long")
    assert REFERENCE in caught.value.detail


@pytest.mark.parametrize("version", VERSIONS)
def test_a_request_of_the_longest_length(version: OcppVersion) -> None:
    install = FakeInstall()
    longest = LIMITS[version].exi_request
    ask(version, install, request(exiRequest="A" * longest))
    assert len(install.asked[0].exi) == longest // 4 * 3


@pytest.mark.parametrize(
    ("version", "changed", "named"),
    [
        ("2.0.1", {"exiRequest": "A" * 5604}, "exiRequest"),
        ("2.1", {"exiRequest": "A" * 11_004}, "exiRequest"),
        ("2.0.1", {"exiRequest": "A"}, "exiRequest"),
        ("2.0.1", {"exiRequest": "AA AA"}, "exiRequest"),
        ("2.0.1", {"exiRequest": "ÄÄÄÄ"}, "exiRequest"),
        ("2.0.1", {"action": "install"}, "action"),
        (
            "2.0.1",
            {"iso15118SchemaVersion": "urn:iso:15118:2:2010:MsgDef"},
            "iso15118SchemaVersion",
        ),
        ("2.0.1", {"iso15118SchemaVersion": "x" * 51}, "iso15118SchemaVersion"),
        ("2.0.1", {"maximumContractCertificateChains": 1}, "maximumContractCertificateChains"),
        ("2.1", {"maximumContractCertificateChains": -1}, "maximumContractCertificateChains"),
        ("2.1", {"maximumContractCertificateChains": "1"}, "maximumContractCertificateChains"),
        ("2.1", {"prioritizedEMAIDs": []}, "prioritizedEMAIDs"),
        ("2.1", {"prioritizedEMAIDs": ["x"] * 9}, "prioritizedEMAIDs"),
        ("2.1", {"prioritizedEMAIDs": ["x" * 256]}, "prioritizedEMAIDs.0"),
    ],
)
def test_what_is_off_the_schema_is_an_error(
    version: str, changed: dict[str, object], named: str
) -> None:
    install = FakeInstall()
    with pytest.raises(ServiceError) as caught:
        ask(OcppVersion(version), install, request() | changed)
    assert (caught.value.kind, caught.value.code) == (Kind.MALFORMED, "invalid_request")
    assert named in caught.value.fields
    assert install.asked == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("who", "station_id"), [(OTHER_CPO, "CS-1"), (MO, "CS-1"), (CPO, "CS-2"), (CPO, "x" * 60)]
)
def test_another_operators_station_is_forbidden(
    version: OcppVersion, who: Principal, station_id: str
) -> None:
    install = FakeInstall()
    with pytest.raises(ServiceError) as caught:
        ask(version, install, request(), who, station_id)
    assert (caught.value.kind, caught.value.code) == (Kind.FORBIDDEN, "station_not_yours")
    assert install.asked == []


def transferred(vendor_id: str, data: Mapping[str, object], install: FakeInstall) -> Any:
    handle = translator(OcppVersion.V16, install)
    older = InOcpp20(handle, {"action": "Install", "iso15118SchemaVersion": V2})
    messages: dict[tuple[str, str], Handle] = {
        (PNC, "Get15118EVCertificate"): handle,
        (HAS2BE, "Get15118EVCertificate"): older,
    }
    transfer = AnswerDataTransfer(messages, lambda *_: None)
    body = {
        "vendorId": vendor_id,
        "messageId": "Get15118EVCertificate",
        "data": json.dumps(data),
    }
    _, answer = transfer(CPO, {"station_id": "CS-1"}, json.dumps(body).encode())
    payload = json.loads(answer)
    assert published.errors("1.6", "DataTransfer", payload, response=True) == []
    assert payload["status"] == "Accepted"
    return json.loads(payload["data"])


def test_ocpp_16_carries_the_message_of_201() -> None:
    install = FakeInstall()
    answer = transferred(PNC, request(), install)
    assert published.errors("2.0.1", "Get15118EVCertificate", answer, response=True) == []
    assert answer["customData"]["reference"] == REFERENCE


@pytest.mark.parametrize("accepted", [True, False])
def test_the_older_words(accepted: bool) -> None:
    """has·to·be: no action, the schema version optional and named otherwise, no statusInfo back."""
    install = FakeInstall(replace(DELIVERED, accepted=accepted))
    exi = base64.b64encode(b"\x80\x9a").decode()
    answer = transferred(HAS2BE, {"exiRequest": exi}, install)
    assert answer == {
        "status": "Accepted" if accepted else "Failed",
        "exiResponse": base64.b64encode(DELIVERED.exi).decode(),
        "customData": {"vendorId": "evtrust", "reference": REFERENCE},
    }
    transferred(HAS2BE, {"exiRequest": exi, "15118SchemaVersion": V20[0]}, install)
    assert [asked.schema for asked in install.asked] == [Schema.ISO15118_2, Schema.ISO15118_20]
    assert {asked.action for asked in install.asked} == {InstallationAction.INSTALL}


@given(st.binary(max_size=4000), st.lists(st.text(max_size=40), min_size=1, max_size=8))
def test_whatever_a_vehicle_sends_is_passed_on(exi: bytes, emaids: list[str]) -> None:
    install = FakeInstall()
    ask(OcppVersion.V21, install, request(exi, prioritizedEMAIDs=emaids))
    assert install.asked[0].exi == exi
    assert all(isinstance(one, Emaid) for one in install.asked[0].prioritized_emaids)
