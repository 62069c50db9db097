"""Files of enrolments: every line reported, nothing twice, nothing taken over, all undone."""

from dataclasses import replace
from functools import partial

import pytest
import sqlalchemy as sa

from autocharge.model.enrolment import EnrolmentSource, EnrolmentStatus
from autocharge.model.enrolment_import import (
    Counts,
    ImportState,
    UndoOutcome,
)
from autocharge.model.enrolment_state import Reason
from autocharge.model.resolution import Resolved, Unknown
from autocharge.operations.run_import import LEASE
from autocharge.profiles.claims import load_claim_policy
from autocharge.store.import_tables import import_lines
from foundation.errors import ServiceError
from foundation.identifiers import Mac
from foundation.outbox import outbox
from tests.autocharge.assembly import (
    ADMIN,
    AUDITOR,
    EMAID,
    MAC_SPELLINGS,
    OPERATOR,
    OTHER_EMAID,
    PROVIDER,
    STRANGER,
    VIN_SPELLINGS,
    Autocharge,
)
from tests.autocharge.import_assembly import (
    BATCH,
    Imports,
    contract,
    csv_file,
    mac_of,
    table_rows,
    with_contracts,
)
from tests.contract_service.assembly import at_once


@pytest.fixture
def work(autocharge: Autocharge) -> Imports:
    return Imports(autocharge)


def emaid_of(work: Imports, mac: str) -> str | None:
    resolution = work.autocharge.resolve(Mac.parse(mac))
    return resolution.emaid.canonical if isinstance(resolution, Resolved) else None


def test_a_file_is_enrolled_and_every_line_reported(work: Imports) -> None:
    file = csv_file(
        ("mac", MAC_SPELLINGS[0], EMAID),
        ("vin", VIN_SPELLINGS[0], EMAID),
        ("evccid", "not one", EMAID),
        ("mac", mac_of(1), OTHER_EMAID),
        ("mac", mac_of(2), "DEABCC00000000"),
        ("mac", mac_of(3)),
    )
    found = work.do(file)
    assert (found.state, found.last_line, found.file_lines) == (ImportState.FINISHED, 7, 7)
    assert found.counts == Counts(added=2, refused=4)
    assert work.told(found.import_id) == [
        (2, "added"),
        (3, "added"),
        (4, "invalid_mac"),
        (5, "not_your_provider"),
        (6, "contract_not_active"),
        (7, "invalid_record"),
    ]
    listed = work.autocharge.list(PROVIDER).enrolments
    assert {one.enrolment.source for one in listed} == {EnrolmentSource.IMPORT}
    for one in listed:
        page = work.autocharge.history(PROVIDER, one.enrolment.enrolment_id)
        (entry,) = page.entries
        assert (entry.reason, entry.reference) == (Reason.IMPORT, found.import_id)


def test_a_dry_run_tells_the_same_and_adds_nothing(work: Imports) -> None:
    rows = with_contracts(work, BATCH + 2)
    other = contract(9_999)
    work.autocharge.contracts.emaids.add(other)
    # the last two repeat vehicles of an earlier batch: one the same, one for another contract
    file = csv_file(*rows, rows[0], ("mac", rows[1][1], other))
    dry = work.do(file, dry_run=True)
    assert dry.counts == Counts(added=len(rows), unchanged=1, refused=1)
    assert work.autocharge.list(PROVIDER).enrolments == ()
    assert work.autocharge.events() == []
    wet = work.do(file)
    assert work.told(wet.import_id) == work.told(dry.import_id)
    assert wet.counts == dry.counts
    with pytest.raises(ServiceError) as refused:
        work.undo(PROVIDER, dry.import_id)
    assert refused.value.code == "import_was_dry"


def test_doing_it_again_changes_nothing(work: Imports) -> None:
    file = csv_file(*with_contracts(work, 5))
    work.do(file)
    again = work.do(file)
    assert again.counts == Counts(unchanged=5)
    assert len(work.autocharge.list(PROVIDER).enrolments) == 5


def test_duplicates_in_a_file_name_the_first_line(work: Imports) -> None:
    rows = with_contracts(work, BATCH)
    file = csv_file(("mac", MAC_SPELLINGS[0], EMAID), *rows, ("mac", MAC_SPELLINGS[4], EMAID))
    found = work.do(file)
    last = work.lines(found.import_id)[-1]
    assert (last.line, last.code) == (BATCH + 3, "duplicate_line")
    assert "line 2 " in (last.detail or "")


def test_nobody_takes_over_a_vehicle_by_a_file(work: Imports) -> None:
    """Not even an administrator's file, whose lines may name any provider."""
    mac = MAC_SPELLINGS[0]
    work.autocharge.enrol(STRANGER, OTHER_EMAID, Mac.parse(mac))
    for who in (PROVIDER, ADMIN):
        found = work.do(csv_file(("mac", mac, EMAID)), who)
        assert work.told(found.import_id) == [(2, "identifier_enrolled")]
    ours, theirs = (work.lines(found.import_id)[0], EMAID)
    assert theirs not in (ours.detail or "")
    assert emaid_of(work, mac) == "DEXYZC12345678"
    two = csv_file(("mac", mac_of(1), EMAID), ("mac", mac_of(1), OTHER_EMAID))
    assert work.told(work.do(two, ADMIN).import_id) == [(2, "added"), (3, "identifier_enrolled")]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_file_of_made_up_vehicles_tells_of_few_that_they_are_enrolled(
    autocharge: Autocharge, dry_run: bool
) -> None:
    """Past a day's budget a line is refused alike, whether its vehicle is anybody's or not."""
    work = Imports(autocharge, replace(load_claim_policy(), owned_a_day=2))
    rows = with_contracts(work, BATCH + 4)
    for row in (*rows[:3], rows[-1]):
        autocharge.enrol(STRANGER, OTHER_EMAID, Mac.parse(row[1]))
    refused = work.told(work.do(csv_file(*rows), dry_run=dry_run).import_id)
    assert [code for _, code in refused[:2]] == ["identifier_enrolled"] * 2
    assert {code for _, code in refused[2:]} == {"too_many_claims"}
    assert len(refused) == len(rows)
    by_admin = work.told(work.do(csv_file(*rows), ADMIN, dry_run=True).import_id)
    assert [code for _, code in by_admin].count("identifier_enrolled") == 4


HEADER = "type,value,emaid,precedence,note"


def test_several_contracts_of_one_provider_say_so_by_precedence(work: Imports) -> None:
    rows = with_contracts(work, 4)
    mac = mac_of(77)
    lines = [("mac", mac, emaid, n, "") for (_, _, emaid), n in zip(rows, "2125", strict=True)]
    found = work.do(csv_file(*lines, ("mac", mac, EMAID, "", "mine"), header=HEADER))
    assert work.told(found.import_id) == [
        (2, "added"),
        (3, "added"),
        (4, "precedence_taken"),
        (5, "added"),
        (6, "identifier_enrolled"),
    ]
    assert emaid_of(work, mac) == rows[1][2]


def test_an_imported_contract_overtakes_no_other_providers(work: Imports) -> None:
    mac = Mac.parse(mac_of(5))
    ours, ours_too = (emaid for _, _, emaid in with_contracts(work, 2))
    work.do(csv_file(("mac", mac.key, ours, "1", ""), header=HEADER))
    _share(work, mac, OTHER_EMAID, precedence=5)
    late = work.do(csv_file(("mac", mac.key, ours_too, "4", ""), header=HEADER))
    assert work.told(late.import_id) == [(2, "would_overtake")]
    last = work.do(csv_file(("mac", mac.key, ours_too, "6", ""), header=HEADER))
    assert work.told(last.import_id) == [(2, "added")]


def _share(work: Imports, mac: Mac, emaid: str, precedence: int) -> None:
    """Put another provider's contract beside the vehicle's, as a shared vehicle has it."""
    from autocharge.store.tables import enrolments

    work.autocharge.enrol(STRANGER, emaid, Mac.parse(mac_of(6)))
    digest = work.autocharge.vault.digests(mac)[0]
    with work.autocharge.database.write() as connection:
        connection.execute(
            sa.update(enrolments)
            .where(enrolments.c.provider_id == "DEXYZ")
            .values(digest=digest, precedence=precedence)
        )
        connection.commit()


def test_an_undo_removes_what_was_added_and_leaves_what_changed(work: Imports) -> None:
    rows = with_contracts(work, 6)
    before = work.autocharge.enrol(PROVIDER, rows[0][2], Mac.parse(rows[0][1]))
    found = work.do(csv_file(*rows))
    by_emaid = {
        one.enrolment.emaid.key: one.enrolment.enrolment_id
        for one in work.autocharge.list(PROVIDER).enrolments
    }
    suspended, resumed, removed = (by_emaid[rows[n][2]] for n in (1, 2, 3))
    work.autocharge.set_state(PROVIDER, suspended, EnrolmentStatus.SUSPENDED)
    for status in (EnrolmentStatus.SUSPENDED, EnrolmentStatus.ACTIVE):
        work.autocharge.set_state(PROVIDER, resumed, status)
    work.autocharge.remove(PROVIDER, removed)
    undone = work.undone(found.import_id)
    assert (undone.state, undone.counts.removed, undone.counts.left) == (ImportState.UNDONE, 2, 3)
    assert [
        (line.line, line.undo_code or line.undo_outcome) for line in work.lines(found.import_id)
    ] == [
        (2, None),
        (3, "changed_since"),
        (4, "changed_since"),
        (5, "removed_since"),
        (6, UndoOutcome.REMOVED),
        (7, UndoOutcome.REMOVED),
    ]
    left = {one.enrolment.enrolment_id for one in work.autocharge.list(PROVIDER).enrolments}
    assert left == {before.enrolment_id, suspended, resumed}
    page = work.autocharge.history(PROVIDER, by_emaid[rows[5][2]])
    assert [entry.reason for entry in page.entries] == [Reason.IMPORT, Reason.IMPORT_UNDONE]
    assert work.undone(found.import_id) == undone  # again changes nothing
    assert isinstance(work.autocharge.resolve(Mac.parse(rows[5][1])), Unknown)


def test_an_undo_stops_an_import_that_is_being_read(work: Imports) -> None:
    begun = work.begin(csv_file(*with_contracts(work, 3 * BATCH)))
    batches = work.run(begun.import_id)
    assert next(batches).counts.added == BATCH
    work.undo(PROVIDER, begun.import_id)
    assert list(batches) == []  # the rest is nobody's
    ended = work.finish(begun.import_id)
    assert (ended.state, ended.counts) == (ImportState.UNDONE, Counts(added=BATCH, removed=BATCH))
    assert work.autocharge.list(PROVIDER).enrolments == ()


def test_who_stops_halfway_leaves_whole_batches_for_others(work: Imports) -> None:
    begun = work.begin(csv_file(*with_contracts(work, 2 * BATCH + 1)))
    batches = work.run(begun.import_id)
    next(batches)
    assert list(work.run(begun.import_id)) == []  # it is claimed
    batches.close()
    assert table_rows(work, import_lines) == BATCH
    ended = work.finish(begun.import_id)
    assert ended.counts == Counts(added=2 * BATCH + 1)
    told = [line for line, _ in work.told(begun.import_id)]
    assert told == list(range(2, 2 * BATCH + 3))


def test_two_processes_that_take_an_import_for_theirs_do_not_both_store(work: Imports) -> None:
    """The first one's lease runs out while it is at a batch; the second goes on."""
    begun = work.begin(csv_file(*with_contracts(work, 2 * BATCH)))
    slow = work.run(begun.import_id)
    next(slow)
    work.autocharge.now += LEASE
    ended = work.finish(begun.import_id)
    assert list(slow) == []
    assert ended.counts == Counts(added=2 * BATCH)
    assert len(work.told(begun.import_id)) == 2 * BATCH


def test_imports_of_the_same_vehicles_at_once_add_each_once(work: Imports) -> None:
    rows = with_contracts(work, 200)
    files = [csv_file(*rows), csv_file(*reversed(rows)), csv_file(*rows[50:])]
    begun = [work.begin(file).import_id for file in files]
    outcomes = at_once([partial(work.finish, which) for which in begun])
    assert not any(isinstance(one, Exception) for one in outcomes), outcomes
    ended = [work.read.by_id(ADMIN, which) for which in begun]
    assert sum(one.counts.added for one in ended) == len(rows)
    assert all(one.state is ImportState.FINISHED for one in ended)
    for _, mac, emaid in rows:
        assert emaid_of(work, mac) == emaid


def test_a_withdrawn_client_stops_and_another_client_sees_nothing(work: Imports) -> None:
    begun = work.begin(csv_file(*with_contracts(work, 2 * BATCH)))
    batches = work.run(begun.import_id)
    next(batches)
    del work.principals[PROVIDER.client_id]
    *_, stopped = batches
    assert (stopped.state, stopped.reason) == (ImportState.STOPPED, "client_withdrawn")
    assert stopped.counts.added == BATCH
    for ask in (work.read.by_id, work.read.lines, work.undo):
        with pytest.raises(ServiceError) as refused:
            ask(STRANGER, begun.import_id)
        assert refused.value.code == "import_unknown"
    assert work.read(STRANGER).imports == ()
    assert work.read(AUDITOR).imports == (stopped,)
    assert work.undone(begun.import_id, ADMIN).counts.removed == BATCH


def test_rights_that_were_taken_meanwhile_are_not_used(work: Imports) -> None:
    begun = work.begin(csv_file(*with_contracts(work, BATCH + 1)))
    batches = work.run(begun.import_id)
    next(batches)
    work.principals[PROVIDER.client_id] = replace(PROVIDER, provider_ids=frozenset({"DEXXX"}))
    *_, ended = batches
    assert ended.counts == Counts(added=BATCH, refused=1)
    undone = work.undone(begun.import_id)
    assert undone.counts.left == BATCH
    assert work.lines(begun.import_id)[0].undo_code == "not_your_provider"


def test_only_providers_and_administrators_import(work: Imports) -> None:
    for who in (OPERATOR, AUDITOR):
        with pytest.raises(ServiceError) as refused:
            work.begin(csv_file(), who)
        assert refused.value.code == "role_required"


def test_each_owner_is_told_of_its_own_vehicles_alone(work: Imports) -> None:
    found = work.do(csv_file(("mac", mac_of(1), EMAID), ("mac", mac_of(2), OTHER_EMAID)), ADMIN)
    work.undone(found.import_id, ADMIN)
    with work.autocharge.database.read() as connection:
        events = connection.execute(
            sa.select(outbox.c.type, outbox.c.owners, outbox.c.subject, outbox.c.personal)
        ).all()
    subject = {"import_id": found.import_id, "enrolments": "1"}
    assert sorted((one.type, *one.owners) for one in events) == sorted(
        (f"autocharge.{what}", owner)
        for what in ("import_progressed", "imported", "import_progressed", "import_undone")
        for owner in ("DEABC", "DEXYZ")
    )
    assert all((one.subject, one.personal) == (subject, None) for one in events)
