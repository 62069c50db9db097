"""The hottest routes, answered ahead of Flask by a bare WSGI callable over the same translators.

Flask registers the same routes for the API description; what answers is one pure function for
both (`handle(principal, path parameters, body) -> status and JSON bytes`).
"""

import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from server.bodies import read_body, require_json
from server.observability import ROUTE
from server.problems import MEDIA_TYPE, service_problem, unexpected_problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Handle = Callable[[Principal, Mapping[str, str], bytes], tuple[int, bytes]]
Together = Callable[[Callable[[], tuple[int, bytes]]], tuple[int, bytes]]

_NOTHING = re.compile(r"(?!)")
_REASONS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Lane:
    """A POST route: its template for logs, the pattern of its path, and what answers it."""

    route: str
    pattern: re.Pattern[str]
    handle: Handle


def bearer_token(environ: Mapping[str, object]) -> str | None:
    """Return the token of `Authorization: Bearer` or of `X-API-Key`, if there is one."""
    authorization = environ.get("HTTP_AUTHORIZATION")
    if isinstance(authorization, str) and authorization[:7].lower() == "bearer ":
        return authorization[7:].strip()
    key = environ.get("HTTP_X_API_KEY")
    return key if isinstance(key, str) else None


def require_token(environ: Mapping[str, object]) -> str:
    """Return the request's token; raise UNAUTHENTICATED where there is none."""
    token = bearer_token(environ)
    if not token:
        raise ServiceError(
            Kind.UNAUTHENTICATED,
            "token_missing",
            "send the access token of POST /oauth/token as `Authorization: Bearer …`",
        )
    return token


@runtime_checkable
class _Closable(Protocol):
    """An answer that has something to close (PEP 3333)."""

    def close(self) -> None:
        """Let go of it."""


def _keep(started: list[Any], given: tuple[Any, ...]) -> Callable[[bytes], object]:
    started[:] = given
    return _no_write


def _no_write(_: bytes) -> object:
    raise TypeError("the application writes its answer by returning it")


class FastLanes:
    """Answers the lanes' routes and hands everything else to `fallback`.

    `together` is `foundation.batches.Batches.run`: what the lanes do waits for the database only.
    POST requests whose path matches `shared` are answered by `fallback`, but within it, too.
    """

    def __init__(
        self,
        authenticate: Callable[[str], Principal],
        lanes: Iterable[Lane],
        fallback: "WSGIApplication",
        together: Together,
        shared: re.Pattern[str] = _NOTHING,
    ) -> None:
        self._authenticate = authenticate
        self._lanes = tuple(lanes)
        self._fallback = fallback
        self._together = together
        self._shared = shared

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        if environ["REQUEST_METHOD"] == "POST":
            path = environ["PATH_INFO"]
            for lane in self._lanes:
                match = lane.pattern.fullmatch(path)
                if match is not None:
                    environ[ROUTE] = lane.route
                    return self._answer(lane, match.groupdict(), environ, start_response)
            if self._shared.fullmatch(path) is not None and self._is_heard(environ):
                return self._answer_by_fallback(environ, start_response)
        return self._fallback(environ, start_response)

    def _is_heard(self, environ: "WSGIEnvironment") -> bool:
        """Read the body of somebody who may ask, before anybody else has to wait for it."""
        if "HTTP_TRANSFER_ENCODING" in environ:  # one past the bound would be cut, not refused
            return False
        try:
            self._authenticate(require_token(environ))
            environ["wsgi.input"] = io.BytesIO(read_body(environ))
        except Exception:  # noqa: BLE001 - the ordinary way meets the same fault, and tells it
            return False
        return True

    def _answer_by_fallback(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        started: list[Any] = []  # the server's own start_response belongs to this thread

        def job() -> tuple[int, bytes]:
            answered = self._fallback(environ, lambda *given: _keep(started, given))
            try:
                return 0, b"".join(answered)
            finally:
                if isinstance(answered, _Closable):
                    answered.close()

        _, body = self._together(job)
        start_response(*started)
        return [body]

    def _answer(
        self,
        lane: Lane,
        parameters: Mapping[str, str],
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
    ) -> Iterable[bytes]:
        content_type = "application/json"
        extra: dict[str, str] = {}
        try:
            # strangers are refused before their body is read, slow bodies read before the turn
            principal = self._authenticate(require_token(environ))
            require_json(environ)
            sent = read_body(environ)
            status, body = self._together(lambda: lane.handle(principal, parameters, sent))
        except ServiceError as failure:
            status, body, extra = service_problem(failure)
        except Exception as failure:  # noqa: BLE001 - the last stop: nothing may leave as a trace
            status, body, extra = unexpected_problem(failure)
        if status >= 400:
            content_type = MEDIA_TYPE
        start_response(
            _REASONS[status],
            [
                ("Content-Type", content_type),
                ("Content-Length", str(len(body))),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
                *extra.items(),
            ],
        )
        return [body]
