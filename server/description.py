"""The API description (OpenAPI 3.1): every route that a client may be written for."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from flask import Flask
from flask_openapi3 import OpenAPI

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
    paths: dict[str, dict[str, dict[str, Any]]] = {
        **described.api_doc["paths"],
        **{path: item for path, item in est_paths().items() if path in served},
        **status_paths(),
    }
    return {
        **described.api_doc,
        "security": [{"bearer": []}, {"api_key": []}],
        "paths": {
            path: {
                method: {**operation, **_security(endpoints.get((method.upper(), path), ""))}
                for method, operation in operations.items()
            }
            for path, operations in paths.items()
        },
    }


def _security(endpoint: str) -> dict[str, list[dict[str, list[str]]]]:
    """Return what an operation says of security where it is not the whole document's."""
    blueprint = endpoint.rpartition(".")[0]
    if blueprint in PUBLIC:
        return {"security": []}
    if blueprint in OWN_AUTHENTICATION:
        return {"security": [{OWN_AUTHENTICATION[blueprint]: []}]}
    return {}
