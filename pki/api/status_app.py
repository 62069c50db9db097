"""Certificate status over HTTP: `/ocsp` (RFC 6960, RFC 5019), `/crl/{ca}.crl`, `/ca/{ca}.cer`.

A bare WSGI callable, to be mounted ahead of Flask: everybody may ask, and they ask often.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from email.utils import formatdate
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

import orjson
import structlog

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.short_cache import ShortCache
from pki.model.ocsp import OcspFailure
from pki.model.ocsp_request import MAXIMUM_REQUEST_BYTES
from pki.operations.ocsp_respond import OcspAnswer
from pki.operations.status_ports import StoredCrl

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

OCSP_MAXIMUM_AGE = timedelta(seconds=60)
"""How long a shared cache may keep an answer to GET.

Our own decisions see a revocation within a second. Somebody behind an HTTP cache sees it after
this long at most, hence neither max-age nor Expires runs to nextUpdate, as RFC 5019 section 6.2
would allow.
"""
CRL_MAXIMUM_AGE = timedelta(minutes=5)
CERTIFICATE_MAXIMUM_AGE = timedelta(hours=1)

OCSP_TYPE = "application/ocsp-response"
CRL_TYPE = "application/pkix-crl"  # RFC 2585 section 4.2
CERTIFICATE_TYPE = "application/pkix-cert"  # RFC 2585 section 4.1
PROBLEM_TYPE = "application/problem+json"

_ROUTE = "evtrust.route"  # whoever answers leaves the route's template here, for logs
_MAXIMUM_GET_CHARACTERS = (MAXIMUM_REQUEST_BYTES + 2) // 3 * 4
_HEX = re.compile(rb"[0-9a-fA-F]+")
_CRL_PATH = re.compile(r"/crl/([a-z0-9-]{1,64})\.crl")
_CERTIFICATE_PATH = re.compile(r"/ca/([a-z0-9-]{1,64})\.cer")
_MALFORMED = OcspAnswer(OcspFailure.MALFORMED_REQUEST.response)

Headers = list[tuple[str, str]]

log = structlog.get_logger(__name__)


class StatusApplication:
    """Answers the status routes; hands everything else to `fallback`.

    `respond` answers a DER OCSPRequest, `find_crl` and `find_certificate` look up what an
    authority's name has: the newest list, the certificate as DER.
    """

    def __init__(
        self,
        *,
        respond: Callable[[bytes], OcspAnswer],
        find_crl: Callable[[str], StoredCrl | None],
        find_certificate: Callable[[str], bytes | None],
        fallback: "WSGIApplication",
        clock: Clock,
    ) -> None:
        self._respond = respond
        self._crls: ShortCache[str, StoredCrl | None] = ShortCache(find_crl, capacity=64)
        self._certificates: ShortCache[str, bytes | None] = ShortCache(
            find_certificate, capacity=64
        )
        self._fallback = fallback
        self._clock = clock

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        path: str = environ["PATH_INFO"]
        if path.startswith("/ocsp") and path[5:6] in {"", "/"}:
            environ[_ROUTE] = "/ocsp"
            return self._ocsp(path, environ, start_response)
        if path.startswith("/crl/"):
            environ[_ROUTE] = "/crl/{ca}.crl"
            return self._file(path, environ, start_response, self._crl)
        if path.startswith("/ca/"):
            environ[_ROUTE] = "/ca/{ca}.cer"
            return self._file(path, environ, start_response, self._certificate)
        return self._fallback(environ, start_response)

    def _ocsp(
        self, path: str, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method == "POST":
            body = _read_body(environ)
            as_hex = body is not None and _HEX.fullmatch(body.rstrip()) is not None
            request = _from_hex(body) if as_hex and body is not None else body
            response = self._answer(request).response
            if as_hex:  # CitrineOS posts hex text and reads the answer as hex text
                response = response.hex().encode()
            start_response(
                "200 OK", [("Content-Type", OCSP_TYPE), ("Content-Length", str(len(response)))]
            )
            return [response]
        if method not in {"GET", "HEAD"}:
            return _problem(
                start_response, "405 Method Not Allowed", "method_not_allowed", "GET, HEAD, POST"
            )
        answer = self._answer(_from_path(path[6:]))
        headers = [("Content-Type", OCSP_TYPE)]
        if answer.this_update is not None and answer.next_update is not None:
            headers += self._caching(
                answer.response, answer.this_update, min(OCSP_MAXIMUM_AGE, self._left(answer))
            )
        else:  # a failure of this moment must not outlive it in a shared cache
            headers.append(("Cache-Control", "no-store"))
        return _send(environ, start_response, answer.response, headers)

    def _answer(self, request: bytes | None) -> OcspAnswer:
        """Return the answer; None stands for what cannot even be a request."""
        if not request or len(request) > MAXIMUM_REQUEST_BYTES:
            return _MALFORMED
        try:
            return self._respond(request)
        except ServiceError as failure:
            unavailable = failure.kind is Kind.UNAVAILABLE
            return OcspAnswer(
                (OcspFailure.TRY_LATER if unavailable else OcspFailure.INTERNAL_ERROR).response
            )
        except Exception as failure:  # noqa: BLE001 - the last stop: an asker gets a response
            # the text of an error may quote a row: only its type is logged
            log.error("ocsp_failed", error=type(failure).__name__)  # noqa: TRY400 - see above
            return OcspAnswer(OcspFailure.INTERNAL_ERROR.response)

    def _left(self, answer: OcspAnswer) -> timedelta:
        if answer.next_update is None:
            return timedelta(0)
        return max(answer.next_update - self._clock(), timedelta(0))

    def _file(
        self,
        path: str,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        find: Callable[[str], tuple[bytes, Headers] | None],
    ) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return _problem(
                start_response, "405 Method Not Allowed", "method_not_allowed", "GET, HEAD"
            )
        try:
            found = find(path)
        except Exception as failure:  # noqa: BLE001 - the last stop: nothing may leave as a trace
            log.error("status_file_failed", error=type(failure).__name__)  # noqa: TRY400 - see above
            return _problem(start_response, "503 Service Unavailable", "unavailable")
        if found is None:
            return _problem(start_response, "404 Not Found", "authority_unknown")
        return _send(environ, start_response, *found)

    def _crl(self, path: str) -> tuple[bytes, Headers] | None:
        match = _CRL_PATH.fullmatch(path)
        crl = self._crls.get(match[1]) if match else None
        if crl is None:
            return None
        age = min(CRL_MAXIMUM_AGE, max(crl.next_update - self._clock(), timedelta(0)))
        return crl.crl, [
            ("Content-Type", CRL_TYPE),
            *self._caching(crl.crl, crl.this_update, age),
        ]

    def _certificate(self, path: str) -> tuple[bytes, Headers] | None:
        match = _CERTIFICATE_PATH.fullmatch(path)
        der = self._certificates.get(match[1]) if match else None
        if der is None:
            return None
        return der, [
            ("Content-Type", CERTIFICATE_TYPE),
            ("Cache-Control", f"public, max-age={CERTIFICATE_MAXIMUM_AGE.seconds}"),
            ("ETag", _etag(der)),
        ]

    def _caching(self, body: bytes, modified: datetime, age: timedelta) -> Headers:
        """Return what RFC 5019 section 6.2 asks for, with a shorter life."""
        return [
            (
                "Cache-Control",
                f"public, max-age={int(age.total_seconds())}, no-transform, must-revalidate",
            ),
            ("ETag", _etag(body)),
            ("Last-Modified", _http_date(int(modified.timestamp()))),
            ("Expires", _http_date(int((self._clock() + age).timestamp()))),
        ]


def _read_body(environ: "WSGIEnvironment") -> bytes | None:
    """Return the body; None past the bound (hex text has twice as much), the rest unread."""
    most = 2 * MAXIMUM_REQUEST_BYTES + 2
    declared = environ.get("CONTENT_LENGTH") or ""
    if declared.isdecimal() and int(declared) > most:
        return None
    body: bytes = environ["wsgi.input"].read(int(declared) if declared.isdecimal() else most + 1)
    return body if len(body) <= most else None


def _from_hex(text: bytes) -> bytes | None:
    try:
        return bytes.fromhex(text.decode("ascii"))
    except ValueError:  # an odd number of digits
        return None


def _from_path(text: str) -> bytes | None:
    """Return the request in a GET's path: base64, in either alphabet, padded or not."""
    if len(text) > 3 * _MAXIMUM_GET_CHARACTERS:
        return None
    if "%" in text:  # encoded twice, or not decoded by the server
        text = unquote(text)
    text = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


@lru_cache(maxsize=1024)
def _http_date(timestamp: int) -> str:
    """Return whole seconds since 1970 as RFC 9110 section 5.6.7 spells them."""
    return formatdate(timestamp, usegmt=True)


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _send(
    environ: "WSGIEnvironment", start_response: "StartResponse", body: bytes, headers: Headers
) -> Iterable[bytes]:
    asked = environ.get("HTTP_IF_NONE_MATCH")
    if asked and any(name == "ETag" and value in asked for name, value in headers):
        start_response("304 Not Modified", [pair for pair in headers if pair[0] != "Content-Type"])
        return []
    start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


_DETAILS = {
    "method_not_allowed": "this address answers the methods that Allow names",
    "authority_unknown": "there is no such authority, or nothing of it is published yet",
    "unavailable": "this cannot be looked up right now; try again in some seconds",
}


def _problem(
    start_response: "StartResponse", status: str, code: str, allow: str | None = None
) -> Iterable[bytes]:
    """Answer with a problem document (RFC 9457)."""
    body = orjson.dumps(
        {
            "type": "about:blank",
            "title": status[4:],
            "status": int(status[:3]),
            "detail": _DETAILS[code],
            "code": code,
            "fields": {},
            "trace_id": None,
        }
    )
    headers = [
        ("Content-Type", PROBLEM_TYPE),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    if allow is not None:
        headers.append(("Allow", allow))
    start_response(status, headers)
    return [body]
