"""Authentication data: what of our contracts a hub may authorise offline (OICP 2.3)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from authorization.model.oicp import spelled_evco_id, spelled_uid
from contract_service.model.contract import Contract, ContractStatus

MAX_RECORDS = 100_000
"""Records of one provider at one hub; own judgement: a fullLoad carries them in one body."""

AT_ONCE = 1000
"""Records of one insert or delete."""

FULL_AGAIN = timedelta(hours=24)
"""A contract that runs out by itself causes no event: once a day everything is loaded anew."""


class Action(StrEnum):
    """OICP ActionType. `update` is never sent: a record is its identification, nothing more."""

    FULL_LOAD = "fullLoad"
    INSERT = "insert"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Card:
    """An active card of a contract: the token's random id, and its uid."""

    token_id: str
    contract_id: str
    uid: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthdataRecord:
    """One AuthenticationDataRecord; `record_id` is the contract's or the card's random id."""

    record_id: str
    contract_id: str
    identification: Mapping[str, Mapping[str, str]] = field(repr=False)


def records_of(
    contract: Contract, cards: Iterable[Card], now: datetime
) -> tuple[AuthdataRecord, ...]:
    """Return what a hub is to know of a contract: itself and its cards while it stands, else none.

    An EMAID or a card that OICP cannot spell is left out.
    """
    if (
        contract.status is not ContractStatus.ACTIVE
        or now < contract.valid_from
        or (contract.valid_until is not None and contract.valid_until <= now)
    ):
        return ()
    records = []
    evco_id = spelled_evco_id(contract.emaid)
    if evco_id is not None:
        identification = {"PlugAndChargeIdentification": {"EvcoID": evco_id}}
        records.append(AuthdataRecord(contract.contract_id, contract.contract_id, identification))
    for card in cards:
        uid = spelled_uid(card.uid)
        if uid is not None:
            identification = {"RFIDMifareFamilyIdentification": {"UID": uid}}
            records.append(AuthdataRecord(card.token_id, contract.contract_id, identification))
    return tuple(records)
