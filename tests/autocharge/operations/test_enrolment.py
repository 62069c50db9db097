"""Enrolments from their creation to their erasure, on both databases."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
import sqlalchemy as sa

from autocharge.model.enrolment import EnrolmentStatus, parse_identifier
from autocharge.model.resolution import Conflicting, Resolved, Suspended, Unknown
from autocharge.model.vault_key import KeyPurpose
from autocharge.operations.erase import ENROLMENTS
from autocharge.operations.resolve import Resolve
from autocharge.store.enrolments import SqlEnrolmentReader
from autocharge.store.identifier_vault import IdentifierVault, new_key, open_vault
from autocharge.store.tables import enrolments, keys
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, Mac
from foundation.principal import Principal
from foundation.sealing import Sealer
from tests.autocharge.assembly import (
    ADMIN,
    AUDITOR,
    EMAID,
    EVCCID20_SPELLINGS,
    MAC_SPELLINGS,
    OPERATOR,
    OTHER_EMAID,
    PROVIDER,
    SEALER,
    STRANGER,
    VIN_SPELLINGS,
    Autocharge,
)
from tests.contract_service.assembly import at_once

MAC = Mac.parse(MAC_SPELLINGS[0])
SPELLINGS = [("mac", MAC_SPELLINGS), ("evccid", EVCCID20_SPELLINGS), ("vin", VIN_SPELLINGS)]


def _refusal(outcome: object) -> tuple[Kind, str]:
    assert isinstance(outcome, ServiceError), outcome
    return outcome.kind, outcome.code


@pytest.mark.parametrize(("kind", "spellings"), SPELLINGS)
def test_any_spelling_enrols_and_resolves_one_vehicle(
    autocharge: Autocharge, kind: str, spellings: tuple[str, ...]
) -> None:
    enrolled = [
        autocharge.enrol(PROVIDER, EMAID, parse_identifier(kind, text)) for text in spellings
    ]
    assert len({enrolment.enrolment_id for enrolment in enrolled}) == 1
    for text in spellings:
        resolution = autocharge.resolve(parse_identifier(kind, text))
        assert isinstance(resolution, Resolved)
        assert resolution.enrolment_id == enrolled[0].enrolment_id
        assert resolution.emaid == Emaid.parse(EMAID)
    assert autocharge.events() == ["autocharge.enrolled"]


def test_a_left_padded_reading_is_the_same_vehicle_and_says_so(autocharge: Autocharge) -> None:
    autocharge.enrol(PROVIDER, EMAID, Mac.parse("0000a453ee033156"))
    assert autocharge.resolve(Mac.parse("A4:53:EE:03:31:56")).signals == ()
    assert autocharge.resolve(Mac.parse("0000a453ee033156")).signals == ("left_padded",)


def test_what_a_mac_says_against_itself_is_passed_along(autocharge: Autocharge) -> None:
    doubtful = Mac.parse("9B:ED:5C:B9:BE:31")
    assert autocharge.resolve(doubtful) == Unknown(("locally_administered", "multicast"))
    autocharge.enrol(PROVIDER, EMAID, doubtful)
    assert autocharge.resolve(doubtful).signals == ("locally_administered", "multicast")


def test_kinds_are_kept_apart(autocharge: Autocharge) -> None:
    for kind, (spelling, *_) in SPELLINGS:
        autocharge.enrol(PROVIDER, EMAID, parse_identifier(kind, spelling))
    assert len(autocharge.list(PROVIDER).enrolments) == 3
    autocharge.erase(PROVIDER, parse_identifier("vin", VIN_SPELLINGS[0]))
    assert isinstance(autocharge.resolve(MAC), Resolved)


def test_a_second_owner_is_refused(autocharge: Autocharge) -> None:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    for text in MAC_SPELLINGS:
        with pytest.raises(ServiceError) as refused:
            autocharge.enrol(STRANGER, OTHER_EMAID, Mac.parse(text))
        assert _refusal(refused.value) == (Kind.CONFLICT, "identifier_enrolled")
        assert "DEABC" not in str(refused.value)
    resolution = autocharge.resolve(MAC)
    assert isinstance(resolution, Resolved)
    assert resolution.emaid == Emaid.parse(EMAID)


def test_another_contract_of_the_same_owner_is_refused_too(autocharge: Autocharge) -> None:
    autocharge.contracts.emaids.add("DEABCC87654321")
    autocharge.enrol(PROVIDER, EMAID, MAC)
    with pytest.raises(ServiceError) as refused:
        autocharge.enrol(PROVIDER, "DEABCC87654321", MAC)
    assert _refusal(refused.value) == (Kind.CONFLICT, "identifier_enrolled")


def test_of_many_owners_at_once_one_wins(autocharge: Autocharge) -> None:
    outcomes = at_once(
        [
            *[partial(autocharge.enrol, PROVIDER, EMAID, Mac.parse(t)) for t in MAC_SPELLINGS[:4]],
            *[
                partial(autocharge.enrol, STRANGER, OTHER_EMAID, Mac.parse(t))
                for t in MAC_SPELLINGS[:4]
            ],
        ]
    )
    resolution = autocharge.resolve(MAC)
    assert isinstance(resolution, Resolved)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert {_refusal(outcome) for outcome in refused} == {(Kind.CONFLICT, "identifier_enrolled")}
    assert len(refused) >= 4
    first, *others = autocharge.events()
    assert first == "autocharge.enrolled"
    assert set(others) <= {"autocharge.challenged"}  # the other provider's claim asks the holder


def test_the_unique_index_decides_where_nobody_looked_first(autocharge: Autocharge) -> None:
    enrolment = autocharge.enrol(PROVIDER, EMAID, MAC)
    with autocharge.enrol.open_unit_of_work() as work:
        assert not work.enrolments.add(replace(enrolment, enrolment_id="another"), MAC)


@pytest.mark.parametrize(
    ("principal", "emaid", "kind"),
    [
        (STRANGER, EMAID, Kind.FORBIDDEN),
        (OPERATOR, EMAID, Kind.FORBIDDEN),
        (AUDITOR, EMAID, Kind.FORBIDDEN),
        (STRANGER, "DEABCC99999999", Kind.FORBIDDEN),
        (PROVIDER, "DEABCC99999999", Kind.INVALID),
        (ADMIN, "nonsense", Kind.MALFORMED),
    ],
)
def test_only_for_an_own_contract_that_stands(
    autocharge: Autocharge, principal: Principal, emaid: str, kind: Kind
) -> None:
    with pytest.raises(ServiceError) as refused:
        autocharge.enrol(principal, emaid, MAC)
    assert refused.value.kind is kind
    assert autocharge.resolve(MAC) == Unknown(())
    assert autocharge.events() == []


def test_suspending_takes_effect_at_once(autocharge: Autocharge) -> None:
    enrolment = autocharge.enrol(PROVIDER, EMAID, MAC)
    for _ in range(2):
        autocharge.set_state(PROVIDER, enrolment.enrolment_id, EnrolmentStatus.SUSPENDED)
        assert autocharge.resolve(MAC) == Suspended(enrolment.enrolment_id, enrolment.emaid, ())
    assert autocharge.enrol(PROVIDER, EMAID, MAC).status is EnrolmentStatus.SUSPENDED
    for _ in range(2):
        autocharge.set_state(PROVIDER, enrolment.enrolment_id, EnrolmentStatus.ACTIVE)
        assert autocharge.resolve(MAC) == Resolved(enrolment.enrolment_id, enrolment.emaid, ())
    assert sorted(autocharge.events()) == [
        "autocharge.enrolled",
        "autocharge.resumed",
        "autocharge.suspended",
    ]


def test_what_is_removed_may_be_enrolled_by_another(autocharge: Autocharge) -> None:
    enrolment = autocharge.enrol(PROVIDER, EMAID, MAC)
    autocharge.remove(PROVIDER, enrolment.enrolment_id)
    assert autocharge.resolve(MAC) == Unknown(())
    autocharge.enrol(STRANGER, OTHER_EMAID, MAC)
    with pytest.raises(ServiceError) as refused:
        autocharge.remove(PROVIDER, enrolment.enrolment_id)
    assert _refusal(refused.value) == (Kind.NOT_FOUND, "enrolment_unknown")


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("principal", [STRANGER, OPERATOR, AUDITOR])
def test_strangers_are_told_the_same_whether_it_exists_or_not(
    autocharge: Autocharge, principal: Principal, exists: bool
) -> None:
    enrolment_id = str(uuid.uuid4())
    if exists:
        enrolment_id = autocharge.enrol(PROVIDER, EMAID, MAC).enrolment_id
    before = autocharge.events()
    changes: list[Callable[[], object]] = [
        lambda: autocharge.set_state(principal, enrolment_id, EnrolmentStatus.SUSPENDED),
        lambda: autocharge.remove(principal, enrolment_id),
    ]
    if principal is not AUDITOR:
        changes.append(lambda: autocharge.list.by_id(principal, enrolment_id))
    for change in changes:
        with pytest.raises(ServiceError) as refused:
            change()
        assert _refusal(refused.value) == (Kind.NOT_FOUND, "enrolment_unknown")
    assert autocharge.events() == before
    assert isinstance(autocharge.resolve(MAC), Resolved if exists else Unknown)


def test_erasure_leaves_neither_hash_nor_ciphertext(autocharge: Autocharge) -> None:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    done = autocharge.erase(PROVIDER, Mac.parse(MAC_SPELLINGS[3]))
    assert done.erasure.records.deleted[ENROLMENTS] == 1
    assert autocharge.resolve(MAC) == Unknown(())
    with autocharge.database.read() as connection:
        assert connection.execute(sa.select(enrolments)).all() == []
    assert sorted(autocharge.events()) == ["autocharge.enrolled", "autocharge.erased"]


def test_lists_show_own_enrolments_masked(autocharge: Autocharge) -> None:
    enrolment = autocharge.enrol(PROVIDER, EMAID, MAC)
    other = autocharge.enrol(
        STRANGER, OTHER_EMAID, parse_identifier("vin", VIN_SPELLINGS[0])
    ).enrolment_id
    [listed] = autocharge.list(PROVIDER).enrolments
    assert listed.enrolment == enrolment
    assert listed.masked_identifier == "…BE31"
    assert autocharge.list.by_id(AUDITOR, other).masked_identifier == "…2788"
    assert len(autocharge.list(ADMIN).enrolments) == 2
    assert autocharge.list(ADMIN, "de-abc-c12345678").enrolments == (listed,)
    assert autocharge.list(PROVIDER, OTHER_EMAID).enrolments == ()
    with pytest.raises(ServiceError) as refused:
        autocharge.list(OPERATOR)
    assert refused.value.kind is Kind.FORBIDDEN


def test_pages_show_every_enrolment_once(autocharge: Autocharge) -> None:
    for i in range(7):
        autocharge.enrol(PROVIDER, EMAID, Mac.parse(f"98ed5cb9be{i:02}"))
    seen: list[str] = []
    after: str | None = None
    while True:
        page = autocharge.list(PROVIDER, None, after, 3)
        seen += [listed.masked_identifier for listed in page.enrolments]
        after = page.next_after
        if after is None:
            break
    assert sorted(seen) == [f"…BE{i:02}" for i in range(7)]


def test_processes_that_start_together_agree_on_one_pepper(autocharge: Autocharge) -> None:
    with autocharge.database.write() as connection:
        connection.execute(sa.delete(keys))
        connection.commit()
    vaults = at_once([lambda: open_vault(autocharge.database, SEALER, autocharge.clock)] * 6)
    digests = {vault.digests(MAC) for vault in vaults if isinstance(vault, IdentifierVault)}
    assert len(digests) == 1
    assert len(vaults) == 6


def test_another_passphrase_does_not_open_the_pepper(autocharge: Autocharge) -> None:
    with pytest.raises(ServiceError) as refused:
        open_vault(autocharge.database, Sealer(b"x" * 32), autocharge.clock)
    assert _refusal(refused.value) == (Kind.UNAVAILABLE, "sealed_blob_unreadable")


def test_enrolments_under_two_peppers_are_a_conflict(autocharge: Autocharge) -> None:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    with autocharge.database.write() as connection:
        newer = new_key(KeyPurpose.PEPPER, "2", 2, SEALER, autocharge.clock)
        connection.execute(sa.insert(keys), newer)
        connection.commit()
    vault = open_vault(autocharge.database, SEALER, autocharge.clock)
    row = {
        "enrolment_id": "other",
        "kind": "mac",
        "digest": vault.digests(MAC)[0],
        "key_id": "2",
        "sealed": vault.seal("other", MAC),
        "emaid": Emaid.parse(OTHER_EMAID).key,
        "provider_id": "DEXYZ",
        "status": "active",
        "created_at": autocharge.now,
    }
    with autocharge.database.write() as connection:
        connection.execute(sa.insert(enrolments).values(**row))
        connection.commit()
    reader = SqlEnrolmentReader(autocharge.database, vault)
    assert Resolve(reader, autocharge.quarantines)(MAC) == Conflicting(())
