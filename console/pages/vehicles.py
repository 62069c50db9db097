"""Vehicles that are enrolled for Autocharge."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from authorization.model.decision_query import DecisionFilter
from authorization.operations.list_decisions import ListDecisions
from autocharge.model.enrolment import EnrolmentStatus
from autocharge.operations.list_enrolments import ListEnrolments
from autocharge.operations.read_history import ReadHistory
from autocharge.operations.remove import RemoveEnrolment
from autocharge.operations.set_enrolment_state import SetEnrolmentState
from console.model.roles import Permission
from console.pages.who import actor, reader
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid

PAGE, DECISIONS = 50, 10

ContractIdOf = Callable[[Emaid], str | None]


@dataclass(frozen=True, slots=True)
class VehiclePages:
    """What these pages translate for."""

    list: ListEnrolments
    history: ReadHistory
    decisions: ListDecisions
    contract_id_of: ContractIdOf
    set_state: SetEnrolmentState
    remove: RemoveEnrolment


def vehicles_pages(operations: VehiclePages) -> Blueprint:
    """Return the list of enrolled vehicles and the page of each."""
    pages = Blueprint("vehicles", __name__, url_prefix="/vehicles")

    @pages.get("")
    def list() -> str:  # noqa: A001 - the endpoint's name
        page = operations.list(reader(), None, request.args.get("after"), PAGE)
        return render_template("vehicles.html", title="Vehicles", page=page)

    @pages.get("/<enrolment_id>")
    def show(enrolment_id: str) -> str:
        principal = reader()
        listed = operations.list.by_id(principal, enrolment_id)
        asked = DecisionFilter(vehicle=enrolment_id)
        shown, _ = operations.decisions(principal, asked, None, DECISIONS)
        return render_template(
            "vehicle.html",
            title="Vehicle",
            enrolment=listed.enrolment,
            masked_identifier=listed.masked_identifier,
            contract_id=operations.contract_id_of(listed.enrolment.emaid),
            history=operations.history(principal, enrolment_id, 0, PAGE).entries,
            shown=shown,
        )

    @pages.post("/<enrolment_id>/status")
    def status(enrolment_id: str) -> Response:
        principal = actor(Permission.OPERATE)
        wanted = request.form.get("act", "")
        if wanted == "remove":
            operations.remove(principal, enrolment_id)
            flash("The vehicle is not enrolled any more.", "success")
            return redirect(url_for("vehicles.list"))
        states = {"suspend": EnrolmentStatus.SUSPENDED, "resume": EnrolmentStatus.ACTIVE}
        if wanted not in states:
            raise ServiceError(Kind.MALFORMED, "unknown_act", "this page has no such button")
        operations.set_state(principal, enrolment_id, states[wanted])
        flash("Done; the next decision knows it.", "success")
        return redirect(url_for("vehicles.show", enrolment_id=enrolment_id))

    return pages
