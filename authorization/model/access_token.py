"""RFID cards and app accounts that stand for a contract."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from foundation.errors import Kind, ServiceError

MAX_UID_CHARACTERS = 36  # OCPP 2.0.1 IdTokenType.idToken and OCPI 2.2.1 Token.uid

_UID = re.compile(r"[!-~]{1,36}")
_HEX_WITH_SEPARATORS = re.compile(r"[0-9A-F]{2}(?:[:-][0-9A-F]{2})+")


class TokenKind(StrEnum):
    """What the driver holds; the same uid of two kinds is two tokens."""

    RFID = "rfid"
    APP = "app"


class TokenStatus(StrEnum):
    """Whether a token answers."""

    ACTIVE = "active"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class TokenUid:
    """A token's uid: 1 to 36 printable ASCII characters, `key` upper case.

    OCPP compares idTags without regard to case. Readers print a card's number as `04:A2:…`,
    `04-A2-…` or `04A2…`; `key` is the last of them.
    """

    key: str

    @classmethod
    def parse(cls, text: str) -> "TokenUid":
        """Parse a uid in any spelling; raises ServiceError MALFORMED (`invalid_token_uid`)."""
        # ASCII is checked first: `upper` of other letters may change their number
        if len(text) > MAX_UID_CHARACTERS * 2 or not _UID.fullmatch(text):
            raise ServiceError(
                Kind.MALFORMED,
                "invalid_token_uid",
                f"a token's uid has 1 to {MAX_UID_CHARACTERS} printable ASCII characters, no blank",
            )
        upper = text.upper()
        if _HEX_WITH_SEPARATORS.fullmatch(upper):
            upper = upper.replace(":", "").replace("-", "")
        return cls(upper)

    @property
    def masked(self) -> str:
        """The last two characters behind asterisks, for lists that people read."""
        return "*" * max(len(self.key) - 2, 2) + self.key[-2:] if len(self.key) > 4 else "****"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """One token of one contract, without its uid."""

    token_id: str
    kind: TokenKind
    contract_id: str
    provider_id: str
    status: TokenStatus
    created_at: datetime
