"""The Autocharge desk: proposals, owner challenges, quarantines, imports."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from autocharge.operations.decide_proposal import DecideProposal, ListProposals
from autocharge.operations.list_challenges import ListChallenges
from autocharge.operations.list_quarantines import ListQuarantines
from autocharge.operations.read_imports import ReadImports
from autocharge.operations.release_quarantine import ReleaseQuarantine
from autocharge.operations.undo_import import UndoImport
from console.model.roles import Permission
from console.pages.who import actor, reader
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError

PAGE = 50


@dataclass(frozen=True, slots=True)
class AutochargePages:
    """What these pages translate for."""

    proposals: ListProposals
    decide: DecideProposal
    challenges: ListChallenges
    quarantines: ListQuarantines
    release: ReleaseQuarantine
    imports: ReadImports
    undo: UndoImport
    clock: Clock


def autocharge_pages(operations: AutochargePages) -> Blueprint:
    """Return the desk, and what is decided at it."""
    pages = Blueprint("autocharge", __name__, url_prefix="/autocharge")

    @pages.get("")
    def desk() -> str:
        principal, after = reader(), request.args
        return render_template(
            "autocharge.html",
            title="Autocharge",
            proposals=operations.proposals(principal, after.get("proposals"), PAGE),
            challenges=operations.challenges(principal, after.get("challenges"), PAGE),
            quarantines=operations.quarantines(
                principal, after=after.get("quarantines"), limit=PAGE
            ),
            imports=operations.imports(principal, after.get("imports"), PAGE),
            now=operations.clock(),
        )

    @pages.post("/proposals/<proposal_id>")
    def decide(proposal_id: str) -> Response:
        principal, act = actor(Permission.OPERATE), request.form.get("act", "")
        if act not in {"confirm", "reject"}:
            raise _unknown_act()
        operations.decide(principal, proposal_id, accept=act == "confirm")
        flash("Enrolled." if act == "confirm" else "Rejected.", "success")
        return redirect(url_for("autocharge.desk"))

    @pages.post("/quarantines/<quarantine_id>/release")
    def release(quarantine_id: str) -> Response:
        principal = actor(Permission.OPERATE)
        disbelieve = frozenset(request.form.getlist("disbelieve"))
        operations.release(principal, quarantine_id, request.form.get("reason", ""), disbelieve)
        flash("Released; the next decision knows it.", "success")
        return redirect(url_for("autocharge.desk"))

    @pages.post("/imports/<import_id>/undo")
    def undo(import_id: str) -> Response:
        operations.undo(actor(Permission.OPERATE), import_id)
        flash("It is being undone; this page shows how far it got.", "success")
        return redirect(url_for("autocharge.desk"))

    return pages


def _unknown_act() -> ServiceError:
    return ServiceError(Kind.MALFORMED, "unknown_act", "this page has no such button")
