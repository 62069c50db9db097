"""`/v1/sites`, `/v1/access-groups` and `/v1/contracts/{emaid}/restrictions`."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel

from authorization.api.site_schemas import (
    GroupBody,
    GroupPath,
    GroupsBody,
    NewGroup,
    PlacesQuery,
    RestrictionsBody,
    SiteBody,
    SiteEvsePath,
    SitePath,
    SitesBody,
)
from authorization.api.surroundings_schemas import ContractPath
from authorization.model.site_file import MAXIMUM_LOCATIONS_BYTES, read_locations, read_sites
from authorization.operations.delete_site import DeleteSite
from authorization.operations.import_sites import ImportSites, SiteOutcome
from authorization.operations.keep_access_group import KeepAccessGroup
from authorization.operations.list_sites import ListSites
from authorization.operations.restrict_contract import RestrictContract
from foundation.bulk_route import BulkRoute
from foundation.identifiers import Emaid
from foundation.principal import ClientRole, Principal

_BULK = BulkRoute(
    records="sites",
    maximum_bytes=MAXIMUM_LOCATIONS_BYTES,
    maximum_lines=10_000,
    dry_run="dry_run",
    command="evtrust site import",
    outcomes=SiteOutcome,
)


@dataclass(frozen=True, slots=True)
class SiteOperations:
    """What the blueprint translates for."""

    list: ListSites
    import_sites: ImportSites
    delete: DeleteSite
    groups: KeepAccessGroup
    restrict: RestrictContract


def sites_blueprint(
    operations: SiteOperations,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents errors that any route may answer."""
    blueprint = APIBlueprint("sites", __name__, abp_responses=problem_responses)
    _add_imports(blueprint, operations, principal)
    _add_sites(blueprint, operations, principal)
    _add_groups(blueprint, operations, principal)
    _add_restrictions(blueprint, operations, principal)
    return blueprint


def _add_imports(
    blueprint: APIBlueprint, operations: SiteOperations, principal: Callable[[], Principal]
) -> None:
    tags, report = [Tag(name="Sites")], _BULK.report_body

    @blueprint.post(
        "/v1/sites/import",
        tags=tags,
        summary="Import a file of sites",
        responses={200: report},
        openapi_extensions=_BULK.described(),
    )
    def import_sites() -> Response:
        """The columns, or members, are in docs/sites.md."""
        asker = principal()
        asker.require_role(ClientRole.CPO)  # before anything of the body is read
        return _BULK.answer(
            lambda file, file_format, dry_run: operations.import_sites(
                asker, read_sites(file, file_format), dry_run=dry_run
            )
        )

    locations = {"anyOf": [{"type": "array", "items": {"type": "object"}}, {"type": "object"}]}

    @blueprint.post(
        "/v1/sites/import-ocpi-locations",
        tags=tags,
        summary="Import OCPI's Locations",
        responses={200: report},
        openapi_extensions=_BULK.described()
        | {
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": locations}},
            }
        },
    )
    def import_locations() -> Response:
        """A list of Location objects (OCPI 2.2.1, 2.3.0), or OCPI's answer with one in `data`."""
        asker = principal()
        asker.require_role(ClientRole.CPO)
        is_dry = _BULK.is_dry()
        records = read_locations(BytesIO(_BULK.body()))
        return _BULK.report(operations.import_sites(asker, records, dry_run=is_dry), is_dry)


def _add_sites(
    blueprint: APIBlueprint, operations: SiteOperations, principal: Callable[[], Principal]
) -> None:
    tags = [Tag(name="Sites", description="Where EVSEs stand, and who may charge there")]

    @blueprint.get("/v1/sites", tags=tags, summary="List sites", responses={200: SitesBody})
    def list_sites(query: PlacesQuery) -> Response:
        """Sites of the client's own operator ids, in order of operator and site id."""
        page = operations.list(principal(), query.behind(), query.limit)
        last = page[-1] if len(page) == query.limit else None
        return _json(
            SitesBody(
                sites=[SiteBody.of(site) for site in page],
                next=None if last is None else f"{last.operator_id}/{last.site_id}",
            )
        )

    @blueprint.get(
        "/v1/sites/<operator_id>/<site_id>",
        tags=tags,
        summary="Show a site",
        responses={200: SiteBody},
    )
    def show_site(path: SitePath) -> Response:
        """Another operator's site is not found."""
        return _json(SiteBody.of(operations.list.one(principal(), path.operator_id, path.site_id)))

    @blueprint.delete(
        "/v1/sites/<operator_id>/<site_id>",
        tags=tags,
        summary="Delete a site",
        responses={204: None},
    )
    def delete_site(path: SitePath) -> Response:
        """Nobody may charge at its EVSEs until they stand at a site again."""
        operations.delete(principal(), path.operator_id, path.site_id)
        return Response(status=204)

    @blueprint.delete(
        "/v1/sites/<operator_id>/<site_id>/evses/<evse_id>",
        tags=tags,
        summary="Take an EVSE off a site",
        responses={204: None},
    )
    def delete_site_evse(path: SiteEvsePath) -> Response:
        """Nobody may charge at it until it stands at a site again."""
        operations.delete.evse(principal(), path.operator_id, path.site_id, path.evse_id)
        return Response(status=204)


def _add_groups(
    blueprint: APIBlueprint, operations: SiteOperations, principal: Callable[[], Principal]
) -> None:
    tags = [Tag(name="Access groups", description="Who may charge where a site is not public")]
    route = "/v1/access-groups/<operator_id>/<group_id>"

    @blueprint.get(
        "/v1/access-groups", tags=tags, summary="List access groups", responses={200: GroupsBody}
    )
    def list_access_groups(query: PlacesQuery) -> Response:
        """Groups of the client's own operator ids, in order of operator and group id."""
        page = operations.list.groups(principal(), query.behind(), query.limit)
        last = page[-1] if len(page) == query.limit else None
        return _json(
            GroupsBody(
                groups=[GroupBody.of(group) for group in page],
                next=None if last is None else f"{last.operator_id}/{last.group_id}",
            )
        )

    @blueprint.put(
        route, tags=tags, summary="Say who belongs to an access group", responses={200: GroupBody}
    )
    def put_access_group(path: GroupPath, body: NewGroup) -> Response:
        """Replaces the members that there were."""
        made = operations.groups(principal(), path.operator_id, path.group_id, body.members())
        return _json(GroupBody.of(made))

    @blueprint.get(route, tags=tags, summary="Show an access group", responses={200: GroupBody})
    def show_access_group(path: GroupPath) -> Response:
        """How many belong to it; who they are is not kept."""
        found = operations.list.group(principal(), path.operator_id, path.group_id)
        return _json(GroupBody.of(found))

    @blueprint.delete(route, tags=tags, summary="Remove an access group", responses={204: None})
    def remove_access_group(path: GroupPath) -> Response:
        """Sites that name it admit nobody by it any more."""
        operations.groups.remove(principal(), path.operator_id, path.group_id)
        return Response(status=204)


def _add_restrictions(
    blueprint: APIBlueprint, operations: SiteOperations, principal: Callable[[], Principal]
) -> None:
    tags = [Tag(name="Restrictions", description="What a contract may use, where and when")]
    route = "/v1/contracts/<emaid>/restrictions"

    @blueprint.get(
        route,
        tags=tags,
        summary="Show a contract's restrictions",
        responses={200: RestrictionsBody},
    )
    def show_restrictions(path: ContractPath) -> Response:
        """For the contract's provider."""
        kept = operations.restrict.show(principal(), Emaid.parse(path.emaid))
        return _json(RestrictionsBody.of(kept))

    @blueprint.put(route, tags=tags, summary="Restrict a contract", responses={204: None})
    def put_restrictions(path: ContractPath, body: RestrictionsBody) -> Response:
        """Replaces what there was; the next decision follows it, for every access method."""
        operations.restrict.put(principal(), Emaid.parse(path.emaid), body.restrictions())
        return Response(status=204)

    @blueprint.delete(
        route, tags=tags, summary="Lift a contract's restrictions", responses={204: None}
    )
    def remove_restrictions(path: ContractPath) -> Response:
        """Doing so again changes nothing."""
        operations.restrict.remove(principal(), Emaid.parse(path.emaid))
        return Response(status=204)


def _json(body: BaseModel, status: int = 200) -> Response:
    return Response(body.model_dump_json(), status, content_type="application/json")
