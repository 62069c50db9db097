"""Each way to present oneself, at each kind of site: who is in its group, and who is not."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from contract_service.model.pem import chain_pem
from foundation.identifiers import Mac, Vin
from foundation.principal import LOCAL_ADMINISTRATOR
from tests.server.assembly import OURS, Application, new_mac
from tests.server.authorities import certified, found_authorities
from tests.server.sites import Scene, made_scene
from tests.server.test_bulk_vehicles import wait_for

CONTRACT = ("certificate", "mac", "vin", "rfid", "app")
"""Ways to a contract: Plug & Charge, Autocharge, a card, a remote start from an app."""

WAYS = (*CONTRACT, "ad_hoc")  # a payment terminal has no contract

NOBODY: tuple[str, ...] = ()

TABLE: Mapping[tuple[str, str], tuple[str, ...]] = {
    # (access of the site, member of its group): who is admitted
    ("no site", "nobody"): CONTRACT,
    ("public", "nobody"): WAYS,
    ("semi-public", "nobody"): NOBODY,
    ("semi-public", "contract"): CONTRACT,
    ("semi-public", "mac"): ("mac",),  # the contract's other vehicle is no member
    ("semi-public", "vin"): ("vin",),
    ("semi-public", "rfid"): NOBODY,  # these groups are of contracts and vehicles
    ("semi-public", "app"): NOBODY,
    ("semi-public", "somebody else"): NOBODY,
    ("private", "nobody"): NOBODY,
    ("private", "contract"): CONTRACT,
    ("private", "mac"): ("mac",),
    ("private", "vin"): ("vin",),
    ("private", "rfid"): ("rfid",),
    ("private", "app"): ("app",),
    ("private", "somebody else"): NOBODY,
    ("private", "no group"): NOBODY,
    ("deleted", "contract"): NOBODY,
}

OCPP_21 = {"mac": "MacAddress", "vin": "VIN", "rfid": "ISO14443", "app": "Central"}
STATUSES = {
    "accepted": "Accepted",
    "not_allowed_here": "NotAtThisLocation",
    "unknown": "Unknown",
}


@dataclass
class Driver:
    """A contract with one of each way to it, and a station."""

    scene: Scene
    values: Mapping[str, str]
    chain: str

    def members(self, member: str) -> dict[str, object]:
        """Return the body of an access group with this member alone."""
        if member in {"mac", "vin"}:
            return {"vehicles": [{"type": member, "value": self.values[member]}]}
        if member in {"rfid", "app"}:
            return {"tokens": [{"kind": member, "uid": self.values[member]}]}
        if member == "somebody else":
            # an app account that is called like the card, and the other way round
            swapped = {"rfid": "app", "app": "rfid"}
            return {
                "contracts": ["DEAAACFFFFFFFF"],
                "vehicles": [{"type": "mac", "value": new_mac()}],
                "tokens": [{"kind": swapped[one], "uid": self.values[one]} for one in swapped],
            }
        return {"contracts": [self.scene.emaid]} if member == "contract" else {}

    def comes_to(self, access: str, member: str) -> None:
        """Put the station's EVSEs at a site of its own with this access."""
        scene = self.scene
        if access == "no site":
            return
        group = f"g{secrets.token_hex(4)}"
        scene.group(group, **self.members(member))
        kept = "private" if access == "deleted" else access
        scene.site(access=kept, groups=[] if member == "no group" else [group])
        if access == "deleted":
            path = f"/v1/sites/{OURS}/{scene.site_id}"
            assert scene.application.ask("DELETE", path, client="cpo").status == 204
            scene.forget()

    def json(self, way: str) -> str:
        evidence: dict[str, object] = {"type": way, "value": self.values.get(way, "")}
        if way == "certificate":
            evidence = {
                "type": "contract_certificate",
                "emaid": self.scene.emaid,
                "certificate_chain": self.chain,
            }
        return str(self.scene.ask(identification=evidence)["outcome"])

    def ocpp(self, way: str) -> str:
        """Ask as a station of OCPP 2.1 does; a remote start comes back as a Central token."""
        token: Any = {"idToken": self.values.get(way, ""), "type": OCPP_21.get(way)}
        if way == "ad_hoc":
            token = {"idToken": "terminal-1", "type": "DirectPayment"}
        body: dict[str, object] = {"idToken": token}
        if way == "certificate":
            token = {"idToken": self.scene.emaid, "type": "eMAID"}
            body = {"idToken": token, "certificate": self.chain}
        path = f"/ocpp/2.1/{self.scene.station_id}/Authorize"
        answer = self.scene.application.ask("POST", path, body, client="cpo")
        assert answer.status == 200, answer
        return str(answer.json["idTokenInfo"]["status"])


@pytest.fixture(scope="module")
def authorities(application: Application) -> Application:
    found_authorities(application)
    return application


@pytest.fixture
def driver(authorities: Application) -> Driver:
    scene = made_scene(authorities)
    services = authorities.services
    mac, vin = new_mac(), f"WAA{secrets.token_hex(7).upper()}"
    services.enrol(LOCAL_ADMINISTRATOR, scene.emaid, Mac.parse(mac))
    services.enrol(LOCAL_ADMINISTRATOR, scene.emaid, Vin.parse(vin))
    app = f"driver-{secrets.token_hex(4)}"
    methods = f"/v1/contracts/{scene.emaid}/access-methods"
    added = authorities.ask("POST", methods, {"kind": "app", "uid": app}, client="mo")
    assert added.status == 201
    chain = chain_pem(certified(authorities, scene.emaid).chain)
    made = Driver(scene, {"mac": mac, "vin": vin, "rfid": scene.uid, "app": app}, chain)
    wait_for(lambda: made.json("certificate") == "accepted")  # anchors are known within a second
    return made


@pytest.mark.parametrize(("access", "member"), TABLE, ids=map(", ".join, TABLE))
def test_who_is_admitted(driver: Driver, access: str, member: str) -> None:
    driver.comes_to(access, member)
    admitted = TABLE[access, member]
    expected = {
        way: "accepted" if way in admitted else "unknown" if way == "ad_hoc" else "not_allowed_here"
        for way in WAYS
    }
    assert {way: driver.json(way) for way in WAYS} == expected
    assert {way: driver.ocpp(way) for way in WAYS} == {
        way: STATUSES[outcome] for way, outcome in expected.items()
    }
