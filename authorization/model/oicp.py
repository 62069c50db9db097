"""Words of OICP 2.3: patterns, identifiers in its spelling, status codes."""

import re
from enum import StrEnum

from foundation.identifiers import Emaid, InvalidIdentifier

# OICP 2.3, Simple Restricted String Data Types; a card's UID may come in lower case
EVCO_ID = (
    r"^(([A-Za-z]{2}-?[A-Za-z0-9]{3}-?C[A-Za-z0-9]{8}-?[0-9A-Za-z])"
    r"|([A-Za-z]{2}[*-]?[A-Za-z0-9]{3}[*-]?[A-Za-z0-9]{6}[*-]?[0-9X]))$"
)
EVSE_ID = (
    r"^(([A-Za-z]{2}\*?[A-Za-z0-9]{3}\*?E[A-Za-z0-9*]{1,30})"
    r"|(\+?[0-9]{1,3}\*[0-9]{3}\*[0-9*]{1,32}))$"
)
OPERATOR_ID = r"^(([A-Za-z]{2}\*?[A-Za-z0-9]{3})|(\+?[0-9]{1,3}\*[0-9]{3}))$"
PROVIDER_ID = r"^[A-Za-z]{2}[*-]?[A-Za-z0-9]{3}$"
SESSION_ID = r"^[A-Za-z0-9]{8}(-[A-Za-z0-9]{4}){3}-[A-Za-z0-9]{12}$"
UID = r"^([0-9A-Fa-f]{8}|[0-9A-Fa-f]{14}|[0-9A-Fa-f]{20})$"

MAX_PARTNER_SESSION_CHARACTERS = 250  # CPOPartnerSessionID, EMPPartnerSessionID
MAX_DESCRIPTION_CHARACTERS = 200
MAX_ADDITIONAL_INFO_CHARACTERS = 1000

_EVCO_ID = re.compile(EVCO_ID)
_UID = re.compile(UID)


class Code(StrEnum):
    """CodeType, as far as evtrust says it or acts on it."""

    SUCCESS = "000"
    SYSTEM_ERROR = "021"
    DATA_ERROR = "022"
    UNAUTHORIZED_ACCESS = "017"
    INCONSISTENT_EVSE_ID = "018"
    INCONSISTENT_EVCO_ID = "019"
    QR_INVALID_CREDENTIALS = "101"
    RFID_INVALID_UID = "102"
    PLC_INVALID_EVCO_ID = "105"
    NO_POSITIVE_ANSWER = "106"
    PLC_INVALID_UNDERLYING_EVCO_ID = "120"
    PLC_INVALID_CERTIFICATE = "121"
    PLC_TIME_OUT = "122"
    EVCO_ID_LOCKED = "200"
    NO_VALID_CONTRACT = "210"
    PARTNER_NOT_FOUND = "300"
    PARTNER_DID_NOT_RESPOND = "310"
    SERVICE_NOT_AVAILABLE = "320"
    SESSION_INVALID = "400"


def spelled_evco_id(emaid: Emaid) -> str | None:
    """Return the EMAID as OICP's EvcoID, with its check digit; None where OICP cannot spell it.

    Its ISO form begins the contract's part with C; a DIN id is converted into it.
    """
    try:
        spelled = emaid.with_check_digit()
    except InvalidIdentifier:
        return None
    return spelled if _EVCO_ID.fullmatch(spelled) else None


def spelled_uid(uid: str) -> str | None:
    """Return a card's uid in upper case; None where OICP has no such: 8, 14 or 20 hex digits."""
    return uid.upper() if _UID.fullmatch(uid) else None


def spelled_operator_id(operator_id: str) -> str:
    """Return `DE*ABC` for `DEABC`; the DIN form has its separators already."""
    return operator_id if "*" in operator_id else f"{operator_id[:2]}*{operator_id[2:]}"


def spelled_provider_id(provider_id: str) -> str:
    """Return `DE-ABC` for `DEABC`."""
    return f"{provider_id[:2]}-{provider_id[2:]}"
