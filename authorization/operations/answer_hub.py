"""Answer a roaming hub that asks whether a driver of ours may charge at another operator's."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from authorization.model.claim import Claim, EmaidClaim, Place, TokenClaim
from authorization.model.decision import Decision
from authorization.model.partner import Partner
from authorization.model.partner_answer import PartnerReference
from authorization.operations.authorize import Authorize, nobody_is_asked
from authorization.operations.ports import ContractFinder, StationDirectory, TokenFinder
from authorization.operations.roaming_ports import AskedDecisions
from authorization.operations.scoped_lookups import NOWHERE, OnePlace, TokensOf, is_shown
from contract_service.model.contract import Contract, names_contract
from foundation.errors import Kind, Refused, ServiceError
from foundation.identifiers import EvseId
from foundation.principal import Principal

_OPERATOR_CHARACTERS = 5  # `DEABC`; stations here have no operator in the DIN form

FindPartner = Callable[[str], Partner | None]
"""The partner that asks with this client of ours; an answer may be half a second old."""


@dataclass(frozen=True, slots=True)
class HubQuestion:
    """What a hub asks for one of its operators.

    `session_id` is the hub's own reference of the session, None where it gave none.
    """

    operator_id: str
    subject: EmaidClaim | TokenClaim
    evse_id: EvseId | None = None
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerHub:
    """Answer the hubs that an administrator registered, for the operators of their clients.

    Whoever it may be: an EMAID that a hub attests needs no certificate here, so an ordinary
    operator's client may not ask this way. A question never goes on to another partner.
    """

    authorize: Authorize
    stations: StationDirectory
    contracts: ContractFinder
    tokens: TokenFinder
    partner_of: FindPartner
    asked: AskedDecisions

    def start(self, principal: Principal, question: HubQuestion) -> Decision | Refused:
        """Return the decision, recorded durably with the hub's session.

        Refused: `evse_of_another_operator`, `provider_not_shown` for an EMAID of a provider that
        this hub may not ask about (like one that nobody knows). Raises ServiceError FORBIDDEN
        (`hub_not_registered`, `operator_not_yours`), RATE_LIMITED as `Authorize`.
        """
        shown, asked_by = self._may_ask(principal, question)
        place = self._place(question)
        if isinstance(place, Refused):
            return place
        subject = question.subject
        if isinstance(subject, EmaidClaim) and not is_shown(subject.emaid.provider_id, shown):
            return Refused(
                "provider_not_shown", "the EvcoID is not below a provider that is asked here"
            )
        scoped = replace(
            self.authorize,
            stations=OnePlace(place),
            tokens=TokensOf(self.tokens, shown),
            roaming=nobody_is_asked,
            asked_by=asked_by,
        )
        return scoped(principal, Claim(subject, place.station_id))

    def stop(self, principal: Principal, question: HubQuestion) -> Decision | Refused:
        """Return the decision of the session that the hub's driver may end.

        It is not decided anew: who was suspended meanwhile may end its session, too. Refused:
        `session_invalid` for a session that this hub has not, or that was never authorised;
        `not_of_the_session` for another contract's EMAID or card. Raises as `start`.
        """
        _, asked_by = self._may_ask(principal, question)
        session = None
        if question.session_id is not None:
            session = self.asked.accepted(asked_by.partner_id, question.session_id)
        if session is None or session.operator_id != question.operator_id:
            return Refused("session_invalid", "no such session was authorised here")
        contract_id = session.decision.contract_id
        contract = None if contract_id is None else self.contracts.by_id(contract_id)
        if contract is None or not self._is_of(contract, question.subject):
            return Refused("not_of_the_session", "the session is another contract's")
        return session.decision

    def _may_ask(
        self, principal: Principal, question: HubQuestion
    ) -> tuple[Collection[str] | None, PartnerReference]:
        """Return the providers that may be asked about (None: all) and what is recorded."""
        partner = self.partner_of(principal.client_id)
        if partner is None and not principal.is_admin:
            raise ServiceError(
                Kind.FORBIDDEN,
                "hub_not_registered",
                "an administrator has to register this client as a hub's at /v1/partners",
            )
        known = len(question.operator_id) == _OPERATOR_CHARACTERS
        if not known or not principal.acts_for_operator(question.operator_id):
            raise ServiceError(
                Kind.FORBIDDEN, "operator_not_yours", "no such operator id is this client's"
            )
        session_id = question.session_id
        if partner is None:
            return None, PartnerReference(principal.client_id, session_id, asked_us=True)
        return partner.own_provider_ids, PartnerReference(
            partner.partner_id, session_id, asked_us=True
        )

    def _place(self, question: HubQuestion) -> Place | Refused:
        evse_id = question.evse_id
        if evse_id is None:
            return Place(NOWHERE, question.operator_id, ())
        known = self.stations.by_evse(evse_id.key)
        operator_id = evse_id.operator_id if known is None else known.operator_id
        if operator_id != question.operator_id:
            return Refused("evse_of_another_operator", "the EvseID is another operator's")
        return known or Place(evse_id.canonical, question.operator_id, (evse_id.key,))

    def _is_of(self, contract: Contract, subject: EmaidClaim | TokenClaim) -> bool:
        if isinstance(subject, EmaidClaim):
            return names_contract(subject.emaid, contract.emaid)
        token = self.tokens.find(subject.kind, subject.uid)
        return token is not None and token.contract_id == contract.contract_id
