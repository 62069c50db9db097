"""Sessions as stations tell them, in each version: whoever authorised, in whatever order."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from foundation.clock import utc_now
from foundation.principal import LOCAL_ADMINISTRATOR
from tests.authorization.ocpp.assembly import Csms, new_csms
from tests.authorization.store.test_stations import at_once
from tests.server.assembly import Application, new_emaid

VERSIONS = ["2.0.1", "2.1"]


@dataclass
class Driver:
    """A contract with a card."""

    application: Application
    emaid: str = field(default_factory=new_emaid)
    card: str = field(default_factory=lambda: secrets.token_hex(7).upper())

    def __post_init__(self) -> None:
        self.application.services.create_contract(LOCAL_ADMINISTRATOR, self.emaid)
        path = f"/v1/contracts/{self.emaid}/access-methods"
        made = self.application.ask("POST", path, {"kind": "rfid", "uid": self.card}, client="mo")
        assert made.status == 201

    @property
    def token(self) -> dict[str, str]:
        return {"idToken": self.card, "type": "ISO14443"}

    def authorise(self, csms: Csms, version: str = "2.0.1") -> tuple[str, str]:
        """Status and reference."""
        answer = csms.answered(version, "Authorize", {"idToken": self.token})
        return answer["idTokenInfo"]["status"], answer["customData"]["reference"]

    def budget(self) -> Any:
        return self.application.ask("GET", f"/v1/contracts/{self.emaid}/budget", client="mo").json

    def set_budget(self, **budget: object) -> None:
        path = f"/v1/contracts/{self.emaid}/budget"
        assert self.application.ask("PUT", path, budget, client="mo").status == 200


@pytest.fixture
def driver(application: Application) -> Driver:
    return Driver(application)


def now() -> datetime:
    return utc_now().replace(microsecond=0)


def message(kind: str, transaction: str, seq_no: int = 0, **more: object) -> dict[str, Any]:
    return {
        "eventType": kind,
        "timestamp": now().isoformat(),
        "triggerReason": "Authorized",
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": transaction},
        **more,
    }


def metered(wh: int, **more: object) -> dict[str, Any]:
    return {
        "meterValue": [{"timestamp": now().isoformat(), "sampledValue": [{"value": wh}]}],
        **more,
    }


def session_of(csms: Csms, answer: Mapping[str, Any]) -> Any:
    path = f"/v1/sessions/{answer['customData']['sessionId']}"
    return csms.application.ask("GET", path, client="cpo").json


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_from_card_to_end(csms: Csms, driver: Driver, version: str) -> None:
    status, reference = driver.authorise(csms, version)
    assert status == "Accepted"
    started = message("Started", "t1", idToken=driver.token, evse={"id": 1}, **metered(1000))
    answer = csms.answered(version, "TransactionEvent", started)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    assert answer["customData"]["reference"] == reference
    session = session_of(csms, answer)
    assert (session["reference"], session["ended_at"]) == (reference, None)
    assert session["evse_id"] is not None
    # sent again, as a station does that heard no answer
    assert csms.answered(version, "TransactionEvent", started)["customData"] == answer["customData"]
    assert driver.budget()["open_sessions"] == 1
    updated = csms.answered(
        version, "TransactionEvent", message("Updated", "t1", 7, **metered(9000))
    )
    assert "idTokenInfo" not in updated  # it named no token
    assert session_of(csms, updated)["energy_wh"] == 8000
    ended = csms.answered(version, "TransactionEvent", message("Ended", "t1", 9, **metered(31_000)))
    told = session_of(csms, ended)
    assert (told["energy_wh"], told["ended_by"]) == (30_000, "told")
    assert driver.budget()["open_sessions"] == 0
    late = csms.answered(
        version, "TransactionEvent", message("Updated", "t1", 8, **metered(20_000))
    )
    assert session_of(csms, late) == told


@pytest.mark.parametrize("version", VERSIONS)
def test_messages_that_come_the_wrong_way_round(csms: Csms, driver: Driver, version: str) -> None:
    _, reference = driver.authorise(csms, version)
    ended = message("Ended", "t1", 2, **metered(5000))
    assert csms.answered(version, "TransactionEvent", ended) == {}
    started = message("Started", "t1", 0, idToken=driver.token, **metered(1000))
    answer = csms.answered(version, "TransactionEvent", started)
    session = session_of(csms, answer)
    assert (session["reference"], session["energy_wh"]) == (reference, 4000)
    assert session["ended_by"] == "told"
    assert driver.budget()["open_sessions"] == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_a_token_that_nobody_asked_about_is_decided_then(
    csms: Csms, driver: Driver, version: str
) -> None:
    answer = csms.answered(
        version, "TransactionEvent", message("Started", "t1", idToken=driver.token)
    )
    assert answer["idTokenInfo"]["status"] == "Accepted"
    assert session_of(csms, answer)["ended_at"] is None
    unknown = message("Started", "t2", idToken={"idToken": "04AABBCC", "type": "ISO14443"})
    assert csms.answered(version, "TransactionEvent", unknown) == {
        "idTokenInfo": {"status": "Unknown"}
    }
    # the session of the first is not told of as the second's
    assert csms.answered(version, "TransactionEvent", message("Ended", "t2", 1)) == {}
    # a stranger who stops a session is judged, and the session ends all the same
    stopped = message("Ended", "t1", 1, idToken={"idToken": "04AABBCC", "type": "ISO14443"})
    answer = csms.answered(version, "TransactionEvent", stopped)
    assert answer["idTokenInfo"]["status"] == "Unknown"
    assert session_of(csms, answer)["ended_by"] == "told"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_contract_charges_elsewhere(
    application: Application, csms: Csms, driver: Driver, version: str
) -> None:
    """Two stations authorised the same contract; it begins to charge at the first."""
    other = new_csms(application)
    assert driver.authorise(csms, version)[0] == "Accepted"
    assert driver.authorise(other, version)[0] == "Accepted"
    begin = message("Started", "t1", idToken=driver.token)
    assert csms.answered(version, "TransactionEvent", begin)["idTokenInfo"]["status"] == "Accepted"
    answer = other.answered(version, "TransactionEvent", begin)
    assert answer == {"idTokenInfo": {"status": "ConcurrentTx"}}
    assert driver.authorise(other, version)[0] == "ConcurrentTx"
    csms.answered(version, "TransactionEvent", message("Ended", "t1", 1))
    assert other.answered(version, "TransactionEvent", begin)["idTokenInfo"]["status"] == "Accepted"


def test_of_two_stations_that_begin_at_the_same_moment_one_does(
    application: Application, driver: Driver
) -> None:
    stations = [new_csms(application) for _ in range(3)]
    for one in stations:
        driver.authorise(one)
    said: list[str] = []

    def begin(one: Csms) -> None:
        sent = message("Started", "t1", idToken=driver.token)
        said.append(one.send("2.0.1", "TransactionEvent", sent).json["idTokenInfo"]["status"])

    assert at_once(*(lambda one=one: begin(one) for one in stations)) == ["done"] * 3
    assert sorted(said) == ["Accepted", "ConcurrentTx", "ConcurrentTx"]
    assert driver.budget()["open_sessions"] == 1


def test_one_message_at_the_same_moment_is_one_session(csms: Csms, driver: Driver) -> None:
    driver.authorise(csms)
    sent = message("Started", "t1", idToken=driver.token)
    told: list[Any] = []
    at_once(*[lambda: told.append(csms.send("2.0.1", "TransactionEvent", sent).json)] * 4)
    assert {one["idTokenInfo"]["status"] for one in told} == {"Accepted"}
    assert len({one["customData"]["sessionId"] for one in told}) == 1


def test_an_exhausted_budget_is_no_credit(csms: Csms, driver: Driver) -> None:
    limit = {"kind": "energy_wh", "period": "day", "most": 10_000}
    driver.set_budget(limits=[limit])
    driver.authorise(csms)
    csms.answered(
        "2.1", "TransactionEvent", message("Started", "t1", idToken=driver.token, **metered(0))
    )
    csms.answered("2.1", "TransactionEvent", message("Ended", "t1", 1, **metered(10_000)))
    assert driver.budget()["limits"] == [limit | {"currency": None, "used": 10_000}]
    assert driver.authorise(csms)[0] == "NoCredit"
    answer = csms.answered("1.6", "Authorize", {"idTag": driver.card})
    assert answer["idTagInfo"]["status"] == "Blocked"
    limit = {"kind": "cost", "period": "month", "most": 500, "currency": "EUR"}
    driver.set_budget(limits=[limit])
    csms.answered("2.1", "TransactionEvent", message("Started", "t2", idToken=driver.token))
    costs = {
        "totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", "total": {"inclTax": 5.0}},
        "totalUsage": {"energy": 1, "chargingTime": 1, "idleTime": 0},
    }
    ended = csms.answered("2.1", "TransactionEvent", message("Ended", "t2", 1, costDetails=costs))
    assert session_of(csms, ended)["cost"] == {"currency": "EUR", "minor": 500}
    assert driver.authorise(csms)[0] == "NoCredit"


def test_the_decision_that_the_asker_names(csms: Csms, driver: Driver) -> None:
    _, first = driver.authorise(csms)
    driver.authorise(csms)
    named = {"vendorId": "evtrust", "reference": first}
    answer = csms.answered("2.0.1", "TransactionEvent", message("Started", "t1", customData=named))
    assert answer["customData"]["reference"] == first
    for reference, code in (("nothing", "decision_not_found"), ("", None), (7, None)):
        sent = message("Started", "t2", customData={"vendorId": "evtrust", "reference": reference})
        answered = csms.send("2.0.1", "TransactionEvent", sent)
        assert (answered.code if answered.status != 200 else None) == code
    sent = message("Started", "t2", customData={"vendorId": "another", "reference": "nothing"})
    assert csms.answered("2.0.1", "TransactionEvent", sent) == {}


# OCPP 1.6


def start(driver: Driver, **more: object) -> dict[str, Any]:
    return {
        "connectorId": 1,
        "idTag": driver.card,
        "meterStart": 1000,
        "timestamp": now().isoformat(),
        **more,
    }


def test_a_session_of_ocpp_16(csms: Csms, driver: Driver) -> None:
    csms.answered("1.6", "Authorize", {"idTag": driver.card})
    sent = start(driver)
    started = csms.answered("1.6", "StartTransaction", sent)
    assert started["idTagInfo"]["status"] == "Accepted"
    number = started["transactionId"]
    assert 1 <= number <= 2**31 - 1
    assert csms.answered("1.6", "StartTransaction", sent)["transactionId"] == number
    assert driver.budget()["open_sessions"] == 1
    values = [
        {
            "timestamp": now().isoformat(),
            "sampledValue": [
                {"value": "5", "unit": "kWh"},
                {"value": "nonsense"},
                {"value": "9000000", "measurand": "Power.Active.Import"},
            ],
        }
    ]
    metering = {"connectorId": 1, "transactionId": number, "meterValue": values}
    assert csms.answered("1.6", "MeterValues", metering) == {}
    assert csms.answered("1.6", "MeterValues", {"connectorId": 0, "meterValue": values}) == {}
    stop = {"transactionId": number, "meterStop": 31_000, "timestamp": now().isoformat()}
    assert csms.answered("1.6", "StopTransaction", stop) == {}
    assert csms.answered("1.6", "StopTransaction", stop) == {}
    assert driver.budget()["open_sessions"] == 0
    tagged = csms.answered("1.6", "StopTransaction", stop | {"idTag": driver.card})
    assert tagged["idTagInfo"]["status"] == "Accepted"
    # of a transaction that nobody told of
    assert csms.answered("1.6", "StopTransaction", stop | {"transactionId": -7}) == {}


def test_the_csms_numbers_its_transactions_itself(csms: Csms, driver: Driver) -> None:
    driver.set_budget(limits=[{"kind": "energy_wh", "period": "month", "most": 10**6}])
    path = f"/ocpp/1.6/{csms.station_id}/StartTransaction"
    # reordered: the CSMS passes the stop on first
    stop = {"transactionId": 4711, "meterStop": 31_000, "timestamp": now().isoformat()}
    assert csms.answered("1.6", "StopTransaction", stop) == {}

    def begin(number: str) -> Any:
        return csms.application.ask(
            "POST", path, start(driver), client="cpo", headers={"X-OCPP-Transaction-Id": number}
        )

    answer = begin("4711")
    assert (answer.status, answer.json["transactionId"]) == (200, 4711)
    assert driver.budget()["limits"][0]["used"] == 30_000
    assert driver.budget()["open_sessions"] == 0
    for wrong in ("", "-1", "x", "2147483648", "1" * 30):
        refused = begin(wrong)
        assert (refused.status, refused.code) == (400, "invalid_transaction_id")


def test_ocpp_16_charges_elsewhere(application: Application, csms: Csms, driver: Driver) -> None:
    other = new_csms(application)
    assert (
        csms.answered("1.6", "StartTransaction", start(driver))["idTagInfo"]["status"] == "Accepted"
    )
    answer = other.answered("1.6", "StartTransaction", start(driver))
    assert answer["idTagInfo"] == {"status": "ConcurrentTx"}
    assert driver.budget()["open_sessions"] == 1


def test_a_time_that_cannot_be_is_not_believed(csms: Csms, driver: Driver) -> None:
    sent = message("Started", "t1", idToken=driver.token) | {
        "timestamp": "0001-01-01T00:00:00+14:00"
    }
    session = session_of(csms, csms.answered("2.0.1", "TransactionEvent", sent))
    assert abs(datetime.fromisoformat(session["started_at"]) - now()) < timedelta(minutes=5)
