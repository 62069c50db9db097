"""`/v1/contracts`: a provider's contracts and their certificates."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel

from contract_service.api.schemas import (
    CertificateBody,
    CertificateRequest,
    CertificatesBody,
    ContractBody,
    ContractsBody,
    EmaidPath,
    NewContract,
    PageQuery,
    Vehicle,
)
from contract_service.operations.bind_pcid import BindPcid
from contract_service.operations.create import CreateContract
from contract_service.operations.resume import ResumeContract
from contract_service.operations.show import ListContracts, ShowContract
from contract_service.operations.suspend import SuspendContract
from contract_service.operations.terminate import TerminateContract
from foundation.hot_routes import Handle, answer, described_by
from foundation.principal import Principal

_TAG = Tag(name="Contracts", description="Contracts (EVCO) of a provider and their certificates")


@dataclass(frozen=True, slots=True)
class ContractOperations:
    """What the blueprint translates for; `issue_certificate` is a hot translator."""

    create: CreateContract
    list: ListContracts
    show: ShowContract
    suspend: SuspendContract
    resume: ResumeContract
    terminate: TerminateContract
    bind_pcid: BindPcid
    issue_certificate: Handle


def contracts_blueprint(
    operations: ContractOperations,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents the errors that every route may answer.

    Whoever holds another provider's id only is answered 403 for every EMAID, known or not.
    """
    blueprint = APIBlueprint(
        "contracts", __name__, abp_tags=[_TAG], abp_responses=problem_responses
    )
    _add_collection(blueprint, operations, principal)
    _add_changes(blueprint, operations, principal)
    _add_certificates(blueprint, operations, principal)
    return blueprint


def _add_collection(
    blueprint: APIBlueprint, operations: ContractOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.post("/v1/contracts", summary="Create a contract", responses={201: ContractBody})
    def create_contract(body: NewContract) -> Response:
        """One EMAID has one contract, in whichever spelling it is given."""
        contract = operations.create(
            principal(),
            body.emaid,
            body.pcid,
            body.valid_from,
            body.valid_until,
            allow_bare_emaid=body.allow_bare_emaid,
        )
        return _json(ContractBody.of(contract), 201)

    @blueprint.get("/v1/contracts", summary="List contracts", responses={200: ContractsBody})
    def list_contracts(query: PageQuery) -> Response:
        """Contracts of the client's own provider ids, in order of their id."""
        page = operations.list(principal(), query.provider_id, query.after, query.limit)
        return _json(ContractsBody.of(page))

    @blueprint.get(
        "/v1/contracts/<emaid>", summary="Show a contract", responses={200: ContractBody}
    )
    def show_contract(path: EmaidPath) -> Response:
        """Any spelling of the EMAID finds it."""
        return _json(ContractBody.of(operations.show(principal(), path.emaid).contract))


def _add_changes(
    blueprint: APIBlueprint, operations: ContractOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.post(
        "/v1/contracts/<emaid>/suspend",
        summary="Suspend a contract",
        responses={200: ContractBody},
    )
    def suspend_contract(path: EmaidPath) -> Response:
        """The next decision refuses it; doing so again changes nothing."""
        return _json(ContractBody.of(operations.suspend(principal(), path.emaid)))

    @blueprint.post(
        "/v1/contracts/<emaid>/resume", summary="Resume a contract", responses={200: ContractBody}
    )
    def resume_contract(path: EmaidPath) -> Response:
        """The next decision may accept it; doing so again changes nothing."""
        return _json(ContractBody.of(operations.resume(principal(), path.emaid)))

    @blueprint.post(
        "/v1/contracts/<emaid>/terminate",
        summary="Terminate a contract for good",
        responses={200: ContractBody},
    )
    def terminate_contract(path: EmaidPath) -> Response:
        """Its certificates are revoked (cessationOfOperation); doing so again changes nothing."""
        return _json(ContractBody.of(operations.terminate(principal(), path.emaid)))

    @blueprint.put(
        "/v1/contracts/<emaid>/pcid",
        summary="Bind a contract to a vehicle",
        responses={200: ContractBody},
    )
    def bind_pcid(path: EmaidPath, body: Vehicle) -> Response:
        """The PCID stays as spelled; null binds the contract to no vehicle."""
        return _json(ContractBody.of(operations.bind_pcid(principal(), path.emaid, body.pcid)))


def _add_certificates(
    blueprint: APIBlueprint, operations: ContractOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.post(
        "/v1/contracts/<emaid>/certificates",
        summary="Issue a contract certificate",
        responses={201: CertificateBody},
    )
    @described_by(path=EmaidPath, body=CertificateRequest)
    def issue_contract_certificate(**parameters: str) -> Response:
        """CN is the canonical EMAID; a contract may have several certificates over its life."""
        return answer(operations.issue_certificate, principal(), parameters)

    @blueprint.get(
        "/v1/contracts/<emaid>/certificates",
        summary="List a contract's certificates",
        responses={200: CertificatesBody},
    )
    def list_contract_certificates(path: EmaidPath) -> Response:
        """Issued here, or of a foreign authority and once validated here; latest first."""
        shown = operations.show(principal(), path.emaid)
        certificates = [CertificateBody.of(certificate) for certificate in shown.certificates]
        return _json(CertificatesBody(certificates=certificates))


def _json(body: BaseModel, status: int = 200) -> Response:
    return Response(body.model_dump_json(), status, content_type="application/json")
