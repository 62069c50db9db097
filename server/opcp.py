"""The role table stands in front of every OPCP route, whichever context serves it."""

from collections.abc import Callable, Mapping

from flask import request
from flask_openapi3 import APIBlueprint

from contract_service.api.opcp import RoleTable
from foundation.hot_routes import HandleWithHeaders, Told
from foundation.principal import Principal


def guarded(
    blueprint: APIBlueprint, roles: RoleTable, principal: Callable[[], Principal]
) -> APIBlueprint:
    """Let only those call the blueprint's routes whose roles the table names.

    It is asked before the request is parsed, so that a stranger learns nothing from refusals.
    """

    def require_role() -> None:
        if request.url_rule is not None and request.method != "OPTIONS":
            roles.require(principal(), request.method, request.url_rule.rule)

    blueprint.before_request(require_role)
    return blueprint


def guarded_handle(
    handle: HandleWithHeaders, roles: RoleTable, method: str, route: str
) -> HandleWithHeaders:
    """Let only those ask the translator of a hot route whose roles the table names."""
    required = roles.required(method, route)

    def guard(principal: Principal, parameters: Mapping[str, str], body: bytes) -> Told:
        principal.require_role(*required)
        return handle(principal, parameters, body)

    return guard
