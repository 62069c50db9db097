"""What every OCPI route does with a request: who asks, for whom, in which version."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Response, g, request
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, Field

from authorization.api.ocpi_envelope import envelope
from authorization.api.ocpi_schemas import Model, read_object
from authorization.model.ocpi import OcpiVersion, StatusCode
from authorization.model.ocpi_connection import OcpiPeer
from authorization.operations.authenticate_ocpi import AuthenticateOcpi
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError

MAX_ID_CHARACTERS = 64
"""Of X-Request-ID and X-Correlation-ID; a UUID has 36."""

Wait = Callable[[str], int | None]
"""Counts one more request of somebody; seconds to wait where it is one too many."""


class VersionPath(BaseModel):
    """Path of one version."""

    version: str = Field(description="2.2.1 or 2.3.0", max_length=8)


@dataclass(frozen=True, slots=True)
class OcpiGate:
    """Lets partners in: by credentials token, and no more often than one may ask.

    `of_partner` counts good requests by partner, `of_stranger` refused ones by address.
    """

    authenticate: AuthenticateOcpi
    of_partner: Wait
    of_stranger: Wait
    clock: Clock

    def guard(self, blueprint: APIBlueprint) -> APIBlueprint:
        """Ask every request of the blueprint who it is before anything else is looked at."""
        blueprint.before_request(self._let_in)
        blueprint.after_request(_with_ids)
        return blueprint

    def answer(
        self,
        data: object,
        *,
        status: int = 200,
        message: str = "Success",
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Return data in OCPI's envelope."""
        body = envelope(data, self.clock(), StatusCode.SUCCESS, message)
        return Response(body, status, dict(headers or {}), content_type="application/json")

    def _let_in(self) -> None:
        if request.method == "OPTIONS":
            return
        try:
            peer = self.authenticate(request.headers.get("Authorization"))
        except ServiceError:
            _require_room(self.of_stranger(request.remote_addr or "unknown"))
            raise
        _require_room(self.of_partner(peer.partner.partner_id))
        g.ocpi_peer = peer


def current_peer() -> OcpiPeer:
    """Return who asks in the running request."""
    peer = g.ocpi_peer
    if not isinstance(peer, OcpiPeer):
        raise TypeError("the request was not authenticated")
    return peer


def functional_peer() -> OcpiPeer:
    """Return who asks a functional module, its routing headers checked.

    Raises ServiceError UNAUTHENTICATED (`registration_token`); INVALID (`sender_not_yours`,
    `receiver_unknown`). The headers may be missing: not every platform routes
    (transport_and_format.asciidoc, Message Routing).
    """
    peer = current_peer()
    peer.require_registered()
    sender, receiver = _party("from"), _party("to")
    own = {role.party for role in peer.connection.own_roles}
    if receiver is not None and receiver not in own:
        raise ServiceError(
            Kind.INVALID, "receiver_unknown", "OCPI-to-party-id names no party of this platform"
        )
    if sender is not None and not _speaks_as(peer, sender):
        raise ServiceError(
            Kind.INVALID, "sender_not_yours", "OCPI-from-party-id names a party that is not yours"
        )
    g.ocpi_routing = (receiver or next(iter(sorted(own)), None), sender)
    return peer


def requested_version(text: str) -> OcpiVersion:
    """Return the version of a path; raises ServiceError NOT_FOUND (`version_unknown`)."""
    try:
        return OcpiVersion(text)
    except ValueError:
        raise ServiceError(
            Kind.NOT_FOUND, "version_unknown", "this version is not spoken here; see /ocpi/versions"
        ) from None


def body_object(model: type[Model]) -> Model:
    """Return the request's body; MALFORMED (`invalid_request`), INVALID (`invalid_object`)."""
    return read_object(model, request.get_json())


def has_body() -> bool:
    """Whether the request brings a body."""
    return bool(request.content_length) or "chunked" in request.headers.get("Transfer-Encoding", "")


def _speaks_as(peer: OcpiPeer, party: str) -> bool:
    partner, registered = peer.partner, peer.connection.registered
    told = registered.roles if registered is not None else ()
    return (
        partner.is_default
        or party in partner.provider_ids
        or party in partner.operator_ids
        or party in {role.party for role in told}
    )


def _party(direction: str) -> str | None:
    country = request.headers.get(f"OCPI-{direction}-country-code", "")
    party = request.headers.get(f"OCPI-{direction}-party-id", "")
    return f"{country}{party}".upper() or None


def _require_room(wait: int | None) -> None:
    if wait is not None:
        raise ServiceError(
            Kind.RATE_LIMITED,
            "too_many_requests",
            f"wait {wait} seconds, then send fewer",
            {"retry_after": str(wait)},
        )


def _with_ids(response: Response) -> Response:
    """Give the response the request's ids, and route it back (Unique message IDs, Routing)."""
    for name in ("X-Request-ID", "X-Correlation-ID"):
        given = request.headers.get(name, "")
        usable = given.isascii() and given.isprintable() and 0 < len(given) <= MAX_ID_CHARACTERS
        response.headers[name] = given if usable else str(uuid.uuid4())
    ours, theirs = g.get("ocpi_routing", (None, None))
    for direction, party in (("from", ours), ("to", theirs)):
        if party is not None:
            response.headers[f"OCPI-{direction}-country-code"] = party[:2]
            response.headers[f"OCPI-{direction}-party-id"] = party[2:]
    return response
