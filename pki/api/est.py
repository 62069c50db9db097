"""EST (RFC 7030) in every dialect that clients speak.

RFC 7030 knows `/.well-known/est/[label/]operation`; OPCP appends the edition (and for cacerts
the key type), and puts cacerts below `/{ca}`; CSMSs use `/.well-known/{ca}` and `/{ca}` for
enrolment as well. Every operation therefore answers below all four prefixes, with and without an
edition, with and without a final slash. `pki.api.est_description` describes them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import Response, request
from flask_openapi3 import APIBlueprint

from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from pki.api.est_bodies import (
    attributes_response,
    certificates_response,
    key_response,
    read_csr,
)
from pki.model.csr_attrs import csr_attributes
from pki.model.enrolment_rules import EnrolmentTarget, choose_target, read_algorithm
from pki.operations.ca_certificates import CaCertificates
from pki.operations.enrol import Enrol
from pki.operations.re_enrol import ReEnrol
from pki.operations.server_keygen import ServerKeygen

_PREFIXES = (
    "/.well-known/est",
    "/.well-known/est/<ca>",
    "/.well-known/<ca>",
    "/<ca>",
)


@dataclass(frozen=True, slots=True)
class EstOperations:
    """What the enrolling routes translate for."""

    enrol: Enrol
    re_enrol: ReEnrol
    server_keygen: ServerKeygen


def est_blueprint(operations: EstOperations, principal: Callable[[], Principal]) -> APIBlueprint:
    """Return the blueprint `est`, every route of which needs to know who asks."""
    blueprint = APIBlueprint("est", __name__)

    def simpleenroll(ca: str | None = None, edition: str | None = None) -> Response:
        target = _target(ca, edition, principal())
        return certificates_response(operations.enrol(principal(), target, read_csr(request)))

    def simplereenroll(ca: str | None = None, edition: str | None = None) -> Response:
        target = _target(ca, edition, principal())
        return certificates_response(operations.re_enrol(principal(), target, read_csr(request)))

    def serverkeygen(ca: str | None = None, edition: str | None = None) -> Response:
        target = _target(ca, edition, principal())
        return key_response(operations.server_keygen(principal(), target, read_csr(request)))

    def csrattrs(ca: str | None = None, edition: str | None = None) -> Response:
        target = _target(ca, edition, principal())
        return attributes_response(csr_attributes(target.rule, target.algorithms[0]))

    for view, method in (
        (simpleenroll, "POST"),
        (simplereenroll, "POST"),
        (serverkeygen, "POST"),
        (csrattrs, "GET"),
    ):
        for path in _paths(view.__name__):
            blueprint.add_url_rule(path, None, view, methods=[method], strict_slashes=False)
    return blueprint


def cacerts_blueprint(
    ca_certificates: CaCertificates,
    asker: Callable[[], Principal | None],
    seconds_to_wait: Callable[[str | None], int | None],
) -> APIBlueprint:
    """Return the blueprint `est_cacerts`, which answers anybody.

    `asker` is who presents a token, if anybody does: it counts only where the path names no role.
    `seconds_to_wait` counts a request of a remote address and says how long it has to wait.
    """
    blueprint = APIBlueprint("est_cacerts", __name__)

    def cacerts(
        ca: str | None = None, edition: str | None = None, algorithm: str | None = None
    ) -> Response:
        wait = seconds_to_wait(request.remote_addr)
        if wait is not None:
            raise ServiceError(
                Kind.RATE_LIMITED,
                "too_many_requests",
                f"wait {wait} seconds; authorities change once in years",
                {"retry_after": str(wait)},
            )
        target = _target(ca, edition, asker() if ca is None else None)
        key_type = target.algorithms[0] if algorithm is None else read_algorithm(algorithm)
        response = certificates_response(*ca_certificates(target.slot(key_type)))
        # RFC 8951 does without it, OPCP and its clients expect it here and nowhere else
        response.headers["Content-Transfer-Encoding"] = "base64"
        return response

    for path in _paths("cacerts"):
        blueprint.add_url_rule(path, None, cacerts, strict_slashes=False)
        if path.endswith("<edition>"):
            blueprint.add_url_rule(f"{path}/<algorithm>", None, cacerts, strict_slashes=False)
    return blueprint


def _paths(operation: str) -> Iterator[str]:
    for prefix in _PREFIXES:
        yield f"{prefix}/{operation}"
        yield f"{prefix}/{operation}/<edition>"


def _target(ca: str | None, edition: str | None, asker: Principal | None) -> EnrolmentTarget:
    return choose_target(ca, edition, request.args.get("xsdMsgDefNamespace"), asker)
