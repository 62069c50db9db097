"""What is remembered for a fraction of a second, and never longer."""

from collections.abc import Callable

from foundation.short_cache import LIFETIME_SECONDS, ShortCache


class Source:
    """Says how often it was asked; `while_loading` happens in between."""

    def __init__(self) -> None:
        self.asked = 0
        self.time = 100.0
        self.while_loading: Callable[[], object] = lambda: None

    def load(self, key: str) -> str:
        self.asked += 1
        answer = f"{key}{self.asked}"
        self.while_loading()
        return answer

    def monotonic(self) -> float:
        return self.time


def cache_of(source: Source, capacity: int = 4) -> ShortCache[str, str]:
    return ShortCache(source.load, capacity=capacity, monotonic=source.monotonic)


def test_a_value_is_loaded_again_when_its_life_is_over() -> None:
    source = Source()
    cache = cache_of(source)
    assert cache.get("a") == "a1"
    source.time += LIFETIME_SECONDS - 0.01
    assert cache.get("a") == "a1"
    source.time += 0.01
    assert cache.get("a") == "a2"


def test_a_life_is_half_of_the_second_within_which_a_withdrawal_counts() -> None:
    assert LIFETIME_SECONDS <= 0.5


def test_a_slow_load_does_not_lengthen_a_life() -> None:
    source = Source()
    cache = cache_of(source)

    def take_long() -> None:
        source.time += 10

    source.while_loading = take_long
    assert cache.get("a") == "a1"
    assert cache.get("a") == "a2"


def test_a_failure_is_not_remembered() -> None:
    source = Source()
    failures = [OSError("away")]

    def load(key: str) -> str:
        if failures:
            raise failures.pop()
        return source.load(key)

    cache = ShortCache(load, monotonic=source.monotonic)
    try:
        cache.get("a")
    except OSError:
        assert cache.get("a") == "a1"
    else:
        raise AssertionError("the failure was swallowed")


def test_it_is_bounded() -> None:
    source = Source()
    cache = cache_of(source, capacity=2)
    for key in ("a", "b", "c"):
        cache.get(key)
    assert source.asked == 3
    cache.get("c")
    assert source.asked == 3
    cache.get("a")
    assert source.asked == 4
