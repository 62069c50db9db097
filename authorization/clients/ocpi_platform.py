"""Partners' configuration modules: their versions, their modules, their credentials."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from authorization.clients.ocpi_http import OcpiAnswer, OcpiHttp
from authorization.clients.ocpi_objects import (
    CredentialsObject,
    EndpointObject,
    VersionDetailsObject,
    VersionObject,
)
from authorization.model.ocpi import (
    Credentials,
    Endpoint,
    InterfaceRole,
    OcpiVersion,
    TokenEncoding,
)
from authorization.model.ocpi_connection import Registered
from authorization.model.ocpi_objects import credentials_object
from authorization.model.partner import Partner
from authorization.operations.ocpi_ports import Access, Discovered
from foundation.egress import Method
from foundation.errors import Refused

USED = ("credentials", "tokens")
"""The modules that we call; nothing is kept of the others."""

MAX_LISTED = 64
"""Versions and modules of one platform that are looked at; own judgement."""

Read = TypeVar("Read", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class HttpPlatform:
    """`authorization.operations.ocpi_ports.OcpiPlatform` over HTTP."""

    http: OcpiHttp

    def discover(
        self, partner: Partner, url: str, token: str, version: OcpiVersion
    ) -> Discovered | Refused:
        """Read a platform's versions at `url` and the details of `version`.

        The token is sent in base64, and raw where that is not understood (HTTP 401).
        """
        access = Access(token, TokenEncoding.BASE64)
        told = self._get(partner, url, access)
        if isinstance(told, Refused) and told.code == "not_authenticated":
            access = Access(token, TokenEncoding.RAW)
            told = self._get(partner, url, access)
        if isinstance(told, Refused):
            return told
        found = [one for one in _listed(VersionObject, told.data) if one.version == version]
        if not found:
            return Refused("version_missing", f"your versions do not list {version}")
        details = self._get(partner, found[0].url, access)
        if isinstance(details, Refused):
            return details
        endpoints = _endpoints(details.data)
        if not all(partner.allows(endpoint.url) for endpoint in endpoints):
            return Refused(
                "host_not_allowed", "an endpoint leads to another host than the partner's"
            )
        if not any(endpoint.identifier == "credentials" for endpoint in endpoints):
            return Refused("endpoints_missing", f"your {version} lists no credentials module")
        return Discovered(version, access.encoding, endpoints)

    def register(
        self, partner: Partner, access: Access, url: str, ours: Credentials, *, again: bool
    ) -> Credentials | Refused:
        """POST our credentials to a platform's, or PUT them where it is done `again`."""
        method: Method = "PUT" if again else "POST"
        told = self.http.call(partner, method, url, access, body=credentials_object(ours))
        if isinstance(told, Refused):
            return told
        if told.http == 405:
            return Refused("not_registered_there", "the partner holds another state of this")
        if not told.succeeded:
            return _error(told)
        try:
            return CredentialsObject.model_validate(told.data).value()
        except ValidationError:
            return Refused("unreadable_answer", "the partner's credentials cannot be read")

    def unregister(self, partner: Partner, registered: Registered) -> Refused | None:
        """DELETE our credentials there."""
        url = registered.endpoint("credentials")
        if url is None:
            return Refused("endpoints_missing", "the partner has no credentials module")
        access = Access(registered.token, registered.encoding)
        told = self.http.call(partner, "DELETE", url, access)
        if isinstance(told, Refused):
            return told
        return None if told.succeeded else _error(told)

    def _get(self, partner: Partner, url: str, access: Access) -> OcpiAnswer | Refused:
        told = self.http.call(partner, "GET", url, access)
        return told if isinstance(told, Refused) or told.succeeded else _error(told)


def _error(told: OcpiAnswer) -> Refused:
    return Refused("partner_error", f"the partner answered HTTP {told.http}, status {told.code}")


def _listed(model: type[Read], data: object) -> Iterator[Read]:
    """Yield what can be read of a list; one bad object does not spoil the others.

    transport_and_format.asciidoc, GET: the client should process the objects that are correct.
    """
    for one in data[:MAX_LISTED] if isinstance(data, list) else ():
        try:
            yield model.model_validate(one)
        except ValidationError:
            continue


def _endpoints(data: object) -> tuple[Endpoint, ...]:
    try:
        details = VersionDetailsObject.model_validate(data)
    except ValidationError:
        return ()
    read = _listed(EndpointObject, details.endpoints)
    return tuple(
        Endpoint(one.identifier, InterfaceRole(one.role), one.url)
        for one in read
        if one.identifier in USED
    )
