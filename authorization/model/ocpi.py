"""The words of OCPI 2.2.1 and 2.3.0: versions, roles, endpoints, credentials, status codes."""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from authorization.model.foreign_token import TokenType
from authorization.model.partner import PartnerProtocol

MAX_TOKEN_CHARACTERS = 64  # credentials.asciidoc, Credentials object: token is string(64)
MAX_ROLES = 500
"""Own judgement; a hub of 2.3.0 names every party that is reached through it."""

_MAX_HEADER_CHARACTERS = 128  # 64 characters and a line end in base64, and some to spare
_SCHEME = re.compile(r"token +([!-~]+)", re.IGNORECASE)
_PRINTABLE = re.compile(r"[!-~]{1,64}")


class OcpiVersion(StrEnum):
    """The versions that are spoken here."""

    V221 = "2.2.1"
    V230 = "2.3.0"

    @property
    def token_types(self) -> frozenset[TokenType]:
        """The TokenType values of this version: EMAID came with 2.3.0."""
        known = frozenset(TokenType)
        return known - {TokenType.EMAID} if self is OcpiVersion.V221 else known


VERSION_OF_PROTOCOL = {
    PartnerProtocol.OCPI_221: OcpiVersion.V221,
    PartnerProtocol.OCPI_230: OcpiVersion.V230,
}


class StatusCode(IntEnum):
    """OCPI status codes (status_codes.asciidoc)."""

    SUCCESS = 1000
    CLIENT_ERROR = 2000
    INVALID_PARAMETERS = 2001
    NOT_ENOUGH_INFORMATION = 2002
    UNKNOWN_LOCATION = 2003
    UNKNOWN_TOKEN = 2004
    SERVER_ERROR = 3000
    CLIENT_API_UNUSABLE = 3001
    UNSUPPORTED_VERSION = 3002
    NO_MATCHING_ENDPOINTS = 3003


class OcpiRole(StrEnum):
    """What a party is; HUB was dropped by 2.3.0 and is understood there, too."""

    CPO = "CPO"
    EMSP = "EMSP"
    HUB = "HUB"
    NAP = "NAP"
    NSP = "NSP"
    OTHER = "OTHER"
    PTP = "PTP"
    SCSP = "SCSP"


class InterfaceRole(StrEnum):
    """Which side of a module an endpoint is: that of the data's owner, or of its receiver."""

    SENDER = "SENDER"
    RECEIVER = "RECEIVER"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One module at one URL; `identifier` is a ModuleID (`tokens`), ours or one we do not know."""

    identifier: str
    role: InterfaceRole
    url: str


def endpoint_url(
    endpoints: Iterable[Endpoint], identifier: str, role: InterfaceRole | None = None
) -> str | None:
    """Return a module's URL without a slash at its end; of `credentials` the role is no matter."""
    for endpoint in endpoints:
        if endpoint.identifier == identifier and role in {None, endpoint.role}:
            return endpoint.url.rstrip("/")
    return None


@dataclass(frozen=True, slots=True)
class CredentialsRole:
    """One party behind a platform: its role, ids (upper case) and its business' name."""

    role: OcpiRole
    country_code: str
    party_id: str
    name: str

    @property
    def party(self) -> str:
        """Country and party together (`DEABC`), as provider and operator ids are written."""
        return self.country_code + self.party_id


@dataclass(frozen=True, slots=True)
class Credentials:
    """What one platform gives the other: the token to show, the versions URL, its parties."""

    token: str = field(repr=False)
    url: str
    roles: tuple[CredentialsRole, ...]


class TokenEncoding(StrEnum):
    """How a platform wants the credentials token in the Authorization header.

    Since 2.2-d2 it is base64; implementations of before send and want it raw
    (transport_and_format.asciidoc, Authorization header, NOTE).
    """

    BASE64 = "base64"
    RAW = "raw"


def authorization(token: str, encoding: TokenEncoding) -> str:
    """Return the Authorization header's value for a credentials token."""
    if encoding is TokenEncoding.RAW:
        return f"Token {token}"
    return f"Token {base64.b64encode(token.encode()).decode()}"


def presented_tokens(header: str | None) -> tuple[str, ...]:
    """Return the credentials tokens that an Authorization header may stand for; () for none.

    Whether it is encoded cannot be seen from it: a raw token may be good base64. Both readings
    are tried. A line end that was encoded with the token, as in the specification's own example,
    does not count.
    """
    found = _SCHEME.fullmatch(header or "")
    if found is None or len(found[1]) > _MAX_HEADER_CHARACTERS:
        return ()
    raw, readings = found[1], []
    try:
        decoded = base64.b64decode(raw, validate=True).decode("ascii").rstrip("\r\n")
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    if _PRINTABLE.fullmatch(decoded):
        readings.append(decoded)
    if len(raw) <= MAX_TOKEN_CHARACTERS:
        readings.append(raw)
    return tuple(readings)
