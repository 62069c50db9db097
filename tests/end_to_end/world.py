"""What the bad input is about: a good chain, contracts, a foreign PKI, leaves of other roles."""

import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.end_to_end.abuse import Abused
from tests.end_to_end.foreign import ForeignPki, pem

TRUSTED = ForeignPki("trusted")
STRANGE = ForeignPki("strange")


@dataclass(frozen=True)
class World:
    """The demonstration's vehicle, and contracts of the same provider with a foreign PKI."""

    abused: Abused
    emaid: str
    other_emaid: str
    wrong_roles: dict[str, str]

    @cached_property
    def demo_chain(self) -> list[x509.Certificate]:
        """Leaf, Sub-CA 2, Sub-CA 1."""
        return x509.load_pem_x509_certificates(self.abused.demo["contract_chain_pem"].encode())


def make_world(abused: Abused, folder: Path) -> World:
    """Trust the foreign PKI, create two contracts and certificates of wrong roles."""
    root = folder / "root.pem"
    root.write_text(pem(TRUSTED.root))
    abused.service.run("anchor", "add", str(root), "--role", "mo_root")
    emaid, other = (f"DEEVTC{secrets.token_hex(4).upper()}" for _ in range(2))
    for one in (emaid, other):
        created = abused.ask("POST", "/v1/contracts", {"emaid": one}, client="mo")
        assert created.status == 201, created
    return World(abused, emaid, other, wrong_roles(abused, folder))


def wrong_roles(abused: Abused, folder: Path) -> dict[str, str]:
    """Have the demonstration's authorities issue what is no contract certificate."""
    for role, issuer, common_name in (
        ("oem_provisioning", "oem-sub2", "WEV12345678901234"),
        ("cps_leaf", "cps-sub2", "CPS"),
        ("secc_leaf", "cpo-sub2", "DE*EVT*E9"),
    ):
        key, out = str(folder / f"{role}.key"), str(folder / role)
        words = ("--issuer", issuer, "--role", role, "--common-name", common_name)
        abused.service.run("ca", "issue", *words, "--key-out", key, "--out", out)
    return {path.name: path.read_text() for path in folder.iterdir() if path.suffix == ""}


def demo_pem(*certificates: x509.Certificate) -> str:
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)


def ocpp_201(world: World, emaid: str, **more: object) -> tuple[str, str]:
    answer = world.abused.ask(
        "POST",
        f"/ocpp/2.0.1/{world.abused.demo['station_id']}/Authorize",
        {"idToken": {"idToken": emaid, "type": "eMAID"}, **more},
        client="cpo",
    )
    assert answer.status == 200, answer
    return answer.json["idTokenInfo"]["status"], answer.json["certificateStatus"]
