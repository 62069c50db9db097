"""Errors of our own API as RFC 9457 problem documents, of OPCP, OICP and OCPI as theirs."""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog
from flask import Flask, Response, request
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from authorization.api.ocpi_envelope import is_ocpi, ocpi_error
from authorization.api.oicp_answers import error_body as oicp_error_body
from authorization.api.oicp_answers import is_oicp
from contract_service.api.opcp import error_body, is_opcp, opcp_status
from foundation.clock import utc_now
from foundation.errors import Kind, ServiceError
from foundation.hot_routes import Told
from foundation.unexpected import places
from server.bodies import body_too_large

STATUS = {
    Kind.MALFORMED: 400,
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED: 415,
    Kind.RATE_LIMITED: 429,
    Kind.UNAVAILABLE: 503,
}
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "5"

log = structlog.get_logger(__name__)


class Problem(BaseModel):
    """A problem document (RFC 9457 section 3.1) with evtrust's `code`, `fields` and `trace_id`."""

    type: str = Field("about:blank", description="Kind of problem, as a URI reference.")
    title: str
    status: int
    detail: str = Field(description="What went wrong and what to do, for people.")
    code: str = Field(description="What went wrong, for machines; stable.")
    fields: dict[str, str] = Field(default_factory=dict, description="Input -> what is wrong.")
    trace_id: str | None = Field(None, description="To quote when asking the operator.")


PROBLEM_RESPONSES: dict[str | int, Any] = {
    status: {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, description in {
        400: "The request cannot be parsed.",
        401: "No token, or one that no longer stands.",
        403: "Not allowed to this client.",
        404: "No such thing.",
        409: "Contradicts what is stored.",
        413: "Too large.",
        415: "Another media type is needed.",
        422: "Parsed, but breaks a rule.",
        429: "Too many requests; see Retry-After.",
        503: "Try again later.",
    }.items()
}
"""Every documented operation may answer these."""

_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


# a member's name, as people mistype them; no MAC (twelve hexadecimal digits) and no VIN
_WORD = re.compile(r"(?![0-9A-Fa-f]{12})[A-Za-z_]{1,40}")

_OWN_WORDS = {
    404: ("route_unknown", "nothing is served at this address; see /docs"),
    405: ("method_not_allowed", "this address answers the methods that Allow names"),
    413: (body_too_large().code, body_too_large().detail),
}
"""Status -> code and detail where the web framework, not an operation, refuses."""


def problem_body(
    status: int,
    code: str,
    detail: str,
    fields: Mapping[str, str] | None = None,
    *,
    title: str | None = None,
    trace_id: str | None = None,
) -> bytes:
    """Return the problem document as JSON bytes."""
    return orjson.dumps(
        {
            "type": "about:blank",
            "title": title or _TITLES.get(status, "Error"),
            "status": status,
            "detail": detail,
            "code": code,
            "fields": dict(fields or {}),
            "trace_id": trace_id,
        }
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal with its HTTP status, in no body's form yet."""

    status: int
    code: str
    detail: str
    fields: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    title: str | None = None
    trace_id: str | None = None

    def as_problem(self) -> bytes:
        """Return the problem document as JSON bytes."""
        return problem_body(
            self.status,
            self.code,
            self.detail,
            self.fields,
            title=self.title,
            trace_id=self.trace_id,
        )

    def told(self, path: str) -> Told:
        """Return the answer to a request of `path`: below their addresses other protocols' own."""
        if is_opcp(path):
            return self._told_to_opcp()
        if is_oicp(path):
            return self._told_to_oicp()
        if is_ocpi(path):
            return self._told_to_ocpi()
        return Told(self.status, self.as_problem(), {**self.headers, "Content-Type": MEDIA_TYPE})

    def response(self) -> Response:
        """Return the answer to the running request."""
        status, body, headers = self.told(request.path)
        return Response(body, status, headers)

    def _told_to_oicp(self) -> Told:
        detail = self.detail if self.trace_id is None else f"{self.detail} ({self.trace_id})"
        body = oicp_error_body(self.status, self.code, detail, self.fields)
        return Told(self.status, body, {**self.headers, "Content-Type": "application/json"})

    def _told_to_ocpi(self) -> Told:
        detail = self.detail if self.trace_id is None else f"{self.detail} ({self.trace_id})"
        status, body = ocpi_error(self.status, self.code, detail, self.fields, utc_now())
        headers = {**self.headers, "Content-Type": "application/json"}
        if status == 401:
            headers["WWW-Authenticate"] = 'Token realm="evtrust"'
        return Told(status, body, headers)

    def _told_to_opcp(self) -> Told:
        trace_id = self.trace_id or str(uuid.uuid4())
        status = opcp_status(self.status)
        # else nobody finds what a participant quotes; `unexpected` is in the log already
        if self.trace_id is None:
            log.info("refused", trace_id=trace_id, status=status, code=self.code)
        body = error_body(self.code, self.detail, self.fields, trace_id)
        return Told(status, body, {**self.headers, "Content-Type": "application/json"})


def service_refusal(failure: ServiceError) -> Refusal:
    """Return a typed refusal with its status and the headers that go with it."""
    status = STATUS[failure.kind]
    headers: dict[str, str] = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="evtrust"'  # RFC 6750 section 3
    if status in {429, 503}:
        headers["Retry-After"] = failure.fields.get("retry_after", RETRY_AFTER_SECONDS)
    return Refusal(status, failure.code, failure.detail, failure.fields, headers)


def unexpected_refusal(failure: BaseException) -> Refusal:
    """Log what nobody expected, with its trace; the asker gets the trace id and nothing else.

    A database that does not answer is 503, everything else 500.
    """
    trace_id = str(uuid.uuid4())
    cause = failure.__cause__
    # the exception's text may quote a row: only its type and the places it passed are logged
    log.error(
        "unexpected",
        trace_id=trace_id,
        error=type(failure).__name__,
        cause=type(cause).__name__ if cause is not None else None,
        sqlstate=getattr(cause, "sqlstate", None),
        trace=places(failure),
    )
    if isinstance(failure, OperationalError | InterfaceError | PoolTimeoutError):
        return Refusal(
            503,
            "database_unavailable",
            "the database does not answer now; try again, and quote the trace_id if that fails",
            headers={"Retry-After": RETRY_AFTER_SECONDS},
            trace_id=trace_id,
        )
    return Refusal(
        500,
        "unexpected",
        "something failed here that should not; quote the trace_id to the operator",
        trace_id=trace_id,
    )


def _told(error_type: str, location: Sequence[int | str]) -> list[str]:
    parts = [str(part) for part in location]
    if error_type == "extra_forbidden" and not _WORD.fullmatch(parts[-1]):
        parts[-1] = "(undocumented member)"
    return parts


def validation_fields(failure: ValidationError) -> dict[str, str]:
    """Return input -> what is wrong, without the values themselves: they may be personal.

    So may the name of a member that nobody documented: it is repeated only where it is a word.
    """
    return {
        ".".join(_told(error["type"], error["loc"])) or "body": error["msg"]
        for error in failure.errors(include_input=False, include_url=False, include_context=False)[
            :20
        ]
    }


def validation_response(failure: ValidationError) -> Response:
    """Answer a request of the wrong shape (flask-openapi3's callback)."""
    return Refusal(
        400,
        "invalid_request",
        "the request has not the documented shape; see fields, and /docs",
        validation_fields(failure),
    ).response()


def in_plain_text(blueprint: APIBlueprint) -> APIBlueprint:
    """Make the blueprint's refusals text/plain, as EST wants (RFC 7030 section 4.2.3).

    What breaks a rule is 400 there: OPCP's EST documents no 422.
    """

    def on_service_error(failure: ServiceError) -> Response:
        refusal = service_refusal(failure)
        status = 400 if refusal.status == 422 else refusal.status
        return _plain(status, refusal.code, refusal.detail, refusal.headers)

    def on_http_exception(failure: HTTPException) -> Response:
        status = failure.code or 500
        code, detail = _OWN_WORDS.get(status, ("request_refused", failure.description or ""))
        return _plain(status, code, detail, {})

    blueprint.register_error_handler(ServiceError, on_service_error)
    blueprint.register_error_handler(HTTPException, on_http_exception)
    return blueprint


def _plain(status: int, code: str, detail: str, headers: Mapping[str, str]) -> Response:
    return Response(
        f"{code}: {detail}\n", status, headers, content_type="text/plain; charset=utf-8"
    )


def register_problem_handlers(app: Flask) -> None:
    """Make every error of the application a problem document, or the protocol's below its own."""

    def on_service_error(failure: ServiceError) -> Response:
        return service_refusal(failure).response()

    def on_http_exception(failure: HTTPException) -> Response:
        if failure.response is not None and isinstance(failure.response, Response):
            return failure.response
        status = failure.code or 500
        headers = {
            name: value
            for name, value in failure.get_headers(request.environ)
            if name.lower() not in {"content-type", "content-length"}
        }
        code, detail = _OWN_WORDS.get(
            status, (failure.name.lower().replace(" ", "_"), failure.description or "")
        )
        title = _TITLES.get(status, failure.name)
        return Refusal(status, code, detail, headers=headers, title=title).response()

    def on_unexpected(failure: Exception) -> Response:
        return unexpected_refusal(failure).response()

    app.register_error_handler(ServiceError, on_service_error)
    app.register_error_handler(HTTPException, on_http_exception)
    app.register_error_handler(Exception, on_unexpected)
