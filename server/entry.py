"""What a worker process serves: status routes, then the fast lanes, then Flask."""

import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from flask import Flask
from flask_openapi3 import APIBlueprint, OpenAPI
from sqlalchemy.exc import SQLAlchemyError

from authorization.api.decisions import decisions_blueprint
from authorization.api.ocpp_messages import ocpp_blueprint
from authorization.api.station_calls import station_calls_blueprint
from authorization.api.surroundings import surroundings_blueprint
from autocharge.api.enrolments import enrolments_blueprint
from contract_service.api.contract_life_cycle import contract_life_cycle_blueprint
from contract_service.api.contracts import contracts_blueprint
from contract_service.api.installations import installations_blueprint
from contract_service.api.opcp import OPCP_RESPONSES, load_role_table
from contract_service.api.opcp_contracts import opcp_contracts_blueprint
from contract_service.api.opcp_cps import opcp_cps_blueprint
from contract_service.api.opcp_roots import opcp_roots_blueprint
from contract_service.api.opcp_vehicles import opcp_vehicles_blueprint
from foundation.errors import ServiceError
from participants.api.rate_limits import TokenLimits
from participants.api.token import token_blueprint
from participants.api.webhooks import webhooks_blueprint
from pki.api.est import cacerts_blueprint, est_blueprint
from server.app import (
    add_management,
    create_application,
    current_principal,
    presented_principal,
)
from server.bodies import heard_out
from server.fast_lane import FastLanes, Lane
from server.migrate import current_revision, newest_revision
from server.observability import (
    LineBuffer,
    Observed,
    Tally,
    configure_logs,
    to_standard_output,
)
from server.ocsp_lane import OcspLane
from server.opcp import guarded
from server.orphans import leave_with_parent
from server.problems import PROBLEM_RESPONSES, in_plain_text, register_problem_handlers
from server.proxies import BehindProxies
from server.settings import load_settings
from server.wiring_web import WebServices

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_SHARED = re.compile(
    "/v1/contracts/[^/]+/certificates"  # issuing commits three times
    "|/v1/ccp/signedContractData"  # a record of each answer
    "|.*/simple(re)?enroll(/[^/]*)?"
)
_STATION = "(?P<station_id>[^/]{1,144})"  # 48 characters, percent-encoded at worst


def build_main() -> "WSGIApplication":
    """Return the application of the main address, built from the process's settings."""
    services = started()
    services.housekeeping.start()
    services.courier.start()
    application = BehindProxies(main_application(services), services.settings.trusted_proxies)
    return OcspLane(services.respond_to_ocsp.repeat, Tally("POST", "/ocsp", "200"), application)


def build_management() -> "WSGIApplication":
    """Return the application of the management address: health, metrics, docs."""
    services = started()
    described = flask_application(services, with_management=False)
    app = Flask("evtrust.management", static_folder=None)
    register_problem_handlers(app)
    add_management(app, described)
    return app


def started() -> WebServices:
    """Return the services of a process that begins to serve."""
    leave_with_parent()
    settings = load_settings()
    configure_logs(settings.log_level)
    return WebServices(settings)


def main_application(services: WebServices) -> "WSGIApplication":
    """Return the whole application over `services`, observed."""
    settings = services.settings
    flask = flask_application(
        services, with_management=settings.management_listen == settings.listen
    )
    decide = services.decision_operations
    lanes = FastLanes(
        services.authenticate,
        (
            Lane("/v1/authorizations", re.compile("/v1/authorizations"), decide.authorize_json),
            Lane(
                "/ocpp/2.0.1/<station_id>/Authorize",
                re.compile(f"/ocpp/2\\.0\\.1/{_STATION}/Authorize"),
                decide.authorize_201,
            ),
            Lane(
                "/ocpp/1.6/<station_id>/Authorize",
                re.compile(f"/ocpp/1\\.6/{_STATION}/Authorize"),
                decide.authorize_16,
            ),
        ),
        flask,
        services.batches.run,
        _SHARED,
    )
    logged = settings.log_level in {"debug", "info"}
    return Observed(
        heard_out(services.status_application(lanes)),
        LineBuffer(to_standard_output) if logged else None,
    )


def flask_application(services: WebServices, *, with_management: bool) -> OpenAPI:
    """Return the Flask application with every blueprint."""
    return create_application(
        version=version("evtrust"),
        public_url=services.settings.public_url,
        authenticate=services.authenticate,
        ready=lambda: not_ready(services),
        blueprints=(
            token_blueprint(services.issue_token, TokenLimits()),
            decisions_blueprint(services.decision_operations, current_principal, PROBLEM_RESPONSES),
            surroundings_blueprint(
                services.surroundings_operations, current_principal, PROBLEM_RESPONSES
            ),
            ocpp_blueprint(services.ocpp_handle, current_principal, PROBLEM_RESPONSES),
            station_calls_blueprint(services.call_operations, current_principal, PROBLEM_RESPONSES),
            contracts_blueprint(services.contract_operations, current_principal, PROBLEM_RESPONSES),
            contract_life_cycle_blueprint(
                services.life_cycle_operations, current_principal, PROBLEM_RESPONSES
            ),
            installations_blueprint(
                services.read_installation, current_principal, PROBLEM_RESPONSES
            ),
            enrolments_blueprint(
                services.enrolment_operations, current_principal, PROBLEM_RESPONSES
            ),
            *opcp_blueprints(services),
            in_plain_text(est_blueprint(services.est_operations, current_principal)),
            in_plain_text(
                cacerts_blueprint(
                    services.ca_certificates,
                    presented_principal(services.authenticate),
                    TokenLimits().request_from,
                )
            ),
        ),
        with_management=with_management,
    )


def opcp_blueprints(services: WebServices) -> Iterator[APIBlueprint]:
    """Yield OPCP's blueprints, each behind the role table."""
    roles = load_role_table()
    for blueprint in (
        opcp_roots_blueprint(services.root_pool_operations, current_principal),
        opcp_vehicles_blueprint(services.vehicle_operations, current_principal),
        webhooks_blueprint(services.webhook_operations, current_principal, OPCP_RESPONSES),
        opcp_cps_blueprint(services.cps_operations, current_principal),
        opcp_contracts_blueprint(services.contract_pool_operations, current_principal),
    ):
        yield guarded(blueprint, roles, current_principal)


def not_ready(services: WebServices) -> Sequence[str]:
    """Return why the process cannot serve now: no database, old schema, wrong passphrase."""
    try:
        services.installation  # noqa: B018 - opening it is the check
        if current_revision(services.database) != newest_revision():
            return ["the database's schema is not this version's"]
    except ServiceError as failure:
        return [failure.code]
    except SQLAlchemyError:
        return ["the database does not answer"]
    return []
