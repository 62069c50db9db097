"""Asking once for many: threads of a process, processes, what hangs, what is renewed and kept."""

import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.database import Database
from foundation.errors import ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole, Principal
from pki.model.foreign_evidence import (
    EvidenceKey,
    EvidenceKind,
    Failure,
    FetchPolicy,
    KeptEvidence,
    Statement,
    issuer_key,
    parse_fetch_policy,
)
from pki.model.roles import CertificateStatus
from pki.operations.list_evidence import ListEvidence, RefreshEvidence
from pki.operations.renew_evidence import ForgetEvidence, RenewEvidence
from pki.profiles.fetch_policy import SHIPPED, load_fetch_policy
from pki.store.foreign_evidence import SqlForeignEvidence
from tests.pki.validation.authorities import AT, contract
from tests.pki.validation.foreign_world import (
    HOSTS,
    HOUR,
    ISSUER,
    LEAF,
    OCSP,
    POLICY,
    H,
    Wire,
    good,
    parsed,
    revoked,
)
from tests.pki.validation.responder import answer

KEY = EvidenceKey(EvidenceKind.OCSP, issuer_key(ISSUER), f"{LEAF.serial_number:X}")
NEW = KeptEvidence(KEY, OCSP, ISSUER.der, AT)


@pytest.fixture
def store(database: Database) -> SqlForeignEvidence:
    return SqlForeignEvidence(database)


def test_of_many_threads_and_processes_one_asks(store: SqlForeignEvidence) -> None:
    wire = Wire({OCSP: good()})
    wire.slow = lambda: time.sleep(0.3)
    processes = [wire.source(store) for _ in range(2)]  # each with flights of its own
    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(lambda n: processes[n % 2].status(LEAF, ISSUER, AT), range(8)))
    assert [one.status if one else None for one in told] == [CertificateStatus.GOOD] * 8
    assert len(wire.sent) == 1


def test_a_process_that_died_while_asking_is_waited_for_no_longer_than_its_claim(
    store: SqlForeignEvidence,
) -> None:
    assert store.claim(NEW, AT, AT + dt.timedelta(seconds=6))
    wire = Wire({OCSP: good()})
    fetch = replace(wire.fetching(store), sleep=lambda _seconds: None)
    assert fetch(NEW, ISSUER).statement is None
    assert wire.sent == []
    wire.now += dt.timedelta(seconds=6)
    assert fetch(NEW, ISSUER).statement is not None


def test_responders_that_hang_hold_up_a_bounded_number_of_threads(
    store: SqlForeignEvidence,
) -> None:
    hanging, go = threading.Semaphore(0), threading.Event()
    wire = Wire({})

    def hang() -> None:
        hanging.release()
        go.wait(30)

    wire.slow = hang
    fetch = wire.fetching(store, replace(POLICY, at_once=2))
    wanted = [replace(NEW, key=replace(KEY, serial=f"{number:X}")) for number in range(1, 4)]
    with ThreadPoolExecutor(3) as threads:
        open_questions = [threads.submit(fetch, one, ISSUER) for one in wanted[:2]]
        for _ in open_questions:
            assert hanging.acquire(timeout=30)
        assert fetch(wanted[2], ISSUER) == wanted[2]  # at once, as if nobody had been there
        go.set()
        assert [one.result(30).failure for one in open_questions] == [Failure.SILENT] * 2
    assert len(wire.sent) == 2


def test_two_that_begin_to_keep_the_same_do_not_collide(store: SqlForeignEvidence) -> None:
    barrier = threading.Barrier(4)

    def claim(_: int) -> bool:
        barrier.wait(30)
        return store.claim(NEW, AT, AT + HOUR)

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(claim, range(4))) == [False, False, False, True]


# in the background


def kept(store: SqlForeignEvidence) -> KeptEvidence:
    found = store.one(KEY)
    assert found is not None
    return found


def test_what_is_in_use_is_renewed_before_it_ends(store: SqlForeignEvidence) -> None:
    wire = Wire({OCSP: good(AT - HOUR, AT + 2 * HOUR)})
    source = wire.source(store)
    assert source.status(LEAF, ISSUER, AT) is not None
    renew = RenewEvidence(HOSTS, store, source.fetch)
    assert kept(store).renew_at == AT + POLICY.refresh
    assert renew(AT + POLICY.refresh - dt.timedelta(seconds=1)) == 0
    wire.now = AT + POLICY.refresh
    wire.answers = {OCSP: good(AT, AT + 4 * HOUR)}
    assert renew(wire.now) == 1
    assert renew(wire.now) == 0
    assert len(wire.sent) == 2
    wire.answers = {}
    wire.now = AT + 4 * HOUR
    assert source.status(LEAF, ISSUER, wire.now) is not None  # no vehicle waited


def test_a_revocation_is_found_in_the_background(store: SqlForeignEvidence) -> None:
    wire = Wire({OCSP: good()})
    source = wire.source(store)
    assert source.status(LEAF, ISSUER, AT) is not None
    wire.now = AT + HOUR * 3 / 4
    wire.answers = {OCSP: revoked(wire.now, wire.now + HOUR)}
    assert RenewEvidence(HOSTS, store, source.fetch)(wire.now) == 1
    evidence = source.status(LEAF, ISSUER, wire.now)
    assert evidence is not None
    assert evidence.status is CertificateStatus.REVOKED
    assert kept(store).renew_at is None  # for good


def test_who_failed_rests_and_what_nobody_uses_is_left_alone(store: SqlForeignEvidence) -> None:
    wire = Wire({OCSP: good()})
    source = wire.source(store)
    source.status(LEAF, ISSUER, AT)
    renew = RenewEvidence(HOSTS, store, source.fetch)
    wire.answers, wire.now = {}, AT + HOUR * 3 / 4
    assert renew(wire.now) == 1
    assert renew(wire.now) == 0
    wire.now += POLICY.rest
    assert renew(wire.now) == 1
    assert replace(renew, hosts=frozenset())(wire.now + POLICY.rest) == 0  # not allowed any more
    assert renew(AT + POLICY.in_use + HOUR) == 0


def test_documents_stay_as_long_as_decisions_that_rest_on_them(store: SqlForeignEvidence) -> None:
    wire = Wire({OCSP: good()})
    source = wire.source(store)
    first = source.status(LEAF, ISSUER, AT)
    wire.now, wire.answers = AT + HOUR / 2, {OCSP: good(AT, AT + 2 * HOUR)}
    source.fetch(kept(store), ISSUER)
    second = source.status(LEAF, ISSUER, wire.now)
    assert first is not None
    assert second is not None
    both = {first.digest or "", second.digest or ""}
    assert store.kept(both) == both
    oldest = AT
    forget = ForgetEvidence(store, source.fetch, lambda: oldest)
    replaced = AT + HOUR
    assert forget(replaced) == 0  # the first is marked: something newer has taken its place
    late = AT + POLICY.kept + 2 * HOUR
    assert forget(late) == 1  # nobody used it any more
    assert store.kept(both) == both
    oldest = late + POLICY.kept  # decisions from before then are gone
    assert forget(late + POLICY.kept - HOUR) == 1
    assert store.kept(both) == {second.digest}
    assert forget(late + POLICY.kept + HOUR) == 1
    assert store.kept(both) == frozenset()


def test_one_document_about_two_certificates_stays_while_either_needs_it(
    store: SqlForeignEvidence,
) -> None:
    statement = Statement(CertificateStatus.GOOD, "d" * 64, AT, AT + HOUR, b"0")
    other = replace(NEW, key=replace(KEY, serial="1"))
    for one in (NEW, other):
        assert store.claim(one, AT, AT + HOUR)
        store.settle(one.key, lambda known: known.after_answer(statement, AT, POLICY), AT)
    newer = replace(statement, digest="e" * 64, since=AT + HOUR / 2)
    ever = AT + 9 * HOUR
    store.settle(KEY, lambda known: known.after_answer(newer, AT, POLICY), AT)
    assert store.forget(AT - HOUR, ever, AT) == 0
    store.settle(other.key, lambda known: known.after_answer(newer, AT, POLICY), AT)
    assert store.forget(AT - HOUR, ever, AT) == 1
    assert store.kept({"d" * 64, "e" * 64}) == {"e" * 64}


# an administrator


def test_an_administrator_sees_and_asks_again_at_once(store: SqlForeignEvidence) -> None:
    wire = Wire({})
    source = wire.source(store)
    source.status(LEAF, ISSUER, AT)
    source.status(parsed(contract(H.sub2)), ISSUER, AT)
    listed = ListEvidence(store)
    assert [one.failure for one in listed(LOCAL_ADMINISTRATOR)] == [Failure.SILENT]
    wire.answers = {OCSP: good()}
    renew = RenewEvidence(HOSTS, store, source.fetch)
    refresh = RefreshEvidence(store, renew)
    (told,) = refresh(LOCAL_ADMINISTRATOR)
    assert (told.failure, told.statement is not None) == (None, True)
    auditor = Principal("a", frozenset({ClientRole.AUDITOR}))
    assert len(listed(auditor)) == 1
    for ask, who in ((refresh, auditor), (listed, Principal("c", frozenset({ClientRole.CPO})))):
        with pytest.raises(ServiceError) as refusal:
            ask(who)
        assert refusal.value.code == "role_required"


# the policy and the rules, pure


RAW = {
    "connect_seconds": 1,
    "total_seconds": 2,
    "list_total_seconds": 5.5,
    "list_bytes": 4096,
    "at_once": 3,
    "rest_seconds": 60,
    "refresh_minutes": 60,
    "in_use_hours": 24,
    "unbounded_minutes": 60,
    "stale_hours": 0,
    "kept_days": 30,
}


def test_a_policy_is_read() -> None:
    policy = parse_fetch_policy(RAW)
    assert (policy.connect, policy.kept) == (dt.timedelta(seconds=1), dt.timedelta(days=30))
    assert (policy.list_bytes, policy.stale) == (4096, dt.timedelta())
    assert load_fetch_policy().total <= dt.timedelta(seconds=5)


@pytest.mark.parametrize(
    "change",
    [
        {"more": 1},
        {"connect_seconds": 0},
        {"connect_seconds": 3},
        {"connect_seconds": True},
        {"connect_seconds": "1"},
        {"connect_seconds": float("nan")},
        {"list_bytes": 4096.5},
        {"list_bytes": 10**9},
        {"at_once": 0},
        {"stale_hours": -1},
        {"stale_hours": 10_000},
    ],
)
def test_nonsense_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_fetch_policy(RAW | change)
    lacking = {name: value for name, value in RAW.items() if name != "kept_days"}
    with pytest.raises(ValueError, match="kept_days"):
        parse_fetch_policy(lacking)


def test_a_file_that_is_no_policy_names_itself() -> None:
    with pytest.raises(ServiceError) as refusal:
        load_fetch_policy(SHIPPED.with_name("tolerance.toml"))
    assert refusal.value.code == "bad_revocation_policy"
    assert "tolerance.toml" in refusal.value.detail


moments = st.integers(-1000, 1000).map(lambda minutes: AT + dt.timedelta(minutes=minutes))
statements = st.builds(
    Statement,
    st.sampled_from(list(CertificateStatus)),
    st.text("abcdef", min_size=64, max_size=64),
    moments,
    moments,
)
steps = st.lists(st.tuples(statements | st.sampled_from(list(Failure)), moments), max_size=8)


@given(steps)
def test_whatever_comes_in_whatever_order_a_revocation_stays_and_time_does_not_go_back(
    came: list[tuple[Statement | Failure, dt.datetime]],
) -> None:
    policy: FetchPolicy = POLICY
    known = NEW
    for one, now in came:
        before = known.statement
        if isinstance(one, Failure):
            known = known.after_failure(one, now)
            assert known.statement == before
            assert known.rests(now, policy)
        else:
            known = known.after_answer(one, now, policy)
        if before is not None:
            assert known.statement is not None
            if before.status is CertificateStatus.REVOKED:
                assert known.statement == before
            else:
                assert known.statement.since >= before.since
        if known.renew_at is not None and known.asked_at is not None:
            assert known.renew_at <= known.asked_at + policy.refresh


@given(statements, moments, st.integers(0, 100))
def test_a_statement_counts_within_its_time_and_stale_ones_a_little_longer(
    statement: Statement, at: dt.datetime, hours: int
) -> None:
    known = replace(NEW, statement=statement)
    stale = dt.timedelta(hours=hours)
    assert known.counts(at) is (statement.since <= at <= statement.until)
    assert known.counts(at, stale) is (statement.since <= at <= statement.until + stale)


def test_a_response_about_another_certificate_is_kept_for_nobody(store: SqlForeignEvidence) -> None:
    other = contract(H.sub2)
    wire = Wire({OCSP: answer(other, H.sub2)})
    wire.source(store).status(LEAF, ISSUER, AT)
    assert store.find(issuer_key(ISSUER), f"{parsed(other).serial_number:X}") == []
