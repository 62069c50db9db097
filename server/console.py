"""The console beside the API, built when the first browser asks.

Forms, charts and passkeys are a part of a process that one serving stations alone need not carry.
"""

import importlib
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from server.wiring_web import WebServices

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/console"


class Mounted:
    """Answers below `/console` with what `build` returns, everything else with `fallback`."""

    def __init__(self, build: "Callable[[], WSGIApplication]", fallback: "WSGIApplication") -> None:
        self._build = build
        self._fallback = fallback
        self._built: WSGIApplication | None = None
        self._building = threading.Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        path: str = environ.get("PATH_INFO", "")
        if path != PATH and not path.startswith(PATH + "/"):
            return self._fallback(environ, start_response)
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + PATH
        environ["PATH_INFO"] = path[len(PATH) :] or "/"
        return self._console()(environ, start_response)

    def _console(self) -> "WSGIApplication":
        if self._built is None:
            with self._building:
                if self._built is None:
                    self._built = self._build()
        return self._built


def build_console(services: WebServices) -> "WSGIApplication":
    """Return the console's application over `services`; its packages are loaded only now."""
    wiring = importlib.import_module("server.wiring_console")
    application: WSGIApplication = wiring.console_application(services)
    return application
