"""The token request in its three dialects: OPCP's and MaEVe's JSON, CitrineOS's form."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from pydantic import BaseModel, ConfigDict, Field, ValidationError

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MAXIMUM_BODY_BYTES = 8192
_MAXIMUM_FIELDS = 32


class TokenRequest(BaseModel):
    """Client credentials grant (RFC 6749 section 4.4.2).

    The client's id and secret may stand in HTTP Basic instead (section 2.3.1). Unknown members
    are ignored, as section 3.2 demands: the one schema of this service that does not refuse them.
    """

    model_config = ConfigDict(strict=True, extra="ignore")

    grant_type: str = Field(max_length=64)
    client_id: str = Field(min_length=1, max_length=64)
    client_secret: str = Field(min_length=1, max_length=256)
    audience: str | None = Field(None, max_length=2048)


class TokenResponse(BaseModel):
    """A token (RFC 6749 section 5.1; OPCP requires all four members)."""

    access_token: str = Field(min_length=1)
    scope: str = Field(min_length=1, description="The client's roles, as in `cpo mo`")
    expires_in: int = Field(description="Whole seconds")
    token_type: str = Field(description="`Bearer`")


class TokenErrorResponse(BaseModel):
    """Why there is none (RFC 6749 section 5.2)."""

    error: str
    error_description: str


class TokenRequestError(Exception):
    """A token request that cannot be understood: HTTP status, `error` and `error_description`."""

    def __init__(
        self, description: str, *, error: str = "invalid_request", status: int = 400
    ) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description


def read_token_request(media_type: str, body: bytes, authorization: str | None) -> TokenRequest:
    """Return what a client asks for.

    `media_type` without parameters and in lower case, `body` at most `MAXIMUM_BODY_BYTES`,
    `authorization` the header of that name. Raises TokenRequestError.
    """
    if media_type == JSON:
        members = _json_members(body)
    elif media_type == FORM:
        members = _form_members(body)
    else:
        raise TokenRequestError(f"send {JSON} or {FORM}", status=415)
    if authorization is not None and authorization[:6].lower() == "basic ":
        members = _with_basic(members, authorization[6:])
    try:
        asked = TokenRequest.model_validate(members)
    except ValidationError as failure:
        wrong = sorted({str(error["loc"][0]) for error in failure.errors(include_input=False)})
        raise TokenRequestError(
            f"missing, of the wrong type or too long: {', '.join(wrong)}"
        ) from None
    if asked.grant_type != "client_credentials":
        raise TokenRequestError(
            "the only grant type is client_credentials", error="unsupported_grant_type"
        )
    return asked


def _json_members(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body.decode(), object_pairs_hook=_once_each)
    except (ValueError, RecursionError):
        raise TokenRequestError("the body is no JSON") from None
    if not isinstance(parsed, dict):
        raise TokenRequestError("the body is no JSON object")
    return parsed


def _form_members(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAXIMUM_FIELDS
        )
    except ValueError:
        raise TokenRequestError("the body is no form") from None
    members = _once_each(pairs)
    # RFC 6749 section 3.2: a parameter without a value counts as omitted
    return {name: value for name, value in members.items() if value}


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the pairs as a mapping; RFC 6749 section 3.2 forbids a parameter that comes twice.

    Those that we ignore may: `resource` of RFC 8707 does.
    """
    known = [name for name, _ in pairs if name in TokenRequest.model_fields]
    if len(known) != len(set(known)):
        raise TokenRequestError("a parameter comes twice")
    return dict(pairs)


def _with_basic(members: Mapping[str, Any], encoded: str) -> dict[str, Any]:
    """Return `members` with the id and the secret of HTTP Basic (RFC 7617), form-decoded."""
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
        client_id, colon, secret = text.partition(":")
        basic = {
            "client_id": unquote_plus(client_id, errors="strict"),
            "client_secret": unquote_plus(secret, errors="strict"),
        }
    except ValueError:
        raise TokenRequestError("the Authorization header is no HTTP Basic") from None
    if not colon:
        raise TokenRequestError("the Authorization header is no HTTP Basic")
    # RFC 6749 section 2.3: one way to authenticate in each request
    if "client_secret" in members or members.get("client_id") not in {None, basic["client_id"]}:
        raise TokenRequestError("send the credentials in the body or as HTTP Basic, not both")
    return {**members, **basic}
