"""Tokens of other providers, which roaming partners push here (OCPI Tokens, OICP authdata)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum

from authorization.model.access_token import TokenUid
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, EvccId20, InvalidIdentifier, Mac

MAX_TOKENS_OF_PARTNER = 1_000_000
"""Own judgement: the largest provider of a hub; past it a partner is refused."""

FURTHEST_AHEAD = timedelta(days=1)
"""How far ahead of ours a provider's clock may be: a state from the far future would outlast all
that follow. Own judgement."""

VEHICLE_PREFIX = "VID:"
"""How OCPP 1.6 stations spell Autocharge identifiers; a token of type OTHER may be one."""

_OWNER_CHARACTERS = 5
_NAMES = {"contract_id": 36, "issuer": 64, "visual_number": 64, "group_id": 36, "language": 2}
"""Longest texts, as OCPI 2.2.1 and 2.3.0 section 12.3.2 (Token object) bound them."""


class TokenType(StrEnum):
    """OCPI TokenType; EMAID is there from 2.3.0 on."""

    AD_HOC_USER = "AD_HOC_USER"
    APP_USER = "APP_USER"
    EMAID = "EMAID"
    OTHER = "OTHER"
    RFID = "RFID"


_PARSERS: Mapping[TokenType, Sequence[Callable[[str], Mac | EvccId20 | Emaid]]] = {
    TokenType.OTHER: (Mac.parse, EvccId20.parse, Emaid.parse),
    TokenType.EMAID: (Emaid.parse,),
}


class Whitelist(StrEnum):
    """OCPI WhitelistType: when a token may be accepted without asking its provider.

    ALWAYS: never ask. ALLOWED: as one likes. ALLOWED_OFFLINE: ask, and accept where nobody
    answers. NEVER: only the provider's own answer counts.
    """

    ALWAYS = "ALWAYS"
    ALLOWED = "ALLOWED"
    ALLOWED_OFFLINE = "ALLOWED_OFFLINE"
    NEVER = "NEVER"


@dataclass(frozen=True, slots=True)
class TokenName:
    """What names a token: its provider (`DEABC`), type and uid (CiString(36), as it was spelled).

    Raises ServiceError MALFORMED (`invalid_token_uid`, `invalid_token_owner`).
    """

    provider_id: str
    type: TokenType
    uid: str

    def __post_init__(self) -> None:
        owner = self.provider_id
        if len(owner) != _OWNER_CHARACTERS or not owner.isascii() or not owner.isalnum():
            raise ServiceError(
                Kind.MALFORMED,
                "invalid_token_owner",
                "a token's owner is 2 letters of the country and 3 characters of the party",
            )
        TokenUid.parse(self.uid)

    @property
    def key(self) -> str:
        """The uid as it is compared: upper case, one for every spelling of a card or vehicle."""
        return uid_key(self.type, self.uid)


def uid_key(token_type: TokenType, uid: str) -> str:
    """Return the one key of every spelling of a uid of that type.

    A card's separators do not count; a vehicle is told by its MAC or EVCCID, with or without
    `VID:`; an EMAID by its look-up key, also as OTHER: 2.2.1 has no type of its own for it. Raises
    ServiceError MALFORMED (`invalid_token_uid`).
    """
    key = TokenUid.parse(uid).key
    for parse in _PARSERS.get(token_type, ()):
        try:
            return parse(key.removeprefix(VEHICLE_PREFIX)).key
        except InvalidIdentifier:
            continue
    return key


@dataclass(frozen=True, slots=True)
class EnergyContract:
    """The driver's own energy supplier (64 characters) and the contract there (64)."""

    supplier_name: str
    contract_id: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignToken:
    """One token of another provider, as the partner `partner_id` pushed it last.

    `contract_id` is the provider's name for the driver's contract, mostly an EMAID. `valid` False
    is as good as deleted. `last_updated` is the provider's own time (aware, UTC): it alone says
    which of two states is the newer. Raises ServiceError MALFORMED (`invalid_foreign_token`) that
    names the field that is too long.
    """

    partner_id: str
    name: TokenName
    contract_id: str
    issuer: str
    valid: bool
    whitelist: Whitelist
    last_updated: datetime
    visual_number: str | None = None
    group_id: str | None = None
    language: str | None = None
    default_profile_type: str | None = None
    energy_contract: EnergyContract | None = None

    def __post_init__(self) -> None:
        for name, longest in _NAMES.items():
            text = getattr(self, name)
            if text is not None and not 1 <= len(text) <= longest:
                raise ServiceError(
                    Kind.MALFORMED,
                    "invalid_foreign_token",
                    "a field of the token is empty or too long",
                    {name: f"1 to {longest} characters"},
                )

    def changed(self, changes: Mapping[str, object]) -> "ForeignToken":
        """Return the token with `changes` (field -> value) over it; name and partner stay.

        Raises ServiceError MALFORMED (`invalid_foreign_token`).
        """
        return replace(self, **{name: changes[name] for name in changes if name in _CHANGEABLE})  # type: ignore[arg-type] # the schema has checked the values


_CHANGEABLE = {one.name for one in fields(ForeignToken)} - {"partner_id", "name"}


def is_outdated(stored: ForeignToken, last_updated: datetime) -> bool:
    """Whether a pushed state is older than the one stored, and so came late: it is not taken.

    One of the same time is taken: it is the same state sent again.
    """
    return last_updated < stored.last_updated


def the_one(found: Sequence[ForeignToken]) -> ForeignToken | None:
    """Return the token that a uid stands for, None where that is nobody's or several providers'.

    A uid is unique within its provider only. What two providers claim is charged to neither; two
    partners that tell of one provider's token (itself and its hub) tell of one: the newest state
    counts.
    """
    if len({token.name.provider_id for token in found}) != 1:
        return None
    return max(found, key=lambda token: (token.last_updated, token.partner_id))
