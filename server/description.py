"""The API description (OpenAPI 3.1): every route that a client may be written for."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from flask import Flask
from flask_openapi3 import OpenAPI
from flask_openapi3.utils import get_operation_id_for_path

from pki.api.est_description import est_paths
from pki.api.status_description import status_paths

PUBLIC = frozenset({"token", "health", "management", "management_pages", "est_cacerts"})
"""Blueprints that answer without a token; every other route of the application needs one."""

OWN_AUTHENTICATION = {
    "ocpi": "credentials_token",
    "ocpi_receiver": "credentials_token",
    "ocpi_sender": "credentials_token",
}
"""Blueprint -> the scheme by which it authenticates its requests itself."""

UNDESCRIBED: Mapping[str, str] = MappingProxyType(
    {
        r"/livez|/readyz": "asked by what starts and watches the process",
        r"/metrics": "Prometheus has a format of its own",
        r"/openapi\.json|/docs.*": "the description itself, and its page",
        r"/ocpp/\{version\}/\{station_id\}/\{action\}": "refuses what OCPP knows and we do not",
        r"/\.well-known/est/\w+/\{edition\}(/\{algorithm\})?": "EST: as with a label in the path",
        r"(/\.well-known)?/\{ca\}/\w+(/\{edition\}(/\{algorithm\})?)?": (
            "EST: other products' spellings of /.well-known/est/{ca}"
        ),
    }
)
"""Path (a pattern of the whole) -> why a route stands outside of the description."""

Route = tuple[str, str]
"""Method and path, whose parameters stand in braces."""

_PARAMETER = re.compile(r"<(?:[^:>]+:)?([^>]+)>")


def routes_of(app: Flask) -> Iterator[tuple[Route, str]]:
    """Yield each route of an application with its endpoint, but those of HEAD and OPTIONS."""
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield (method, _PARAMETER.sub(r"{\1}", rule.rule)), rule.endpoint


def why_undescribed(path: str) -> str | None:
    """Return why the description leaves a path out; None for one that it must have."""
    for pattern, reason in UNDESCRIBED.items():
        if re.fullmatch(pattern, path):
            return reason
    return None


def api_description(described: OpenAPI) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description; every operation that is not public needs a token.

    EST's operations are added where the application has them, and what is answered ahead of it.
    """
    endpoints = dict(routes_of(described))
    served = {path for _, path in endpoints}
    document = described.api_doc
    paths: dict[str, dict[str, dict[str, Any]]] = {
        **document["paths"],
        **{path: item for path, item in est_paths().items() if path in served},
        **status_paths(),
    }
    schemas = document["components"]["schemas"]
    return {
        **document,
        "security": [{"bearer": []}, {"api_key": []}],
        "paths": {
            path: {
                method: _finished(operation, path, method, endpoints.get((method.upper(), path)))
                for method, operation in operations.items()
            }
            for path, operations in paths.items()
        },
        "components": {
            **document["components"],
            "schemas": {name: _told_apart(schema) for name, schema in schemas.items()},
        },
    }


def _finished(
    operation: dict[str, Any], path: str, method: str, endpoint: str | None
) -> dict[str, Any]:
    if endpoint is None:
        return operation
    name = _operation_id(operation["operationId"], path, method, endpoint)
    return {**operation, "operationId": name, **_security(endpoint)}


def _operation_id(given: str, path: str, method: str, endpoint: str) -> str:
    """Return what the standard calls an operation, else the name of its view: clients show it.

    Views of OCPI's modules are named alike, so their module stands before.
    """
    blueprint, _, view = endpoint.rpartition(".")
    made_up = get_operation_id_for_path(bp_name=blueprint, name=view, path=path, method=method)
    if given != made_up:
        return given
    return f"{blueprint}_{view}" if blueprint in OWN_AUTHENTICATION else view


def _told_apart(schema: dict[str, Any]) -> dict[str, Any]:
    """Name the values of an enumeration that differ in case alone, as generators' constants do."""
    values = [str(value).upper() for value in schema.get("enum", ())]
    if len(values) == len(set(values)):
        return schema
    names = [
        value if values.index(value) == number else f"{value}_{number}"
        for number, value in enumerate(values)
    ]
    return {**schema, "x-enum-varnames": names}


def _security(endpoint: str) -> dict[str, list[dict[str, list[str]]]]:
    """Return what an operation says of security where it is not the whole document's."""
    blueprint = endpoint.rpartition(".")[0]
    if blueprint in PUBLIC:
        return {"security": []}
    if blueprint in OWN_AUTHENTICATION:
        return {"security": [{OWN_AUTHENTICATION[blueprint]: []}]}
    return {}
