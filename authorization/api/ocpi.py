"""OCPI's configuration modules: versions, version details and credentials, 2.2.1 and 2.3.0."""

from dataclasses import dataclass

from flask import Response
from flask_openapi3 import APIBlueprint, Tag

from authorization.api.ocpi_envelope import OCPI_RESPONSES
from authorization.api.ocpi_requests import (
    OcpiGate,
    VersionPath,
    body_object,
    current_peer,
    requested_version,
)
from authorization.api.ocpi_schemas import (
    CredentialsBody,
    CredentialsEnvelope,
    Envelope,
    VersionDetailsEnvelope,
    VersionsEnvelope,
)
from authorization.model.ocpi import InterfaceRole, OcpiRole, OcpiVersion
from authorization.model.ocpi_connection import OcpiConnection
from authorization.model.ocpi_objects import credentials_object
from authorization.operations.accept_credentials import AcceptCredentials
from foundation.hot_routes import described_by

TAGS = [Tag(name="OCPI", description="Roaming with partners and hubs, OCPI 2.2.1 and 2.3.0")]


@dataclass(frozen=True, slots=True)
class OcpiModules:
    """What the configuration modules translate for; `url` is ours up to and with `/ocpi`."""

    credentials: AcceptCredentials
    url: str

    def endpoints(
        self, version: OcpiVersion, connection: OcpiConnection
    ) -> list[dict[str, object]]:
        """Return the modules that a partner sees: receiver as a CPO, sender as an eMSP."""
        base = f"{self.url}/{version}"
        found = [("credentials", InterfaceRole.SENDER, f"{base}/credentials")]
        if connection.own_parties(OcpiRole.CPO):
            found.append(("tokens", InterfaceRole.RECEIVER, f"{base}/cpo/tokens"))
        if connection.own_parties(OcpiRole.EMSP):
            found.append(("tokens", InterfaceRole.SENDER, f"{base}/emsp/tokens"))
        return [{"identifier": one, "role": role, "url": url} for one, role, url in found]


def ocpi_blueprint(modules: OcpiModules, gate: OcpiGate) -> APIBlueprint:
    """Return the blueprint `ocpi`, which authenticates by credentials token."""
    blueprint = APIBlueprint("ocpi", __name__, abp_responses=OCPI_RESPONSES)
    gate.guard(blueprint)

    @blueprint.get(
        "/ocpi/versions",
        tags=TAGS,
        summary="List the versions of OCPI that are spoken here",
        responses={200: VersionsEnvelope},
    )
    def versions() -> Response:
        """Needs any credentials token, a registration token included."""
        return gate.answer(
            [{"version": version, "url": f"{modules.url}/{version}"} for version in OcpiVersion]
        )

    @blueprint.get(
        "/ocpi/<version>",
        tags=TAGS,
        summary="List the modules of one version",
        responses={200: VersionDetailsEnvelope},
    )
    @described_by(path=VersionPath)
    def version_details(version: str) -> Response:
        """Those modules only that make sense between the partner and the parties it sees."""
        spoken = requested_version(version)
        endpoints = modules.endpoints(spoken, current_peer().connection)
        return gate.answer({"version": spoken, "endpoints": endpoints})

    _add_credentials(blueprint, modules.credentials, gate)
    return blueprint


def _add_credentials(
    blueprint: APIBlueprint, credentials: AcceptCredentials, gate: OcpiGate
) -> None:
    route = "/ocpi/<version>/credentials"

    @blueprint.get(
        route,
        tags=TAGS,
        summary="Show the credentials by which this platform is reached",
        responses={200: CredentialsEnvelope},
    )
    @described_by(path=VersionPath)
    def show(version: str) -> Response:
        """The token is the one that the request shows: no other is kept to be shown."""
        requested_version(version)
        return gate.answer(credentials_object(credentials.show(current_peer())))

    @blueprint.post(
        route,
        tags=TAGS,
        summary="Register a platform with the registration token it was given",
        responses={200: CredentialsEnvelope},
    )
    @described_by(path=VersionPath, body=CredentialsBody)
    def register(version: str) -> Response:
        """The platform's versions are read before it is answered. HTTP 405 once registered."""
        spoken = requested_version(version)
        theirs = body_object(CredentialsBody).value()
        ours = credentials.post(current_peer(), spoken, theirs)
        return gate.answer(credentials_object(ours))

    @blueprint.put(
        route,
        tags=TAGS,
        summary="Renew a platform's credentials, or change its version",
        responses={200: CredentialsEnvelope},
    )
    @described_by(path=VersionPath, body=CredentialsBody)
    def renew(version: str) -> Response:
        """Both tokens are new afterwards. HTTP 405 before the registration."""
        spoken = requested_version(version)
        theirs = body_object(CredentialsBody).value()
        ours = credentials.put(current_peer(), spoken, theirs)
        return gate.answer(credentials_object(ours))

    @blueprint.delete(
        route,
        tags=TAGS,
        summary="End a platform's registration",
        responses={200: Envelope},
    )
    @described_by(path=VersionPath)
    def unregister(version: str) -> Response:
        """Its tokens are forgotten, and those that it pushed. HTTP 405 before the registration."""
        requested_version(version)
        credentials.delete(current_peer())
        return gate.answer(None)
