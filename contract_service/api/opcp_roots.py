"""`/v1/root`: OPCP's root certificate pool."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel

from contract_service.api.opcp import OPCP_RESPONSES, read_der
from contract_service.api.opcp_root_schemas import (
    NewRoot,
    RootBody,
    RootCollection,
    RootPath,
    RootResponseBody,
    RootsBody,
    RootsQuery,
    TrustListBody,
)
from contract_service.model.root_pool import PooledRoot
from contract_service.operations.list_roots import ListRoots, ShowRoot
from contract_service.operations.publish_root import INPUT, PublishRoot
from contract_service.operations.withdraw_root import WithdrawRoot
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from pki.model.chain_parser import MAX_CERTIFICATE_BYTES

_TAG = Tag(name="Root pool", description="OPCP 1.0.0: roots that participants are told of")


@dataclass(frozen=True, slots=True)
class RootPoolOperations:
    """What the blueprint translates for."""

    list: ListRoots
    show: ShowRoot
    publish: PublishRoot
    withdraw: WithdrawRoot
    clock: Callable[[], datetime]


def opcp_roots_blueprint(
    operations: RootPoolOperations, principal: Callable[[], Principal]
) -> APIBlueprint:
    """Return the blueprint `opcp_roots`."""
    blueprint = APIBlueprint("opcp_roots", __name__, abp_tags=[_TAG], abp_responses=OPCP_RESPONSES)

    @blueprint.get(
        "/v1/root/rootCerts",
        summary="List roots",
        operation_id="getAllRootCerts",
        responses={200: RootsBody},
    )
    def get_all_root_certs(query: RootsQuery) -> Response:
        """Our own roots and those published here; expired ones are left out."""
        roots = operations.list(principal(), query.filter())
        return _json(RootsBody(RootCertificateCollection=_collection(roots)))

    @blueprint.get(
        "/v1/root/rootCerts/<root_id>",
        summary="Show a root",
        operation_id="getRootCert",
        responses={200: RootResponseBody},
    )
    def get_root_cert(path: RootPath) -> Response:
        """By its id or its SHA-256 fingerprint."""
        root = operations.show(principal(), path.root_id)
        return _json(RootResponseBody(RootResponse=RootBody.of(root)))

    @blueprint.put(
        "/v1/root/rootCerts",
        summary="Publish a root",
        operation_id="saveRootCa",
        responses={200: RootResponseBody},
    )
    def save_root_ca(body: NewRoot) -> Response:
        """Published is not trusted: an anchor is added by `evtrust anchor add`."""
        der = read_der(body.caCertificate, INPUT, MAX_CERTIFICATE_BYTES)
        root = operations.publish(principal(), der, body.rootType)
        return _json(RootResponseBody(RootResponse=RootBody.of(root)))

    @blueprint.delete(
        "/v1/root/rootCerts/<root_id>",
        summary="Withdraw a root",
        operation_id="deleteRootCa",
        responses={200: None},
    )
    def delete_root_ca(path: RootPath) -> Response:
        """The pool forgets it, and this installation trusts it no longer."""
        operations.withdraw(principal(), path.root_id)
        return Response(status=200)

    @blueprint.get(
        "/v1/root/ctl",
        summary="Get the certificate trust list",
        operation_id="getCertificateTrustList",
        responses={200: TrustListBody},
    )
    def get_certificate_trust_list() -> Response:
        """Every root that is valid at `timeStamp`."""
        roots = operations.list(principal())
        if not roots:
            raise ServiceError(
                Kind.NOT_FOUND, "trust_list_empty", "the pool has no root yet; ask its operator"
            )
        return _json(TrustListBody(timeStamp=operations.clock(), CTL=_collection(roots)))

    return blueprint


def _collection(roots: Iterable[PooledRoot]) -> RootCollection:
    return RootCollection(rootCertificates=[RootBody.of(root) for root in roots])


def _json(body: BaseModel) -> Response:
    return Response(body.model_dump_json(exclude_none=True), 200, content_type="application/json")
