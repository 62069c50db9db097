"""The one address that people open the console at, whatever a request says."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class AtOwnAddress:
    """Puts the installation's own address in the place of the `Host` that a request names.

    Passkeys are bound to it (W3C WebAuthn level 2 section 5.1.2, RP ID and origin): behind a proxy
    that ends TLS a request looks like HTTP, and its sender may name any host.
    """

    def __init__(self, application: "WSGIApplication", public_url: str) -> None:
        address = urlsplit(public_url)
        self._application = application
        self._scheme, self._host = address.scheme, address.netloc

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        environ["wsgi.url_scheme"] = self._scheme
        environ["HTTP_HOST"] = self._host
        return self._application(environ, start_response)
