"""The role table stands in front of every OPCP route, whichever context serves it."""

from collections.abc import Callable

from flask import request
from flask_openapi3 import APIBlueprint

from contract_service.api.opcp import RoleTable
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
