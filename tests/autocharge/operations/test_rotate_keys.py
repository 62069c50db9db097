"""Peppers and sealing keys follow one another while everything goes on."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from autocharge.model.enrolment import Identifier, parse_identifier
from autocharge.model.resolution import Resolved
from autocharge.model.vault_key import KeyPurpose, RotationPhase, RotationProgress
from autocharge.operations.rotate_keys import AdvanceRotation, BeginRotation
from autocharge.store.digest_tables import digest_tables
from autocharge.store.identifier_vault import open_vault, sealing_key_id
from autocharge.store.rotation import SqlVaultRotation
from autocharge.store.tables import enrolments
from foundation.errors import ServiceError
from foundation.identifiers import Mac
from tests.autocharge.assembly import (
    ADMIN,
    EMAID,
    EVCCID20_SPELLINGS,
    MAC_SPELLINGS,
    OTHER_EMAID,
    PROVIDER,
    SEALER,
    STRANGER,
    VIN_SPELLINGS,
    Autocharge,
)
from tests.autocharge.rotation_process import vehicle
from tests.databases import OUTBOX

MAC = Mac.parse(MAC_SPELLINGS[0])
EVERY_KIND: tuple[Identifier, ...] = (
    MAC,
    parse_identifier("evccid", EVCCID20_SPELLINGS[0]),
    parse_identifier("vin", VIN_SPELLINGS[1]),
)
PEPPER, SEALING = KeyPurpose.PEPPER, KeyPurpose.SEALING
IDLE, ANNOUNCED, SETTLING, RENEWING, BLOCKED, DONE = RotationPhase


class Rotation:
    """One process that rotates, whose time the test moves on."""

    def __init__(self, autocharge: Autocharge, *, batch: int = 2) -> None:
        self.seconds = 0.0
        self.autocharge = autocharge
        self.store = SqlVaultRotation(
            autocharge.database, autocharge.vault, SEALER, OUTBOX, autocharge.clock
        )
        self.begin = BeginRotation(self.store, autocharge.clock)
        self.advance = AdvanceRotation(
            self.store, autocharge.clock, lambda: self.seconds, batch=batch
        )

    def step(self, seconds: float = 2.5) -> RotationPhase:
        self.seconds += seconds
        return self.advance(0.0).phase

    def finish(self) -> RotationProgress:
        progress = self.advance(1e9)
        while progress.phase not in {IDLE, BLOCKED, DONE}:
            self.seconds += 2.5
            progress = self.advance(1e9)
        return progress

    def key_ids(self, purpose: KeyPurpose) -> list[str]:
        return [key.key_id for key in self.store.standing() if key.purpose is purpose]


@pytest.fixture
def rotation(autocharge: Autocharge) -> Rotation:
    return Rotation(autocharge)


def stored(autocharge: Autocharge) -> list[tuple[bytes, str, bytes]]:
    with autocharge.database.read() as connection:
        rows = connection.execute(
            sa.select(enrolments.c.digest, enrolments.c.key_id, enrolments.c.sealed).order_by(
                enrolments.c.enrolment_id
            )
        )
        return [(row.digest, row.key_id, row.sealed) for row in rows]


def enrol_every_kind(autocharge: Autocharge) -> None:
    for identifier in EVERY_KIND:
        autocharge.enrol(PROVIDER, EMAID, identifier)


def all_resolve(autocharge: Autocharge) -> bool:
    return all(isinstance(autocharge.resolve(one), Resolved) for one in EVERY_KIND)


def test_a_new_pepper_hashes_every_record_and_the_old_one_is_destroyed(
    autocharge: Autocharge, rotation: Rotation
) -> None:
    enrol_every_kind(autocharge)
    before = stored(autocharge)
    key_id, begun = rotation.begin(ADMIN, PEPPER)
    assert begun
    assert rotation.step() is ANNOUNCED  # first seen now: known for no time yet
    assert stored(autocharge) == before
    assert rotation.step(1.9) is ANNOUNCED
    assert rotation.step(0.2) is SETTLING
    assert rotation.step(0.0) is SETTLING
    assert rotation.step() is RENEWING
    assert all_resolve(autocharge)
    progress = rotation.finish()
    assert progress == RotationProgress(DONE, seen=3, renewed=3)
    assert rotation.key_ids(PEPPER) == [key_id]
    after = stored(autocharge)
    assert {row[1] for row in after} == {key_id}
    assert not {row[0] for row in before} & {row[0] for row in after}
    assert all_resolve(autocharge)
    assert rotation.step() is IDLE
    assert sorted(autocharge.events())[-3:] == [
        "autocharge.key_rotated",
        "autocharge.key_rotation_started",
        "autocharge.keys_destroyed",
    ]


def test_a_new_key_seals_every_record_and_leaves_the_digests(
    autocharge: Autocharge, rotation: Rotation
) -> None:
    enrol_every_kind(autocharge)
    before = stored(autocharge)
    key_id, _ = rotation.begin(ADMIN, SEALING)
    assert rotation.finish().renewed == 3
    after = stored(autocharge)
    assert [row[:2] for row in after] == [row[:2] for row in before]
    assert {sealing_key_id(row[2]) for row in after} == {key_id}
    assert rotation.key_ids(SEALING) == [key_id]
    masked = {listed.masked_identifier for listed in autocharge.list(PROVIDER).enrolments}
    assert masked == {"…" + one.key[-4:] for one in EVERY_KIND}


def test_what_was_sealed_under_the_installations_key_is_read_and_sealed_anew(
    autocharge: Autocharge, rotation: Rotation
) -> None:
    enrolment_id = autocharge.enrol(PROVIDER, EMAID, MAC).enrolment_id
    old = SEALER.seal(MAC.raw.encode(), f"autocharge.enrolment:{enrolment_id}")
    with autocharge.database.write() as connection:
        connection.execute(sa.update(enrolments).values(sealed=old))
        connection.commit()
    assert autocharge.list(PROVIDER).enrolments[0].masked_identifier == "…BE31"
    rotation.begin(ADMIN, SEALING)
    assert rotation.finish().renewed == 1
    assert sealing_key_id(stored(autocharge)[0][2]) == rotation.key_ids(SEALING)[0]
    assert autocharge.list(PROVIDER).enrolments[0].masked_identifier == "…BE31"


def test_both_keys_may_be_replaced_at_once(autocharge: Autocharge, rotation: Rotation) -> None:
    enrol_every_kind(autocharge)
    rotation.begin(ADMIN, PEPPER)
    rotation.step()
    rotation.begin(ADMIN, SEALING)
    assert rotation.finish().phase is DONE
    assert rotation.step() is IDLE
    assert [len(rotation.key_ids(purpose)) for purpose in (PEPPER, SEALING)] == [1, 1]
    assert all_resolve(autocharge)


def test_a_rotation_that_runs_is_gone_on_with(autocharge: Autocharge, rotation: Rotation) -> None:
    first, _ = rotation.begin(ADMIN, PEPPER)
    other = Rotation(autocharge)
    assert other.begin(ADMIN, PEPPER) == (first, False)
    for _ in range(3):
        other.step()
    assert other.begin(ADMIN, PEPPER) == (first, False)
    assert other.finish().phase in {DONE, IDLE}
    assert other.begin(ADMIN, PEPPER)[0] != first


def test_of_those_who_begin_at_once_one_does(autocharge: Autocharge) -> None:
    begun: list[tuple[str, bool]] = []

    def begin() -> None:
        begun.append(Rotation(autocharge).begin(ADMIN, PEPPER))

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({key_id for key_id, _ in begun}) == 1
    assert [new for _, new in begun].count(True) == 1


def test_only_administrators_rotate_and_pseudonyms_stay(rotation: Rotation) -> None:
    with pytest.raises(ServiceError) as refused:
        rotation.begin(PROVIDER, PEPPER)
    assert refused.value.code == "role_required"
    with pytest.raises(ServiceError) as refused:
        rotation.begin(ADMIN, KeyPurpose.PSEUDONYM)
    assert refused.value.code == "key_not_rotated"


def test_who_knows_the_new_key_finds_what_is_written_with_it(
    autocharge: Autocharge, rotation: Rotation
) -> None:
    """Announced before it is used: a process half a second behind knows it by then."""
    rotation.begin(ADMIN, PEPPER)
    behind = open_vault(autocharge.database, SEALER, autocharge.clock)  # as of the announcement
    assert len(behind.digests(MAC)) == 2
    while rotation.step() is ANNOUNCED:
        pass
    autocharge.enrol(PROVIDER, EMAID, MAC)
    [(digest, key_id, _)] = stored(autocharge)
    assert key_id == rotation.key_ids(PEPPER)[1]
    assert behind.digests(MAC)[1] == digest


def test_a_claim_under_the_old_pepper_stands_in_the_way_of_one_under_the_new(
    autocharge: Autocharge, rotation: Rotation
) -> None:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    rotation.begin(ADMIN, PEPPER)
    for _ in range(3):
        with pytest.raises(ServiceError) as refused:
            autocharge.enrol(STRANGER, OTHER_EMAID, MAC)
        assert refused.value.code == "identifier_enrolled"
        rotation.step()
    assert len(stored(autocharge)) == 1


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_no_key_comes_into_use_while_somebody_writes_with_the_old_one(
    autocharge: Autocharge, rotation: Rotation
) -> None:
    """SQLite has one writer: there nobody can."""
    with autocharge.database.write() as writer:
        writing = autocharge.vault.writing(writer)
        assert writing.stamp(MAC).key_id == "1"
        rotation.begin(ADMIN, PEPPER)
        assert [rotation.step() for _ in range(3)] == [ANNOUNCED] * 3
        writer.commit()
    assert rotation.step() is SETTLING


def test_a_record_that_cannot_be_read_keeps_the_old_key(
    autocharge: Autocharge, rotation: Rotation
) -> None:
    enrol_every_kind(autocharge)
    with autocharge.database.write() as connection:
        connection.execute(
            sa.update(enrolments)
            .where(enrolments.c.kind == "mac")
            .values(sealed=enrolments.c.digest)
        )
        connection.commit()
    rotation.begin(ADMIN, PEPPER)
    assert rotation.finish() == RotationProgress(BLOCKED, seen=3, renewed=2, left=1)
    assert all_resolve(autocharge)
    assert len(rotation.key_ids(PEPPER)) == 2
    autocharge.erase(PROVIDER, MAC)
    assert rotation.finish().phase is DONE
    assert len(rotation.key_ids(PEPPER)) == 1


def test_a_destroyed_key_stays_in_no_memory(autocharge: Autocharge, rotation: Rotation) -> None:
    ring = autocharge.vault._ring
    ring.keys(0)
    known = set(ring._opened)
    rotation.begin(ADMIN, PEPPER)
    assert rotation.finish().phase is DONE
    ring.keys(0)
    assert len(ring._opened) == len(known)
    assert not {one for one in known if one[0] == PEPPER} & set(ring._opened)


def test_a_pass_looks_at_every_registered_table(autocharge: Autocharge, rotation: Rotation) -> None:
    position, visited = None, []
    while True:
        batch = rotation.store.renew(position, 5)
        if batch.next is None:
            break
        position = batch.next
        visited.append(position.table)
    assert set(visited) | {next(iter(digest_tables()))} == set(digest_tables())


@contextmanager
def process(role: str, autocharge: Autocharge, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    url = autocharge.database.url.render_as_string(hide_password=False)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.autocharge.rotation_process", role, url, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def line(of: subprocess.Popen[str]) -> str:
    assert of.stdout is not None
    return of.stdout.readline().strip()


def test_others_miss_nothing_while_rotations_are_killed(autocharge: Autocharge) -> None:
    """Two processes that only serve, and one that rotates and is killed in each of its phases."""
    count = 60
    for number in range(count):
        autocharge.enrol(PROVIDER, EMAID, vehicle(number))
    with (
        process("read", autocharge, str(count)) as reader,
        process("claim", autocharge, "250", EMAID) as claimant,
        process("claim", autocharge, "250", OTHER_EMAID) as rival,
    ):
        assert {line(one) for one in (reader, claimant, rival)} == {"ready"}
        for phase in ("settling", "renewing", "done", "renewing"):
            with process("rotate", autocharge, "0") as rotating:
                while not line(rotating).endswith(phase):
                    pass
                rotating.send_signal(signal.SIGKILL)
        won = int(line(claimant)) + int(line(rival))
        output, _ = reader.communicate("")
        rounds, missed = output.split()
    assert int(rounds) > 1
    assert missed == "0"
    assert won == 250  # of two who claim a vehicle, under whichever pepper, one got it
    assert Rotation(autocharge, batch=500).finish().phase in {DONE, IDLE}
    final = Rotation(autocharge)
    assert [len(final.key_ids(purpose)) for purpose in (PEPPER, SEALING)] == [1, 1]
    rows = stored(autocharge)
    assert len(rows) == count + 250
    assert {row[1] for row in rows} == set(final.key_ids(PEPPER))
    assert {sealing_key_id(row[2]) for row in rows} == set(final.key_ids(SEALING))
    for number in range(count):
        assert isinstance(autocharge.resolve(vehicle(number)), Resolved)
