"""No station remembers an acceptance longer than everything that it rests on."""

from dataclasses import replace
from datetime import datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from authorization.api.answer_table import load_answer_table
from authorization.api.ocpp import id_tag_info, id_token_info
from authorization.model.decision import Decision, decide
from authorization.model.evidence import ChainEvidence
from authorization.model.outcome import Outcome
from authorization.model.restrictions import Hours, Restrictions
from tests.authorization.fakes import CONTRACT, EMAID, NOW, VALID
from tests.authorization.model.places import attempt, evse

TABLE = load_answer_table()
EVERY_DAY = frozenset(range(1, 8))

ends = st.none() | st.timedeltas(timedelta(seconds=1), timedelta(minutes=10)).map(
    lambda more: NOW + more
)


def hints(decision: Decision) -> tuple[datetime, datetime]:
    """What OCPP 2.x and 1.6 are told."""
    new = id_token_info(TABLE, decision.outcome, decision)["cacheExpiryDateTime"]
    old = id_tag_info(TABLE, decision.outcome, decision)["expiryDate"]
    return new, old


@given(ends, ends, st.none() | st.integers(1, 10))
def test_a_hint_ends_with_the_first_that_ends(
    certificate: datetime | None, contract: datetime | None, minutes_open: int | None
) -> None:
    restrictions = Restrictions()
    if minutes_open is not None:
        hours = Hours(EVERY_DAY, time(0), time(0, minutes_open))
        restrictions = Restrictions(hours=(hours,))
    limits = restrictions(attempt(evse(1, site=None)))
    decision = decide(
        ChainEvidence(EMAID, replace(VALID, valid_until=certificate)),
        replace(CONTRACT, valid_until=contract),
        now=NOW,
        reference="r",
        limits=limits,
    )
    assert decision.outcome is Outcome.ACCEPTED
    closing = None if minutes_open is None else NOW + timedelta(minutes=minutes_open)
    bounds = [end for end in (certificate, contract, closing) if end is not None]
    earliest = min((*bounds, NOW + TABLE.station_cache))
    assert hints(decision) == (earliest, earliest)
