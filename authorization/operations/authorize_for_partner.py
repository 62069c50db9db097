"""Answer a partner's operator that asks whether a driver of ours may charge at its station."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from authorization.model.access_token import AccessToken, TokenKind, TokenUid
from authorization.model.claim import Claim, EmaidClaim, Place, TokenClaim, VehicleClaim
from authorization.model.decision import Decision
from authorization.model.foreign_token import VEHICLE_PREFIX, TokenType
from authorization.model.ocpi import OcpiRole
from authorization.model.ocpi_connection import OcpiPeer
from authorization.model.outcome import Outcome
from authorization.model.partner_answer import PartnerReference
from authorization.operations.authorize import Authorize, nobody_is_asked
from authorization.operations.ports import StationDirectory
from authorization.operations.scoped_lookups import NOWHERE, OnePlace, TokensOf, VehiclesOf
from autocharge.model.sighting import Source
from contract_service.model.contract import Contract
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, EvseId, InvalidIdentifier, parse_evccid
from foundation.principal import ClientRole, Principal

_NEEDS_PLACE = frozenset({Outcome.NOT_ALLOWED_HERE, Outcome.NOT_ALLOWED_EVSE_TYPE})

_KINDS = {
    TokenType.RFID: TokenKind.RFID,
    TokenType.APP_USER: TokenKind.APP,
    TokenType.AD_HOC_USER: TokenKind.APP,
}


@dataclass(frozen=True, slots=True)
class Location:
    """OCPI LocationReferences: a location and EVSEs in it, in the words of the asking operator."""

    location_id: str
    evse_uids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PartnerDecision:
    """The decision, and what OCPI's Token object has to say beside it.

    `contract_id` is the EMAID where the partner knows or may know it: a vehicle that is refused
    is told by a random id, as whose it is would be a refusal's surplus. `last_updated` is when
    the token changed last.
    """

    decision: Decision
    contract_id: str
    last_updated: datetime


@dataclass(frozen=True, slots=True)
class AuthorizeForPartner:
    """Real-time authorisation for operators of partners.

    They learn of those providers alone whose parties their connection presents; tokens, vehicles
    and EMAIDs of others are unknown to them like those that nobody has.
    """

    authorize: Authorize
    stations: StationDirectory
    contract_of: Callable[[str], Contract | None]

    def __call__(
        self,
        peer: OcpiPeer,
        operator: str | None,
        token_type: TokenType,
        uid: str,
        location: Location | None,
    ) -> PartnerDecision:
        """Return the decision, recorded durably; `operator` (`DEABC`) is who is said to ask.

        Raises ServiceError NOT_FOUND (`token_unknown`); INVALID: `operator_needed` where the
        partner speaks for several and none is said, `location_needed` where it depends on the
        place and none was given, `location_unknown` for an EVSE of another operator; MALFORMED
        (`invalid_token_uid`); RATE_LIMITED as `Authorize`.
        """
        providers = peer.connection.own_parties(OcpiRole.EMSP)
        claimed = _claimed(token_type, uid, providers)
        if isinstance(claimed, VehicleClaim) and location is None:
            raise _location_needed()  # where a vehicle was read is what its risk is weighed by
        place = self._place(_operator(peer, operator), location)
        tokens = TokensOf(self.authorize.tokens, providers)
        scoped = replace(
            self.authorize,
            stations=OnePlace(place),
            roaming=nobody_is_asked,
            asked_by=PartnerReference(peer.partner.partner_id, None, asked_us=True),
            tokens=tokens,
            vehicles=replace(
                self.authorize.vehicles,
                resolve=VehiclesOf(self.authorize.vehicles.resolve, providers),
            ),
        )
        asking = Principal(
            f"partner:{peer.partner.partner_id}",
            frozenset({ClientRole.CPO}),
            operator_ids=frozenset({place.operator_id}),
        )
        decision = scoped(asking, Claim(claimed, station_id=place.station_id))
        if decision.outcome is Outcome.UNKNOWN:
            raise _unknown()
        if decision.outcome in _NEEDS_PLACE and location is None:
            raise _location_needed()
        token = tokens.find(claimed.kind, claimed.uid) if isinstance(claimed, TokenClaim) else None
        return self._told(decision, token)

    def _told(self, decision: Decision, token: AccessToken | None) -> PartnerDecision:
        if token is None:
            name = decision.evcoid or decision.contract_id or NOWHERE
            return PartnerDecision(decision, name, decision.decided_at)
        contract = self.contract_of(token.contract_id)
        name = token.contract_id if contract is None else contract.emaid.canonical
        return PartnerDecision(decision, name, token.created_at)

    def _place(self, operator: str, location: Location | None) -> Place:
        """Return where the question is about: our own record of the EVSEs where there is one."""
        if location is None:
            return Place(NOWHERE, operator, ())
        keys = [_evse_key(uid) for uid in location.evse_uids]
        for key in keys:
            known = self.stations.by_evse(key)
            if known is None:
                continue
            if known.operator_id != operator:
                raise ServiceError(
                    Kind.INVALID, "location_unknown", "an EVSE is another operator's"
                )
            return known
        return Place(location.location_id, operator, tuple(keys))


def _claimed(
    token_type: TokenType, uid: str, providers: Collection[str]
) -> TokenClaim | EmaidClaim | VehicleClaim:
    if token_type in _KINDS:
        return TokenClaim(_KINDS[token_type], TokenUid.parse(uid))
    if token_type is TokenType.OTHER:
        try:
            identifier = parse_evccid(TokenUid.parse(uid).key.removeprefix(VEHICLE_PREFIX))
            return VehicleClaim(identifier, Source.JSON_API)
        except InvalidIdentifier:
            pass  # 2.2.1 has no type for an EMAID: it comes as OTHER, too
    try:
        emaid = Emaid.parse(uid)
    except InvalidIdentifier:
        raise _unknown() from None
    if emaid.provider_id not in providers:
        raise _unknown()
    # the type says that the operator read a contract certificate and checked it; OTHER says nothing
    return EmaidClaim(emaid, attested=token_type is TokenType.EMAID)


def _operator(peer: OcpiPeer, said: str | None) -> str:
    """Return the operator that asks: the one said, or the only one that the partner speaks for."""
    known = peer.partner.operator_ids
    if said is not None and (said in known or peer.partner.is_default):
        return said
    if len(known) == 1:
        return next(iter(known))
    raise ServiceError(
        Kind.INVALID,
        "operator_needed",
        "say which operator asks, in OCPI-from-country-code and OCPI-from-party-id",
    )


def _evse_key(uid: str) -> str:
    try:
        return EvseId.parse(uid).key
    except InvalidIdentifier:
        return uid  # an operator names its EVSEs as it likes


def _unknown() -> ServiceError:
    return ServiceError(Kind.NOT_FOUND, "token_unknown", "no driver of ours has this token")


def _location_needed() -> ServiceError:
    return ServiceError(
        Kind.INVALID,
        "location_needed",
        "whether this token may charge depends on the place; send LocationReferences",
    )
