"""`evtrust client create|list|revoke|rotate-secret|rotate-token-key`."""

import json

import pytest
from click.testing import CliRunner, Result

from foundation.errors import ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole
from server.cli.client import client_group
from tests.participants.assembly import Participants, Process


def _run(participants: Participants, *words: str) -> Result:
    return CliRunner().invoke(client_group, words, obj=participants)


def test_a_client_is_created_and_its_secret_works(
    participants: Participants, process: Process
) -> None:
    result = _run(
        participants,
        *("create", "--name", "Northwind", "--role", "cpo", "--role", "MO"),
        *("--provider-id", "DE-ABC", "--wmi", "WP0", "--operator-id", "DE*ABC", "--json"),
    )
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert printed["name"] == "Northwind"
    assert printed["roles"] == ["CPO", "MO"]
    assert printed["provider_ids"] == printed["operator_ids"] == ["DEABC"]
    assert printed["wmis"] == ["WP0"]
    given = process.issue_token(printed["client_id"], printed["client_secret"])
    principal = process.authenticate(given.token)
    assert principal.roles == {ClientRole.CPO, ClientRole.MO}


def test_the_secret_is_shown_once(participants: Participants) -> None:
    created = _run(participants, "create", "--name", "x", "--role", "OEM")
    secret = created.stdout.split("client_secret")[1].split()[0]
    for listed in (_run(participants, "list"), _run(participants, "list", "--json")):
        assert listed.exit_code == 0
        assert secret not in listed.stdout
        assert "digest" not in listed.stdout


def test_clients_are_listed(participants: Participants) -> None:
    assert _run(participants, "list").stdout == "no clients yet\n"
    one = participants.client(ClientRole.OEM, wmis=["WP0"]).client
    participants.withdraw_client(LOCAL_ADMINISTRATOR, one.client_id)
    listed = _run(participants, "list").stdout
    assert listed == f"{one.client_id}  OEM  WP0  Test client  (withdrawn)\n"
    [printed] = json.loads(_run(participants, "list", "--json").stdout)["clients"]
    assert printed["client_id"] == one.client_id
    assert printed["withdrawn_at"] == "2026-12-01T00:00:00+00:00"


def test_a_client_is_revoked(participants: Participants, process: Process) -> None:
    credentials = participants.client()
    result = _run(participants, "revoke", credentials.client.client_id, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["withdrawn_at"] is not None
    with pytest.raises(ServiceError):
        process.token_for(credentials)


def test_a_new_secret_overlaps_with_the_old_one_unless_that_leaked(
    participants: Participants, process: Process
) -> None:
    first = participants.client()
    client_id = first.client.client_id
    printed = json.loads(_run(participants, "rotate-secret", client_id, "--json").stdout)
    assert printed["client_id"] == client_id
    assert process.issue_token(client_id, printed["client_secret"]).token
    assert process.token_for(first).token
    said = _run(participants, "rotate-secret", client_id, "--overlap-days", "0").stdout
    latest = said.split("client_secret")[1].split()[0]
    assert process.issue_token(client_id, latest).token
    for leaked in (first.client_secret, printed["client_secret"]):
        with pytest.raises(ServiceError):
            process.issue_token(client_id, leaked)


@pytest.mark.parametrize("at_once", [False, True])
def test_a_token_key_that_leaked_is_destroyed_and_another_one_runs_out(
    participants: Participants, process: Process, at_once: bool
) -> None:
    token = process.token_for(participants.client()).token
    process.authenticate(token)
    options = ["--at-once"] if at_once else []
    result = _run(participants, "rotate-token-key", *options, "--json")
    assert len(json.loads(result.stdout)["key_id"]) == 32
    participants.time.passes(1)
    if at_once:
        with pytest.raises(ServiceError):
            process.authenticate(token)
    else:
        process.authenticate(token)


def test_wrong_usage_and_refusals_are_told_apart(participants: Participants) -> None:
    assert _run(participants, "create", "--name", "x").exit_code == 2
    assert _run(participants, "create", "--name", "x", "--role", "KING").exit_code == 2
    assert _run(participants, "rotate-secret", "x", "--overlap-days", "91").exit_code == 2
    for words in (
        ("create", "--name", "x", "--role", "MO", "--provider-id", "nonsense"),
        ("create", "--name", " ", "--role", "MO"),
        ("revoke", "nobody"),
        ("rotate-secret", "nobody"),
    ):
        # the root command turns a ServiceError into a sentence and exit code 1
        assert isinstance(_run(participants, *words).exception, ServiceError)
