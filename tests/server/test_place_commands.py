"""`evtrust site delete`, `access-group`, `contract restrictions`: what they do, say and refuse."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from foundation.errors import ServiceError
from server.cli.access_group import access_group_group
from server.cli.contract import contract_group
from server.cli.document import MAXIMUM_BYTES
from server.cli.site import site_group
from tests.server.assembly import OURS, Application
from tests.server.sites import Scene, made_scene


@dataclass
class Machine:
    """Where an administrator runs commands over the scene's database."""

    scene: Scene
    home: Path

    def said(self, group: click.Group, *words: str, given: bytes | None = None) -> str:
        services = self.scene.application.services
        result = CliRunner().invoke(group, words, obj=services, input=given, standalone_mode=False)
        if result.exception is not None:
            raise result.exception
        return result.output

    def told(self, group: click.Group, *words: str, given: bytes | None = None) -> Any:
        return json.loads(self.said(group, *words, "--json", given=given))

    def refused(self, group: click.Group, *words: str, given: bytes | None = None) -> ServiceError:
        with pytest.raises(ServiceError) as caught:
            self.said(group, *words, given=given)
        return caught.value

    def file(self, document: object) -> str:
        path = self.home / "document.json"
        path.write_text(json.dumps(document))
        return str(path)

    def http(self, path: str, client: str = "cpo") -> Any:
        return self.scene.application.ask("GET", path, client=client).json


@pytest.fixture
def machine(application: Application, tmp_path: Path) -> Machine:
    return Machine(made_scene(application), tmp_path)


def test_a_site_is_deleted(machine: Machine) -> None:
    scene = machine.scene
    scene.site()
    which = (OURS, scene.site_id)
    assert machine.told(site_group, "delete", *which, "--evse", scene.evses[0]) == {
        "deleted": scene.evses[0]
    }
    assert len(machine.told(site_group, "show", *which)["evses"]) == 1
    said = machine.said(site_group, "delete", *which)
    assert said.startswith(f"deleted {OURS}/{scene.site_id}; its EVSEs are closed until")
    scene.forget()
    assert scene.ask()["outcome"] == "not_allowed_here"
    for words in (("show", *which), ("delete", *which), ("delete", *which, "--evse", "DE*AAA*E1")):
        failure = machine.refused(site_group, *words)
        assert failure.code == "site_not_found"
        assert "`evtrust site list`" in failure.detail


def test_an_access_group_is_kept_listed_and_removed(machine: Machine) -> None:
    scene = machine.scene
    which = (OURS, scene.site_id)
    members = {
        "contracts": [scene.emaid],
        "vehicles": [{"type": "mac", "value": "98ED5CB9BE31"}],
        "tokens": [{"kind": "rfid", "uid": scene.uid}, {"kind": "app", "uid": "driver-1"}],
    }
    said = machine.said(access_group_group, "keep", *which, machine.file(members))
    assert said == f"kept {OURS}/{scene.site_id}  contracts: 1  vehicles: 1  tokens: 2\n"
    shown = machine.told(access_group_group, "show", *which)
    assert shown == machine.http(f"/v1/access-groups/{OURS}/{scene.site_id}")
    assert shown in machine.told(access_group_group, "list")["groups"]
    assert f"{OURS}/{scene.site_id}  contracts: 1" in machine.said(access_group_group, "list")
    again = json.dumps({"contracts": [scene.emaid]}).encode()
    kept = machine.told(access_group_group, "keep", *which, "-", given=again)
    assert (kept["contracts"], kept["vehicles"], kept["tokens"]) == (1, 0, 0)
    scene.site(access="private", groups=[scene.site_id])
    assert scene.ask()["outcome"] == "accepted"
    assert machine.told(access_group_group, "remove", *which) == {"removed": scene.site_id}
    assert scene.ask()["outcome"] == "not_allowed_here"
    for word in ("show", "remove"):
        failure = machine.refused(access_group_group, word, *which)
        assert failure.code == "group_not_found"
        assert "`evtrust access-group list`" in failure.detail


def test_access_groups_are_listed_in_pages(machine: Machine) -> None:
    scene = machine.scene
    mine = [f"{scene.site_id}-{number}" for number in range(3)]
    for group_id in mine:
        scene.group(group_id, contracts=[scene.emaid])
    listed: list[Any] = []
    after: str | None = ""
    while after is not None:
        query = f"&after={after}" if after else ""
        page = machine.http(f"/v1/access-groups?limit=2{query}")
        listed, after = listed + page["groups"], page["next"]
    names = [group["group_id"] for group in listed]
    assert [name for name in names if name in mine] == mine
    assert names == sorted(set(names))
    assert machine.http("/v1/access-groups", "other_cpo") == {"groups": [], "next": None}


def test_a_contract_is_restricted(machine: Machine) -> None:
    emaid = machine.scene.emaid
    path = f"/v1/contracts/{emaid}/restrictions"
    wanted = {
        "connector_types": ["CCS"],
        "hours": [{"weekdays": [1, 7], "begin": "22:00", "end": "06:00"}],
        "sites": [{"operator_id": OURS, "site_id": "park"}],
        "energy_transfer": None,
        "time_zone": "Europe/Berlin",
    }

    def run(*words: str, given: bytes | None = None) -> Any:
        return machine.told(contract_group, "restrictions", *words, given=given)

    assert run("set", emaid, machine.file(wanted)) == wanted
    assert machine.http(path, "mo") == wanted
    assert run("show", emaid) == wanted
    assert machine.said(contract_group, "restrictions", "show", emaid).splitlines()[1:] == [
        "  connector types: CCS",
        "  hours: 22:00-06:00 on weekdays 1 7",
        f"  sites: {OURS}/park",
        "  energy transfer: all",
        "  time zone where no site is known: Europe/Berlin",
    ]
    for _ in range(2):
        assert set(run("clear", emaid).values()) == {None, "UTC"}
    assert run("set", emaid, "-", given=b'{"connector_types": ["NACS"]}')["connector_types"] == [
        "NACS"
    ]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"", "invalid_document"),
        (b"[]", "invalid_document"),
        (b'{"contracts": "04A1B2C3D4E5F6"}', "invalid_document"),
        (b'{"tokens": [{"kind": "rfid", "uid": 4711}]}', "invalid_document"),
        (b'{"contracts": ["04A1B2C3D4E5F6"]}', "invalid_emaid"),
        (b" " * (MAXIMUM_BYTES + 1), "file_too_large"),
    ],
    ids=["empty", "list", "no list", "number", "no EMAID", "large"],
)
def test_a_file_that_is_no_access_group_changes_nothing(
    machine: Machine, document: bytes, code: str
) -> None:
    before = machine.scene.application.rows()
    words = ("keep", OURS, "fleet", "-")
    failure = machine.refused(access_group_group, *words, given=document)
    assert failure.code == code
    told = f"{failure.detail} {dict(failure.fields)}"
    assert "04A1B2C3D4E5F6" not in told
    assert "4711" not in told
    assert machine.scene.application.rows() == before


def test_restrictions_that_are_nonsense_change_nothing(machine: Machine) -> None:
    before = machine.scene.application.rows()
    emaid = machine.scene.emaid
    for document, named, code in (
        (b'{"sites": []}', emaid, "invalid_document"),
        (b'{"sitse": []}', emaid, "invalid_document"),
        (b'{"time_zone": "Mars/Base"}', emaid, "invalid_site"),
        (b"{}", "DEAAAC00000000", "contract_not_found"),
        (b"{}", "x", "invalid_emaid"),
    ):
        words = ("restrictions", "set", named, "-")
        assert machine.refused(contract_group, *words, given=document).code == code
    assert machine.refused(contract_group, "restrictions", "show", "DEAAAC00000000").code == (
        "contract_not_found"
    )
    assert machine.scene.application.rows() == before
