"""`evtrust partner`: exit codes, JSON, and no credential shown."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from authorization.operations.push_authdata import PushAuthdata
from authorization.operations.register_partner import ListPartners, RegisterPartner, RemovePartner
from authorization.store.partners import OpenSqlPartnerUnitOfWork, SqlPartners
from foundation.database import Database
from foundation.outbox import Outbox
from server.cli.partner import partner_group
from tests.authorization.fakes import NOW
from tests.authorization.operations.test_push_authdata import House
from tests.authorization.store.test_partners import SEALER, register


@dataclass
class Services:
    """What the commands need of the wired services."""

    register_partner: RegisterPartner
    list_partners: ListPartners
    remove_partner: RemovePartner
    push_authdata: PushAuthdata


@pytest.fixture
def services(database: Database) -> Services:
    work = OpenSqlPartnerUnitOfWork(database, SEALER, Outbox(SEALER))
    return Services(
        register(database),
        ListPartners(SqlPartners(database, SEALER)),
        RemovePartner(work, lambda: NOW),
        House().push,
    )


def run(services: Services, *words: str) -> Result:
    return CliRunner().invoke(partner_group, words, obj=services)


def answer(result: Result) -> Any:
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.output)


def test_from_registration_to_removal(services: Services, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("s3cret-of-the-hub\n")
    words = (
        *("add", "hub", "--protocol", "oicp-2.3", "--url", "https://hub.example", "--default"),
        *("--provider", "DE-GDF", "--silence", "5", "60", "20000", "--client", "the-hub"),
        *("--show", "DEABC", "--authdata", "--token-file", str(token), "--json"),
    )
    result = run(services, *words)
    added = answer(result)
    assert "s3cret" not in result.output
    assert (added["provider_ids"], added["own_provider_ids"]) == (["DEGDF"], ["DEABC"])
    assert added["silence"] == {"accepted_a_day": 5, "minutes": 60, "energy_wh": 20000}
    assert (added["is_default"], added["authdata"], added["client_id"]) == (True, True, "the-hub")
    assert answer(run(services, "show", "hub", "--json")) == added
    assert answer(run(services, "list", "--json")) == {"partners": [added]}
    assert "all others" in run(services, "list").output
    pushes = answer(run(services, "push-authdata", "hub", "--json"))["pushes"]
    assert [(push["inserted"], push["failed"]) for push in pushes] == [(3, None)]
    assert answer(run(services, "remove", "hub", "--json")) == {"removed": "hub"}
    assert "no partner" in run(services, "list").output


def test_a_hub_that_did_not_take_its_data_is_an_exit_of_one(services: Services) -> None:
    services.push_authdata = House(refuses="timed_out").push
    result = run(services, "push-authdata", "hub")
    assert result.exit_code == 1
    assert "timed_out" in result.output


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("show", "nobody"), "partner_not_found"),
        (("remove", "nobody"), "partner_not_found"),
        (("add", "Hub", "--url", "https://hub.example"), "invalid_partner"),
        (("add", "hub", "--url", "https://hub.example/"), "invalid_partner"),
        (
            ("add", "hub", "--url", "https://hub.example", "--provider", "DEABC"),
            "provider_is_ours",
        ),
    ],
)
def test_a_refusal_says_why(services: Services, words: tuple[str, ...], code: str) -> None:
    protocol = ("--protocol", "oicp-2.3") if words[0] == "add" else ()
    result = run(services, *words, *protocol)
    assert result.exit_code == 1
    assert code in str(result.exception)


def test_wrong_usage(services: Services) -> None:
    assert run(services, "add", "hub", "--protocol", "ocpp", "--url", "x").exit_code == 2
    assert run(services, "add", "hub").exit_code == 2
