"""The status routes over WSGI: every dialect, every bad input, caching headers."""

import base64
import io
from collections.abc import Callable, Iterable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote, unquote

import orjson
import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.clock import utc_now
from foundation.errors import Kind, ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR
from foundation.short_cache import LIFETIME_SECONDS
from pki.api.status_app import OCSP_MAXIMUM_AGE, StatusApplication
from pki.model.certificate_reference import ByFingerprint
from pki.model.ocsp import OcspFailure
from pki.model.roles import RevocationReason
from pki.operations.ocsp_respond import OcspAnswer
from tests.pki.status.asking import checked, request_for, request_of
from tests.pki.status.installation import ROOT, SUB2, Installation

MALFORMED = OcspFailure.MALFORMED_REQUEST.response


class Response:
    """What a WSGI application answered."""

    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status = int(status[:3])
        self.headers = dict(headers)
        self.body = body
        assert len(self.headers) == len(headers)
        if "Content-Length" in self.headers and body:
            assert self.headers["Content-Length"] == str(len(body))


def call(
    application: StatusApplication,
    method: str,
    path: str,
    body: bytes = b"",
    *,
    length: str | None = None,
    **headers: str,
) -> Response:
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, response_headers: list[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], object]:
        started.append((status, response_headers))
        return lambda _: None

    environ = {
        "REQUEST_METHOD": method,
        # PEP 3333: decoded, as latin-1
        "PATH_INFO": unquote(path, encoding="latin-1"),
        "CONTENT_LENGTH": str(len(body)) if length is None else length,
        "wsgi.input": io.BytesIO(body),
        **headers,
    }
    chunks = list(application(environ, start_response))
    [(status, response_headers)] = started
    return Response(status, response_headers, b"".join(chunks))


def fallback(environ: object, start_response: Callable[..., object]) -> Iterable[bytes]:
    start_response("418 I'm a Teapot", [])
    return []


def application_of(installed: Installation) -> StatusApplication:
    def certificate(name: str) -> bytes | None:
        authority = installed.directory.get(name)
        return None if authority is None else authority.certificate

    return StatusApplication(
        respond=installed.respond,
        find_crl=installed.shelf.newest,
        find_certificate=certificate,
        fallback=fallback,
        clock=installed.clock,
    )


@pytest.fixture
def application(installed: Installation) -> StatusApplication:
    return application_of(installed)


def echo(request: bytes) -> OcspAnswer:
    return OcspAnswer(b"answer to " + request)


def bare(respond: Callable[[bytes], OcspAnswer]) -> StatusApplication:
    return StatusApplication(
        respond=respond,
        find_crl=lambda _: None,
        find_certificate=lambda _: None,
        fallback=fallback,
        clock=utc_now,
    )


def test_post(installed: Installation, application: StatusApplication) -> None:
    request = request_of(installed, installed.contract())
    for path in ("/ocsp", "/ocsp/"):
        response = call(application, "POST", path, request)
        assert response.status == 200
        assert response.headers.keys() == {"Content-Type", "Content-Length"}  # none for caches
        assert response.headers["Content-Type"] == "application/ocsp-response"
        assert checked(installed, response.body).certificate_status is ocsp.OCSPCertStatus.GOOD


def test_get_in_every_spelling(installed: Installation, application: StatusApplication) -> None:
    """RFC 6960 appendix A.1: base64, then percent-encoded; and what clients make of that."""
    issued = installed.contract()
    request = request_of(installed, issued)
    plain = base64.b64encode(request).decode()
    url_safe = base64.urlsafe_b64encode(request).decode()
    for text in (
        plain,
        quote(plain, safe=""),
        quote(quote(plain, safe=""), safe=""),
        plain.rstrip("="),
        url_safe,
        url_safe.rstrip("="),
    ):
        response = call(application, "GET", "/ocsp/" + text)
        assert checked(installed, response.body).certificate_status is ocsp.OCSPCertStatus.GOOD


def test_caching_of_get(installed: Installation, application: StatusApplication) -> None:
    """RFC 5019 section 6.2, with a shorter life; a nonce, `unknown` or failure is not cached."""
    serial = int(installed.contract().serial, 16)

    def get(request: bytes, if_none_match: str = "") -> Response:
        path = "/ocsp/" + base64.b64encode(request).decode()
        return call(application, "GET", path, HTTP_IF_NONE_MATCH=if_none_match)

    request = request_for(installed, serial)
    response = get(request)
    parsed = checked(installed, response.body)
    age = int(OCSP_MAXIMUM_AGE.total_seconds())
    assert response.headers["Cache-Control"] == (
        f"public, max-age={age}, no-transform, must-revalidate"
    )
    assert parsedate_to_datetime(response.headers["Last-Modified"]) == parsed.this_update_utc
    expires = parsedate_to_datetime(response.headers["Expires"])
    assert parsed.next_update_utc is not None
    assert expires <= installed.clock() + OCSP_MAXIMUM_AGE < parsed.next_update_utc
    again = get(request, response.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == response.headers["ETag"]
    for uncached in (
        request_for(installed, serial, nonce=b"n" * 32),
        request_for(installed, 4711),
        b"garbage",
    ):
        headers = get(uncached).headers
        assert headers.keys() == {"Content-Type", "Content-Length", "Cache-Control"}
        assert headers["Cache-Control"] == "no-store"


def test_head(installed: Installation, application: StatusApplication) -> None:
    request = base64.b64encode(request_of(installed, installed.contract())).decode()
    for path in (f"/ocsp/{request}", f"/crl/{SUB2}.crl", f"/ca/{SUB2}.cer"):
        head, get = call(application, "HEAD", path), call(application, "GET", path)
        assert (head.status, head.body) == (200, b"")
        assert head.headers["Content-Length"] == str(len(get.body))


@pytest.mark.parametrize("spell", [bytes.lower, bytes.upper])
def test_hex_text_is_answered_in_kind(
    installed: Installation, application: StatusApplication, spell: Callable[[bytes], bytes]
) -> None:
    """CitrineOS 1.8.3 posts hex text and reads the answer's body as hex text."""
    request = spell(request_of(installed, installed.contract()).hex().encode())
    for body in (request, request + b"\n"):
        response = call(application, "POST", "/ocsp", body)
        der = bytes.fromhex(response.body.decode("ascii"))
        assert checked(installed, der).certificate_status is ocsp.OCSPCertStatus.GOOD
    odd = call(application, "POST", "/ocsp", request[:-1])
    assert bytes.fromhex(odd.body.decode()) == MALFORMED
    assert bytes.fromhex(call(application, "POST", "/ocsp", b"abcd").body.decode()) == MALFORMED


@pytest.mark.parametrize(
    "body", [b"", b"garbage", b"\x30\x03\x02", b"0" * 8193, b"x" * 10_000_000, b"\x00" * 20_000]
)
def test_bad_bodies(application: StatusApplication, body: bytes) -> None:
    for length in (None, ""):  # with and without a declared length
        response = call(application, "POST", "/ocsp", body, length=length)
        assert response.status == 200
        answer = response.body
        if answer.isalnum():
            answer = bytes.fromhex(answer.decode())
        assert answer == MALFORMED


def test_a_large_body_is_not_read(application: StatusApplication) -> None:
    class Endless(io.BytesIO):
        asked = 0

        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            assert 0 <= size < 20_000
            Endless.asked += size
            return b"\x00" * size

    def start_response(status: str, headers: object, exc_info: object = None) -> None:
        assert status == "200 OK"

    for length, most in (("10000000", 0), ("", 20_000)):
        Endless.asked = 0
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/ocsp",
            "CONTENT_LENGTH": length,
            "wsgi.input": Endless(),
        }
        assert list(application(environ, start_response)) == [MALFORMED]  # type: ignore[arg-type] # see above
        assert Endless.asked <= most


@pytest.mark.parametrize("path", ["", "!!!", "%00", "%ff%fe", "a" * 200_000, "MA", "=", "/", "///"])
def test_bad_paths(application: StatusApplication, path: str) -> None:
    response = call(application, "GET", "/ocsp/" + path)
    assert (response.status, response.body) == (200, MALFORMED)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
def test_other_methods(application: StatusApplication, method: str) -> None:
    for path, allowed in (
        ("/ocsp", "GET, HEAD, POST"),
        (f"/crl/{SUB2}.crl", "GET, HEAD"),
        (f"/ca/{SUB2}.cer", "GET, HEAD"),
    ):
        response = call(application, method, path)
        assert (response.status, response.headers["Allow"]) == (405, allowed)
        assert orjson.loads(response.body)["code"] == "method_not_allowed"


def test_crl_and_certificate(installed: Installation, application: StatusApplication) -> None:
    for authority in (ROOT, SUB2):
        response = call(application, "GET", f"/crl/{authority}.crl")
        assert (response.status, response.headers["Content-Type"]) == (200, "application/pkix-crl")
        crl = x509.load_der_x509_crl(response.body)
        assert crl.is_signature_valid(installed.certificate(authority).public_key())  # type: ignore[arg-type] # P-256
        tag = response.headers["ETag"]
        again = call(application, "GET", f"/crl/{authority}.crl", HTTP_IF_NONE_MATCH=tag)
        assert again.status == 304
        response = call(application, "GET", f"/ca/{authority}.cer")
        assert response.headers["Content-Type"] == "application/pkix-cert"
        assert x509.load_der_x509_certificate(response.body) == installed.certificate(authority)


def test_what_is_not_there(application: StatusApplication) -> None:
    for path in (
        "/crl/nobody-g1.crl",
        "/crl/",
        "/crl/mo-sub2-g1",
        "/crl/../mo-sub2-g1.crl",
        "/crl/MO.crl",
        f"/crl/{'a' * 65}.crl",
        "/ca/nobody.cer",
        "/ca/mo-sub2-g1.crl",
        "/ca/%00.cer",
    ):
        response = call(application, "GET", path)
        assert response.status == 404
        assert response.headers["Content-Type"] == "application/problem+json"
        assert orjson.loads(response.body)["code"] == "authority_unknown"
    for path in ("/ocspx", "/", "/v1/authorizations", "/cps/signer"):
        assert call(application, "GET", path).status == 418


def test_a_revocation_is_seen_through_http_within_a_second(
    installed: Installation, application: StatusApplication
) -> None:
    import time

    issued = installed.contract()
    path = "/ocsp/" + base64.b64encode(request_of(installed, issued)).decode()
    first = call(application, "GET", path)
    reference = ByFingerprint(issued.fingerprint)
    installed.revoke(LOCAL_ADMINISTRATOR, reference, RevocationReason.KEY_COMPROMISE)
    installed.refresh(installed.clock())
    time.sleep(LIFETIME_SECONDS)
    second = call(application, "GET", path)
    assert checked(installed, second.body).certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert second.headers["ETag"] != first.headers["ETag"]
    crl = x509.load_der_x509_crl(call(application, "GET", f"/crl/{SUB2}.crl").body)
    assert crl.get_revoked_certificate_by_serial_number(int(issued.serial, 16)) is not None


def test_a_failing_store_is_an_ocsp_error_and_no_trace() -> None:
    def unavailable(_: bytes) -> OcspAnswer:
        raise ServiceError(Kind.UNAVAILABLE, "database_gone", "try again")

    def forbidden(_: bytes) -> OcspAnswer:
        raise ServiceError(Kind.FORBIDDEN, "key_is_offline", "no")

    def broken(_: bytes) -> OcspAnswer:
        raise RuntimeError("a row with secrets")

    for respond, failure in (
        (unavailable, OcspFailure.TRY_LATER),
        (forbidden, OcspFailure.INTERNAL_ERROR),
        (broken, OcspFailure.INTERNAL_ERROR),
    ):
        assert call(bare(respond), "POST", "/ocsp", b"\x30\x00").body == failure.response
        assert call(bare(respond), "GET", "/ocsp/MAA=").body == failure.response


def test_a_failing_store_of_files() -> None:
    def broken(_: str) -> None:
        raise RuntimeError("a row with secrets")

    application = StatusApplication(
        respond=echo,
        find_crl=broken,
        find_certificate=broken,
        fallback=fallback,
        clock=lambda: pytest.fail("not asked"),
    )
    for path in ("/crl/mo-sub2-g1.crl", "/ca/mo-sub2-g1.cer"):
        response = call(application, "GET", path)
        assert response.status == 503
        assert b"secrets" not in response.body


@given(st.binary(min_size=1, max_size=300))
@settings(max_examples=200)
def test_get_and_post_carry_any_request(request: bytes) -> None:
    application = bare(echo)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        path = "/ocsp/" + quote(encode(request).decode(), safe="")
        assert call(application, "GET", path).body == b"answer to " + request
    body = call(application, "POST", "/ocsp", request).body
    assert body in {b"answer to " + request, (b"answer to " + _unhexed(request)).hex().encode()} | {
        MALFORMED.hex().encode()
    }


def _unhexed(text: bytes) -> bytes:
    try:
        return bytes.fromhex(text.decode())
    except ValueError:
        return b""


@given(st.text(max_size=100), st.sampled_from(["GET", "POST", "HEAD", "PUT"]))
@settings(max_examples=200)
def test_any_path_is_answered(path: str, method: str) -> None:
    for prefix in ("/ocsp/", "/crl/", "/ca/"):
        response = call(bare(echo), method, prefix + quote(path))
        assert response.status in {200, 404, 405}


def test_max_age_never_outlives_the_answer(installed: Installation) -> None:
    request = request_of(installed, installed.contract())
    signer = installed.signers.newest(SUB2, installed.clock())
    assert signer is not None
    installed.clock.forward(signer.not_after - installed.clock() - timedelta(seconds=30))
    response = call(application_of(installed), "GET", "/ocsp/" + base64.b64encode(request).decode())
    age = int(response.headers["Cache-Control"].split("max-age=")[1].split(",")[0])
    assert age <= 30
