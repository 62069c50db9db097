"""Partners and stand-ins for the tests of roaming."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from authorization.model.access_token import TokenKind, TokenUid
from authorization.model.circuit import CLOSED, Circuit, RoamingPolicy
from authorization.model.claim import Place, TokenClaim
from authorization.model.foreign_token import ForeignToken, TokenType, uid_key
from authorization.model.outcome import Outcome
from authorization.model.partner import Partner, PartnerProtocol
from authorization.model.partner_answer import PartnerAnswer, PartnerQuestion, Silence, Subject
from authorization.model.pushed_token import pushed_for
from authorization.model.routes import KnownPartner
from authorization.operations.ask_partners import AskPartners, OpenQuestions
from foundation.identifiers import Emaid
from tests.authorization.fakes import NOW

POLICY = RoamingPolicy(
    connect=timedelta(seconds=0.3),
    total=timedelta(seconds=0.3),
    answer_bytes=4096,
    at_once=2,
    failures=3,
    within=timedelta(seconds=60),
    rest=timedelta(seconds=30),
)
FOREIGN = Emaid.parse("DE-GDF-C12345678")
CARD = TokenClaim(TokenKind.RFID, TokenUid.parse("04A2B3C4"))
APP = TokenClaim(TokenKind.APP, TokenUid.parse("04A2B3C4"))
PLACE = Place("CS-1", "DEABC", ("DEABCE1",))
ACCEPTED = PartnerAnswer(Outcome.ACCEPTED, "b2688855-7f00-0002-6d8e-48d883f6abb6")


def partner(partner_id: str = "hub", **changed: Any) -> Partner:
    """Return a partner that DEGDF's contracts are asked at, with some of it changed."""
    made = Partner(partner_id, PartnerProtocol.OICP_23, "https://hub.example", frozenset({"DEGDF"}))
    return replace(made, **changed)


def question(subject: Subject = FOREIGN, **changed: Any) -> PartnerQuestion:
    return replace(PartnerQuestion(subject, PLACE, "r" * 36), **changed)


@dataclass
class Answers:
    """`AskPartner` that answers what a test wants, and remembers whom it was asked for."""

    said: PartnerAnswer | Silence = ACCEPTED
    by_partner: Mapping[str, PartnerAnswer | Silence] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, partner: Partner, question: PartnerQuestion) -> PartnerAnswer | Silence:
        self.asked.append(partner.partner_id)
        return self.by_partner.get(partner.partner_id, self.said)


@dataclass
class Partners:
    """`PartnerDirectory` and `PartnerStates` in memory, and what asks through them."""

    partners: tuple[Partner, ...]
    answers: Answers = field(default_factory=Answers)
    own: frozenset[str] = frozenset({"DEABC"})
    now: datetime = NOW
    circuits: dict[str, Circuit] = field(default_factory=dict)
    silent: dict[tuple[str, str], int] = field(default_factory=dict)
    counted: list[tuple[str, str]] = field(default_factory=list)
    pushed: dict[str, ForeignToken] = field(default_factory=dict)
    stepped_out: int = 0

    def __post_init__(self) -> None:
        self.ask = AskPartners(
            self,
            lambda: self.own,
            self,
            dict.fromkeys(PartnerProtocol, self.answers),
            POLICY,
            lambda: self.now,
            OpenQuestions(POLICY.at_once),
            lambda subject: pushed_for(subject, self._tokens),
            lambda partner_id, result: self.counted.append((partner_id, result)),
            self._step_out,
        )

    def _tokens(self, token_type: TokenType, uid: str) -> list[ForeignToken]:
        key = uid_key(token_type, uid)
        names = [(one, one.name) for one in self.pushed.values()]
        return [one for one, name in names if (name.type, name.key) == (token_type, key)]

    def _step_out(self) -> None:
        self.stepped_out += 1

    def known(self) -> tuple[KnownPartner, ...]:
        return tuple(
            KnownPartner(one, self.circuits.get(one.partner_id, CLOSED)) for one in self.partners
        )

    def begin_trial(self, partner_id: str, seen: Circuit, to: Circuit) -> bool:
        if self.circuits.get(partner_id) != seen:
            return False
        self.circuits[partner_id] = to
        return True

    def change(self, partner_id: str, how: Callable[[Circuit], Circuit]) -> None:
        self.circuits[partner_id] = how(self.circuits.get(partner_id, CLOSED))

    def take_silent(self, partner_id: str, day: str, most: int) -> bool:
        taken = self.silent.get((partner_id, day), 0)
        self.silent[partner_id, day] = taken + (taken < most)
        return taken < most
