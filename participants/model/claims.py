"""The claims of an access token (RFC 7519 section 4.1) and the rules that they keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from foundation.errors import Kind, ServiceError

LEEWAY = timedelta(seconds=5)
"""How far the clock of the process that issued a token may be ahead of ours."""

MAXIMUM_TEXT = 255
_LAST_SECOND = 253402300799  # 9999-12-31T23:59:59Z, the last that a datetime holds
_REQUIRED = frozenset({"iss", "sub", "aud", "iat", "exp", "jti", "secret_id"})
_ALLOWED = _REQUIRED | {"nbf"}


class TokenFault(StrEnum):
    """Why a token was refused; few words, so that a metric may carry them as a label."""

    MALFORMED = "malformed"
    KEY = "key"
    SIGNATURE = "signature"
    CLAIMS = "claims"
    EXPIRED = "expired"
    CLIENT = "client"


_DETAILS = {
    TokenFault.MALFORMED: "this is no access token of this service",
    TokenFault.KEY: "the access token names a signing key that is not, or no longer, ours",
    TokenFault.SIGNATURE: "the signature of the access token is wrong",
    TokenFault.CLAIMS: "the access token was not made for this service, or not for this time",
    TokenFault.EXPIRED: "the access token has expired",
    TokenFault.CLIENT: "the client or the secret that the access token was given for was withdrawn",
}


class TokenError(ServiceError):
    """UNAUTHENTICATED, code `invalid_token` (RFC 6750 section 3.1); `fault` says why."""

    def __init__(self, fault: TokenFault) -> None:
        super().__init__(
            Kind.UNAUTHENTICATED,
            "invalid_token",
            f"{_DETAILS[fault]}; get a new one at POST /oauth/token",
        )
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says: for whom, by which of the client's secrets, from when to when.

    Roles and ids are not in it: they come from the client's record at each request. Instants
    are whole seconds, aware, in UTC.
    """

    issuer: str
    audience: str
    client_id: str
    secret_id: str
    token_id: str
    issued_at: datetime
    expires_at: datetime

    def as_json(self) -> dict[str, str | int]:
        """Return the claims set under its registered names, times as seconds since 1970."""
        return {
            "iss": self.issuer,
            "sub": self.client_id,
            "aud": self.audience,
            "iat": int(self.issued_at.timestamp()),
            "exp": int(self.expires_at.timestamp()),
            "jti": self.token_id,
            "secret_id": self.secret_id,
        }


def read_claims(
    claims: Mapping[str, object], *, issuer: str, lifetime: timedelta, now: datetime
) -> Claims:
    """Return the claims of a token whose signature was verified; TokenError unless all hold.

    Every claim that we issue must be there and of its type, `iss` and `aud` both be `issuer`
    (one text: a list of audiences is never ours), the time be between `iat` (with a leeway),
    `nbf` where given, and `exp`, and `exp` no later than `lifetime` after `iat`.
    """
    if not claims.keys() >= _REQUIRED or not claims.keys() <= _ALLOWED:
        raise TokenError(TokenFault.CLAIMS)
    read = Claims(
        issuer=_text(claims["iss"]),
        audience=_text(claims["aud"]),
        client_id=_text(claims["sub"]),
        secret_id=_text(claims["secret_id"]),
        token_id=_text(claims["jti"]),
        issued_at=_instant(claims["iat"]),
        expires_at=_instant(claims["exp"]),
    )
    not_before = _instant(claims.get("nbf", claims["iat"]))
    if (
        read.issuer != issuer
        or read.audience != issuer
        or max(read.issued_at, not_before) > now + LEEWAY
        or read.expires_at - read.issued_at > lifetime
    ):
        raise TokenError(TokenFault.CLAIMS)
    if now >= read.expires_at:
        raise TokenError(TokenFault.EXPIRED)
    return read


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAXIMUM_TEXT:
        raise TokenError(TokenFault.CLAIMS)
    return value


def _instant(value: object) -> datetime:
    # a bool is an int to Python, not to RFC 7519
    if type(value) is not int or not 0 <= value <= _LAST_SECOND:
        raise TokenError(TokenFault.CLAIMS)
    return datetime.fromtimestamp(value, UTC)
