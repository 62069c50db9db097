"""Routes whose body is described by flask-openapi3 but read by a translator of ours."""

from collections.abc import Callable
from typing import TypeVar

from flask import Response, request
from pydantic import BaseModel

from authorization.api.schemas import MAX_BODY_BYTES, Handle
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal

View = TypeVar("View", bound=Callable[..., Response])


def described_by(**models: type[BaseModel]) -> Callable[[View], View]:
    """Describe a view's `body` and `path` by models, without validating them by flask-openapi3.

    The translators read the raw body in one pass, the same with and without Flask; validating it
    here as well would double the work of the hottest routes. The view gets the path's texts.
    """

    def decorate(view: View) -> View:
        view.__annotations__ = {**models, "return": Response}
        # what its own `validate_request` sets: the view says when, and these never do
        view.__delay_validate_request__ = True  # type: ignore[attr-defined] # its private mark
        return view

    return decorate


def answer(handle: Handle, principal: Principal, parameters: dict[str, str]) -> Response:
    """Hand the running request's body to `handle` and return its JSON.

    Raises ServiceError UNSUPPORTED (`body_not_json`) for a body that says to be something else,
    TOO_LARGE as `read_body` does.
    """
    if request.mimetype not in {"", "application/json"}:
        raise ServiceError(
            Kind.UNSUPPORTED, "body_not_json", "send the body as `Content-Type: application/json`"
        )
    # not get_data(): werkzeug cuts a chunked body at the bound instead of refusing it
    given: bytes = request.environ["wsgi.input"].read(MAX_BODY_BYTES + 1)
    status, body = handle(principal, parameters, given)
    return Response(body, status, content_type="application/json")
