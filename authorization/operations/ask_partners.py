"""Ask whoever knows a contract or a token that is not kept here."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from authorization.model.circuit import CLOSED, RoamingPolicy
from authorization.model.claim import VehicleClaim
from authorization.model.foreign_token import ForeignToken
from authorization.model.partner import Partner, PartnerProtocol
from authorization.model.partner_answer import (
    AWAY,
    FAULTS,
    NOTHING_SENT,
    PartnerAnswer,
    PartnerQuestion,
    PartnerWord,
    Silence,
    SilenceReason,
    SilentAcceptance,
    Subject,
)
from authorization.model.pushed_token import asks_first, pushed_word
from authorization.model.routes import KnownPartner, routes_to
from authorization.operations.roaming_ports import (
    AskPartner,
    OwnProviders,
    PartnerDirectory,
    PartnerStates,
)
from foundation.batches import step_out
from foundation.clock import Clock
from foundation.identifiers import Emaid

CountAnswer = Callable[[str, str], None]
"""Counts what came of a question: partner id, and `answered` or the reason of the silence."""


def count_nothing(_partner_id: str, _result: str) -> None:
    """Do nothing with what came of a question."""


FindPushed = Callable[[Subject], ForeignToken | None]
"""The one token that partners pushed here for the subject, None where nobody did, or several."""


def nothing_pushed(_subject: Subject) -> ForeignToken | None:
    """Find no pushed token."""
    return None


class OpenQuestions:
    """How many questions this process has open to each partner; at most `at_once`."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._open: dict[str, int] = {}
        self._lock = threading.Lock()

    @contextmanager
    def one(self, partner_id: str) -> Iterator[bool]:
        """Yield whether there is room for one more, and keep it while the block runs."""
        with self._lock:
            room = self._open.get(partner_id, 0) < self._at_once
            if room:
                self._open[partner_id] = self._open.get(partner_id, 0) + 1
        try:
            yield room
        finally:
            if room:
                with self._lock:
                    self._open[partner_id] -= 1


@dataclass(frozen=True, slots=True)
class AskPartners:
    """Ask one partner, the first of the routing order that can be reached.

    No question is sent twice: an authorisation that was asked for is a session at the partner.
    The next partner is asked only where the one before has not got the question. Answers are not
    kept: each is for one session, in OICP as in OCPI.
    """

    directory: PartnerDirectory
    own_providers: OwnProviders
    states: PartnerStates
    ask: Mapping[PartnerProtocol, AskPartner]
    policy: RoamingPolicy
    clock: Clock
    questions: OpenQuestions
    pushed: FindPushed = nothing_pushed
    count: CountAnswer = count_nothing
    step_out: Callable[[], None] = field(default=step_out)

    def __call__(self, question: PartnerQuestion) -> PartnerWord | None:
        """Return what came of asking, None where no partner is routed for the subject."""
        partners = self.directory.known()
        if not partners:
            return None
        own, subject = self.own_providers(), question.subject
        pushed = self.pushed(subject)
        if pushed is not None and pushed.name.provider_id not in own:
            # a partner that was removed has no say any more
            by = tuple(one for one in partners if one.partner.partner_id == pushed.partner_id)
            if by:
                return self._ask_about(pushed, by, replace(question, known_as=pushed.name))
        if isinstance(subject, VehicleClaim):
            return None  # nobody hears of vehicles that are not its own
        provider_id = subject.provider_id if isinstance(subject, Emaid) else None
        return self._ask(routes_to(partners, provider_id, own), question)

    def _ask_about(
        self, pushed: ForeignToken, by: Sequence[KnownPartner], question: PartnerQuestion
    ) -> PartnerWord | None:
        """Return the word on a token that a partner pushed here, by its own rule for the token.

        It is asked at the partner that pushed it, and nowhere else.
        """
        told = pushed_word(pushed)
        if told is not None and not asks_first(pushed):
            return told
        word = self._ask(by, question)
        if told is not None and (
            word is None or (isinstance(word.said, Silence) and word.said.reason in AWAY)
        ):
            return told
        return word

    def _ask(self, routed: Sequence[KnownPartner], question: PartnerQuestion) -> PartnerWord | None:
        if not routed:
            return None
        self.step_out()  # a partner may be slow, and nobody else is to wait for it
        words = []
        for known in routed:
            said = self._ask_one(known, question)
            words.append((known.partner, said))
            if isinstance(said, PartnerAnswer) or said.reason not in NOTHING_SENT:
                return self._bridged(known.partner, said, question)
        return self._bridged(*words[0], question)  # nobody was reached: the first one's silence

    def _ask_one(self, known: KnownPartner, question: PartnerQuestion) -> PartnerAnswer | Silence:
        partner = known.partner
        ask = self.ask.get(partner.protocol)
        with self.questions.one(partner.partner_id) as room:
            if ask is None:
                said: PartnerAnswer | Silence = Silence(SilenceReason.NOT_ASKABLE)
            elif not room:
                said = Silence(SilenceReason.BUSY)
            elif not self._may_ask(known):
                said = Silence(SilenceReason.BREAKER_OPEN)
            else:
                said = self._foreign(ask(partner, question))
                self._note(known, said)
        result = said.reason.value if isinstance(said, Silence) else "answered"
        self.count(partner.partner_id, result)
        return said

    def _foreign(self, said: PartnerAnswer | Silence) -> PartnerAnswer | Silence:
        """Return the answer, unless it speaks for a provider of ours: that is not a partner's."""
        if isinstance(said, Silence):
            return said
        named = {said.provider_id, None if said.evcoid is None else said.evcoid.provider_id}
        return said if named.isdisjoint(self.own_providers()) else Silence(SilenceReason.UNREADABLE)

    def _may_ask(self, known: KnownPartner) -> bool:
        now = self.clock()
        if known.circuit.is_half_open(now):
            on_trial = known.circuit.on_trial(self.policy, now)
            return self.states.begin_trial(known.partner.partner_id, known.circuit, on_trial)
        return not known.circuit.is_open(now)

    def _note(self, known: KnownPartner, said: PartnerAnswer | Silence) -> None:
        """Write what it says about the partner; one that answers as ever costs no write."""
        now = self.clock()
        if isinstance(said, Silence) and said.reason in FAULTS:
            self.states.change(
                known.partner.partner_id, lambda circuit: circuit.failed(self.policy, now)
            )
        elif isinstance(said, PartnerAnswer) and known.circuit != CLOSED:
            self.states.change(known.partner.partner_id, lambda _: CLOSED)

    def _bridged(
        self, partner: Partner, said: PartnerAnswer | Silence, question: PartnerQuestion
    ) -> PartnerWord:
        """Return the partner's word, its silence bridged where the partner's policy has that.

        Only for an EMAID: its certificate was verified here, a card's number is anybody's. Only
        for a provider that the partner is named for: who takes all that nobody else has, takes
        made-up ones, too.
        """
        word = PartnerWord(partner.partner_id, said)
        policy, emaid = partner.silence, question.subject
        if (
            isinstance(said, PartnerAnswer)
            or not policy.accepts
            or said.reason not in AWAY
            or not isinstance(emaid, Emaid)
            or emaid.provider_id not in partner.provider_ids
        ):
            return word
        now = self.clock()
        day = now.date().isoformat()
        if not self.states.take_silent(partner.partner_id, day, policy.accepted_a_day):
            return word
        until = now + policy.lasts
        return PartnerWord(partner.partner_id, said, SilentAcceptance(until, policy.energy_wh))
