"""Where an imported enrolment goes: never before another provider's, never where one is."""

from hypothesis import given
from hypothesis import strategies as st

from autocharge.model.import_placement import Enrolled, Place, Standing, place
from autocharge.model.precedence import MOST_ENROLMENTS
from foundation.errors import Refused

PROVIDERS = st.sampled_from(["DEABC", "DEXYZ", "NLTNM"])
PRECEDENCES = st.integers(1, 12)
STANDING = st.lists(
    st.builds(Standing, PROVIDERS, PRECEDENCES, st.booleans()),
    max_size=MOST_ENROLMENTS,
    unique_by=lambda one: one.precedence,
)


@given(PROVIDERS, st.none() | PRECEDENCES, STANDING)
def test_a_place_is_free_and_overtakes_nobody(
    provider: str, precedence: int | None, standing: list[Standing]
) -> None:
    found = place(provider, precedence, standing)
    if isinstance(found, Refused):
        assert standing
        return
    assert isinstance(found, Place)
    assert found.precedence == (precedence or 1)
    assert found.precedence not in {one.precedence for one in standing}
    assert len(standing) < MOST_ENROLMENTS
    own = [one for one in standing if one.provider_id == provider]
    assert bool(own) == bool(standing)  # a stranger's vehicle is never joined
    assert precedence is not None or not standing
    others = [one for one in standing if one.provider_id != provider]
    assert all(one.precedence < found.precedence for one in others)
    assert found.switched_off == any(one.switched_off for one in own)


@given(PROVIDERS, st.none() | PRECEDENCES, STANDING)
def test_what_is_there_already_is_left_as_it_is(
    provider: str, precedence: int | None, standing: list[Standing]
) -> None:
    there = Standing(provider, 50, is_wanted=True)
    assert place(provider, precedence, [*standing, there]) == Enrolled()
