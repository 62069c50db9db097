"""Each way to a contract is shown, blocked and unblocked in one place."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner

from contract_service.model.pem import chain_pem
from foundation.errors import ServiceError
from foundation.identifiers import Mac
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.certificate_reference import ByFingerprint
from pki.model.roles import RevocationReason
from server.cli.contract import contract_group
from tests.server.assembly import Answer, Application, new_mac
from tests.server.authorities import certified, found_authorities
from tests.server.sites import Scene, made_scene
from tests.server.test_bulk_vehicles import wait_for

KINDS = ("rfid", "app", "vehicle", "certificate")


@dataclass
class Driver:
    """A contract, the ids of its access methods, and what is presented of each."""

    scene: Scene
    ids: Mapping[str, str]
    evidence: Mapping[str, Mapping[str, str]]

    @property
    def app(self) -> Application:
        return self.scene.application

    @property
    def path(self) -> str:
        return f"/v1/contracts/{self.scene.emaid}/access-methods"

    def listed(self) -> Any:
        return self.app.ask("GET", self.path, client="mo").json

    def set(self, kind: str, status: str, client: str = "mo") -> Answer:
        body = {"status": status}
        return self.app.ask("PATCH", f"{self.path}/{self.ids[kind]}", body, client=client)

    def is_accepted(self, kind: str) -> bool:
        return bool(self.scene.ask(identification=self.evidence[kind])["outcome"] == "accepted")

    def run(self, *words: str) -> Any:
        result = CliRunner().invoke(
            contract_group,
            ["access-methods", *words, "--json"],
            obj=self.app.services,
            standalone_mode=False,
        )
        if result.exception is not None:
            raise result.exception
        return json.loads(result.output)


@pytest.fixture(scope="module")
def authorities(application: Application) -> Application:
    found_authorities(application)
    return application


@pytest.fixture
def driver(authorities: Application) -> Driver:
    return made_driver(authorities)


def made_driver(application: Application) -> Driver:
    scene, services = made_scene(application), application.services
    account, mac = f"driver-{secrets.token_hex(4)}", new_mac()
    path = f"/v1/contracts/{scene.emaid}/access-methods"
    application.ask("POST", path, {"kind": "app", "uid": account}, client="mo")
    vehicle = services.enrol(LOCAL_ADMINISTRATOR, scene.emaid, Mac.parse(mac))
    certificate = certified(application, scene.emaid)
    tokens = {
        one["kind"]: one["token_id"]
        for one in application.ask("GET", path, client="mo").json["access_methods"]
    }
    made = Driver(
        scene,
        {
            **tokens,
            "vehicle": vehicle.enrolment_id,
            "certificate": certificate.fingerprint,
        },
        {
            "rfid": {"type": "rfid", "value": scene.uid},
            "app": {"type": "app", "value": account},
            "vehicle": {"type": "mac", "value": mac},
            "certificate": {
                "type": "contract_certificate",
                "emaid": scene.emaid,
                "certificate_chain": chain_pem(certificate.chain),
            },
        },
    )
    wait_for(lambda: made.is_accepted("certificate"))  # anchors are known within a second
    return made


def test_an_app_account_is_listed_beside_the_others(driver: Driver) -> None:
    listed = driver.listed()
    assert {one["kind"] for one in listed["access_methods"]} == {"rfid", "app"}
    assert [one["fingerprint"] for one in listed["certificates"]] == [driver.ids["certificate"]]
    assert [one["enrolment_id"] for one in listed["vehicles"]] == [driver.ids["vehicle"]]
    assert driver.evidence["app"]["value"] not in str(listed)


@pytest.mark.parametrize("kind", KINDS)
def test_one_is_blocked_alone_and_unblocked(driver: Driver, kind: str) -> None:
    assert all(driver.is_accepted(one) for one in KINDS)
    for _ in range(2):
        assert driver.set(kind, "blocked").status == 204
    wait_for(lambda: not driver.is_accepted(kind))  # within half a second
    assert [one for one in KINDS if driver.is_accepted(one)] == [
        one for one in KINDS if one != kind
    ]
    assert str(driver.listed()).count("'blocked'") == (kind in {"rfid", "app"})
    for _ in range(2):
        assert driver.set(kind, "active").status == 204
    wait_for(lambda: driver.is_accepted(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_changes_what_is_anothers(driver: Driver, kind: str) -> None:
    other = made_driver(driver.app)
    before = driver.app.rows()
    for client in ("other_mo", "cpo", "oem", "auditor"):
        assert driver.set(kind, "blocked", client).status == 403
    # nor by another contract of the same provider
    mixed = Driver(driver.scene, other.ids, {})
    answer = mixed.set(kind, "blocked")
    assert (answer.status, answer.code) == (404, "access_method_not_found")
    assert driver.app.rows() == before


def test_what_is_nothing(driver: Driver) -> None:
    for method_id, status in (
        ("0" * 64, 404),
        ("00000000-0000-0000-0000-000000000000", 404),
        ("x", 400),
        ("A" * 64, 400),
    ):
        answer = driver.app.ask(
            "PATCH", f"{driver.path}/{method_id}", {"status": "blocked"}, client="mo"
        )
        assert answer.status == status, answer
    assert driver.set("rfid", "revoked").status == 400


def test_a_revoked_certificate_stays_revoked(driver: Driver) -> None:
    driver.app.services.revoke_certificate(
        LOCAL_ADMINISTRATOR,
        ByFingerprint(driver.ids["certificate"]),
        RevocationReason.KEY_COMPROMISE,
    )
    for status in ("active", "blocked"):
        answer = driver.set("certificate", status)
        assert (answer.status, answer.code) == (409, "revocation_is_final")


def test_commands(driver: Driver) -> None:
    emaid = driver.scene.emaid
    assert driver.run("list", emaid) == driver.listed()
    for kind, members in (("rfid", "access_methods"), ("vehicle", "vehicles")):
        blocked = driver.run("block", emaid, driver.ids[kind])
        assert {one["status"] for one in blocked[members]} & {"blocked", "suspended"}
        again = driver.run("unblock", emaid, driver.ids[kind])
        assert {one["status"] for one in again[members]} == {"active"}
    with pytest.raises(ServiceError) as caught:
        driver.run("block", emaid, "x")
    assert caught.value.code == "access_method_not_found"
    assert "access-methods` lists them" in caught.value.detail
    services = driver.app.services
    words = ["access-methods", "list", emaid]
    said = CliRunner().invoke(contract_group, words, obj=services, standalone_mode=False).output
    assert len(said.splitlines()) == len(KINDS)
    assert driver.scene.uid not in said
