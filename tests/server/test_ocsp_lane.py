"""Repeated OCSP requests: answered ahead of all layers, and only those."""

import io
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from pki.model.ocsp_request import MAXIMUM_REQUEST_BYTES
from pki.operations.ocsp_respond import OcspAnswer
from server.ocsp_lane import OcspLane


def repeat(der: bytes) -> OcspAnswer | None:
    if der == b"fault":
        raise RuntimeError("the database is away")
    return OcspAnswer(b"signed before") if der == b"known" else None


class Behind:
    """The layers behind the lane: says what body reached it."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "behind")])
        return [b"behind: " + environ["wsgi.input"].read()]


def ask(body: bytes, **changed: str) -> tuple[bytes, str, int]:
    counted: list[None] = []
    headers: dict[str, str] = {}

    def start(
        _status: str, given: list[tuple[str, str]], _: object = None, /
    ) -> Callable[[bytes], object]:
        headers.update(given)
        return lambda _: None

    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/ocsp",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **changed,
    }
    answer = b"".join(OcspLane(repeat, lambda: counted.append(None), Behind())(environ, start))
    if headers["Content-Type"] != "behind":
        assert headers["Content-Length"] == str(len(answer))
    return answer, headers["Content-Type"], len(counted)


def test_what_was_asked_before_is_answered_and_counted() -> None:
    assert ask(b"known") == (b"signed before", "application/ocsp-response", 1)


@pytest.mark.parametrize("body", [b"", b"new", b"fault", b"known "])
def test_everything_else_goes_on_with_its_whole_body(body: bytes) -> None:
    assert ask(body) == (b"behind: " + body, "behind", 0)


@pytest.mark.parametrize(
    "changed",
    [
        {"REQUEST_METHOD": "GET"},
        {"PATH_INFO": "/ocsp/"},
        {"PATH_INFO": "/crl/known.crl"},
        {"CONTENT_LENGTH": ""},
        {"CONTENT_LENGTH": "-5"},
        {"CONTENT_LENGTH": "0x5"},
        {"CONTENT_LENGTH": "9" * 5000},
    ],
)
def test_another_request_is_not_even_read(changed: dict[str, str]) -> None:
    assert ask(b"known", **changed) == (b"behind: known", "behind", 0)


def test_more_than_a_request_may_have_is_left_to_the_layers() -> None:
    body = b"x" * (10 ** len(str(MAXIMUM_REQUEST_BYTES)))
    assert ask(body) == (b"behind: " + body, "behind", 0)
