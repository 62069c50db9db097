"""One's own account: second factors and sessions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from console.access.browser_sessions import BrowserSession
from console.model.session import ConsoleSession
from console.operations.change_account import EndSession
from console.pages.who import person
from foundation.clock import Clock

SessionsOf = Callable[[str, datetime], Sequence[ConsoleSession]]


@dataclass(frozen=True, slots=True)
class AccountPages:
    """What these pages translate for."""

    sessions_of: SessionsOf
    end_session: EndSession
    clock: Clock


def account_pages(operations: AccountPages) -> Blueprint:
    """Return the page about oneself."""
    pages = Blueprint("account", __name__, url_prefix="/account")

    @pages.get("")
    def show() -> str:
        account = person().account
        return render_template(
            "account.html",
            title="Your account",
            account=account,
            passkeys=person().webauthn,
            sessions=operations.sessions_of(account.account_id, operations.clock()),
            this=_own_session_id(),
        )

    @pages.post("/sessions/<session_id>/end")
    def end(session_id: str) -> Response:
        operations.end_session(person().account.account_id, session_id)
        flash("That session has ended.", "success")
        return redirect(url_for("account.show"))

    return pages


def _own_session_id() -> str | None:
    own = session._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
    if isinstance(own, BrowserSession) and own.stored is not None:
        return own.stored.session.session_id
    return None
