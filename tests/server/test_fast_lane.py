"""The fast lanes: authenticated, bounded, and never a trace."""

import io
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson
import pytest

from foundation.batches import Batches
from foundation.errors import Kind, ServiceError
from foundation.hot_routes import Told
from foundation.principal import Principal
from server.bodies import MAXIMUM_BODY_BYTES
from server.fast_lane import FastLanes, Lane

ASKER = Principal("cpo-1", frozenset())


def authenticate(token: str) -> Principal:
    if token != "good":
        raise ServiceError(Kind.UNAUTHENTICATED, "token_refused", "get a new one")
    return ASKER


def echo(principal: Principal, parameters: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    if body == b"crash":
        raise RuntimeError("VIN WVWZZZ1JZXW000001 must not leave")
    answer = {"client": principal.client_id, "size": len(body), **parameters}
    return 200, orjson.dumps(answer)


def echo_with_headers(_: Principal, parameters: Mapping[str, str], body: bytes) -> Told:
    if body == b"refuse":
        raise ServiceError(Kind.RATE_LIMITED, "too_many", "later", {"retry_after": "60"})
    if body == b"crash":
        raise RuntimeError
    told = {"Content-Type": "text/plain", "X-Reference": "r1"} if body == b"text" else {}
    return Told(404, orjson.dumps(dict(parameters)), told)


def fallback(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b"flask"]


GOOD = {"HTTP_AUTHORIZATION": "Bearer good"}
LANES = FastLanes(
    authenticate,
    [
        Lane("/ocpp/<id>/A", re.compile("/ocpp/(?P<id>[^/]+)/A"), echo),
        Lane(
            "/v1/ccp/<id>",
            re.compile("/v1/ccp/(?P<id>[^/]+)"),
            echo_with_headers,
            ("broadcast", "X-Skip-It"),
        ),
    ],
    fallback,
    Batches().run,
)


def ask(
    path: str = "/ocpp/S1/A",
    body: bytes = b"{}",
    method: str = "POST",
    headers: Mapping[str, str] = GOOD,
) -> tuple[int, dict[str, str], bytes]:
    answer: dict[str, Any] = {}

    def start_response(
        status: str, response_headers: list[tuple[str, str]], _: object = None, /
    ) -> Callable[[bytes], object]:
        answer.update(status=int(status[:3]), headers=dict(response_headers))
        return lambda _: None

    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **headers,
    }
    content = b"".join(LANES(environ, start_response))
    return answer["status"], answer["headers"], content


def test_a_lane_answers_with_its_path_parameters() -> None:
    status, headers, body = ask()
    assert (status, orjson.loads(body)) == (200, {"client": "cpo-1", "size": 2, "id": "S1"})
    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "no-store"


def test_the_token_may_come_as_an_api_key() -> None:
    assert ask(headers={"HTTP_X_API_KEY": "good"})[0] == 200


def test_a_lane_hears_the_headers_that_it_names_and_may_tell_others() -> None:
    sent = {**GOOD, "HTTP_X_SKIP_IT": "yes", "HTTP_ALWAYSRETURNEXI": "true"}
    status, headers, body = ask("/v1/ccp/1", headers=sent)
    assert (status, orjson.loads(body)) == (404, {"id": "1", "X-Skip-It": "yes"})
    assert headers["Content-Type"] == "application/json"
    assert "X-Reference" not in headers
    _, headers, _ = ask("/v1/ccp/1", b"text")
    assert (headers["Content-Type"], headers["X-Reference"]) == ("text/plain", "r1")
    assert headers["Cache-Control"] == "no-store"


def test_below_opcps_addresses_a_refusal_has_opcps_form() -> None:
    for body, status, code in ((b"refuse", 429, "too_many"), (b"crash", 500, "unexpected")):
        refused, headers, content = ask("/v1/ccp/1", body)
        assert (refused, headers["Content-Type"]) == (status, "application/json")
        said = orjson.loads(content)
        assert said["errorMessages"][0].startswith(f"{code}: ")
        assert said["traceId"]
        assert headers.get("Retry-After") == ("60" if status == 429 else None)


@pytest.mark.parametrize(("path", "method"), [("/ocpp/S1/B", "POST"), ("/ocpp/S1/A", "GET")])
def test_everything_else_goes_to_flask(path: str, method: str) -> None:
    assert ask(path, method=method)[2] == b"flask"


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_AUTHORIZATION": "Bearer bad"},
        {"HTTP_AUTHORIZATION": "Basic good"},
        {"HTTP_AUTHORIZATION": "Bearer "},
        {"HTTP_X_API_KEY": ""},
        {"HTTP_ACCEPT": "*/*"},
    ],
)
def test_without_a_standing_token_nothing_is_read(headers: dict[str, str]) -> None:
    status, answered, body = ask(headers=headers)
    assert status == 401
    assert answered["WWW-Authenticate"].startswith("Bearer")
    assert answered["Content-Type"] == "application/problem+json"
    assert orjson.loads(body)["status"] == 401


def test_a_large_body_is_refused_declared_or_not() -> None:
    large = b"x" * (MAXIMUM_BODY_BYTES + 1)
    assert ask(body=large)[0] == 413
    assert ask(body=large, headers=GOOD | {"CONTENT_LENGTH": ""})[0] == 413


def test_the_unexpected_shows_a_trace_id_and_nothing_else() -> None:
    status, _, body = ask(body=b"crash")
    problem = orjson.loads(body)
    assert status == 500
    assert problem["trace_id"]
    assert b"WVWZZZ" not in body
    assert b"RuntimeError" not in body


class _Answered(list[bytes]):
    closed = False

    def close(self) -> None:
        self.closed = True


def _behind(answers: list[_Answered]) -> Any:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("201 Created", [("X-Thread", str(threading.get_ident()))])
        answers.append(_Answered([b"got ", environ["wsgi.input"].read()]))
        return answers[-1]

    return application


def _ask_shared(
    path: str,
    token: str = "good",
    body: bytes = b"csr",
    length: str | None = None,
    **headers: str,
) -> tuple[str, bytes, list[str]]:
    answers: list[_Answered] = []
    ran: list[str] = []

    def together(job: Callable[[], Told]) -> Told:
        ran.append("together")
        return Batches().run(job)

    lanes = FastLanes(authenticate, [], _behind(answers), together, re.compile("/shared"))
    statuses: list[str] = []

    def start_response(
        status: str, _headers: list[tuple[str, str]], _: object = None, /
    ) -> Callable[[bytes], object]:
        statuses.append(status)
        return lambda _: None

    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "CONTENT_LENGTH": str(len(body)) if length is None else length,
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "wsgi.input": io.BytesIO(body),
        **headers,
    }
    answer = b"".join(lanes(environ, start_response))
    if ran:
        assert answers[0].closed
    return statuses[0], answer, ran


def test_a_shared_route_is_answered_by_the_application_within_a_batch() -> None:
    assert _ask_shared("/shared") == ("201 Created", b"got csr", ["together"])


@pytest.mark.parametrize(
    ("path", "token", "length"),
    [
        ("/shared/else", "good", None),
        ("/shared", "bad", None),  # strangers make nobody wait
        ("/shared", "good", str(MAXIMUM_BODY_BYTES + 1)),
    ],
)
def test_other_requests_go_the_ordinary_way(path: str, token: str, length: str | None) -> None:
    assert _ask_shared(path, token, length=length) == ("201 Created", b"got csr", [])


def test_a_chunked_body_is_not_begun_and_left() -> None:
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked"}
    body = b"x" * (MAXIMUM_BODY_BYTES + 100)
    status, answer, ran = _ask_shared("/shared", body=body, length="", **chunked)
    assert (status, answer, ran) == ("201 Created", b"got " + body, [])
