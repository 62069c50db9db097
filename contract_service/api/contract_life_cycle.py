"""`/v1/contracts`: a provider has contracts provisioned, many at once, and renewed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, Field

from contract_service.api.schemas import EmaidPath
from contract_service.model.contract_data import ContractData
from contract_service.model.contract_file import read_contracts
from contract_service.operations.provision_contracts import Outcome, ProvisionContracts
from contract_service.operations.renew_contract_data import RenewContractData
from foundation.bulk_route import BulkRoute
from foundation.principal import ClientRole, Principal

MAXIMUM_BULK_BYTES = 256 * 1024
MAXIMUM_BULK_LINES = 500
"""Own judgement: a request that is answered within seconds; each line is a key and a commit."""

_TAG = Tag(name="Contracts")
_BULK = BulkRoute(
    records="contracts",
    maximum_bytes=MAXIMUM_BULK_BYTES,
    maximum_lines=MAXIMUM_BULK_LINES,
    dry_run="dry_run",
    command="evtrust contract provision",
    outcomes=Outcome,
)


@dataclass(frozen=True, slots=True)
class LifeCycleOperations:
    """What the blueprint translates for."""

    provision_many: ProvisionContracts
    renew: RenewContractData


class RenewedData(BaseModel):
    """New contract data in the pool."""

    schema_name: str = Field(serialization_alias="schema", description="Edition of ISO 15118")
    fingerprint: str = Field(description="SHA-256 of the contract certificate, lower-case hex")
    serial: str = Field(description="Upper-case hex")
    not_before: datetime
    not_after: datetime


class RenewedBody(BaseModel):
    """What was renewed of a contract, one entry for each edition that it is provisioned for."""

    renewed: list[RenewedData]

    @classmethod
    def of(cls, renewed: Sequence[ContractData]) -> "RenewedBody":
        """Return contract data as JSON shows them."""
        return cls(
            renewed=[
                RenewedData(
                    schema_name=data.schema.value,
                    fingerprint=data.fingerprint,
                    serial=data.serial,
                    not_before=data.not_before,
                    not_after=data.not_after,
                )
                for data in renewed
            ]
        )


def contract_life_cycle_blueprint(
    operations: LifeCycleOperations,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents the errors that every route may answer.

    Whoever holds another provider's id only is answered 403 for every EMAID, known or not.
    """
    blueprint = APIBlueprint(
        "contract_life_cycle", __name__, abp_tags=[_TAG], abp_responses=problem_responses
    )

    @blueprint.post(
        "/v1/contracts/provisioning",
        summary="Provision a file of contracts",
        responses={200: _BULK.report_body},
        openapi_extensions=_BULK.described(),
    )
    def provision_contracts() -> Response:
        """The columns, or members, are in docs/contracts.md."""
        asker = principal()
        asker.require_role(ClientRole.MO)  # before anything of the body is read
        return _BULK.answer(
            lambda file, file_format, dry_run: operations.provision_many(
                asker, read_contracts(file, file_format), dry_run=dry_run
            )
        )

    @blueprint.post(
        "/v1/contracts/<emaid>/renew",
        summary="Renew a contract's data",
        responses={200: RenewedBody},
    )
    def renew_contract(path: EmaidPath) -> Response:
        """A new key and certificate for the same vehicle, whether they are due or not."""
        body = RenewedBody.of(operations.renew(principal(), path.emaid))
        text = body.model_dump_json(by_alias=True)
        return Response(text, 200, content_type="application/json")

    return blueprint
