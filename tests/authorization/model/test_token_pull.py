"""However a pull is interrupted, nothing that changed since the last whole one is left out."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from authorization.model.foreign_token import FURTHEST_AHEAD
from authorization.model.token_pull import TokenPull, pull_for
from tests.authorization.fakes import NOW

STEPS = st.lists(st.sampled_from(["page", "last", "failed", "gone"]), max_size=30)


@given(STEPS)
def test_what_was_read_before_never_lies_after_the_beginning_of_a_whole_pull(
    steps: list[str],
) -> None:
    pull = TokenPull("peer", NOW, due_at=NOW)
    now, whole = NOW, None
    for step in steps:
        now += timedelta(hours=1)
        pull = pull.started(now)
        assert pull.began is not None
        if step == "page":
            pull = pull.after_page(1, 0, "https://peer.example/?offset=1")
        elif step == "last":
            whole = pull.began
            pull = pull.after_page(1, 0, None)
            assert pull.began is None
        else:
            pull = pull.failed(now, page_gone=step == "gone")
            assert pull.due_at > now
        assert pull.since == (None if whole is None else whole - FURTHEST_AHEAD)


def test_a_pull_belongs_to_its_handshake() -> None:
    pull = TokenPull("peer", NOW, due_at=NOW, since=NOW)
    assert pull_for(pull, "peer", NOW) is pull
    later = NOW + timedelta(seconds=1)
    assert pull_for(pull, "peer", later) == TokenPull("peer", later, due_at=later)
