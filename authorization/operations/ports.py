"""What the operations around the decision need from outside."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from authorization.model.access_token import AccessToken, TokenKind, TokenStatus, TokenUid
from authorization.model.claim import Place
from authorization.model.decision import Decision
from authorization.model.limits import Judge
from authorization.model.partner_answer import PartnerReference
from authorization.model.station import Station
from authorization.operations.session_ports import (
    BudgetRepository,
    SessionRepository,
    TransactionRepository,
)
from autocharge.model.enrolment import Identifier
from autocharge.model.resolution import Resolution
from autocharge.model.trace import NO_TRACE, Trace
from contract_service.model.contract import Contract, ContractCertificate
from foundation.events import EventLog
from foundation.identifiers import Emaid
from foundation.lookup import Lookup
from foundation.principal import Principal
from pki.model.roles import CertificateRole
from pki.model.verdict import Verdict

Resolve = Callable[[Identifier, str | None], Resolution]
"""`autocharge.operations.resolve.Resolve`: an identifier, read at a station of this operator."""

RecordCertificate = Callable[[Principal, Contract, Sequence[bytes]], bool]
"""`contract_service.operations.record_foreign_certificate.RecordForeignCertificate`."""

IsRecorded = Callable[[str, str], bool]
"""Whether a contract (id) has a certificate (SHA-256 fingerprint, lower-case hex) on record."""

ContractName = Emaid | str
"""An EMAID in any spelling, or a contract's random id."""

FindLimits = Callable[[ContractName], Lookup[Judge]]
"""One check: the look-up that becomes it; asked together with the contract of that name.

By an EMAID it finds the contract's id itself: its store is wired with the subquery for that
(`contract_service.store.contracts.contract_id_of`). Where nothing is kept, it answers all the same.
"""


class ValidateChain(Protocol):
    """`pki.operations.validate.ValidateChain`."""

    def __call__(
        self, chain: Sequence[bytes], role: CertificateRole | None, at: datetime
    ) -> Verdict:
        """Validate a chain (DER) for a role at a time."""


class StationDirectory(Protocol):
    """Stations as the decision asks for them; an answer may be half a second old."""

    def by_station(self, station_id: str) -> Place | None:
        """Return the station with this OCPP identity."""

    def by_evse(self, evse_key: str) -> Place | None:
        """Return the station that an EVSE belongs to."""


class ContractFinder(Protocol):
    """`contract_service.operations.find.FindContract`."""

    def __call__(self, emaid: Emaid) -> Contract | None:
        """Return the contract that `emaid` names in any spelling."""

    def by_id(self, contract_id: str) -> Contract | None:
        """Return the contract with this random id."""

    def certificates(self, emaid: Emaid) -> tuple[ContractCertificate, ...]:
        """Return the certificates recorded for that EMAID and no other."""


class TokenFinder(Protocol):
    """RFID cards and app accounts as the decision asks for them."""

    def find(self, kind: TokenKind, uid: TokenUid) -> AccessToken | None:
        """Return the token of that kind with this uid."""


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision as it is kept: who asked, for which place, by which version of the rules.

    `partner` is who was asked about it, or asks for it, with the reference of its own; it is kept
    in a table of its own and read back where the one record is asked for. `basis` is what the
    decision was made from (`authorization.model.basis`), None for decisions from before that was
    kept. `presented` is the `presented_key` of what a partner was asked about: kept as a keyed
    hash, so that a transaction finds the decision again, and never read back.
    """

    decision: Decision
    client_id: str
    operator_id: str
    station_id: str
    evse_id: str | None
    rules_version: str
    partner: PartnerReference | None = None
    basis: Mapping[str, Any] | None = None
    presented: str | None = field(default=None, repr=False)


class DecisionLog(Protocol):
    """Every decision that was ever answered."""

    def append(self, record: DecisionRecord, trace: Trace = NO_TRACE) -> None:
        """Keep the record, and with it its trace; durable on return, all of it or nothing.

        The EMAID is kept only where no contract has it.
        """

    def find(self, reference: str) -> DecisionRecord | None:
        """Return the record; its decision's `evcoid` is None where a contract has it."""


class RememberCertificate(Protocol):
    """`authorization.operations.remember_certificate.RememberCertificate`."""

    def __call__(
        self, principal: Principal, contract: Contract, chain: Sequence[bytes], verdict: Verdict
    ) -> None:
        """Have the validated chain recorded for the contract, some time soon."""


class StationRepository(Protocol):
    """Stations inside a unit of work."""

    def put(self, station: Station) -> Station:
        """Store the station, or replace its EVSEs, coordinates and SECCID; return what is stored.

        CONFLICT where it belongs to another operator, or an EVSE or the SECCID to another station.
        """

    def lock(self, station_id: str) -> None:
        """Keep others from changing what is told of the station until the unit of work ends."""


class TokenRepository(Protocol):
    """Tokens inside a unit of work."""

    def add(self, token: AccessToken, uid: TokenUid) -> None:
        """Store a new token; CONFLICT where its kind and uid are registered already."""

    def lock(self, token_id: str) -> AccessToken | None:
        """Return the token and keep others from changing it until the unit of work ends."""

    def set_status(self, token_id: str, status: TokenStatus, now: datetime) -> None:
        """Store the token's new status, and have partners told of it."""

    def remove(self, token_id: str, now: datetime) -> None:
        """Delete the token with everything that could recognise it again; partners are told."""


class UnitOfWork(Protocol):
    """One transaction; without `commit()` everything is undone."""

    @property
    def stations(self) -> StationRepository:
        """The stations as this transaction sees them."""

    @property
    def tokens(self) -> TokenRepository:
        """The tokens as this transaction sees them."""

    @property
    def sessions(self) -> SessionRepository:
        """The sessions as this transaction sees them."""

    @property
    def transactions(self) -> TransactionRepository:
        """The stations' transactions as this transaction sees them."""

    @property
    def budgets(self) -> BudgetRepository:
        """The contracts' budgets as this transaction sees them."""

    @property
    def events(self) -> EventLog:
        """Where to tell what happened."""

    def commit(self) -> None:
        """Make all of it durable and visible at once."""


OpenUnitOfWork = Callable[[], AbstractContextManager[UnitOfWork]]


class StationReader(Protocol):
    """Committed stations, read outside any unit of work."""

    def find(self, station_id: str) -> Station | None:
        """Return the station."""

    def page(
        self, operator_ids: frozenset[str] | None, after: str | None, limit: int
    ) -> tuple[Station, ...]:
        """Return up to `limit` stations of these operators (None: all) in order of their id.

        `after` is the last station id of the page before.
        """


@dataclass(frozen=True, slots=True)
class ListedToken:
    """A token for people to recognise: its uid but for the last two characters is masked."""

    token: AccessToken
    masked_uid: str


class TokenReader(Protocol):
    """Committed tokens, read outside any unit of work."""

    def of_contract(self, contract_id: str) -> tuple[ListedToken, ...]:
        """Return the contract's tokens, oldest first."""
