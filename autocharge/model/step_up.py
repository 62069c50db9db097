"""A step-up: the driver is asked to confirm that it is the right vehicle, within a time limit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

MAX_MINUTES = 60 * 24 * 31
MAX_OPEN = 100

_KEYS = frozenset(
    {
        "answer_within_minutes",
        "confirmed_minutes",
        "declined_minutes",
        "suspected_minutes",
        "open_per_enrolment",
    }
)


class StepUpAnswer(StrEnum):
    """What the driver answered."""

    CONFIRM = "confirm"
    DECLINE = "decline"


class StepUpState(StrEnum):
    """Where a step-up stands."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class StepUpPolicy:
    """How long a driver may take to answer, and what an answer counts for how long.

    A driver who confirmed is accepted at that station for `confirmed`. Who declined says that a
    stranger holds the identifier: it is refused at that station for `declined`, and asked about
    everywhere else. Where nobody confirmed, the identifier is suspected for `suspected`, which the
    rules of risk weigh. At most `open_per_enrolment` drivers' questions are open for one vehicle.
    """

    answer_within: timedelta
    confirmed: timedelta
    declined: timedelta
    suspected: timedelta
    open_per_enrolment: int


def parse_step_up_policy(raw: Mapping[str, Any]) -> StepUpPolicy:
    """Parse the policy as TOML gives it; raises ValueError that says what is nonsense in it."""
    if set(raw) != _KEYS:
        wrong = ", ".join(sorted(set(raw) ^ _KEYS))
        raise ValueError(f"the step-up policy: missing or unknown: {wrong}")
    return StepUpPolicy(
        timedelta(minutes=_number(raw, "answer_within_minutes", MAX_MINUTES)),
        timedelta(minutes=_number(raw, "confirmed_minutes", MAX_MINUTES)),
        timedelta(minutes=_number(raw, "declined_minutes", MAX_MINUTES)),
        timedelta(minutes=_number(raw, "suspected_minutes", MAX_MINUTES)),
        _number(raw, "open_per_enrolment", MAX_OPEN),
    )


def _number(raw: Mapping[str, Any], name: str, most: int) -> int:
    value = raw[name]
    # a bool is an int to Python, and no number here
    if type(value) is not int or not 1 <= value <= most:
        raise ValueError(f"{name} is a whole number from 1 to {most}")
    return value


@dataclass(frozen=True, slots=True)
class StepUp:
    """One question to a driver: `reference` is that of the decision that asked it.

    `answered_by` is the client that passed the answer on, or the kind of evidence (`rfid`, `app`)
    that the driver identified himself with at the station.
    """

    reference: str
    enrolment_id: str
    contract_id: str
    provider_id: str
    operator_id: str
    station_id: str
    asked_at: datetime
    lapses_at: datetime
    answer: StepUpAnswer | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None

    def state(self, now: datetime) -> StepUpState:
        """Return where it stands at `now`."""
        if self.answer is StepUpAnswer.CONFIRM:
            return StepUpState.CONFIRMED
        if self.answer is StepUpAnswer.DECLINE:
            return StepUpState.DECLINED
        return StepUpState.OPEN if now < self.lapses_at else StepUpState.LAPSED


@dataclass(frozen=True, slots=True)
class Asked:
    """What earlier questions about an identifier say for a station, now.

    - `confirmed_until`: a driver confirmed there, and is believed until then.
    - `declined_here`, `declined_elsewhere`: a driver declined, not long ago.
    - `unconfirmed`: of late a driver declined or did not answer somewhere, and confirmed nothing
      at that station.
    - `open_here`: the reference of the question that waits for its answer there.
    - `open_count`: how many wait, wherever.
    """

    confirmed_until: datetime | None = None
    declined_here: bool = False
    declined_elsewhere: bool = False
    open_here: str | None = None
    open_count: int = 0
    unconfirmed: bool = False


NEVER_ASKED = Asked()


def what_was_asked(
    policy: StepUpPolicy, step_ups: Sequence[StepUp], station_id: str, now: datetime
) -> Asked:
    """Return what the questions about one identifier say for a station at `now`.

    Of several answers at the station the latest counts. Answers of the future (clocks differ)
    count as if just given, none for longer than the policy says. Never raises.
    """
    latest: StepUp | None = None
    declined_elsewhere = False
    open_here = None
    open_count = 0
    for one in step_ups:
        state = one.state(now)
        here = one.station_id == station_id
        if state is StepUpState.OPEN:
            open_count += 1
            if here:
                open_here = one.reference
        elif one.answered_at is not None and here:
            if latest is None or latest.answered_at is None or one.answered_at > latest.answered_at:
                latest = one
        elif state is StepUpState.DECLINED and _counts(one, policy.declined, now):
            declined_elsewhere = True
    confirmed_until, declined_here = None, False
    if latest is not None and latest.answered_at is not None:
        if latest.answer is StepUpAnswer.CONFIRM and _counts(latest, policy.confirmed, now):
            confirmed_until = min(latest.answered_at, now) + policy.confirmed
        declined_here = latest.answer is StepUpAnswer.DECLINE and _counts(
            latest, policy.declined, now
        )
    return Asked(
        confirmed_until,
        declined_here,
        declined_elsewhere,
        open_here,
        open_count,
        _is_unconfirmed(policy, step_ups, now),
    )


def _is_unconfirmed(policy: StepUpPolicy, step_ups: Sequence[StepUp], now: datetime) -> bool:
    """Whether a question of late has no good answer; one that a driver missed may be asked anew."""
    recent = [one for one in step_ups if abs(now - one.asked_at) < policy.suspected]
    confirmed = {one.station_id for one in recent if one.answer is StepUpAnswer.CONFIRM}
    return any(
        one.answer is StepUpAnswer.DECLINE
        or (one.state(now) is StepUpState.LAPSED and one.station_id not in confirmed)
        for one in recent
    )


def _counts(step_up: StepUp, how_long: timedelta, now: datetime) -> bool:
    answered_at = step_up.answered_at
    return answered_at is not None and abs(now - answered_at) < how_long
