"""Request bodies: of bounded size, JSON where JSON is asked for, and heard to their end."""

from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any

import orjson
from flask import Request

from foundation.errors import Kind, ServiceError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAXIMUM_BODY_BYTES = 64 * 1024
MAXIMUM_DRAINED_BYTES = 16 * 1024 * 1024
"""Own judgement: past this, a sender that does not listen is cut off."""

_JSON = "application/json"
_CHUNK_BYTES = 64 * 1024


def body_too_large() -> ServiceError:
    """Return the TOO_LARGE that a body past MAXIMUM_BODY_BYTES meets."""
    return ServiceError(
        Kind.TOO_LARGE, "body_too_large", f"the body may have {MAXIMUM_BODY_BYTES} bytes"
    )


def require_json(environ: "WSGIEnvironment") -> None:
    """Raise UNSUPPORTED for a body that says to be something else; silence counts as JSON."""
    said = environ.get("CONTENT_TYPE") or _JSON
    if said != _JSON and said.partition(";")[0].strip().lower() != _JSON:
        raise ServiceError(
            Kind.UNSUPPORTED,
            "body_not_json",
            f"send the body as `Content-Type: {_JSON}`",
        )


def read_body(environ: "WSGIEnvironment") -> bytes:
    """Return the whole body; raise TOO_LARGE past the bound, without reading the rest."""
    if _declared(environ) <= MAXIMUM_BODY_BYTES:
        body: bytes = environ["wsgi.input"].read(MAXIMUM_BODY_BYTES + 1)
        if len(body) <= MAXIMUM_BODY_BYTES:
            return body
    raise body_too_large()


class JsonRequest(Request):
    """A request whose JSON is read strictly, and refused in plain words.

    Flask's own reading takes NaN, dies of deep nesting, and keeps silent where it is asked to.
    """

    def get_json(
        self,
        force: bool = False,
        silent: bool = False,
        cache: bool = True,
    ) -> Any:
        """Return the body's JSON object (RFC 8259), whatever the arguments ask for.

        Raises ServiceError UNSUPPORTED, TOO_LARGE, and MALFORMED for anything but an object.
        """
        del force, silent, cache
        require_json(self.environ)
        try:
            # not get_data(): werkzeug cuts a chunked body at the bound instead of refusing it
            parsed = orjson.loads(read_body(self.environ))
        except orjson.JSONDecodeError:
            parsed = None
        if not isinstance(parsed, dict):
            raise ServiceError(
                Kind.MALFORMED,
                "invalid_request",
                "the body is no JSON object; see /docs for its shape",
                {"body": "not a JSON object"},
            )
        return parsed


def heard_out(application: "WSGIApplication") -> "WSGIApplication":
    """Read what a refused sender still sends, up to a bound, before it is answered.

    A connection that is closed with unread bytes is reset, and its sender never sees the answer.
    """

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        answered = application(environ, start_response)
        declared = _declared(environ)
        if declared > MAXIMUM_BODY_BYTES:
            # who waits for `100 Continue` sends nothing after a refusal
            if "HTTP_EXPECT" not in environ:
                _drain(environ["wsgi.input"], declared)
        elif "HTTP_TRANSFER_ENCODING" in environ:
            _drain(environ["wsgi.input"], MAXIMUM_DRAINED_BYTES)
        return answered

    return answer


def _drain(stream: IO[bytes], expected: int) -> None:
    left = min(expected, MAXIMUM_DRAINED_BYTES)
    while left > 0:
        chunk = stream.read(min(left, _CHUNK_BYTES))
        if not chunk:
            return
        left -= len(chunk)


def _declared(environ: "WSGIEnvironment") -> int:
    """Return the declared length; 0 where none is declared, as for a chunked body."""
    text = environ.get("CONTENT_LENGTH") or ""
    # twelve digits are a terabyte, and int() refuses thousands of them
    return int(text[:12]) if text.isdecimal() else 0
