"""Who stands behind an operator id."""

from dataclasses import dataclass
from datetime import UTC, datetime

from foundation.principal import ClientRole, Principal
from participants.model.client import Client
from server.parties import Parties

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def client(*operators: str, role: ClientRole = ClientRole.CPO, gone: bool = False) -> Client:
    principal = Principal("-".join(operators), frozenset({role}), operator_ids=frozenset(operators))
    return Client("name", principal, NOW, NOW if gone else None, ())


@dataclass
class Clients:
    clients: tuple[Client, ...]

    def list(self) -> tuple[Client, ...]:
        return self.clients


def test_ids_of_one_client_are_one_party() -> None:
    party_of = Parties(Clients((client("DEBBB", "DEAAA"), client("DECCC"))))
    assert party_of("DEAAA") == party_of("DEBBB") == "DEAAA"
    assert party_of("DECCC") == "DECCC"
    assert party_of("DEZZZ") == "DEZZZ"


def test_clients_that_share_an_id_are_one_party() -> None:
    chain = (client("DEAAA", "DEBBB"), client("DEBBB", "DECCC"), client("DECCC", "DEDDD"))
    party_of = Parties(Clients(chain))
    assert {party_of(one) for one in ("DEAAA", "DEBBB", "DECCC", "DEDDD")} == {"DEAAA"}


def test_who_is_no_operator_or_gone_joins_nobody() -> None:
    clients = (
        client("DEAAA", "DEBBB", role=ClientRole.MO),
        client("DEAAA", "DECCC", gone=True),
    )
    party_of = Parties(Clients(clients))
    assert [party_of(one) for one in ("DEAAA", "DEBBB", "DECCC")] == ["DEAAA", "DEBBB", "DECCC"]
