"""`/v1/contracts/{emaid}/budget`: what a provider lets a contract use."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, Field

from authorization.api.schemas import Strict
from authorization.api.surroundings_schemas import ContractPath
from authorization.model.budget import MAX_CAPS, Budget, Cap, CapKind, Period, used_of
from authorization.model.cost import MAX_MINOR
from authorization.model.session import MAX_SESSIONS_AT_ONCE
from authorization.model.standing import Standing
from authorization.operations.set_budget import SetBudget, ShowBudget
from foundation.identifiers import Emaid
from foundation.principal import Principal

_TAG = Tag(name="Budgets", description="What a contract may use")


@dataclass(frozen=True, slots=True)
class BudgetOperations:
    """What the blueprint translates for."""

    set: SetBudget
    show: ShowBudget


class CapBody(Strict):
    """At most so much in each period of UTC; what began in a period counts in it."""

    kind: CapKind = Field(description="energy_wh: watt-hours; cost: minor units of `currency`")
    period: Period
    most: int = Field(ge=0, le=MAX_MINOR)
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217")] | None = Field(
        None, description="For costs, and only for them"
    )


class BudgetBody(Strict):
    """What a contract may use; without limits anything."""

    sessions_at_once: int = Field(1, ge=1, le=MAX_SESSIONS_AT_ONCE)
    limits: list[CapBody] = Field(default_factory=list, max_length=MAX_CAPS)


class UsedCapBody(CapBody):
    """A limit, and how much of it is used in the running period."""

    used: int


class ShownBudgetBody(BaseModel):
    """The budget that holds, what is used of it, and how many sessions are open."""

    sessions_at_once: int
    open_sessions: int
    limits: list[UsedCapBody]

    @classmethod
    def of(cls, budget: Budget, standing: Standing) -> "ShownBudgetBody":
        """Return it as JSON shows it."""
        return cls(
            sessions_at_once=budget.sessions_at_once,
            open_sessions=len(standing.open_sessions),
            limits=[
                UsedCapBody(
                    kind=cap.kind,
                    period=cap.period,
                    most=cap.most,
                    currency=cap.currency,
                    used=used_of(cap, standing.used),
                )
                for cap in budget.caps
            ],
        )


def budgets_blueprint(
    operations: BudgetOperations,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents errors that any route may answer."""
    blueprint = APIBlueprint("budgets", __name__, abp_responses=problem_responses, abp_tags=[_TAG])
    path = "/v1/contracts/<emaid>/budget"

    def shown(emaid: Emaid) -> Response:
        body = ShownBudgetBody.of(*operations.show(principal(), emaid))
        return Response(body.model_dump_json(), content_type="application/json")

    @blueprint.get(path, summary="Show a contract's budget", responses={200: ShownBudgetBody})
    def show_budget(path: ContractPath) -> Response:
        """The default where none is set: one session at once and no limits."""
        return shown(Emaid.parse(path.emaid))

    @blueprint.put(path, summary="Set a contract's budget", responses={200: ShownBudgetBody})
    def set_budget(path: ContractPath, body: BudgetBody) -> Response:
        """It takes the place of the one before; the next decision follows it."""
        emaid = Emaid.parse(path.emaid)
        caps = tuple(Cap(cap.kind, cap.period, cap.most, cap.currency) for cap in body.limits)
        operations.set(principal(), emaid, Budget(body.sessions_at_once, caps))
        return shown(emaid)

    @blueprint.delete(path, summary="Remove a contract's budget", responses={204: None})
    def remove_budget(path: ContractPath) -> Response:
        """The default holds again."""
        operations.set.remove(principal(), Emaid.parse(path.emaid))
        return Response(status=204)

    return blueprint
