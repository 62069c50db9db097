"""`evtrust access-group`: who may charge at semi-public and private sites."""

from typing import Any, BinaryIO, Protocol

import click

from authorization.api.site_schemas import GroupBody, NewGroup
from authorization.operations.keep_access_group import KeepAccessGroup
from authorization.operations.list_sites import ListSites
from authorization.operations.place_ports import GroupCount
from foundation.principal import LOCAL_ADMINISTRATOR
from server.cli.document import read_document
from server.cli.output import emit, json_option


class AccessGroupServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def list_sites(self) -> ListSites:
        """Shows access groups."""

    @property
    def keep_access_group(self) -> KeepAccessGroup:
        """Stores and removes access groups."""


@click.group("access-group")
def access_group_group() -> None:
    """Say who may charge where a site is not public."""


@access_group_group.command("list")
@json_option
@click.pass_obj
def list_(services: AccessGroupServices, as_json: bool) -> None:
    """List every access group with the number of its members."""
    groups: list[GroupCount] = []
    while page := services.list_sites.groups(
        LOCAL_ADMINISTRATOR, (groups[-1].operator_id, groups[-1].group_id) if groups else None
    ):
        groups += page
    emit(
        {"groups": [_payload(group) for group in groups]},
        as_json=as_json,
        human="\n".join(_line(group) for group in groups)
        or "no access group; `evtrust access-group keep` makes one",
    )


@access_group_group.command("show")
@click.argument("operator_id")
@click.argument("group_id")
@json_option
@click.pass_obj
def show(services: AccessGroupServices, operator_id: str, group_id: str, as_json: bool) -> None:
    """Show how many belong to GROUP_ID of OPERATOR_ID (DEABC); who they are is not kept."""
    found = services.list_sites.group(LOCAL_ADMINISTRATOR, operator_id, group_id)
    emit(_payload(found), as_json=as_json, human=_line(found))


@access_group_group.command("keep")
@click.argument("operator_id")
@click.argument("group_id")
@click.argument("file", type=click.File("rb"))
@json_option
@click.pass_obj
def keep(
    services: AccessGroupServices,
    operator_id: str,
    group_id: str,
    file: BinaryIO,
    as_json: bool,
) -> None:
    """Have those in FILE (`-` reads standard input), and nobody else, belong to GROUP_ID.

    FILE is the JSON that `PUT /v1/access-groups` takes, so that nobody's card or vehicle stands on
    the command line: contracts, vehicles, tokens.
    """
    members = read_document(NewGroup, file).members()
    kept = services.keep_access_group(LOCAL_ADMINISTRATOR, operator_id, group_id, members)
    emit(_payload(kept), as_json=as_json, human=f"kept {_line(kept)}")


@access_group_group.command("remove")
@click.argument("operator_id")
@click.argument("group_id")
@json_option
@click.pass_obj
def remove(services: AccessGroupServices, operator_id: str, group_id: str, as_json: bool) -> None:
    """Remove GROUP_ID of OPERATOR_ID; sites that name it admit nobody by it any more."""
    services.keep_access_group.remove(LOCAL_ADMINISTRATOR, operator_id, group_id)
    emit({"removed": group_id}, as_json=as_json, human=f"removed {operator_id}/{group_id}")


def _payload(group: GroupCount) -> dict[str, Any]:
    return GroupBody.of(group).model_dump(mode="json")


def _line(group: GroupCount) -> str:
    return (
        f"{group.operator_id}/{group.group_id}  contracts: {group.contracts}  "
        f"vehicles: {group.vehicles}  tokens: {group.tokens}"
    )
