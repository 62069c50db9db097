"""Routes whose body is described by flask-openapi3 but read by a translator of ours."""

from collections.abc import Callable
from typing import TypeVar

from flask import Response, request
from pydantic import BaseModel

from authorization.api.schemas import MAX_BODY_BYTES, Handle
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
    """Hand the running request's body to `handle` and return its JSON."""
    request.max_content_length = MAX_BODY_BYTES
    status, body = handle(principal, parameters, request.get_data(cache=False))
    return Response(body, status, content_type="application/json")
