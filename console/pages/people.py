"""Accounts of the console, for its administrators."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from console.model.roles import ConsoleRole, Permission
from console.operations.add_account import AddAccount, NewAccount
from console.operations.change_account import ChangeAccount
from console.operations.ports import AccountReader
from console.pages.who import actor, person, reader
from foundation.errors import Kind, ServiceError


@dataclass(frozen=True, slots=True)
class PeoplePages:
    """What these pages translate for."""

    accounts: AccountReader
    add: AddAccount
    change: ChangeAccount


def people_pages(operations: PeoplePages) -> Blueprint:
    """Return the list of accounts and what is done with them."""
    pages = Blueprint("people", __name__, url_prefix="/people")

    @pages.get("")
    def list() -> str:  # noqa: A001 - the endpoint's name
        reader(Permission.ADMINISTER)
        return _page(operations, None)

    @pages.post("")
    def add() -> str:
        principal = actor(Permission.ADMINISTER)
        made = operations.add(principal, request.form["email"], request.form.getlist("roles"))
        return _page(operations, made)

    @pages.post("/change")
    def change() -> str | Response:
        principal, email = actor(Permission.ADMINISTER), request.form["email"]
        wanted = request.form["act"]
        if email == person().account.email and wanted != "roles":
            raise ServiceError(
                Kind.CONFLICT, "your_own_account", "somebody else has to do this to your account"
            )
        if wanted == "reset":
            return _page(operations, operations.change.reset_password(principal, email))
        if wanted == "roles":
            operations.change.set_roles(principal, email, request.form.getlist("roles"))
        elif wanted == "remove":
            operations.change.remove(principal, email)
        elif wanted == "sign_out":
            operations.change.end_sessions(principal, email)
        elif wanted in {"disable", "enable"}:
            operations.change.set_active(principal, email, active=wanted == "enable")
        else:
            raise ServiceError(Kind.MALFORMED, "unknown_act", "this page has no such button")
        flash("Done.", "success")
        return redirect(url_for("people.list"))

    return pages


def _page(operations: PeoplePages, made: NewAccount | None) -> str:
    return render_template(
        "people.html",
        title="People",
        accounts=operations.accounts.all(),
        roles=[role.value for role in ConsoleRole],
        made=made,
    )
