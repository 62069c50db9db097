"""The real application over the decision's blueprints; tokens are the principals' names."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from authorization.api.answer_table import load_answer_table
from authorization.api.authorizations import AnswerAuthorization
from authorization.api.decisions import DecisionOperations, decisions_blueprint
from authorization.api.ocpp import AnswerAuthorize16, AnswerAuthorize201
from authorization.api.surroundings import SurroundingsOperations, surroundings_blueprint
from authorization.operations.attribute_session import AttributeSession
from authorization.operations.change_access_method import ChangeAccessMethod
from authorization.operations.read_decision import ReadDecision
from authorization.operations.resolve_identifier import ResolveIdentifier
from autocharge.model.enrolment import Enrolment
from autocharge.operations.access import enrolment_unknown
from autocharge.operations.list_enrolments import ListedEnrolment
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from server.app import create_application, current_principal
from tests.authorization.conftest import Kept
from tests.authorization.fakes import (
    ADMIN,
    AUDITOR,
    CPO,
    MO,
    OEM,
    OTHER_CPO,
    OTHER_MO,
    World,
)

PRINCIPALS = {
    principal.client_id: principal
    for principal in (ADMIN, AUDITOR, CPO, MO, OEM, OTHER_CPO, OTHER_MO)
}


def authenticate(token: str) -> Principal:
    if token not in PRINCIPALS:
        raise ServiceError(Kind.UNAUTHENTICATED, "token_invalid", "get another")
    return PRINCIPALS[token]


@dataclass(frozen=True)
class Answer:
    """Status and parsed JSON of a response."""

    status: int
    json: Any


@dataclass
class Api:
    """The application, with what stands behind it."""

    client: FlaskClient
    world: World
    kept: Kept | None = None

    def post(self, path: str, body: object, who: Principal = CPO) -> Answer:
        return self.send("POST", path, body, who)

    def get(self, path: str, who: Principal = CPO) -> Answer:
        return self.send("GET", path, None, who)

    def send(self, method: str, path: str, body: object = None, who: Principal = CPO) -> Answer:
        raw = body if isinstance(body, bytes) or body is None else orjson.dumps(body)
        response = self.client.open(
            path,
            method=method,
            data=raw,
            headers={"Authorization": f"Bearer {who.client_id}"},
            content_type="application/json",
        )
        text = response.get_data()
        if response.status_code >= 400:
            assert response.content_type == "application/problem+json"
            assert response.status_code < 500, text
        return Answer(response.status_code, orjson.loads(text) if text else None)

    def authorize(self, identification: Mapping[str, object], **more: object) -> Answer:
        body = {"station_id": "CS-1", "identification": identification} | more
        return self.post("/v1/authorizations", body)


def nothing_found(_: Principal, __: str) -> ListedEnrolment:
    """Find no vehicle: those are changed in tests/server/test_changed_access_methods.py."""
    raise enrolment_unknown()


def not_asked(*_: object) -> Enrolment:
    raise AssertionError


def build(world: World, kept: Kept | None = None) -> Api:
    authorize = world.authorize
    log: Any = world.log
    if kept is not None:
        authorize = replace(authorize, decisions=kept.decisions, stations=kept.directory)
        log = kept.decisions
    table = load_answer_table()
    blueprints = [
        decisions_blueprint(
            DecisionOperations(
                AnswerAuthorization(authorize),
                AnswerAuthorize201(authorize, table),
                AnswerAuthorize16(authorize, table),
                ReadDecision(log, world.contracts),
                ResolveIdentifier(world.resolve, world.enrolments, world.sightings),
            ),
            current_principal,
        )
    ]
    if kept is not None:
        blueprints.append(
            surroundings_blueprint(
                SurroundingsOperations(
                    kept.register_station,
                    kept.list_stations,
                    kept.add_token,
                    kept.list_access_methods,
                    ChangeAccessMethod(
                        kept.contracts,
                        kept.tokens,
                        kept.change_token,
                        nothing_found,
                        not_asked,
                        not_asked,
                        not_asked,
                    ),
                    kept.change_token,
                    kept.start_session,
                    kept.end_session,
                    kept.show_session,
                    AttributeSession(
                        kept.show_session.sessions, ReadDecision(log, world.contracts)
                    ),
                ),
                current_principal,
            )
        )
    app = create_application(
        version="0",
        public_url="http://127.0.0.1",
        authenticate=authenticate,
        ready=list,
        blueprints=blueprints,
        with_management=True,
    )
    return Api(app.test_client(), world, kept)


@pytest.fixture
def api() -> Api:
    """The decision's routes over fakes."""
    return build(World())


@pytest.fixture
def kept_api(kept: Kept) -> Api:
    """All routes over a real database, where `CS-1` is not registered yet."""
    world = World()
    world.contracts = kept.contracts
    world.tokens = kept.tokens  # type: ignore[assignment] # the real ones
    return build(world, kept)
