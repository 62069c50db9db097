"""Repeated OCSP requests, answered ahead of everything else.

Most of what a responder is asked it was asked before. Such an answer costs less than the layers
that it would pass; whatever is not a plain repetition takes the ordinary way.
"""

import io
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pki.api.status_app import OCSP_TYPE
from pki.model.ocsp_request import MAXIMUM_REQUEST_BYTES
from pki.operations.ocsp_respond import OcspAnswer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LONGEST_LENGTH = len(str(MAXIMUM_REQUEST_BYTES))


class OcspLane:
    """Answers `POST /ocsp` where `repeat` knows the answer to these very bytes.

    `repeat` is `RespondToOcsp.repeat`, `count` is told of every answer given here.
    """

    def __init__(
        self,
        repeat: Callable[[bytes], OcspAnswer | None],
        count: Callable[[], object],
        application: "WSGIApplication",
    ) -> None:
        self._repeat = repeat
        self._count = count
        self._application = application

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        if environ["PATH_INFO"] == "/ocsp" and environ["REQUEST_METHOD"] == "POST":
            length = environ.get("CONTENT_LENGTH") or ""
            if length.isdecimal() and len(length) <= _LONGEST_LENGTH:
                body = environ["wsgi.input"].read(int(length))
                answer = self._known(body)
                if answer is not None:
                    self._count()
                    start_response(
                        "200 OK",
                        [("Content-Type", OCSP_TYPE), ("Content-Length", str(len(answer)))],
                    )
                    return [answer]
                environ["wsgi.input"] = io.BytesIO(body)
        return self._application(environ, start_response)

    def _known(self, body: bytes) -> bytes | None:
        try:
            kept = self._repeat(body)
        except Exception:  # noqa: BLE001 - the ordinary way meets the same fault, and tells it
            return None
        return None if kept is None else kept.response
