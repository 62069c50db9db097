"""What roaming partners need from outside: their registry, their state, and how to ask them."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from authorization.model.circuit import Circuit
from authorization.model.partner import Partner
from authorization.model.partner_answer import PartnerAnswer, PartnerQuestion, PartnerWord, Silence
from authorization.model.routes import KnownPartner
from authorization.operations.ports import DecisionRecord
from foundation.errors import Refused
from foundation.events import EventLog

OwnProviders = Callable[[], Collection[str]]
"""The provider ids (`DEABC`) of this house's own clients."""


class AskPartner(Protocol):
    """One question to one partner in its protocol, within the one way out's limits of time.

    Implemented once a protocol, in `authorization/clients/`.
    """

    def __call__(self, partner: Partner, question: PartnerQuestion) -> PartnerAnswer | Silence:
        """Return what the partner answered, or why it did not; never raises."""


AskRoaming = Callable[[PartnerQuestion], PartnerWord | None]
"""`authorization.operations.ask_partners.AskPartners`: what came of asking whoever knows the
subject, None where nobody does."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """How we prove to a partner who we are: a bearer token, or a client certificate (TLS).

    `certificate_chain` and `private_key` are PEM; the key is not encrypted. All of it is stored
    sealed and never shown again.
    """

    token: str | None = field(default=None, repr=False)
    certificate_chain: str | None = None
    private_key: str | None = field(default=None, repr=False)


class PartnerDirectory(Protocol):
    """Partners as the decision asks for them; an answer may be half a second old."""

    def known(self) -> Sequence[KnownPartner]:
        """Return every partner and how its circuit stands."""


class PartnerReader(Protocol):
    """Committed partners."""

    def list(self) -> Sequence[KnownPartner]:
        """Return every partner, in order of its id."""

    def find(self, partner_id: str) -> KnownPartner | None:
        """Return the partner."""


class PartnerCredentials(Protocol):
    """What we prove ourselves with."""

    def credentials(self, partner_id: str) -> Credentials | None:
        """Return what was registered for the partner, None where nothing was."""


class PartnerStates(Protocol):
    """What all processes share of a partner's state; each call is a transaction of its own."""

    def begin_trial(self, partner_id: str, seen: Circuit, to: Circuit) -> bool:
        """Put the circuit `to` on trial; False where it is no longer as `seen`."""

    def change(self, partner_id: str, how: Callable[[Circuit], Circuit]) -> None:
        """Change the circuit as it stands now, one process after the other."""

    def take_silent(self, partner_id: str, day: str, most: int) -> bool:
        """Count one acceptance without the partner's word on a day (`2026-12-01`).

        False, and none is counted, where there were `most` already.
        """


class AskedDecisions(Protocol):
    """Decisions that partners asked for, by their own session's reference."""

    def accepted(self, partner_id: str, partner_reference: str) -> DecisionRecord | None:
        """Return the first accepted decision of that partner's session, None where none is."""


class PartnerRepository(Protocol):
    """Partners inside a unit of work."""

    def lock(self, partner_id: str) -> Partner | None:
        """Return the partner and keep others from changing it until the unit of work ends."""

    def put(self, partner: Partner, credentials: Credentials | None, now: datetime) -> None:
        """Store the partner; without `credentials` those that are stored stay.

        Raises ServiceError CONFLICT (`partner_client_taken`).
        """

    def remove(self, partner_id: str) -> None:
        """Delete the partner, its credentials and its state."""


class PartnerUnitOfWork(Protocol):
    """One transaction; without `commit()` everything is undone."""

    @property
    def partners(self) -> PartnerRepository:
        """The partners as this transaction sees them."""

    @property
    def events(self) -> EventLog:
        """Where to tell what happened."""

    def commit(self) -> None:
        """Make all of it durable and visible at once."""


OpenPartnerUnitOfWork = Callable[[], AbstractContextManager[PartnerUnitOfWork]]


class Outside(Protocol):
    """`foundation.egress.Egress`, as far as registration needs it."""

    def check(self, url: str) -> Refused | None:
        """Return why no call may go to `url` now, None where one may."""
