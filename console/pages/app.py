"""The console's own Flask application, mounted beside the API's."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, abort, redirect, render_template, request, url_for
from flask_bootstrap import Bootstrap5
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Response as WerkzeugResponse

from console.access.browser_sessions import PATH, BrowserSessions
from console.access.own_address import AtOwnAddress
from console.access.people import ConsolePeople
from console.access.signing_in import ConsoleSecret, add_signing_in, signed_in_user
from console.model.roles import Permission
from console.pages.words import FILTERS
from foundation.errors import Kind, ServiceError
from foundation.unexpected import places

MAXIMUM_FORM_BYTES = 256 * 1024
"""Own judgement: a chain of five certificates in PEM has 10 KB, an EXI message 8 KB."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # data: is what the code for authenticator apps is drawn as
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

_SAID = {
    400: "The browser sent something that this page does not understand. Go back and try again.",
    403: "Your roles do not allow this. Ask an administrator of the console for the role.",
    404: "There is nothing here. It was removed, or the link is not complete; try the search.",
    405: "This address takes forms only. Go back to the page with the form.",
    409: "Somebody was faster: this was used or changed already. Load the page anew.",
    413: "This is too large. A form may have 256 KB.",
    429: "Too many attempts. Wait a quarter of an hour, then try again.",
}

_OPEN = frozenset({"static", "bootstrap.static", "security.static"})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the menu: what it is called, which endpoint, and who sees it."""

    name: str
    endpoint: str
    needs: Permission = Permission.READ


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """What the server says: the address people use, whether it is a demonstration.

    `statuses` are the HTTP statuses of the kinds of errors, the API's own.
    """

    public_url: str
    demo: bool
    version: str
    statuses: Mapping[Kind, int]


def create_console(
    settings: ConsoleSettings,
    people: ConsolePeople,
    sessions: BrowserSessions,
    secret: ConsoleSecret,
    blueprints: Iterable[Blueprint],
    menu: Sequence[Entry],
) -> Flask:
    """Return the application; it answers below `/console`, which is its SCRIPT_NAME."""
    app = Flask("console.pages")
    app.config.update(
        MAX_CONTENT_LENGTH=MAXIMUM_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=MAXIMUM_FORM_BYTES,
        MAX_FORM_PARTS=200,
        BOOTSTRAP_SERVE_LOCAL=True,
        EVTRUST_DEMO=settings.demo,
        EVTRUST_VERSION=settings.version,
    )
    app.url_map.merge_slashes = False
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Bootstrap5(app)
    add_signing_in(app, people, sessions, secret)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    app.context_processor(lambda: _context(app, menu))
    _guard(app)
    _answer_errors(app, settings.statuses)
    app.wsgi_app = AtOwnAddress(app.wsgi_app, settings.public_url)  # type: ignore[method-assign]
    return app


def _context(app: Flask, menu: Sequence[Entry]) -> dict[str, Any]:
    user = signed_in_user()
    shown = () if user is None else tuple(entry for entry in menu if user.may(entry.needs))
    return {
        "person": user,
        "menu": shown,
        "Permission": Permission,
        "demo": app.config["EVTRUST_DEMO"],
        "version": app.config["EVTRUST_VERSION"],
    }


def _guard(app: Flask) -> None:
    @app.before_request
    def only_text() -> None:
        # PostgreSQL keeps no such character, and no identifier of the field has one
        given = (request.path, *request.args.values(), *request.form.values())
        if any("\x00" in text for text in given):
            abort(400)

    @app.before_request
    def only_people() -> WerkzeugResponse | None:
        endpoint = request.endpoint or ""
        if endpoint in _OPEN or endpoint.startswith("security."):
            return None  # Flask-Security guards its own
        if signed_in_user() is not None:
            return None
        wanted = f"{PATH}{request.full_path.rstrip('?')}" if request.method == "GET" else None
        return redirect(url_for("security.login", next=wanted))

    @app.after_request
    def harden(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", POLICY)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if (request.endpoint or "") not in _OPEN:
            headers["Cache-Control"] = "no-store"
        return response


def _answer_errors(app: Flask, statuses: Mapping[Kind, int]) -> None:
    @app.errorhandler(ServiceError)
    def refused(failure: ServiceError) -> tuple[str, int]:
        return _page(statuses[failure.kind], failure.detail, failure.code, failure.fields)

    @app.errorhandler(CSRFError)
    def stale(_failure: CSRFError) -> tuple[str, int]:
        said = "This form is from an older session. Load the page anew and send it again."
        return _page(400, said, "form_outdated")

    @app.errorhandler(HTTPException)
    def http(failure: HTTPException) -> tuple[str, int] | HTTPException:
        code = failure.code or 500
        if code < 400:
            return failure  # a redirect
        return _page(code, _SAID.get(code, "This did not work. Go back and try again."))

    @app.errorhandler(Exception)
    def unexpected(failure: Exception) -> tuple[str, int]:
        trace_id = uuid.uuid4().hex
        log.error(
            "console_failed",
            trace_id=trace_id,
            failure=type(failure).__name__,
            places=places(failure),
        )
        said = "Something failed that should not. Quote this number to who runs the service."
        return _page(500, said, trace_id)


def _page(
    status: int, said: str, code: str | None = None, fields: Mapping[str, str] | None = None
) -> tuple[str, int]:
    title = HTTP_STATUS_CODES[status]
    page = render_template(
        "error.html", title=title, status=status, said=said, code=code, fields=fields or {}
    )
    return page, status
