"""`/v1/contracts`: a provider has many contracts provisioned."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict

from contract_service.api.bulk import BulkRoute
from contract_service.model.contract_file import read_contracts
from contract_service.operations.provision_contracts import Outcome, ProvisionContracts
from foundation.principal import Principal

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

    def provision_contracts() -> Response:
        return _BULK.answer(
            lambda file, file_format, dry_run: operations.provision_many(
                principal(), read_contracts(file, file_format), dry_run=dry_run
            )
        )

    blueprint.add_url_rule(
        "/v1/contracts/provisioning",
        "provision_contracts",
        provision_contracts,
        methods=["POST"],
    )
    return blueprint
