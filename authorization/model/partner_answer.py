"""A question to a roaming partner, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from authorization.model.claim import Place, TokenClaim, VehicleClaim
from authorization.model.foreign_token import TokenName
from authorization.model.outcome import Outcome
from foundation.identifiers import Emaid, EvseId

MAX_REFERENCE_CHARACTERS = 64
"""A partner's own reference: OCPI authorization_reference has 36, OICP SessionID 36 as well."""


Subject = Emaid | TokenClaim | VehicleClaim
"""What a partner may be asked about; about a vehicle only where it told of the vehicle itself."""


@dataclass(frozen=True, slots=True)
class PartnerQuestion:
    """May this EMAID, token or vehicle of the partner's charge here?

    `reference` is our decision's (36 characters at most): the partner gets it as its session
    reference of ours. `evse_id` is None where only the station is known. `known_as` is the token
    as which the partner told of the subject before, in its own spelling.
    """

    subject: Subject
    place: Place
    reference: str
    evse_id: EvseId | None = None
    known_as: TokenName | None = None


@dataclass(frozen=True, slots=True)
class PartnerAnswer:
    """What the partner said.

    `reference` is the partner's own (OICP SessionID, OCPI authorization_reference), printable,
    at most MAX_REFERENCE_CHARACTERS; a charge detail record has to name it. `evcoid` is the
    contract that the partner named, `provider_id` (`DEABC`) the provider; None where it named
    none. Another than was asked about makes the answer worthless, and the decision says so.
    `valid_until` is None where the answer is for this session alone.
    """

    outcome: Outcome
    reference: str | None = None
    evcoid: Emaid | None = None
    valid_until: datetime | None = None
    provider_id: str | None = None


class SilenceReason(StrEnum):
    """Why there is no answer of a partner."""

    TIMED_OUT = "timed_out"
    NOT_CONNECTED = "not_connected"  # nobody there, no address, no TLS
    BREAKER_OPEN = "breaker_open"  # it failed too often; not asked at all
    BUSY = "busy"  # as many questions wait for it as may wait at once; not asked at all
    NOT_AUTHENTICATED = "not_authenticated"  # it does not accept our credentials
    UNREACHED = "unreached"  # a hub that could not reach the provider behind it
    FAILED = "failed"  # it said that it cannot answer (HTTP 5xx, or an error inside HTTP 200)
    UNREADABLE = "unreadable"  # an answer that is none: too large, a redirect, not its protocol
    NOT_ASKABLE = "not_askable"  # its protocol has no words for this question


@dataclass(frozen=True, slots=True)
class Silence:
    """The partner gave no answer; what follows is the operator's policy, by default a refusal."""

    reason: SilenceReason


NOTHING_SENT = frozenset(
    {
        SilenceReason.NOT_CONNECTED,
        SilenceReason.BREAKER_OPEN,
        SilenceReason.BUSY,
        SilenceReason.NOT_ASKABLE,
    }
)
"""The partner has not got the question: another one may be asked, and nothing is asked twice."""

FAULTS = frozenset(
    {
        SilenceReason.TIMED_OUT,
        SilenceReason.NOT_CONNECTED,
        SilenceReason.NOT_AUTHENTICATED,
        SilenceReason.FAILED,
        SilenceReason.UNREADABLE,
    }
)
"""What speaks against asking the partner again soon; the rest is no fault of its."""

AWAY = frozenset(
    {
        SilenceReason.TIMED_OUT,
        SilenceReason.NOT_CONNECTED,
        SilenceReason.BREAKER_OPEN,
        SilenceReason.UNREACHED,
        SilenceReason.FAILED,
    }
)
"""Silence that an operator may choose to bridge. One who answers nonsense, or refuses our
credentials, is not away; and our own bound on questions is no reason to let a vehicle charge."""


@dataclass(frozen=True, slots=True)
class SilentAcceptance:
    """An acceptance without the partner's word, within the bounds of its operator's policy."""

    until: datetime
    energy_wh: int


@dataclass(frozen=True, slots=True)
class PartnerWord:
    """What came of asking: whom, what it said, and what its silence is taken for.

    `bridged` is None where silence is a refusal, as it is by default. `pushed`: it said so when it
    pushed the token here, and was not asked now, or gave no answer.
    """

    partner_id: str
    said: PartnerAnswer | Silence
    bridged: SilentAcceptance | None = None
    pushed: bool = False


@dataclass(frozen=True, slots=True)
class PartnerReference:
    """Who was asked about a decision, or asked for it, and that session's reference of theirs.

    `partner_id` is a partner's, or the client id of a hub that asked here (`asked_us`).
    `reference` is OICP's SessionID or OCPI's authorization_reference; None where they gave none.
    """

    partner_id: str
    reference: str | None
    asked_us: bool = False
