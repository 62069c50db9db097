"""The hottest routes, answered ahead of Flask by a bare WSGI callable over the same translators.

Flask registers the same routes for the API description; what answers is one pure function for
both (`foundation.hot_routes.Handle`).
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from foundation.errors import Kind, ServiceError
from foundation.hot_routes import Handle, HandleWithHeaders, Told, environ_key, named_headers
from foundation.principal import Principal
from server.bodies import read_body, require_json
from server.observability import ROUTE
from server.problems import service_refusal, unexpected_refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Together = Callable[[Callable[[], Told]], Told]

_NOTHING = re.compile(r"(?!)")
_REASONS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Lane:
    """A POST route: its template for logs, the pattern of its path, and what answers it.

    `headers` are the request headers that `handle` takes among its parameters.
    """

    route: str
    pattern: re.Pattern[str]
    handle: Handle | HandleWithHeaders
    headers: tuple[str, ...] = ()
    header_keys: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Look the environment's keys up once."""
        keys = {name: environ_key(name) for name in self.headers}
        object.__setattr__(self, "header_keys", keys)


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

        def job() -> Told:
            answered = self._fallback(environ, lambda *given: _keep(started, given))
            try:
                return Told(0, b"".join(answered))
            finally:
                if isinstance(answered, _Closable):
                    answered.close()

        told = self._together(job)
        start_response(*started)
        return [told.body]

    def _answer(
        self,
        lane: Lane,
        parameters: Mapping[str, str],
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
    ) -> Iterable[bytes]:
        try:
            # strangers are refused before their body is read, slow bodies read before the turn
            principal = self._authenticate(require_token(environ))
            require_json(environ)
            sent = read_body(environ)
            if lane.header_keys:
                parameters = {**parameters, **named_headers(environ, lane.header_keys)}
            told = self._together(lambda: Told(*lane.handle(principal, parameters, sent)))
        except ServiceError as failure:
            told = service_refusal(failure).told(environ["PATH_INFO"])
        except Exception as failure:  # noqa: BLE001 - the last stop: nothing may leave as a trace
            told = unexpected_refusal(failure).told(environ["PATH_INFO"])
        start_response(_REASONS[told.status], [*_headers(told)])
        return [told.body]


def _headers(told: Told) -> Iterator[tuple[str, str]]:
    if "Content-Type" not in told.headers:
        yield "Content-Type", "application/json"
    yield "Content-Length", str(len(told.body))
    yield "Cache-Control", "no-store"
    yield "X-Content-Type-Options", "nosniff"
    yield from told.headers.items()
