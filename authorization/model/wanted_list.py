"""Whose tokens stand in a station's local authorisation list, with which status, until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from authorization.model.access_token import AccessToken, TokenStatus
from authorization.model.claim import EmaidClaim, Place
from authorization.model.limits import Attempt
from authorization.model.list_message import CARD, CONTRACT, reference
from authorization.model.local_list import ListEntry, ListStatus
from authorization.model.restrictions import Restrictions
from authorization.model.site_access import site_limits
from contract_service.model.contract import Contract, ContractStatus


@dataclass(frozen=True, slots=True)
class ListedCard:
    """An RFID card of a contract, and the operator's access groups that name it."""

    token: AccessToken
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ListedContract:
    """A contract with its cards, and what the decision would ask of it.

    `certified_until` is the end of the certificate chain that is valid now and ends last, None
    where none is; `revoked` says that none is because of a revocation or a hold. `spent`: nothing
    is left of one of its caps. `groups` are the operator's access groups that name the contract.
    """

    contract: Contract
    cards: Sequence[ListedCard] = ()
    certified_until: datetime | None = None
    revoked: bool = False
    spent: bool = False
    restrictions: Restrictions | None = None
    groups: frozenset[str] = frozenset()


def wanted_list(
    contracts: Sequence[ListedContract], place: Place, now: datetime
) -> dict[str, ListEntry]:
    """Return a station's list: who may charge, who must not, and until when.

    A contract stands in it by its EMAID while a certificate of it is valid (Plug & Charge without
    asking), and by its RFID cards; vehicles' MACs never do. What is refused everywhere is listed
    as Blocked: a suspended contract, one with nothing left of a cap, a blocked card, an EMAID whose
    last certificates are revoked or on hold. What has ended or not begun is not listed, and neither
    is what this station may not accept on all its EVSEs at all hours: an entry has an end, but no
    hours and, in OCPP 1.6, no EVSEs.
    """
    wanted: dict[str, ListEntry] = {}
    for one in contracts:
        contract = one.contract
        over = contract.valid_until is not None and contract.valid_until <= now
        if contract.status is ContractStatus.TERMINATED or over or now < contract.valid_from:
            continue
        usable = contract.status is ContractStatus.ACTIVE and not one.spent
        certified = one.certified_until is not None and one.certified_until > now
        if (certified or one.revoked) and _is_admitted(one, frozenset(), place, now):
            ends = [end for end in (one.certified_until, contract.valid_until) if end is not None]
            wanted[reference(CONTRACT, contract.contract_id)] = _entry(
                usable and certified, min(ends, default=None)
            )
        for card in one.cards:
            if _is_admitted(one, card.groups, place, now):
                wanted[reference(CARD, card.token.token_id)] = _entry(
                    usable and card.token.status is TokenStatus.ACTIVE, contract.valid_until
                )
    return dict(sorted(wanted.items()))  # the same messages each time


def _is_admitted(
    one: ListedContract, card_groups: frozenset[str], place: Place, now: datetime
) -> bool:
    """Whether the station would accept it on each of its EVSEs, whatever the hour."""
    claim = EmaidClaim(one.contract.emaid)  # neither judge asks by what the driver is known
    attempt = Attempt(claim, claim, one.contract, place, now)
    limits = site_limits(attempt, one.groups, card_groups)
    if one.restrictions is not None:
        if one.restrictions.hours is not None:
            return False
        limits &= one.restrictions(attempt)
    return not limits.of_whole_station().against


def _entry(usable: bool, ends: datetime | None) -> ListEntry:
    return ListEntry(ListStatus.ACCEPTED, ends) if usable else ListEntry(ListStatus.BLOCKED)
