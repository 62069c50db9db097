"""Local authorisation lists: whatever a station holds, it holds the wanted list in the end."""

import json
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization.model.local_list import (
    MAX_VERSION,
    HeldList,
    ListEntry,
    ListLimits,
    ListStatus,
    ListType,
    ListUpdate,
    TokenList,
    after,
    list_from,
    list_json,
    updates,
)
from foundation.errors import Refused
from tests.authorization.fakes import NOW


@dataclass
class Station:
    """A station as OCPP describes it, which knows nothing of how updates are made."""

    limits: ListLimits
    version: int = 0
    tokens: dict[str, ListEntry] = field(default_factory=dict)

    def send(self, update: ListUpdate) -> str:
        assert len(update.entries) + len(update.removed) > 0 or update.kind is ListType.FULL
        assert len(update.entries) + len(update.removed) <= self.limits.per_message
        if update.kind is ListType.FULL:
            assert not update.removed
            self.tokens = dict(update.entries)
        else:
            if update.version <= self.version:
                return "VersionMismatch"
            for key in update.removed:
                del self.tokens[key]
            self.tokens.update(update.entries)
        if len(self.tokens) > self.limits.entries:
            return "Failed"
        self.version = update.version
        return "Accepted"


entries = st.builds(
    ListEntry,
    st.sampled_from(ListStatus),
    st.none() | st.integers(0, 2).map(lambda days: NOW + timedelta(days=days)),
)
lists = st.dictionaries(st.sampled_from("abcdefgh"), entries, max_size=8)
limits = st.builds(ListLimits, st.integers(8, 9), st.integers(1, 9))
versions = st.integers(0, 5) | st.integers(MAX_VERSION - 5, MAX_VERSION)


def made(
    held: HeldList | None, wanted: TokenList, limits: ListLimits, version: int
) -> tuple[ListUpdate, ...]:
    found = updates(held, wanted, limits, version)
    assert not isinstance(found, Refused)
    return found


@given(lists, lists, limits, versions, st.booleans())
def test_the_messages_make_the_wanted_list(
    old: TokenList, wanted: TokenList, limits: ListLimits, version: int, known: bool
) -> None:
    station = Station(limits, version, dict(old))
    held = HeldList(version, old) if known else None
    messages = made(held, wanted, limits, version)
    for message in messages:
        assert 1 <= message.version <= MAX_VERSION
        assert station.send(message) == "Accepted"
        held = after(held, message)
    if known and old == wanted:
        assert messages == ()
    assert station.tokens == wanted
    assert held is not None
    assert (held.version, held.tokens) == (station.version, wanted)
    assert made(held, wanted, limits, held.version) == ()
    assert list_from(json.loads(json.dumps(list_json(held)))) == held


@given(lists, lists, lists, limits, st.integers(0, 5), st.integers(0, 20))
def test_a_lost_or_refused_message_is_made_good_by_a_full_list(
    old: TokenList,
    wanted: TokenList,
    elsewise: TokenList,
    limits: ListLimits,
    version: int,
    lost_at: int,
) -> None:
    station = Station(limits, version, dict(old))
    sent = version
    for number, message in enumerate(made(HeldList(version, old), wanted, limits, version)):
        sent = message.version
        if number == lost_at:
            station.tokens, station.version = dict(elsewise), 3  # somebody else changed it
            break
        station.send(message)
    messages = made(None, wanted, limits, sent)
    assert messages[0].kind is ListType.FULL
    assert [station.send(message) for message in messages] == ["Accepted"] * len(messages)
    assert station.tokens == wanted


def test_few_changes_are_sent_as_such() -> None:
    accepted, blocked = ListEntry(ListStatus.ACCEPTED), ListEntry(ListStatus.BLOCKED)
    held = HeldList(7, {"a": accepted, "b": accepted, "c": accepted})
    wanted = {"a": blocked, "b": accepted, "d": accepted}
    assert made(held, wanted, ListLimits(9, 9), 7) == (
        ListUpdate(8, ListType.DIFFERENTIAL, {"a": blocked, "d": accepted}, ("c",)),
    )
    assert made(held, {}, ListLimits(9, 9), 7) == (ListUpdate(8, ListType.FULL, {}),)
    assert after(None, ListUpdate(8, ListType.DIFFERENTIAL, {})) is None


def test_a_list_that_has_no_room_is_refused() -> None:
    wanted = {name: ListEntry(ListStatus.ACCEPTED) for name in "abc"}
    refused = updates(None, wanted, ListLimits(2, 9))
    assert isinstance(refused, Refused)
    assert refused.code == "local_list_too_large"
    for bad in ((0, 1), (1, 0)):
        with pytest.raises(ValueError, match="one entry"):
            ListLimits(*bad)
