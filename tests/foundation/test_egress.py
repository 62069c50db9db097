"""The one way out: to the address that was judged, once, for a bounded time and answer."""

import ipaddress
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.egress import Answer, Egress, Limits, Method
from foundation.errors import Refused
from tests.foundation.receivers import OK, Behave, answering, receiver, server_context

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
SHORT = Limits(connect_seconds=0.5, total_seconds=0.5, answer_bytes=4096)
PUBLIC = "93.184.216.34"


class Names:
    """A resolver that answers in turn what it was given, and keeps to the last."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def code(result: Answer | Refused | None) -> str | None:
    if result is None:
        return None
    assert isinstance(result, Refused), result
    return result.code


def post(behave: Behave, limits: Limits = SHORT) -> tuple[Answer | Refused, float]:
    """Return what a call to such a server comes to, and the seconds that it took."""
    with receiver(behave) as at:
        began = time.monotonic()
        result = Egress(LOOPBACK, limits=limits).post(f"http://127.0.0.1:{at.port}/", {}, b"{}")
        return result, time.monotonic() - began


def test_a_call_arrives_as_it_was_meant() -> None:
    with receiver(answering(OK)) as at:
        url = f"http://hooks.example:{at.port}/hook?a=b"
        egress = Egress(LOOPBACK, resolve=Names(["127.0.0.1"]))
        assert egress.post(url, {"X-Signature": "ab"}, b'{"a":1}') == Answer(200, b"ok")
    head, _, body = at.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /hook?a=b HTTP/1.1"
    assert f"Host: hooks.example:{at.port}" in lines
    assert "X-Signature: ab" in lines
    assert body == b'{"a":1}'


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_every_method_arrives_and_headers_come_back(method: Method) -> None:
    answered = OK.replace(b"\r\n\r\n", b"\r\nX-Total-Count: 3\r\nx-total-count: 4\r\n\r\n", 1)
    body = None if method == "GET" else b"{}"
    with receiver(answering(answered)) as at:
        result = Egress(LOOPBACK).send(method, f"http://127.0.0.1:{at.port}/", {}, body)
    assert isinstance(result, Answer)
    assert result.headers["x-total-count"] == "4"
    head, _, sent = at.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(f"{method} / HTTP/1.1\r\n".encode())
    assert sent == (body or b"")
    assert (b"Content-Length" in head) == (body is not None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user@hooks.example/",
        "https://user:@hooks.example/",
        "https://hooks.example/#fragment",
        "https://hooks.example/a b",
        "https://hooks.example/\r\nHost: other",
        "https://hooks.example\\@127.0.0.1/",
        "https://hooks.example:99999/",
        "https://hooks.example:abc/",
        "https://hooks.example:25/",
        "https://hooks.example:22/",
        "http://hooks.example/",  # port 80: other protocols' ports are closed but 443
        "https://bücher.example/",
        "https://hooks_.example/",
        "https://-hooks.example/",
        "https://hooks..example/",
        "https://[::1%25eth0]/",
        "https://[::1/",
        "https://hooks.example/" + "a" * 2048,
    ],
)
def test_what_is_no_address_is_refused_unasked(url: str) -> None:
    names = Names([PUBLIC])
    egress = Egress(resolve=names)
    assert code(egress.check(url)) == "bad_url"
    assert code(egress.post(url, {}, b"")) == "bad_url"
    assert names.asked == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["100.64.0.1"],
        ["224.0.0.1"],
        ["fe80::1"],
        [PUBLIC, "127.0.0.1"],  # one that is not public refuses all
    ],
)
def test_a_name_at_an_address_that_is_not_public_is_refused(addresses: list[str]) -> None:
    egress = Egress(resolve=Names(addresses))
    refused = egress.check("https://hooks.example/")
    assert code(refused) == "no_public_address"
    assert refused is not None
    assert not any(address in refused.detail for address in addresses)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "localhost"]
)
def test_an_address_that_is_not_public_is_refused_however_written(host: str) -> None:
    assert code(Egress().check(f"https://{host}/")) == "no_public_address"


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
def test_old_spellings_of_loopback_are_judged_by_where_they_lead(host: str) -> None:
    assert code(Egress().check(f"https://{host}/")) == "no_public_address"


def test_loopback_is_allowed_where_configured_and_without_tls_nowhere_else() -> None:
    networks = [*LOOPBACK, ipaddress.ip_network("10.0.0.0/8")]
    assert code(Egress().check("http://127.0.0.1:8080/")) == "no_public_address"
    assert Egress(networks).check("http://127.0.0.1:8080/") is None
    assert code(Egress(networks).check("http://10.0.0.1:8080/")) == "tls_required"
    assert Egress(networks).check("https://10.0.0.1/") is None
    public = Egress(networks, resolve=Names([PUBLIC]))
    assert code(public.check("http://hooks.example:8080/")) == "tls_required"
    assert public.check("https://hooks.example/") is None


def test_a_second_answer_of_the_name_is_judged_again() -> None:
    names = Names([PUBLIC], ["127.0.0.1"])
    egress = Egress(resolve=names)
    with receiver(answering(OK)) as at:
        url = f"https://hooks.example:{at.port}/"
        assert egress.check(url) is None
        assert code(egress.post(url, {}, b"{}")) == "no_public_address"
    assert at.requests == []


def test_a_call_goes_to_the_address_that_was_judged() -> None:
    """The name is asked once: whatever it would answer next, nobody asks."""
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    with receiver(answering(OK)) as at:
        result = Egress(LOOPBACK, resolve=names).post(f"http://hooks.example:{at.port}/", {}, b"{}")
    assert result == Answer(200, b"ok")
    assert names.asked == ["hooks.example"]


@pytest.mark.parametrize("answer", [[], ["no address"], [PUBLIC, "no address"]])
def test_a_name_without_an_address_is_refused(answer: list[str]) -> None:
    assert (
        code(Egress(resolve=Names(answer)).check("https://hooks.example/")) == "no_public_address"
    )


def test_a_resolver_that_fails_or_hangs_is_a_refusal_in_time() -> None:
    def fail(_: str) -> Sequence[str]:
        raise socket.gaierror

    released = threading.Event()

    def hang(_: str) -> Sequence[str]:
        released.wait(30)
        return []

    assert code(Egress(resolve=fail).check("https://hooks.example/")) == "no_public_address"
    began = time.monotonic()
    egress = Egress(resolve=hang, limits=SHORT)
    assert code(egress.check("https://hooks.example/")) == "timed_out"
    assert code(egress.post("https://hooks.example/", {}, b"")) == "timed_out"
    assert time.monotonic() - began < 3
    released.set()


def test_resolvers_that_hang_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foundation.egress.MAXIMUM_LOOKUPS", 2)
    released = threading.Event()
    looked_up: list[str] = []

    def hang(host: str) -> Sequence[str]:
        looked_up.append(host)
        released.wait(30)
        return [PUBLIC]

    egress = Egress(resolve=hang, limits=Limits(connect_seconds=0.1, total_seconds=0.1))
    for _ in range(6):
        assert code(egress.check("https://hooks.example/")) == "timed_out"
    assert len(looked_up) == 2
    released.set()


def _hang(connection: socket.socket, _: bytes) -> None:
    connection.settimeout(10)
    connection.recv(1)


def _drip(what: bytes) -> Behave:
    def drip(connection: socket.socket, _: bytes) -> None:
        for i in range(200):
            connection.sendall(what[i % len(what) :][:1])
            time.sleep(0.05)

    return drip


HEADERS = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 40


@pytest.mark.parametrize(
    "behave",
    [
        _hang,
        _drip(HEADERS),
        lambda c, r: (c.sendall(b"HTTP/1.1 200 OK\r\n\r\n"), _drip(b"x")(c, r)),
        lambda c, r: (
            c.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
            _drip(b"1\r\nx\r\n")(c, r),
        ),
        _drip(b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["hangs", "drips headers", "drips a body", "drips chunks", "continues"],
)
def test_a_server_that_takes_its_time_is_left(behave: Behave) -> None:
    result, seconds = post(behave)
    assert code(result) == "timed_out"
    assert seconds < 2


def test_a_server_that_never_accepts_the_request_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listening:
        began = time.monotonic()
        large = b"x" * 64_000_000  # more than the system's buffers take
        result = Egress(LOOPBACK, limits=SHORT).post(
            f"http://127.0.0.1:{listening.getsockname()[1]}/", {}, large
        )
    assert code(result) == "timed_out"
    assert time.monotonic() - began < 3


def test_tls_that_hangs_in_its_handshake_is_left(tmp_path: Path) -> None:
    _, context = server_context(tmp_path, "hooks.example")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        egress = Egress(LOOPBACK, resolve=Names(["127.0.0.1"]), context=context, limits=SHORT)
        began = time.monotonic()
        result = egress.post(f"https://hooks.example:{listening.getsockname()[1]}/", {}, b"{}")
    assert code(result) == "timed_out"
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 50000000\r\n", b"Transfer-Encoding: chunked\r\n", b""]
)
def test_fifty_megabytes_are_not_read(framing: bytes) -> None:
    sent: list[int] = []

    def flood(connection: socket.socket, _: bytes) -> None:
        chunked = framing.startswith(b"Transfer")
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n")
        block = b"x" * 1_000_000
        for i in range(50):
            connection.sendall(b"f4240\r\n" + block + b"\r\n" if chunked else block)
            sent.append(i)

    result, _ = post(flood, Limits(total_seconds=20, answer_bytes=4096))
    assert code(result) == "answer_too_large"
    assert len(sent) < 50


def test_headers_without_end_are_not_read() -> None:
    def flood(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"HTTP/1.1 100 Continue\r\n\r\n" * 10**6)

    result, seconds = post(flood, Limits(total_seconds=20))
    assert code(result) in {"answer_too_large", "broken_answer"}
    assert seconds < 10


def test_a_redirect_is_an_answer_and_followed_nowhere() -> None:
    with receiver(answering(OK)) as elsewhere:
        location = f"http://127.0.0.1:{elsewhere.port}/"
        redirect = f"HTTP/1.1 307 Go\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        result, _ = post(answering(redirect.encode()))
    assert result == Answer(307, b"")
    assert elsewhere.requests == []


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver(answering(OK)) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        result, _ = post(answering(OK))
    assert result == Answer(200, b"ok")
    assert proxy.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nshort\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
    ],
)
def test_what_is_no_http_is_a_refusal(answer: bytes) -> None:
    result, _ = post(answering(answer))
    assert code(result) == "broken_answer"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        st.binary(max_size=200),
        st.binary(max_size=100).map(lambda rest: b"HTTP/1.1 200 OK\r\n" + rest),
        st.binary(max_size=100).map(
            lambda rest: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + rest
        ),
    )
)
def test_whatever_a_server_says_is_an_answer_or_a_refusal(said: bytes) -> None:
    result, _ = post(answering(said), Limits(total_seconds=5))
    assert isinstance(result, Answer | Refused)


def test_nobody_there_is_a_refusal() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert code(Egress(LOOPBACK).post(f"http://127.0.0.1:{port}/", {}, b"")) == "not_connected"


def test_the_next_address_is_tried_where_nobody_answers_at_the_first() -> None:
    both = [*LOOPBACK, ipaddress.ip_network("::1/128")]
    with receiver(answering(OK)) as at:  # on IPv4 alone
        egress = Egress(both, resolve=Names(["::1", "127.0.0.1"]))
        result = egress.post(f"http://hooks.example:{at.port}/", {}, b"{}")
    assert result == Answer(200, b"ok")


def test_under_tls_the_server_is_told_and_proves_the_name(tmp_path: Path) -> None:
    server, client = server_context(tmp_path, "hooks.example")
    egress = Egress(LOOPBACK, resolve=Names(["127.0.0.1"]), context=client)
    with receiver(answering(OK), server) as at:
        assert egress.post(f"https://hooks.example:{at.port}/", {}, b"{}") == Answer(200, b"ok")
        refused = egress.post(f"https://other.example:{at.port}/", {}, b"{}")
        untrusted = Egress(LOOPBACK, resolve=Names(["127.0.0.1"])).post(
            f"https://hooks.example:{at.port}/", {}, b"{}"
        )
    assert at.server_names == ["hooks.example", "other.example", "hooks.example"]
    assert [code(refused), code(untrusted)] == ["tls_failed", "tls_failed"]
    assert len(at.requests) == 1


def test_plain_http_where_tls_is_asked_is_a_refusal() -> None:
    with receiver(answering(OK), read=lambda connection: connection.recv(65536)) as at:
        egress = Egress(LOOPBACK, resolve=Names(["127.0.0.1"]))
        assert code(egress.post(f"https://hooks.example:{at.port}/", {}, b"")) == "tls_failed"


def test_what_is_signed_itself_may_go_without_tls_but_not_to_other_places() -> None:
    plain = Egress(resolve=Names([PUBLIC]), without_tls=True)
    for url in ("http://ocsp.example/", "http://ocsp.example:8080/", "https://ocsp.example/"):
        assert plain.check(url) is None
    assert code(plain.check("http://ocsp.example:25/")) == "bad_url"
    assert code(plain.check("https://ocsp.example:80/")) == "bad_url"
    private = Egress(resolve=Names(["10.0.0.1"]), without_tls=True)
    assert code(private.check("http://ocsp.example/")) == "no_public_address"
    assert code(Egress(without_tls=True).check("http://127.0.0.1/")) == "no_public_address"
