"""Questions to responders over real sockets: whatever they do, within time and size."""

import ipaddress
import socket
import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from pki.clients.responders import AskResponders
from pki.model.foreign_evidence import EvidenceKind, Failure
from tests.foundation.receivers import Behave, receiver
from tests.pki.validation.foreign_world import POLICY

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
SHORT = replace(
    POLICY,
    connect=timedelta(seconds=0.5),
    total=timedelta(seconds=0.5),
    list_total=timedelta(seconds=0.5),
    list_bytes=8192,
)
KINDS = list(EvidenceKind)


def saying(status: str, body: bytes = b"", *headers: str) -> Behave:
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers))

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head.encode() + b"\r\n\r\n" + body)

    return behave


def asked(behave: Behave, kind: EvidenceKind) -> tuple[bytes | Failure, float, list[bytes]]:
    """Return what came of it, the seconds that it took, and what was sent."""
    with receiver(behave) as at:
        began = time.monotonic()
        came = AskResponders(SHORT, LOOPBACK)(kind, f"http://127.0.0.1:{at.port}/x", b"0question")
        return came, time.monotonic() - began, at.requests


def test_ocsp_is_asked_by_post_and_a_list_by_get() -> None:
    came, _, (sent,) = asked(saying("200 OK", b"0answer"), EvidenceKind.OCSP)
    assert came == b"0answer"
    assert sent.startswith(b"POST /x HTTP/1.1\r\n")
    assert b"Content-Type: application/ocsp-request\r\n" in sent
    assert sent.endswith(b"\r\n\r\n0question")
    came, _, (sent,) = asked(saying("200 OK", b"0list"), EvidenceKind.CRL)
    assert came == b"0list"
    assert sent.startswith(b"GET /x HTTP/1.1\r\n")
    assert b"question" not in sent


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "status", ["500 Broken", "404 Not Found", "301 Moved", "302 Found", "204 Nothing"]
)
def test_another_status_is_a_refusal_and_no_redirect_is_followed(
    kind: EvidenceKind, status: str
) -> None:
    behave = saying(status, b"", "Location: http://169.254.169.254/latest")
    came, _, sent = asked(behave, kind)
    assert (came, len(sent)) == (Failure.REFUSED, 1)


def _drip(connection: socket.socket, _: bytes) -> None:
    with suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            connection.sendall(b"0")
            time.sleep(0.05)


def _headers_without_end(connection: socket.socket, _: bytes) -> None:
    with suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-A: b\r\n")
            time.sleep(0.05)


def _fifty_megabytes(connection: socket.socket, _: bytes) -> None:
    with suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n")
        for _megabyte in range(50):
            connection.sendall(bytes(1024 * 1024))


def _without_a_length(connection: socket.socket, _: bytes) -> None:
    with suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _megabyte in range(50):
            connection.sendall(bytes(1024 * 1024))


def _another_protocol(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"220 mail.example ESMTP\r\n")


def _nothing(_connection: socket.socket, _: bytes) -> None:
    """Hang up."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("behave", "failure"),
    [
        (_drip, Failure.SILENT),
        (_headers_without_end, Failure.SILENT),
        (_fifty_megabytes, Failure.TOO_LARGE),
        (_without_a_length, Failure.TOO_LARGE),
        (_another_protocol, Failure.SILENT),
        (_nothing, Failure.SILENT),
    ],
)
def test_whoever_misbehaves_is_cut_off(
    kind: EvidenceKind, behave: Behave, failure: Failure
) -> None:
    came, seconds, _ = asked(behave, kind)
    assert came is failure
    assert seconds < 5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080/", "http://10.0.0.1/", "http://[::1]:8080/", "http://169.254.169.254/"],
)
def test_no_address_that_is_not_public_is_asked(kind: EvidenceKind, url: str) -> None:
    assert AskResponders(SHORT, [])(kind, url, b"0") is Failure.NOT_ALLOWED


def test_nobody_there_is_silence() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    came = AskResponders(SHORT, LOOPBACK)(EvidenceKind.OCSP, f"http://127.0.0.1:{port}/", b"0")
    assert came is Failure.SILENT
