"""The Flask application: every blueprint with the operations that it translates for."""

from collections.abc import Callable, Sequence

from flask import Blueprint, Flask, Response, g, jsonify, redirect, request
from flask_openapi3 import APIBlueprint, Info, OpenAPI
from flask_openapi3_swagger.plugins import RegisterPlugin as SwaggerPlugin
from werkzeug.wrappers import Response as WerkzeugResponse

from foundation.principal import Principal
from server.bodies import MAXIMUM_BODY_BYTES, JsonRequest
from server.description import OWN_AUTHENTICATION, PUBLIC, api_description
from server.fast_lane import bearer_token, require_token
from server.observability import ROUTE, render_metrics
from server.problems import (
    Problem,
    register_problem_handlers,
    validation_response,
)

DESCRIPTION = """Identity service of electric-vehicle charging: may this vehicle charge, and on
whose contract? Get a token at `POST /oauth/token`, then ask `POST /v1/authorizations`."""


def current_principal() -> Principal:
    """Return who asks in the running request."""
    principal = g.principal
    if not isinstance(principal, Principal):
        raise TypeError("the request was not authenticated")
    return principal


def presented_principal(authenticate: Callable[[str], Principal]) -> Callable[[], Principal | None]:
    """Return what finds out who asks on a public route, where anybody shows a token."""

    def find_out() -> Principal | None:
        token = bearer_token(request.environ)
        return authenticate(token) if token else None

    return find_out


def create_application(
    *,
    version: str,
    public_url: str,
    authenticate: Callable[[str], Principal],
    ready: Callable[[], Sequence[str]],
    blueprints: Sequence[APIBlueprint],
    with_management: bool,
) -> OpenAPI:
    """Return the application; `ready` gives the reasons why it is not ready, if any.

    `with_management` adds `/metrics`, `/openapi.json` and `/docs`, which otherwise listen on the
    management address alone.
    """
    app = OpenAPI(
        "evtrust",
        info=Info(title="evtrust", version=version, description=DESCRIPTION),
        security_schemes={
            "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            "credentials_token": {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "OCPI: `Token` and the credentials token in base64",
            },
        },
        servers=[{"url": public_url}],  # type: ignore[list-item] # it parses the mapping itself
        validation_error_status=400,
        validation_error_model=Problem,
        validation_error_callback=validation_response,
        doc_ui=False,
        static_folder=None,
    )
    app.config["MAX_CONTENT_LENGTH"] = MAXIMUM_BODY_BYTES
    app.request_class = JsonRequest
    app.url_map.merge_slashes = False  # its redirect would name whatever host the asker names
    app.json.sort_keys = False  # type: ignore[attr-defined] # Flask's default provider has it
    register_problem_handlers(app)
    _authenticate_requests(app, authenticate)
    _add_health(app, ready)
    for blueprint in blueprints:
        app.register_api(blueprint)
    if with_management:
        add_management(app, app)
    return app


def _authenticate_requests(app: Flask, authenticate: Callable[[str], Principal]) -> None:
    @app.before_request
    def identify() -> None:
        rule = request.url_rule
        request.environ[ROUTE] = rule.rule if rule is not None else "unmatched"
        if rule is None or request.blueprint in PUBLIC or request.blueprint in OWN_AUTHENTICATION:
            return
        g.principal = authenticate(require_token(request.environ))

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response


def _add_health(app: Flask, ready: Callable[[], Sequence[str]]) -> None:
    health = Blueprint("health", __name__)

    @health.get("/livez")
    def livez() -> Response:
        return Response(b'{"status":"alive"}', content_type="application/json")

    @health.get("/readyz")
    def readyz() -> Response:
        reasons = list(ready())
        response = jsonify({"ready": not reasons, "reasons": reasons})
        response.status_code = 503 if reasons else 200
        return response

    app.register_blueprint(health)


def add_management(app: Flask, described: OpenAPI) -> None:
    """Add `/metrics`, `/openapi.json` and `/docs`, which describe the application `described`."""
    management = Blueprint("management", __name__)

    @management.get("/metrics")
    def metrics() -> Response:
        body, content_type = render_metrics()
        return Response(body, content_type=content_type)

    @management.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(api_description(described))

    @management.get("/docs")
    def docs() -> WerkzeugResponse:
        return redirect("/docs/swagger")

    app.register_blueprint(management)
    pages = SwaggerPlugin.register(doc_url="/openapi.json")
    pages.name = "management"
    app.register_blueprint(pages, url_prefix="/docs", name="management_pages")
