"""Stations are told to forget what was withdrawn, on either database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from contract_service.model.pem import chain_pem
from foundation.clock import utc_now
from foundation.identifiers import Mac
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.certificate_reference import ByFingerprint
from pki.model.roles import RevocationReason
from tests.authorization.ocpp.published import errors
from tests.server.assembly import Application, new_mac
from tests.server.authorities import certified, found_authorities
from tests.server.sites import Scene, made_scene
from tests.server.test_bulk_vehicles import wait_for


@dataclass
class Street:
    """A scene whose contract has a card, a vehicle or a certificate; and what its station gets."""

    scene: Scene

    @property
    def app(self) -> Application:
        return self.scene.application

    def accept(self) -> None:
        assert self.scene.ocpp("2.0.1", self.scene.card)["idTokenInfo"]["status"] == "Accepted"

    def change(self, word: str) -> None:
        path = f"/v1/contracts/{self.scene.emaid}/{word}"
        assert self.app.ask("POST", path, client="mo").status == 200

    def sweep(self, later: timedelta = timedelta()) -> int:
        return self.app.services.clear_caches(utc_now() + later)

    def calls(self, state: str = "waiting") -> list[dict[str, Any]]:
        path = f"/v1/stations/{self.scene.station_id}/calls?state={state}"
        return [
            call
            for call in self.app.ask("GET", path, client="cpo").json
            if call["action"] == "ClearCache"
        ]

    def card(self) -> tuple[str, str]:
        """Return where the contract's tokens are, and the id of its card."""
        path = f"/v1/contracts/{self.scene.emaid}/access-methods"
        [card] = self.app.ask("GET", path, client="mo").json["access_methods"]
        return path, card["token_id"]

    def answer(self, status: str = "Accepted") -> None:
        [call] = self.calls()
        path = f"/v1/stations/{self.scene.station_id}/calls/{call['id']}"
        assert self.app.ask("POST", path, {"status": status}, client="cpo").status == 200


@pytest.fixture
def street(application: Application) -> Street:
    made = Street(made_scene(application))
    made.sweep()  # what other tests left
    return made


@pytest.fixture(scope="module")
def authorities(application: Application) -> Application:
    found_authorities(application)
    return application


def test_a_suspension_clears_the_station_once(street: Street) -> None:
    street.accept()
    assert street.sweep() == 0
    street.change("suspend")
    assert street.sweep() == 1
    [call] = street.calls()
    for version in ("1.6", "2.0.1", "2.1"):
        assert errors(version, "ClearCache", call["payload"]) == []
    assert street.sweep() == 0
    street.answer()
    assert street.sweep() == 0
    assert street.calls() == []
    street.change("resume")
    street.accept()
    street.change("suspend")
    assert street.sweep() == 1


def test_one_waits_however_much_is_withdrawn(street: Street) -> None:
    for _ in range(3):
        street.accept()
        street.change("suspend")
        assert street.sweep() == 1
        street.change("resume")
    [waiting] = street.calls()
    assert len(street.calls("replaced")) == 2
    street.accept()
    street.change("suspend")
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: street.sweep(), range(4))) == 1
    [newest] = street.calls()
    assert newest["id"] != waiting["id"]
    street.answer("Rejected")  # it is not tried for ever: the hint runs out by itself
    assert street.sweep() == 0


def test_only_stations_that_still_remember_are_told(street: Street) -> None:
    street.change("suspend")
    assert street.scene.ocpp("1.6", street.scene.uid)["status"] == "Blocked"
    assert street.sweep() == 0  # it accepted nothing
    street.change("resume")
    street.accept()
    street.change("suspend")
    assert street.sweep(timedelta(seconds=301)) == 0  # what it was told has run out
    elsewhere = Street(made_scene(street.app))
    elsewhere.accept()
    assert street.sweep() == 1
    assert elsewhere.calls() == []


def test_where_stations_remember_nothing_nothing_is_cleared(street: Street) -> None:
    street.accept()
    street.change("suspend")
    nothing_remembered = replace(street.app.services.clear_caches, remembered=timedelta())
    assert nothing_remembered(utc_now()) == 0
    assert street.sweep() == 1


def test_what_is_queued_names_nobody(street: Street) -> None:
    street.accept()
    street.change("suspend")
    street.sweep()
    [call] = street.calls()
    assert call["payload"] == {}
    path = f"/v1/stations/{street.scene.station_id}/calls"
    assert street.app.ask("GET", path, client="other_cpo").status == 403


def test_a_refusal_of_another_contract_clears_nothing(street: Street) -> None:
    street.accept()
    other = made_scene(street.app)
    path = f"/v1/contracts/{other.emaid}/suspend"
    assert street.app.ask("POST", path, client="mo").status == 200
    assert street.sweep() == 0


def terminate(street: Street) -> None:
    street.change("terminate")


def restrict(street: Street) -> None:
    street.scene.restrict(connector_types=["CHAdeMO"])


def block_card(street: Street) -> None:
    path, token_id = street.card()
    body = {"status": "blocked"}
    assert street.app.ask("PATCH", f"{path}/{token_id}", body, client="mo").status == 204


def remove_card(street: Street) -> None:
    path, token_id = street.card()
    assert street.app.ask("DELETE", f"{path}/{token_id}", client="mo").status == 204


@pytest.mark.parametrize("withdraw", [terminate, restrict, block_card, remove_card])
def test_whatever_withdraws_a_card(street: Street, withdraw: Callable[[Street], None]) -> None:
    street.accept()
    withdraw(street)
    assert street.sweep() == 1


def test_a_suspended_vehicle(street: Street) -> None:
    mac = new_mac()
    enrolled = street.app.services.enrol(LOCAL_ADMINISTRATOR, street.scene.emaid, Mac.parse(mac))
    assert street.scene.ask("mac", mac)["outcome"] == "accepted"
    path = f"/v1/autocharge/enrolments/{enrolled.enrolment_id}/suspend"
    assert street.app.ask("POST", path, client="mo").status == 200
    assert street.sweep() == 1
    assert len(street.calls()) == 1


@pytest.mark.parametrize(
    "reason", [RevocationReason.CERTIFICATE_HOLD, RevocationReason.KEY_COMPROMISE]
)
def test_a_revoked_certificate(
    authorities: Application, street: Street, reason: RevocationReason
) -> None:
    issued = certified(authorities, street.scene.emaid)
    evidence = {
        "type": "contract_certificate",
        "emaid": street.scene.emaid,
        "certificate_chain": chain_pem(issued.chain),
    }

    def is_accepted() -> bool:  # trust anchors are remembered for half a second
        return bool(street.scene.ask(identification=evidence)["outcome"] == "accepted")

    wait_for(is_accepted)
    authorities.services.revoke_certificate(
        LOCAL_ADMINISTRATOR, ByFingerprint(issued.fingerprint), reason
    )
    assert street.sweep() == 1
    assert street.sweep() == 0
