"""Contracts: the list, and one with everything that hangs on it."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from authorization.model.budget import Budget
from authorization.model.decision_query import DecisionFilter
from authorization.model.restrictions import Restrictions
from authorization.model.standing import Standing
from authorization.operations.list_access_methods import ListAccessMethods
from authorization.operations.list_decisions import ListDecisions
from console.model.roles import Permission
from console.operations.reveal import Reveal
from console.pages.who import actor, person, reader
from contract_service.model.contract import Contract
from contract_service.operations.find import FindContract
from contract_service.operations.show import ListContracts
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from foundation.principal import Principal

PAGE, DECISIONS = 50, 10

Act = Callable[[Principal, str], object]
"""Suspend, resume or terminate the contract of an EMAID."""


@dataclass(frozen=True, slots=True)
class ContractPages:
    """What these pages translate for."""

    list: ListContracts
    find: FindContract
    methods: ListAccessMethods
    budget: Callable[[Principal, Emaid], tuple[Budget, Standing]]
    restrictions: Callable[[Principal, Emaid], Restrictions]
    decisions: ListDecisions
    suspend: Act
    resume: Act
    terminate: Act
    reveal: Reveal


def contracts_pages(operations: ContractPages) -> Blueprint:
    """Return the list of contracts and the page of each."""
    pages = Blueprint("contracts", __name__, url_prefix="/contracts")

    @pages.get("")
    def list() -> str:  # noqa: A001 - the endpoint's name
        provider_id = request.args.get("provider_id", "").strip() or None
        page = operations.list(reader(), provider_id, request.args.get("after"), PAGE)
        return render_template(
            "contracts.html", title="Contracts", page=page, provider_id=provider_id or ""
        )

    @pages.get("/<contract_id>")
    def show(contract_id: str) -> str:
        return _page(operations, _found(operations, contract_id), revealed=False)

    @pages.post("/<contract_id>/reveal")
    def reveal(contract_id: str) -> str:
        contract = _found(operations, contract_id)
        operations.reveal(actor(Permission.REVEAL), "contract", contract.contract_id)
        return _page(operations, contract, revealed=True)

    @pages.post("/<contract_id>/status")
    def status(contract_id: str) -> Response:
        principal, contract = actor(Permission.OPERATE), _found(operations, contract_id)
        acts = {
            "suspend": operations.suspend,
            "resume": operations.resume,
            "terminate": operations.terminate,
        }
        wanted = request.form.get("act", "")
        if wanted not in acts:
            raise ServiceError(Kind.MALFORMED, "unknown_act", "this page has no such button")
        if wanted == "terminate" and request.form.get("confirm") != "yes":
            raise ServiceError(
                Kind.INVALID,
                "not_confirmed",
                "tick that it cannot be undone; nothing was terminated",
            )
        acts[wanted](principal, contract.emaid.canonical)
        flash("Done; the next decision knows it.", "success")
        return redirect(url_for("contracts.show", contract_id=contract.contract_id))

    return pages


def _found(operations: ContractPages, contract_id: str) -> Contract:
    reader()
    contract = operations.find.by_id(contract_id) if len(contract_id) <= 36 else None
    if contract is None:
        raise ServiceError(Kind.NOT_FOUND, "contract_not_found", "there is no such contract")
    return contract


def _page(operations: ContractPages, contract: Contract, *, revealed: bool) -> str:
    principal = reader()
    budget, standing = operations.budget(principal, contract.emaid)
    shown, _ = operations.decisions(
        principal, DecisionFilter(emaid=contract.emaid), None, DECISIONS
    )
    return render_template(
        "contract.html",
        title="Contract",
        contract=contract,
        methods=operations.methods(principal, contract.emaid),
        budget=budget,
        standing=standing,
        restrictions=operations.restrictions(principal, contract.emaid),
        shown=shown,
        revealed=revealed,
        may_reveal=person().may(Permission.REVEAL),
    )
