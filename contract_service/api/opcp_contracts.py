"""`/v1/ccp`: OPCP's contract certificate pool."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel

from contract_service.api.opcp import OPCP_RESPONSES, write_der
from contract_service.api.opcp_contract_schemas import (
    CcpResponseBody,
    ContractOfVehiclePath,
    DeletionHeader,
    EditionQuery,
    EmaidPath,
    InstallationHeader,
    LookupQuery,
    NoContractBody,
    PcidOrEmaidPath,
    PooledContractsBody,
    ProvidedBody,
    ProvideQuery,
    SignedDataBody,
    StationRequestBody,
    XmlContract,
    read_octets,
)
from contract_service.api.opcp_vehicle_schemas import NAMESPACES, schema_asked
from contract_service.api.signed_contract_data import HEADERS
from contract_service.model.root_pool import root_id
from contract_service.operations.add_signed_contract_data import (
    AddSignedContractData,
    SignedDataToAdd,
)
from contract_service.operations.delete_contract_data import DeleteContractData
from contract_service.operations.read_contract_pool import (
    AnswerToProvide,
    ListVehicleContracts,
    LookUpContract,
    ProvideContractData,
    SetDefaultContract,
    sees_vehicle,
)
from exi.xml_form import message_from_xml
from foundation.hot_routes import HandleWithHeaders, answer, described_by
from foundation.principal import Principal

_TAG = Tag(name="Contract pool", description="OPCP 1.0.0: contract data for vehicles")


@dataclass(frozen=True, slots=True)
class ContractPoolOperations:
    """What the blueprint translates for."""

    install: HandleWithHeaders  # AnswerInstallation
    add: AddSignedContractData
    delete: DeleteContractData
    look_up: LookUpContract
    list_of_vehicle: ListVehicleContracts
    provide: ProvideContractData
    set_default: SetDefaultContract


def opcp_contracts_blueprint(
    operations: ContractPoolOperations, principal: Callable[[], Principal]
) -> APIBlueprint:
    """Return the blueprint `opcp_contracts`."""
    blueprint = APIBlueprint(
        "opcp_contracts", __name__, abp_tags=[_TAG], abp_responses=OPCP_RESPONSES
    )
    _add_deliveries(blueprint, operations, principal)
    _add_contracts(blueprint, operations, principal)
    return blueprint


def _add_deliveries(
    blueprint: APIBlueprint, operations: ContractPoolOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.post(
        "/v1/ccp/signedContractData",
        summary="Answer a vehicle that asks for its contract",
        operation_id="getSignedContractData",
        responses={200: CcpResponseBody, 404: NoContractBody},
    )
    @described_by(body=StationRequestBody, header=InstallationHeader)
    def get_signed_contract_data() -> Response:
        """404 where there is no contract, with the answer that tells the vehicle so in EXI.

        The header `X-Installation-Reference` names the record at `/v1/installations/{reference}`.
        """
        return answer(operations.install, principal(), {}, HEADERS)

    @blueprint.get(
        "/v1/ccp/provideSignedContractData/<emaid>/<pcid>",
        summary="Get the answer for a vehicle",
        operation_id="provideSignedContractData",
        responses={200: ProvidedBody},
    )
    def provide_signed_contract_data(path: ContractOfVehiclePath, query: ProvideQuery) -> Response:
        """For its manufacturer, who installs it without a station."""
        schema = schema_asked(query.xsdMsgDefNamespace)
        provided = operations.provide(
            principal(),
            AnswerToProvide(
                path.emaid,
                path.pcid,
                schema,
                None if query.sessionID is None else bytes.fromhex(query.sessionID),
                query.cpsV2GRootCertificateFingerprint,
            ),
        )
        return _json(
            ProvidedBody(
                certificateInstallationRes=write_der(provided.exi),
                xsdMsgDefNamespace=NAMESPACES[schema],
                cpsV2GRootCertificateFingerprint=root_id(provided.root),
            )
        )


def _add_contracts(
    blueprint: APIBlueprint, operations: ContractPoolOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.put(
        "/v1/ccp/signedContractData",
        summary="Add signed contract data",
        operation_id="addSignedContractData",
        responses={201: None},
    )
    def add_signed_contract_data(body: SignedDataBody) -> Response:
        """Of another provisioning service whose V2G root is trusted here."""
        schema = schema_asked(body.xsdMsgDefNamespace)
        document = read_octets(body.signedContractDataXML, "signedContractDataXML")
        message = message_from_xml(document, schema)
        operations.add(principal(), SignedDataToAdd(schema, message, body.emaid, body.pcid))
        return Response(status=201)

    @blueprint.delete(
        "/v1/ccp/signedContractData/<id>",
        summary="Delete a contract's data",
        operation_id="deleteSignedContractData",
        responses={200: None},
    )
    def delete_signed_contract_data(path: PcidOrEmaidPath, header: DeletionHeader) -> Response:
        """By EMAID. Certificates that were issued here are revoked first."""
        operations.delete(principal(), path.id, revoke=not header.skip_revocation)
        return Response(status=200)

    @blueprint.get(
        "/v1/ccp/signedContractData/<id>",
        summary="List a vehicle's contracts",
        operation_id="getContracts",
        responses={200: PooledContractsBody},
    )
    def get_contracts(path: PcidOrEmaidPath, query: EditionQuery) -> Response:
        """By PCID; first created first."""
        found = operations.list_of_vehicle(principal(), path.id, query.schema_wanted)
        shown = [XmlContract.of(pooled, with_vehicle=True) for pooled in found]
        return _json(PooledContractsBody(XMLContracts=shown))

    @blueprint.post(
        "/v1/ccp/signedContractData/<pcid>/<emaid>/default",
        summary="Make a contract the vehicle's default",
        operation_id="setDefaultContract",
        responses={200: None},
    )
    def set_default_contract(path: ContractOfVehiclePath) -> Response:
        """ISO 15118-2 delivers the default alone; the first contract of a vehicle is its first."""
        operations.set_default(principal(), path.pcid, path.emaid)
        return Response(status=200)

    @blueprint.get(
        "/v1/ccp/lookupContract/<emaid>",
        summary="Is there a contract for an EMAID?",
        operation_id="lookupContract",
        responses={200: PooledContractsBody},
    )
    def lookup_contract(path: EmaidPath, query: LookupQuery) -> Response:
        """The vehicle is named to its manufacturer and to the contract's provider."""
        asker = principal()
        found = operations.look_up(
            asker, path.emaid, query.schema_wanted, query.cpsV2GRootCertificateFingerprint
        )
        shown = [
            XmlContract.of(pooled, with_vehicle=sees_vehicle(asker, pooled)) for pooled in found
        ]
        return _json(PooledContractsBody(XMLContracts=shown))


def _json(body: BaseModel, status: int = 200) -> Response:
    return Response(
        body.model_dump_json(exclude_none=True), status, content_type="application/json"
    )
