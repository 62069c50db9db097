"""An event about a vehicle is told to the provider of each of its contracts, and of no other."""

from contract_service.operations.concerned_providers import ConcernedProviders
from contract_service.store.contracts import SqlContractReader
from foundation.events import Event
from foundation.principal import LOCAL_ADMINISTRATOR
from tests.contract_service.assembly import EMAID, Contracts

PCID, OTHER = "WP01234567890ABCD", "WP0AAAAAAAAAAAAAA"


def test_each_provider_is_told_with_its_own_contract(contracts: Contracts) -> None:
    contracts.create(LOCAL_ADMINISTRATOR, EMAID, PCID)
    contracts.create(LOCAL_ADMINISTRATOR, "DEXYZC12345678", PCID.lower())
    contracts.create(LOCAL_ADMINISTRATOR, "DEXYZC87654321", OTHER)
    concerned = ConcernedProviders(SqlContractReader(contracts.database))
    event = Event(
        "provisioning_certificate.updated",
        contracts.now,
        "oem",
        ("WP0",),
        {"schema": "iso15118-2"},
        {"pcid": PCID},
    )
    told = sorted((one.owners, one.personal["emaid"]) for one in concerned(event))
    assert told == [
        (("WP0", "DEABC"), "DEABCC12345678"),
        (("WP0", "DEXYZ"), "DEXYZC12345678"),
    ]
    assert {one.personal["pcid"] for one in concerned(event)} == {PCID}


def test_every_other_event_is_told_as_it_is(contracts: Contracts) -> None:
    contracts.create(LOCAL_ADMINISTRATOR, EMAID, PCID)
    concerned = ConcernedProviders(SqlContractReader(contracts.database))
    for kind, personal in (("contract_data.created", {"pcid": PCID}), ("root.added", {})):
        event = Event(kind, contracts.now, "c", ("DEABC",), {}, personal)
        assert concerned(event) == (event,)


def test_a_vehicle_without_a_contract_is_told_to_nobody(contracts: Contracts) -> None:
    concerned = ConcernedProviders(SqlContractReader(contracts.database))
    event = Event(
        "provisioning_certificate.deleted", contracts.now, "c", ("WP0",), {}, {"pcid": PCID}
    )
    assert concerned(event) == []
