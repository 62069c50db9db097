"""Time-ordered ids: UUIDs of version 7, each once, in the order of their moments."""

import threading
import uuid

from hypothesis import given
from hypothesis import strategies as st

from foundation.time_ordered import TimeOrderedIds


@given(
    milliseconds=st.integers(0, 2**48 - 1),
    rest=st.integers(0, 999_999),
    bits=st.binary(min_size=8, max_size=8),
)
def test_an_id_is_version_7_and_begins_with_its_moment(
    milliseconds: int, rest: int, bits: bytes
) -> None:
    nanoseconds = milliseconds * 1_000_000 + rest
    made = TimeOrderedIds(lambda: nanoseconds, lambda count: bits * (count // 8))
    parsed = uuid.UUID(made())
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert parsed.int >> 80 == milliseconds
    assert parsed.int >> 64 & 0xFFF == rest * 4096 // 1_000_000
    assert parsed.int & (1 << 62) - 1 == int.from_bytes(bits) & (1 << 62) - 1


def test_later_ids_sort_behind() -> None:
    moments = iter(range(1, 100))
    made = TimeOrderedIds(lambda: next(moments) * 250)
    ids = [made() for _ in range(99)]
    assert ids == sorted(ids)


def test_what_one_thread_makes_by_the_clock_sorts_in_its_order() -> None:
    made = TimeOrderedIds()
    ids = [made() for _ in range(2000)]  # a few of a millisecond each
    assert ids == sorted(ids)


def test_a_forked_process_draws_its_own_bits() -> None:
    process, drawn = [1], iter(range(256))
    ids = TimeOrderedIds(lambda: 0, lambda count: bytes([next(drawn)]) * count, lambda: process[0])
    first, of_the_parent = ids(), ids()
    process[0] = 2  # as a fork leaves it: the same object, the same stock
    assert first == of_the_parent
    assert ids() != of_the_parent


def test_no_id_comes_twice_among_threads() -> None:
    ids, made = TimeOrderedIds(lambda: 0), set[str]()

    def ask() -> None:
        made.update([ids() for _ in range(1000)])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8000
