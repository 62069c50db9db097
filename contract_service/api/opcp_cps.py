"""`/v1/cps` and `/cps/signer`: OPCP's certificate provisioning service."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel

from contract_service.api.opcp import OPCP_RESPONSES, write_der
from contract_service.api.opcp_cps_schemas import (
    DataToSignBody,
    NewContractBody,
    OldDataToSignBody,
    SignedBody,
    SignerBody,
    SignersBody,
    data_to_sign,
    root_name,
)
from contract_service.api.opcp_vehicle_schemas import NAMESPACES
from contract_service.model.root_pool import root_id
from contract_service.operations.cps_signers import ListSigners
from contract_service.operations.provision import ProvisionContract
from contract_service.operations.sign_contract_data import SignContractData, SignedContractData
from exi import decode
from exi.xml_form import message_to_xml
from foundation.principal import Principal

_TAG = Tag(name="Provisioning service", description="OPCP 1.0.0: contract data made and signed")


@dataclass(frozen=True, slots=True)
class CpsOperations:
    """What the blueprint translates for."""

    provision: ProvisionContract
    sign: SignContractData
    list_signers: ListSigners


def opcp_cps_blueprint(
    operations: CpsOperations, principal: Callable[[], Principal]
) -> APIBlueprint:
    """Return the blueprint `opcp_cps`."""
    blueprint = APIBlueprint("opcp_cps", __name__, abp_tags=[_TAG], abp_responses=OPCP_RESPONSES)

    @blueprint.put(
        "/v1/cps/contractData/signed",
        summary="Sign contract data",
        operation_id="signContractData",
        responses={201: SignedBody},
    )
    def sign_contract_data(body: DataToSignBody) -> Response:
        """Of a provider with its own authority; with a PCID they are pooled, too."""
        signed = operations.sign(principal(), data_to_sign(body, pooled=True))
        pcid = None if signed.pcid is None else signed.pcid.value
        return _json(_signed(signed, pcid), 201)

    @blueprint.put(
        "/v1/cps/forward/signedContractData",
        summary="Sign contract data and pool them",
        operation_id="createAndForwardSignedContractData",
        responses={201: None},
        deprecated=True,
    )
    def create_and_forward(body: OldDataToSignBody) -> Response:
        """Use `PUT /v1/cps/contractData/signed` with a PCID."""
        operations.sign(principal(), data_to_sign(body, pooled=True))
        return Response(status=201)

    @blueprint.put(
        "/v1/cps/signedContractData",
        summary="Sign contract data",
        operation_id="createSignedContractData",
        responses={200: SignedBody},
        deprecated=True,
    )
    def create_signed(body: OldDataToSignBody) -> Response:
        """Use `PUT /v1/cps/contractData/signed` without a PCID. Nothing is pooled."""
        signed = operations.sign(principal(), data_to_sign(body, pooled=False))
        return _json(_signed(signed, body.pcid))

    @blueprint.put(
        "/v1/cps/generate/signedContractData",
        summary="Make a contract for a vehicle",
        operation_id="generateSignedContractData",
        responses={201: None},
    )
    def generate(body: NewContractBody) -> Response:
        """Key, certificate and signatures are made and pooled; doing so again replaces them."""
        operations.provision(principal(), body.request())
        return Response(status=201)

    @blueprint.get(
        "/cps/signer",
        summary="List the CPS leaves",
        operation_id="getCpsSigner",
        responses={200: SignersBody},
    )
    def list_signers() -> Response:
        """Those that sign now, one for each V2G root and edition."""
        signers = [SignerBody.of(one) for one in operations.list_signers(principal())]
        return _json(SignersBody(cpsCertificates=signers))

    return blueprint


def _signed(signed: SignedContractData, pcid: str | None) -> SignedBody:
    document = message_to_xml(decode(signed.message, signed.schema))
    return SignedBody(
        pcid=pcid,
        emaid=signed.emaid.canonical,
        xsdMsgDefNamespace=NAMESPACES[signed.schema],
        signedData=write_der(document),
        cpsV2GRootCertificateFingerprint=root_id(signed.signer.root_fingerprint),
        cpsRootDistinguishedName=root_name(signed.signer.root),
    )


def _json(body: BaseModel, status: int = 200) -> Response:
    return Response(
        body.model_dump_json(exclude_none=True), status, content_type="application/json"
    )
