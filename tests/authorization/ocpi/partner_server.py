"""An OCPI platform on loopback, as small as one can be: it does what a test tells it to do."""

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ROLES = [
    {
        "role": role,
        "country_code": "NL",
        "party_id": "TNM",
        "business_details": {"name": "TheNewMotion"},
    }
    for role in ("EMSP", "CPO")
]

Answer = tuple[int, bytes]


@dataclass(frozen=True)
class Request:
    """What a platform received."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class PartnerServer:
    """A platform that accepts `tokens` (base64, unless `raw`), and answers by `answers`.

    `answers` maps `METHOD path` to a function of the request; what it has not is answered as a
    platform would. `headers` go with the next answer.
    """

    port: int = 0
    tokens: set[str] = field(default_factory=lambda: {"token-a", "token-b"})
    raw: bool = False
    version: str = "2.2.1"
    answers: dict[str, Callable[[Request], Answer]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    host: str | None = None
    modules: tuple[tuple[str, str], ...] = (
        ("credentials", "SENDER"),
        ("tokens", "SENDER"),
        ("tokens", "RECEIVER"),
        ("locations", "RECEIVER"),
    )
    given: str = "token-c"
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return f"http://{self.host or f'127.0.0.1:{self.port}'}"

    @property
    def versions_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/ocpi/versions"

    def credentials(self, token: str = "token-b") -> dict[str, Any]:
        return {"token": token, "url": self.versions_url, "roles": ROLES}

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        chosen = self.answers.get(f"{request.method} {request.path.partition('?')[0]}")
        if chosen is not None:
            return chosen(request)
        if self._token(request) not in self.tokens:
            return 401, envelope(None, 2000)
        if request.path == "/ocpi/versions":
            listed = [
                {"version": "2.1.1", "url": f"{self.base}/ocpi/2.1.1"},
                {"version": self.version, "url": f"{self.base}/ocpi/{self.version}"},
            ]
            return 200, envelope(listed)
        if request.path == f"/ocpi/{self.version}":
            endpoints = [
                {"identifier": one, "role": role, "url": f"{self.base}/{role.lower()}/{one}"}
                for one, role in self.modules
            ]
            return 200, envelope({"version": self.version, "endpoints": endpoints})
        if request.path.endswith("/credentials"):
            if request.method == "DELETE":
                return 200, envelope(None)
            self.tokens = {self.given}
            return 200, envelope(self.credentials(self.given))
        return 404, envelope(None, 2004)

    def _token(self, request: Request) -> str:
        shown = request.headers.get("Authorization", "").removeprefix("Token ")
        if self.raw:
            return shown
        try:
            return base64.b64decode(shown, validate=True).decode()
        except ValueError:
            return ""


def envelope(data: object, code: int = 1000) -> bytes:
    told = {"status_code": code, "status_message": "", "timestamp": "2026-12-01T00:00:00Z"}
    return json.dumps(told if data is None else {**told, "data": data}).encode()


@contextmanager
def serving(partner: PartnerServer) -> Iterator[PartnerServer]:
    """Serve while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            request = Request(
                self.command, self.path, dict(self.headers), json.loads(raw) if raw else None
            )
            status, body = partner.answer(request)
            headers, partner.headers = partner.headers, {}
            with suppress(OSError):  # whoever asked may be gone
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - its names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    partner.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield partner
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
