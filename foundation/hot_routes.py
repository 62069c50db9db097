"""Hot routes: answered by a translator of ours from the raw body, with and without Flask.

flask-openapi3 describes such a route and does not read its requests: validating them there as well
would double the work of the hottest routes. What a server does ahead of Flask (its lanes) and what
the route's view does in Flask is to ask the same translator.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from flask import Response, request
from pydantic import BaseModel, ValidationError

from foundation.errors import Kind, ServiceError
from foundation.principal import Principal

MAX_BODY_BYTES = 64 * 1024
"""Own judgement: a certificate chain of the largest size, or an EXI message, and its JSON."""

MOST_WRONG_FIELDS = 10

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})

Location = tuple[int | str, ...]
Model = TypeVar("Model", bound=BaseModel)
View = TypeVar("View", bound=Callable[..., Response])


class Told(NamedTuple):
    """An answer: HTTP status, body (JSON), and further headers."""

    status: int
    body: bytes
    headers: Mapping[str, str] = _NO_HEADERS


Handle = Callable[[Principal, Mapping[str, str], bytes], tuple[int, bytes]]
"""A hot route without its framework: who asks, parameters and body -> status and JSON.

Parameters are those of the path and the request headers that the route names.
"""

HandleWithHeaders = Callable[[Principal, Mapping[str, str], bytes], Told]
"""As `Handle`, for an answer with headers of its own."""


def described_by(**models: type[BaseModel]) -> Callable[[View], View]:
    """Describe a view's `body`, `path` and `header` by models, without validating by them.

    The view gets the path's texts.
    """

    def decorate(view: View) -> View:
        view.__annotations__ = {**models, "return": Response}
        # what its own `validate_request` sets: the view says when, and these never do
        view.__delay_validate_request__ = True  # type: ignore[attr-defined] # its private mark
        return view

    return decorate


def answer(
    handle: Handle | HandleWithHeaders,
    principal: Principal,
    parameters: dict[str, str],
    headers: Iterable[str] = (),
) -> Response:
    """Hand the running request's body, and its headers of the given names, to `handle`.

    Raises ServiceError UNSUPPORTED (`body_not_json`) for a body that says to be something else,
    TOO_LARGE as `read_body` does.
    """
    if request.mimetype not in {"", "application/json"}:
        raise ServiceError(
            Kind.UNSUPPORTED, "body_not_json", "send the body as `Content-Type: application/json`"
        )
    sent = named_headers(request.environ, {name: environ_key(name) for name in headers})
    # not get_data(): werkzeug cuts a chunked body at the bound instead of refusing it
    given: bytes = request.environ["wsgi.input"].read(MAX_BODY_BYTES + 1)
    told = Told(*handle(principal, {**parameters, **sent}, given))
    response = Response(told.body, told.status, content_type="application/json")
    response.headers.update(told.headers)
    return response


def environ_key(header: str) -> str:
    """Return the key under which a WSGI environment (PEP 3333) has a request header."""
    return f"HTTP_{header.upper().replace('-', '_')}"


def named_headers(environ: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of `keys` (name -> `environ_key`) that a request has, by name."""
    return {name: environ[key] for name, key in keys.items() if key in environ}


def dotted(location: Location) -> str:
    """Return how a refusal names the place of a value in a body."""
    return ".".join(str(part) for part in location)[:100] or "body"


def read_body(model: type[Model], body: bytes, named: Callable[[Location], str] = dotted) -> Model:
    """Parse a JSON body into `model`, in one pass.

    Raises ServiceError TOO_LARGE (`body_too_large`) or MALFORMED (`invalid_request`) that names
    the wrong fields, never their values: they may be personal.
    """
    if len(body) > MAX_BODY_BYTES:
        raise ServiceError(
            Kind.TOO_LARGE, "body_too_large", f"the body may have {MAX_BODY_BYTES} bytes"
        )
    try:
        return model.model_validate_json(body)
    except ValidationError as failure:
        raise _misshapen(failure, named) from None


def read_parameters(model: type[Model], parameters: Mapping[str, str]) -> Model:
    """Read a hot route's parameters, of its path or its headers, by `model`.

    Raises ServiceError MALFORMED (`invalid_request`) that names the wrong ones.
    """
    try:
        return model.model_validate(parameters)
    except ValidationError as failure:
        raise _misshapen(failure, dotted) from None


def wrong_fields(
    failure: ValidationError, named: Callable[[Location], str] = dotted
) -> dict[str, str]:
    """Return field -> what is wrong with it; at most MOST_WRONG_FIELDS, and no value."""
    errors = failure.errors(include_input=False, include_url=False, include_context=False)
    return {
        named(error["loc"]): (
            # pydantic quotes the tag that it was given
            "unknown type" if error["type"] == "union_tag_invalid" else error["msg"]
        )
        for error in errors[:MOST_WRONG_FIELDS]
    }


def _misshapen(failure: ValidationError, named: Callable[[Location], str]) -> ServiceError:
    return ServiceError(
        Kind.MALFORMED,
        "invalid_request",
        "the request has not the documented shape; see fields, and /docs",
        wrong_fields(failure, named),
    )
