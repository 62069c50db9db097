"""What a worker process serves: status routes, then the fast lanes, then Flask."""

import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from flask import Flask
from flask_openapi3 import APIBlueprint, OpenAPI
from sqlalchemy.exc import SQLAlchemyError

from authorization.api.budgets import budgets_blueprint
from authorization.api.decision_log import decision_log_blueprint
from authorization.api.decisions import decisions_blueprint
from authorization.api.local_lists import local_lists_blueprint
from authorization.api.ocpi import ocpi_blueprint
from authorization.api.ocpi_connections import ocpi_connections_blueprint
from authorization.api.ocpi_sender import ocpi_sender_blueprint
from authorization.api.ocpi_tokens import ocpi_receiver_blueprint
from authorization.api.ocpp_messages import ocpp_blueprint
from authorization.api.oicp import oicp_blueprint
from authorization.api.oicp_answers import OICP_RESPONSES
from authorization.api.partners import partners_blueprint
from authorization.api.sightings import sightings_blueprint
from authorization.api.sites import sites_blueprint
from authorization.api.station_calls import station_calls_blueprint
from authorization.api.surroundings import surroundings_blueprint
from authorization.api.trust_anchors import trust_anchors_blueprint
from autocharge.api.claims import challenges_blueprint, proposals_blueprint
from autocharge.api.enrolments import enrolments_blueprint
from autocharge.api.erasures import erasures_blueprint
from autocharge.api.imports import imports_blueprint
from autocharge.api.quarantines import quarantines_blueprint
from contract_service.api import signed_contract_data
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
from server.console import Mounted, build_console
from server.fast_lane import FastLanes, Lane
from server.observability import (
    LineBuffer,
    Observed,
    Tally,
    configure_logs,
    to_standard_output,
)
from server.ocsp_lane import OcspLane
from server.opcp import guarded, guarded_handle
from server.orphans import leave_with_parent
from server.problems import PROBLEM_RESPONSES, in_plain_text, register_problem_handlers
from server.proxies import BehindProxies
from server.revision import current_revision, newest_revision
from server.settings import load_settings
from server.wiring_web import WebServices

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_INSTALLATION = "/v1/ccp/signedContractData"
_SHARED = re.compile(".*/simple(re)?enroll(/[^/]*)?")
_STATION = "(?P<station_id>[^/]{1,144})"  # 48 characters, percent-encoded at worst


def build_main() -> "WSGIApplication":
    """Return the application of the main address, built from the process's settings."""
    services = started()
    services.housekeeping.start()
    services.errands.start()
    services.courier.start()
    services.importer.start()
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
            Lane(
                "/v1/contracts/<emaid>/certificates",
                re.compile("/v1/contracts/(?P<emaid>[^/]+)/certificates"),
                services.contract_operations.issue_certificate,
            ),
            Lane(
                _INSTALLATION,
                re.compile(_INSTALLATION),
                guarded_handle(
                    services.contract_pool_operations.install,
                    load_role_table(),
                    "POST",
                    _INSTALLATION,
                ),
                signed_contract_data.HEADERS,
            ),
        ),
        Mounted(lambda: build_console(services), flask),
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
            decision_log_blueprint(
                services.decision_log_operations, current_principal, PROBLEM_RESPONSES
            ),
            surroundings_blueprint(
                services.surroundings_operations, current_principal, PROBLEM_RESPONSES
            ),
            budgets_blueprint(services.budget_operations, current_principal, PROBLEM_RESPONSES),
            ocpp_blueprint(services.ocpp_handle, current_principal, PROBLEM_RESPONSES),
            local_lists_blueprint(
                services.local_list_operations, current_principal, PROBLEM_RESPONSES
            ),
            station_calls_blueprint(services.call_operations, current_principal, PROBLEM_RESPONSES),
            trust_anchors_blueprint(
                services.plan_trust_anchors, current_principal, PROBLEM_RESPONSES
            ),
            oicp_blueprint(services.oicp_operations, current_principal, OICP_RESPONSES),
            sites_blueprint(services.site_operations, current_principal, PROBLEM_RESPONSES),
            partners_blueprint(services.partner_operations, current_principal, PROBLEM_RESPONSES),
            *ocpi_blueprints(services),
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
            erasures_blueprint(services.erasure_operations, current_principal, PROBLEM_RESPONSES),
            sightings_blueprint(services.sighting_operations, current_principal, PROBLEM_RESPONSES),
            proposals_blueprint(services.proposal_operations, current_principal, PROBLEM_RESPONSES),
            challenges_blueprint(
                services.challenge_operations, current_principal, PROBLEM_RESPONSES
            ),
            quarantines_blueprint(
                services.quarantine_operations, current_principal, PROBLEM_RESPONSES
            ),
            imports_blueprint(services.import_operations, current_principal, PROBLEM_RESPONSES),
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


def ocpi_blueprints(services: WebServices) -> Iterator[APIBlueprint]:
    """Yield OCPI's blueprints, and the one by which administrators connect its partners."""
    gate = services.ocpi_gate
    yield ocpi_connections_blueprint(
        services.ocpi_connections, services.pull_tokens, current_principal, PROBLEM_RESPONSES
    )
    yield ocpi_blueprint(services.ocpi_modules, gate)
    yield ocpi_receiver_blueprint(services.receive_tokens, gate)
    yield ocpi_sender_blueprint(services.send_tokens, gate)


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
