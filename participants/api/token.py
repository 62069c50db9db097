"""`POST /oauth/token`: the one place where a client shows its secret."""

from typing import Any

from flask import Response, json, request
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.models.schema import Schema
from werkzeug.exceptions import RequestEntityTooLarge

from foundation.errors import Kind, ServiceError
from participants.api.rate_limits import TokenLimits
from participants.api.token_request import (
    JSON,
    MAXIMUM_BODY_BYTES,
    TokenErrorResponse,
    TokenRequest,
    TokenRequestError,
    TokenResponse,
    read_token_request,
)
from participants.operations.issue_token import IssueToken


def token_blueprint(issue_token: IssueToken, limits: TokenLimits) -> APIBlueprint:
    """Return the blueprint `token`, which needs no access token."""
    blueprint = APIBlueprint("token", __name__)
    blueprint.components_schemas[_REQUEST] = _described_request(issue_token.public_url)

    @blueprint.post(
        "/oauth/token",
        tags=[Tag(name="Access tokens")],
        summary="Get an access token for a client's secret",
        openapi_extensions=_request_body(),
        responses={
            200: TokenResponse,
            **dict.fromkeys((400, 401, 413, 415, 429), TokenErrorResponse),
        },
    )
    def token() -> Response:
        """OAuth 2.0 client credentials, as JSON; a form of the same members is read as well.

        Id and secret may stand in HTTP Basic instead (RFC 6749 section 2.3.1).
        """
        wait = limits.request_from(request.remote_addr)
        if wait is not None:
            return _too_many(wait)
        try:
            request.max_content_length = MAXIMUM_BODY_BYTES
            asked = read_token_request(
                request.mimetype, request.get_data(), request.headers.get("Authorization")
            )
            given = issue_token(asked.client_id, asked.client_secret, asked.audience)
        except RequestEntityTooLarge:
            return _error(413, "invalid_request", f"send at most {MAXIMUM_BODY_BYTES} bytes")
        except TokenRequestError as failure:
            return _error(failure.status, failure.error, failure.description)
        except ServiceError as failure:
            return _service_error(failure)
        wait = limits.token_for(asked.client_id)
        if wait is not None:
            return _too_many(wait)
        return _answer(
            200,
            {
                "access_token": given.token,
                "scope": given.scope,
                "expires_in": given.expires_in,
                "token_type": "Bearer",
            },
        )

    return blueprint


_REQUEST = "TokenRequest"


def _request_body() -> dict[str, Any]:
    """Return the one form of the request that is described: generated clients need no choice."""
    content = {JSON: {"schema": {"$ref": f"#/components/schemas/{_REQUEST}"}}}
    return {"requestBody": {"required": True, "content": content}}


def _described_request(public_url: str) -> Schema:
    """Return what is documented of the request.

    Stricter than what is read: other grant types and audiences are understood, and refused; id
    and secret may stand in HTTP Basic instead.
    """
    schema = TokenRequest.model_json_schema()
    schema["properties"]["grant_type"]["enum"] = ["client_credentials"]
    schema["properties"]["audience"] = {
        "type": "string",
        "enum": [public_url, f"{public_url}/"],
        "description": "This service's base URL; may be left out",
    }
    return Schema(**schema)


def _service_error(failure: ServiceError) -> Response:
    if failure.kind is Kind.UNAUTHENTICATED:
        response = _error(401, failure.code, failure.detail)
        response.headers["WWW-Authenticate"] = 'Basic realm="evtrust"'
        return response
    if failure.kind is Kind.INVALID:
        return _error(400, failure.code, failure.detail)
    raise failure


def _too_many(seconds: int) -> Response:
    response = _error(429, "too_many_requests", f"wait {seconds} seconds; a token can be reused")
    response.headers["Retry-After"] = str(seconds)
    return response


def _error(status: int, error: str, description: str) -> Response:
    return _answer(status, {"error": error, "error_description": description})


def _answer(status: int, members: dict[str, Any]) -> Response:
    response = Response(json.dumps(members), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"  # RFC 6749 section 5.1
    response.headers["Pragma"] = "no-cache"
    return response
