"""The audience that a client may name when it asks for a token."""

from urllib.parse import urlsplit

MAXIMUM_LENGTH = 2048
_DEFAULT_PORTS = {"http": 80, "https": 443}


def names_service(audience: str, public_url: str) -> bool:
    """Whether `audience` is this service's base URL.

    Scheme and host compare without case and default ports count as absent (RFC 3986 section
    6.2.2 and 6.2.3); a slash at the end does not matter, because clients differ in it.
    """
    if len(audience) > MAXIMUM_LENGTH:
        return False
    try:
        return _comparable(audience) == _comparable(public_url)
    except ValueError:  # no URL at all: an open bracket, a port that is no number
        return False


def _comparable(url: str) -> tuple[object, ...]:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    port = _DEFAULT_PORTS.get(scheme) if parts.port is None else parts.port
    return (
        scheme,
        parts.username,
        parts.hostname,
        port,
        parts.path.rstrip("/"),
        parts.query,
        parts.fragment,
    )
