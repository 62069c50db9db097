"""The one way out: every outbound HTTP call of this service, to addresses that others named.

A call goes to the very address that was judged, so that a name whose second answer differs gains
nothing; under TLS the server still has to prove that it is that name. It goes there directly (no
proxy from the environment), once (no redirect is followed), for a bounded time and a bounded
answer. http.client reads the answer: docs/adr/0006 says why.
"""

import http.client
import io
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from foundation.errors import Refused
from foundation.public_address import Address, Network, is_allowed, parse_address

MAXIMUM_URL_LENGTH = 2048
MAXIMUM_ADDRESSES = 4
"""Addresses of one name that are tried, in the order in which the resolver gives them."""

MAXIMUM_LOOKUPS = 32
"""Names that one process looks up at a time; a resolver that hangs holds no more threads."""

_HEADER_BYTES = 65536  # status line and headers of an answer, framing of its body included
_UNPRIVILEGED = range(1024, 65536)
_PRINTABLE = re.compile(r"[!-~]+")
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

Resolver = Callable[[str], Sequence[str]]
"""A host name to its addresses as text; OSError where it has none."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may take: seconds to connect, seconds in all, bytes of the answer's body."""

    connect_seconds: float = 3.0
    total_seconds: float = 10.0
    answer_bytes: int = 65536


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side answered; a redirect (3xx) is an answer like any other.

    `headers` are by lower-case name; of one that came several times the last.
    """

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class _Target:
    """A URL in parts: `host` is a name or an address, `path` begins with a slash."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


class _Stopped(Exception):  # noqa: N818 - no error: the call ends as a refusal
    """Ends a call with the refusal that it carries."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.refusal = Refused(code, detail)


def resolve_by_system(host: str) -> Sequence[str]:
    """Return the host's addresses as the operating system's resolver gives them."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


class Egress:
    """Calls to the outside, from any thread.

    `networks` are the addresses that are allowed although they are not public; to loopback among
    them a call may go without TLS. `context` verifies servers, by default against the system's
    certificate authorities. `without_tls` lets calls go without it anywhere, for what is signed
    itself: OCSP (RFC 6960 appendix A.1 has it over plain HTTP).
    """

    def __init__(
        self,
        networks: Sequence[Network] = (),
        *,
        resolve: Resolver = resolve_by_system,
        context: ssl.SSLContext | None = None,
        limits: Limits = Limits(),
        monotonic: Callable[[], float] = time.monotonic,
        without_tls: bool = False,
    ) -> None:
        self._without_tls = without_tls
        self._networks = tuple(networks)
        self._resolve = resolve
        self._context = context
        self._limits = limits
        self._monotonic = monotonic
        self._lookups = threading.BoundedSemaphore(MAXIMUM_LOOKUPS)

    def check(self, url: str) -> Refused | None:
        """Return why no call may go to `url` now, None where one may; nothing is sent.

        Codes: `bad_url`, `no_public_address`, `tls_required`, `timed_out`.
        """
        try:
            target = _parse(url, without_tls=self._without_tls)
            self._addresses(target, self._monotonic() + self._limits.connect_seconds)
        except _Stopped as stopped:
            return stopped.refusal
        return None

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer | Refused:
        """Send one POST; as `send`."""
        return self.send("POST", url, headers, body)

    def send(
        self, method: Method, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer | Refused:
        """Send one request; return the answer, whatever its status, or why there is none.

        Codes: those of `check`, `not_connected`, `tls_failed`, `broken_answer`,
        `answer_too_large`.
        """
        deadline = self._monotonic() + self._limits.total_seconds
        try:
            target = _parse(url, without_tls=self._without_tls)
            addresses = self._addresses(target, deadline)
            with self._connected(target, addresses, deadline) as connection:
                return self._exchange(method, target, connection, deadline, headers, body)
        except _Stopped as stopped:
            return stopped.refusal
        except TimeoutError:
            return _timed_out().refusal
        except ssl.SSLError:
            return Refused("tls_failed", "the server's TLS or its certificate was not accepted")
        except (http.client.HTTPException, OSError):
            return Refused("broken_answer", "the server ended the connection or spoke no HTTP")

    def _addresses(self, target: _Target, deadline: float) -> Sequence[Address]:
        """Return where the target is, each address allowed: one that is not refuses all."""
        own = parse_address(target.host)
        texts = [str(own)] if own is not None else self._looked_up(target.host, deadline)
        parsed = [parse_address(text) for text in texts]
        addresses = [address for address in parsed if address is not None]
        if not addresses or len(addresses) < len(parsed):
            raise _no_public_address()
        if not all(is_allowed(address, self._networks) for address in addresses):
            raise _no_public_address()
        tls_required = not target.secure and not self._without_tls
        if tls_required and not all(address.is_loopback for address in addresses):
            raise _Stopped("tls_required", "write the address with https")
        return addresses[:MAXIMUM_ADDRESSES]

    def _looked_up(self, host: str, deadline: float) -> Sequence[str]:
        """Return what the resolver says in time: it takes no limit itself."""
        if not self._lookups.acquire(blocking=False):
            raise _timed_out()
        found: list[Sequence[str]] = []

        def look_up() -> None:
            try:
                with suppress(OSError, UnicodeError):  # no such name: nothing found
                    found.append(self._resolve(host))
            finally:
                self._lookups.release()

        thread = threading.Thread(target=look_up, name="egress-lookup", daemon=True)
        thread.start()
        thread.join(max(0.0, deadline - self._monotonic()))
        if thread.is_alive():
            raise _timed_out()
        return found[0] if found else ()

    def _connected(
        self, target: _Target, addresses: Sequence[Address], deadline: float
    ) -> socket.socket:
        plain = self._connected_plainly(target, addresses, deadline)
        if not target.secure:
            return plain
        if self._context is None:
            self._context = ssl.create_default_context()
        try:
            plain.settimeout(self._left(deadline, self._limits.connect_seconds))
            return self._context.wrap_socket(plain, server_hostname=target.host)
        except BaseException:
            plain.close()
            raise

    def _connected_plainly(
        self, target: _Target, addresses: Sequence[Address], deadline: float
    ) -> socket.socket:
        late = False
        for address in addresses:
            seconds = self._left(deadline, self._limits.connect_seconds)
            try:
                return socket.create_connection((str(address), target.port), seconds)
            except TimeoutError:
                late = True
            except OSError:
                continue
        if late:
            raise _timed_out()
        raise _Stopped("not_connected", "nobody answers at that host and port")

    def _exchange(
        self,
        method: Method,
        target: _Target,
        connected: socket.socket,
        deadline: float,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Answer:
        limit = self._limits.answer_bytes
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.auto_open = 0  # it must never connect by itself, to wherever
        connection.sock = _Wire(connected, lambda: self._left(deadline), _HEADER_BYTES + 2 * limit)
        connection.putrequest(method, target.path, skip_host=True, skip_accept_encoding=True)
        for name, value in {
            **headers,
            "Host": target.authority,
            "User-Agent": "evtrust",
            "Connection": "close",
            **({} if body is None else {"Content-Length": str(len(body))}),
        }.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        try:
            return self._answer(connection)
        except ValueError as failure:  # http.client's own, for the length of a chunk below zero
            raise http.client.HTTPException("the answer's framing is broken") from failure

    def _answer(self, connection: http.client.HTTPConnection) -> Answer:
        limit = self._limits.answer_bytes
        with connection.getresponse() as response:
            if (response.length or 0) > limit:
                raise _too_large()
            received = response.read(limit + 1)
            if len(received) > limit:
                raise _too_large()
            if response.length:  # it declared more than it sent
                raise http.client.IncompleteRead(received, response.length)
            told = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, received, told)

    def _left(self, deadline: float, at_most: float | None = None) -> float:
        left = deadline - self._monotonic()
        if left <= 0:
            raise _timed_out()
        return left if at_most is None else min(left, at_most)


class _Wire:
    """A connected socket as http.client uses one, each step within the time that is left.

    A server that sends a byte now and then would never meet a limit on the single step.
    """

    def __init__(
        self, connected: socket.socket, left: Callable[[], float], maximum_bytes: int
    ) -> None:
        self._socket = connected
        self._left = left
        self._maximum_bytes = maximum_bytes

    def sendall(self, data: bytes) -> None:
        """Send all of `data`."""
        rest = memoryview(data)
        while rest:
            self._socket.settimeout(self._left())
            rest = rest[self._socket.send(rest) :]

    def makefile(self, *_: object) -> io.BufferedReader:
        """Return a reader of what comes in."""
        return io.BufferedReader(_Incoming(self._socket, self._left, self._maximum_bytes))

    def close(self) -> None:
        """Leave the socket to whoever connected it: the answer may still be read."""


class _Incoming(io.RawIOBase):
    """What comes in on a socket, within the time and the bytes that are left."""

    def __init__(
        self, connected: socket.socket, left: Callable[[], float], maximum_bytes: int
    ) -> None:
        self._socket = connected
        self._left = left
        self._allowance = maximum_bytes

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has come into `buffer`."""
        self._socket.settimeout(self._left())
        received = self._socket.recv_into(buffer)
        self._allowance -= received
        if self._allowance < 0:
            raise _too_large()
        return received


def _parse(url: str, *, without_tls: bool) -> _Target:
    """Return the parts of an absolute http or https URL (RFC 3986); `bad_url` for any other text.

    The host is ASCII (an international name as its A-label, RFC 5890) and the port 443 or one
    that needs no privilege to serve: other protocols' own ports are no place for HTTP. With
    `without_tls` it may be 80 as well.
    """
    if len(url) > MAXIMUM_URL_LENGTH or not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise _bad_url(f"write at most {MAXIMUM_URL_LENGTH} printable ASCII characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _bad_url("host or port cannot be read") from None
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or "#" in url:
        raise _bad_url("write https://host/path, without user and fragment")
    host = parts.hostname or ""
    if not _NAME.fullmatch(host) and parse_address(host) is None:
        raise _bad_url("the host is neither a name nor an address")
    secure = parts.scheme == "https"
    port = port if port is not None else (443 if secure else 80)
    own_port = port == 443 if secure else port == 80 and without_tls
    if port not in _UNPRIVILEGED and not own_port:
        raise _bad_url("the port is 443, or 1024 and above")
    path = parts.path or "/"
    return _Target(secure, host, port, f"{path}?{parts.query}" if parts.query else path)


def _bad_url(detail: str) -> _Stopped:
    return _Stopped("bad_url", f"no call can go to this address: {detail}")


def _no_public_address() -> _Stopped:
    # one answer for a name without an address and for one of ours: who asks must not learn by
    # trying names which of them our networks know
    return _Stopped("no_public_address", "the host has no address, or none that is public")


def _timed_out() -> _Stopped:
    return _Stopped("timed_out", "the server did not answer in time")


def _too_large() -> _Stopped:
    return _Stopped("answer_too_large", "the server answered more than is read")
