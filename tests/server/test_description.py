"""The API description leaves nothing out but what it gives a reason for."""

import re
from typing import Any

import pytest

from server.description import UNDESCRIBED, api_description, routes_of, why_undescribed
from server.entry import flask_application
from tests.server.assembly import Application

FASTER_THAN_FLASK = {"/ocsp": {"post"}, "/ocsp/{request}": {"get"}} | {
    path: {"get"} for path in ("/crl/{ca}.crl", "/ca/{ca}.cer")
}


@pytest.fixture(scope="module")
def paths(application: Application) -> Any:
    return api_description(flask_application(application.services, with_management=True))["paths"]


def test_every_route_is_described_or_has_a_reason(application: Application, paths: Any) -> None:
    missing = []
    for (method, path), endpoint in routes_of(
        flask_application(application.services, with_management=True)
    ):
        if method.lower() in paths.get(path, {}):
            continue
        reason = why_undescribed(path)
        print(f"not described: {method} {path}: {reason}")  # noqa: T201 - for `pytest -rP`
        if reason is None:
            missing.append(f"{method} {path} ({endpoint})")
    assert missing == []


def test_no_reason_outlives_its_routes(application: Application, paths: Any) -> None:
    app = flask_application(application.services, with_management=True)
    left_out = {path for (_, path), _ in routes_of(app)} - set(paths)
    for pattern in UNDESCRIBED:
        assert any(re.fullmatch(pattern, path) for path in left_out), pattern
    assert not [path for path in paths if why_undescribed(path)]


def test_what_is_described_is_served(application: Application, paths: Any) -> None:
    served = {
        (method.lower(), path)
        for (method, path), _ in routes_of(
            flask_application(application.services, with_management=True)
        )
    }
    ahead = {(method, path) for path, methods in FASTER_THAN_FLASK.items() for method in methods}
    assert {(method, path) for path, item in paths.items() for method in item} - served == ahead


def test_no_two_schemas_share_a_name(application: Application) -> None:
    """One would stand for both in the description, which then lies about the other's routes."""
    app = flask_application(application.services, with_management=True)
    meant: dict[str, set[str]] = {}
    for blueprint in app.blueprints.values():
        for name, schema in getattr(blueprint, "components_schemas", {}).items():
            meant.setdefault(name, set()).add(repr(schema))
    assert [name for name, schemas in meant.items() if len(schemas) > 1] == []


def test_every_operation_has_a_name_of_its_own_that_says_what_it_does(paths: Any) -> None:
    """Generated clients make functions, and files, of them."""
    names = [operation["operationId"] for item in paths.values() for operation in item.values()]
    assert len({name.lower() for name in names}) == len(names)
    assert [name for name in names if not re.fullmatch(r"[A-Za-z]\w{2,40}", name)] == []
    assert {"authorize", "read_authorization", "addOEMProvCert", "ocpi_show", "get_ocsp"} <= {
        *names
    }


def test_no_two_values_of_an_enumeration_are_named_alike(application: Application) -> None:
    app = flask_application(application.services, with_management=True)
    for name, schema in api_description(app)["components"]["schemas"].items():
        names = [
            str(value).upper() for value in schema.get("x-enum-varnames", schema.get("enum", ()))
        ]
        assert len(set(names)) == len(names), name
