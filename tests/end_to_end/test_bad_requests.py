"""HTTP that no honest client sends: bodies, headers, paths, methods, tokens, OCSP."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)

from participants.store.token_keys import load_token_keys
from server.settings import load_settings
from server.wiring import Services
from tests.end_to_end.abuse import Abused, refusal
from tests.participants.forge import b64, dumps, new_private_key, sign

BODY_ROUTES = {
    "/v1/authorizations": "cpo",
    "/ocpp/2.0.1/demo-station-1/Authorize": "cpo",
    "/ocpp/1.6/demo-station-1/Authorize": "cpo",
    "/v1/stations": "cpo",
    "/v1/sessions": "cpo",
    "/v1/contracts": "mo",
    "/v1/autocharge/enrolments": "mo",
    "/v1/autocharge/resolve": "mo",
}
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", sorted(BODY_ROUTES))
def test_a_body_that_is_no_object_of_the_right_shape_is_400(abused: Abused, path: str) -> None:
    client = BODY_ROUTES[path]
    with abused.unchanged():
        for body in (
            b"",
            b"null",
            b"[]",
            b'"text"',
            b'{"a": ',
            b'{"a": NaN}',
            b'{"a": Infinity}',
            b'{"a": "\xff\xfe"}',
            b'{"a": "\\ud800"}',
            b'{"a": 1' + b"0" * 5000 + b"}",
            b"[" * 10_000 + b"]" * 10_000,
            b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
            b'{"nobody_documented_this": 1}',
        ):
            answer = abused.ask("POST", path, body, client=client, headers=JSON)
            assert refusal(answer) == (400, "invalid_request"), body[:30]


@pytest.mark.parametrize("path", sorted(BODY_ROUTES))
def test_another_media_type_is_415(abused: Abused, path: str) -> None:
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "text/json", "x"):
        answer = abused.ask(
            "POST", path, b"{}", client=BODY_ROUTES[path], headers={"Content-Type": media_type}
        )
        assert refusal(answer) == (415, "body_not_json")


@pytest.mark.parametrize("path", sorted(BODY_ROUTES))
def test_ten_megabytes_are_413_and_the_sender_hears_it(abused: Abused, path: str) -> None:
    """With a declared length, chunked without any, and without a token."""
    client = BODY_ROUTES[path]
    large = b'{"a": "' + b"x" * 10_000_000 + b'"}'
    with abused.unchanged():
        answer = abused.ask("POST", path, large, client=client, headers=JSON)
        assert refusal(answer) == (413, "body_too_large")
        chunked = abused.ask("POST", path, pieces(large), client=client, headers=JSON)
        assert refusal(chunked) == (413, "body_too_large")
        assert refusal(abused.ask("POST", path, large, headers=JSON)) == (401, "token_missing")


def pieces(body: bytes) -> Iterator[bytes]:
    """Yield the body in pieces, which makes http.client send it chunked."""
    for start in range(0, len(body), 100_000):
        yield body[start : start + 100_000]


def test_a_chunked_body_is_read(abused: Abused) -> None:
    mac = abused.demo["mac"]
    for path, body in (
        ("/v1/autocharge/resolve", {"type": "mac", "value": mac}),
        ("/ocpp/1.6/demo-station-1/Authorize", {"idTag": f"VID:{mac}"}),
    ):
        sent = pieces(json.dumps(body).encode())
        assert abused.ask("POST", path, sent, client="cpo", headers=JSON).status == 200


def test_of_a_member_that_comes_twice_the_last_counts_everywhere(abused: Abused) -> None:
    """RFC 8259 section 4 leaves it open; what is checked must be what is used."""
    body = b'{"idTag": "VID:%s", "idTag": "nobody"}' % abused.demo["mac"].encode()
    answer = abused.ask(
        "POST", "/ocpp/1.6/demo-station-1/Authorize", body, client="cpo", headers=JSON
    )
    assert answer.json["idTagInfo"]["status"] == "Invalid"
    body = b'{"type": "mac", "value": "%s", "value": "000000000001"}' % abused.demo["mac"].encode()
    answer = abused.ask("POST", "/v1/autocharge/resolve", body, client="cpo", headers=JSON)
    assert answer.json["result"] == "unknown"


# paths, methods, headers

NUL36 = "%00" * 36


@pytest.mark.parametrize(
    ("path", "client", "status"),
    [
        ("/v1/contracts/..%2f..%2fetc%2fpasswd", "mo", 404),
        ("/v1/contracts/../../etc/passwd", "mo", 404),
        ("/v1/contracts/DEEVTC%00000000", "mo", 400),
        ("/v1/contracts/" + "A" * 5000, "mo", 400),
        ("/v1/contracts/%ff%fe%fd%ff%fe%fd%ff%fe%fd%ff%fe%fd", "mo", 400),
        ("/v1/contracts?after=" + NUL36, "mo", 400),
        ("/v1/contracts?provider_id=%00%00%00%00%00", "mo", 400),
        ("/v1/contracts?limit=99999999999999999999", "mo", 400),
        ("/v1/contracts?limit=-1", "mo", 400),
        ("/v1/contracts?unknown=1", "mo", 400),
        ("/v1/autocharge/enrolments/" + NUL36, "mo", 400),
        ("/v1/autocharge/enrolments/" + "%F0%9F%98%80" * 36, "mo", 400),
        ("/v1/autocharge/enrolments?after=" + NUL36, "mo", 400),
        ("/v1/authorizations/" + NUL36, "cpo", 404),
        ("/v1/authorizations/" + "-" * 36, "cpo", 404),
        ("/v1/sessions/" + NUL36, "cpo", 400),
        ("/v1/stations/%00", "cpo", 400),
        ("/v1/stations/..", "cpo", 404),
        ("/v1/stations/..%2f..%2fx", "cpo", 404),
        ("/v1/stations?after=%00", "cpo", 400),
        ("/v1//contracts", "mo", 404),
        ("/v1/contracts/", "mo", 404),
        ("/nothing", None, 404),
        ("/docs/swagger/..%2f..%2f..%2fsetup.py", None, 404),
        ("/docs/swagger/../../../setup.py", None, 404),
        ("/crl/..%2f..%2fetc%2fpasswd.crl", None, 404),
        ("/crl/%00.crl", None, 404),
        ("/ca/../key-passphrase", None, 404),
        ("/ca/%2e%2e%2fkey-passphrase.cer", None, 404),
    ],
)
def test_a_path_that_wants_out_finds_nothing(
    abused: Abused, path: str, client: str | None, status: int
) -> None:
    assert refusal(abused.ask("GET", path, client=client))[0] == status


@pytest.mark.parametrize(
    ("station", "status"),
    [
        ("%00", 403),
        ("demo-station-1%00", 403),
        ("demo-station-1%0a", 403),
        ("demo-station-1%0d%0aX-Injected:%201", 403),
        ("DEMO-STATION-1", 403),
        ("..", 403),
        ("a" * 300, 403),
        ("%ff%fe", 403),
        ("..%2f..%2fx", 404),
    ],
)
def test_a_station_id_in_a_path_is_only_an_id(abused: Abused, station: str, status: int) -> None:
    for version, body in (("1.6", {"idTag": "1"}), ("2.0.1", {"idToken": ID_TOKEN})):
        path = f"/ocpp/{version}/{station}/Authorize"
        answer = abused.ask("POST", path, body, client="cpo")
        assert refusal(answer)[0] == status
        assert "x-injected" not in {name.lower() for name in answer.headers}


ID_TOKEN = {"idToken": "1", "type": "ISO14443"}


def test_a_host_header_changes_nothing(abused: Abused) -> None:
    token = abused.service.token("mo")
    for path in ("/v1/contracts", "/v1//contracts", "/docs", "/openapi.json", "/livez"):
        received = abused.raw(
            f"GET {path} HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer {token}\r\n"
            "X-Forwarded-Host: evil.example\r\nX-Forwarded-For: 203.0.113.9\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        assert received.startswith((b"HTTP/1.1 200", b"HTTP/1.1 404", b"HTTP/1.1 302"))
        assert b"evil.example" not in received


def test_floods_of_headers_end_at_a_refusal(abused: Abused) -> None:
    answer = abused.ask("GET", "/v1/contracts", headers={"X-API-Key": "a" * 100_000})
    assert refusal(answer) == (401, "invalid_token")
    assert abused.ask("GET", "/v1/contracts", headers={"X-API-Key": "a" * 1_000_000}).status == 431
    many = "".join(f"X-{number}: a\r\n" for number in range(500))
    received = abused.raw(f"GET /livez HTTP/1.1\r\nHost: x\r\n{many}\r\n".encode())
    assert received.startswith(b"HTTP/1.1 431")


def test_made_up_paths_and_methods_make_no_metrics_of_their_own(abused: Abused) -> None:
    made_up = [f"made-up-{number}" for number in range(20)]
    for word in made_up:
        abused.ask("GET", f"/{word}")
        abused.ask(word.upper(), "/v1/contracts", client="mo")
        abused.ask("GET", f"/crl/{word}.crl")
        abused.ask("POST", f"/ocpp/{word}/{word}/{word}", {}, client="cpo")
    metrics = abused.ask("GET", "/metrics").body.decode().lower()
    assert "unmatched" in metrics
    assert not [word for word in made_up if word in metrics]


def test_two_lengths_or_none_smuggle_no_second_request(abused: Abused) -> None:
    head = b"POST /v1/autocharge/resolve HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    for lengths in (
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 1\r\nContent-Length: 2\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: " + b"9" * 5000 + b"\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
    ):
        received = abused.raw(
            head + lengths + b"\r\n0\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        assert received.startswith(b"HTTP/1.1 4"), lengths
        assert b"alive" not in received, lengths


# tokens


@pytest.fixture(scope="module")
def signing(abused: Abused) -> tuple[str, ec.EllipticCurvePrivateKey]:
    """Return the id and the key with which the service signs its tokens now."""
    services = Services(load_settings(abused.service.environment))
    stored = max(load_token_keys(services.database, services.sealer), key=lambda k: k.created_at)
    services.database.close()
    private = load_der_private_key(stored.private_key, None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return stored.key_id, private


def claims(abused: Abused, **changes: Any) -> dict[str, Any]:
    """Return the claims of a token that stands, changed."""
    payload = abused.service.token("cpo").split(".")[1]
    held: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return held | changes


def test_a_token_that_is_not_ours_opens_nothing(
    abused: Abused, signing: tuple[str, ec.EllipticCurvePrivateKey]
) -> None:
    key_id, private = signing
    header = {"alg": "ES256", "typ": "JWT", "kid": key_id}
    good, now = claims(abused), int(time.time())
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    admin = abused.service.told["clients"]["admin"]["client_id"]
    unsigned = f"{b64(dumps(header | {'alg': 'none'}).encode())}.{b64(dumps(good).encode())}"
    hs256 = f"{b64(dumps(header | {'alg': 'HS256'}).encode())}.{b64(dumps(good).encode())}"
    mac = hmac.new(public, hs256.encode(), hashlib.sha256).digest()
    held = abused.service.token("cpo")
    head, _, signature = held.split(".")
    tokens = {
        "unknown": "nothing",
        "expired": sign(private, dumps(header), dumps(claims(abused, iat=now - 3600, exp=now - 1))),
        "not yet": sign(private, dumps(header), dumps(claims(abused, iat=now + 99, exp=now + 100))),
        "too long": sign(private, dumps(header), dumps(claims(abused, exp=now + 10**6))),
        "another audience": sign(private, dumps(header), dumps(claims(abused, aud="http://x"))),
        "another key": sign(new_private_key(), dumps(header), dumps(good)),
        "another key's id": sign(private, dumps(header | {"kid": "0" * 32}), dumps(good)),
        "alg none": f"{unsigned}.",
        "alg none with a signature": f"{unsigned}.{signature}",
        "HS256 with the public key": f"{hs256}.{b64(mac)}",
        "ES512": sign(private, dumps(header | {"alg": "ES512"}), dumps(good)),
        "a key of its own": sign(private, dumps(header | {"jwk": {}}), dumps(good)),
        "critical": sign(private, dumps(header | {"crit": ["exp"]}), dumps(good)),
        "another subject": f"{head}.{b64(dumps(good | {'sub': admin}).encode())}.{signature}",
        "a padded signature": held + "=",
        "doubled": f"{held},{held}",
    }
    assert abused.ask("GET", "/v1/stations", client="cpo").status == 200
    for name, token in tokens.items():
        for headers in ({"Authorization": f"Bearer {token}"}, {"X-API-Key": token}):
            for method, path in (("GET", "/v1/stations"), ("POST", "/v1/authorizations")):
                answer = abused.ask(method, path, headers=headers)
                assert refusal(answer) == (401, "invalid_token"), name
                assert answer.headers["www-authenticate"].startswith("Bearer")


def test_the_secret_itself_is_no_token(abused: Abused) -> None:
    secret = abused.service.told["clients"]["cpo"]["client_secret"]
    for headers in (
        {"Authorization": f"Bearer {secret}"},
        {"Authorization": "Basic " + base64.b64encode(f"cpo:{secret}".encode()).decode()},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"X-API-Key": ""},
        {"Cookie": f"token={abused.service.token('cpo')}"},
    ):
        assert abused.ask("GET", "/v1/stations", headers=headers).status == 401


def test_wrong_credentials_get_no_token_and_no_hint(abused: Abused) -> None:
    client = abused.service.told["clients"]["cpo"]
    answers = set()
    for wrong in (
        {"client_id": client["client_id"], "client_secret": "x"},
        {"client_id": "unknown", "client_secret": client["client_secret"]},
        {"client_id": "\x00", "client_secret": "x"},
        {"client_id": "' OR 1=1 --", "client_secret": "x"},
    ):
        answer = abused.ask("POST", "/oauth/token", {"grant_type": "client_credentials", **wrong})
        assert (answer.status, answer.json["error"]) == (401, "invalid_client")
        answers.add(answer.body)
    assert len(answers) == 1


# certificate status


def test_ocsp_garbage_is_a_malformed_request(abused: Abused) -> None:
    """RFC 6960 section 4.2.1: malformedRequest (1) is an OCSPResponse, with HTTP 200."""
    malformed = bytes.fromhex("30030a0101")
    with abused.unchanged():
        for garbage in (
            b"",
            b"garbage",
            b"\x30\x80",
            b"\x30\x82\x1f\x00" * 2000,
            b"\x00" * 9000,
            b"\xff" * 100_000,
        ):
            answer = abused.ask("POST", "/ocsp", garbage)
            assert (answer.status, answer.body) == (200, malformed), garbage[:8]
            as_hex = abused.ask("POST", "/ocsp", garbage.hex().encode())
            expected = malformed.hex().encode() if garbage else malformed
            assert (as_hex.status, as_hex.body) in {(200, expected), (200, malformed)}
        for path in ("", "/", "/AAAA", "/%00", "/%ff%fe", "/" + "A" * 20_000, "/..%2f..%2fx"):
            answer = abused.ask("GET", f"/ocsp{path}")
            assert (answer.status, answer.body) == (200, malformed), path
            assert answer.headers["cache-control"] == "no-store"
