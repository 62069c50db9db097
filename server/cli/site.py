"""`evtrust site`: register sites with their EVSEs, look at them, delete them."""

from collections.abc import Iterator
from typing import Any, BinaryIO, Protocol

import click

from authorization.api.site_schemas import SiteBody
from authorization.model.site import Site
from authorization.model.site_file import read_locations, read_sites
from authorization.operations.delete_site import DeleteSite
from authorization.operations.import_sites import ImportSites, SiteOutcome
from authorization.operations.list_sites import ListSites
from foundation.line_report import LineReport
from foundation.principal import LOCAL_ADMINISTRATOR
from foundation.record_file import FileFormat, LineSource
from server.cli.bulk import bulk_options, run_bulk
from server.cli.output import emit, json_option


class SiteServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def list_sites(self) -> ListSites:
        """Shows sites."""

    @property
    def import_sites(self) -> ImportSites:
        """Registers sites."""

    @property
    def delete_site(self) -> DeleteSite:
        """Deletes sites."""


@click.group("site")
def site_group() -> None:
    """Register sites with their EVSEs, look at them, delete them."""


@site_group.command("import")
@bulk_options
@click.option("--ocpi", is_flag=True, help="FILE has OCPI Locations (2.2.1 or 2.3.0) as JSON.")
@click.pass_obj
def import_(
    services: SiteServices,
    file: BinaryIO,
    file_format: str | None,
    dry_run: bool,
    report_file: BinaryIO | None,
    as_json: bool,
    ocpi: bool,
) -> int:
    """Register the sites in FILE (`-` reads standard input); exits 1 where one was refused.

    Each line is one site; it replaces what is registered of the site. A line that is refused stops
    no other.
    """

    def import_from(source: LineSource, source_format: FileFormat) -> Iterator[LineReport]:
        records = read_locations(source) if ocpi else read_sites(source, source_format)
        return services.import_sites(LOCAL_ADMINISTRATOR, records, dry_run=dry_run)

    return run_bulk(
        import_from,
        SiteOutcome,
        "importing",
        file=file,
        file_format=file_format,
        dry_run=dry_run,
        report_file=report_file,
        as_json=as_json,
    )


@site_group.command("list")
@json_option
@click.pass_obj
def list_(services: SiteServices, as_json: bool) -> None:
    """List every site."""
    sites: list[Site] = []
    while page := services.list_sites(
        LOCAL_ADMINISTRATOR, (sites[-1].operator_id, sites[-1].site_id) if sites else None
    ):
        sites += page
    emit(
        {"sites": [_payload(site) for site in sites]},
        as_json=as_json,
        human="\n".join(_line(site) for site in sites) or "no site is registered",
    )


@site_group.command("show")
@click.argument("operator_id")
@click.argument("site_id")
@json_option
@click.pass_obj
def show(services: SiteServices, operator_id: str, site_id: str, as_json: bool) -> None:
    """Show the site SITE_ID of OPERATOR_ID (DEABC) with its EVSEs."""
    site = services.list_sites.one(LOCAL_ADMINISTRATOR, operator_id, site_id)
    evses = [
        f"  {evse.evse_id.raw}  {', '.join(sorted(evse.connector_types))}" for evse in site.evses
    ]
    emit(_payload(site), as_json=as_json, human="\n".join([_line(site), *evses]))


@site_group.command("delete")
@click.argument("operator_id")
@click.argument("site_id")
@click.option("--evse", "evse_id", help="Take this EVSE alone off the site.")
@json_option
@click.pass_obj
def delete(
    services: SiteServices, operator_id: str, site_id: str, evse_id: str | None, as_json: bool
) -> None:
    """Delete the site SITE_ID of OPERATOR_ID (DEABC), or one EVSE of it.

    Nobody may charge at these EVSEs until they stand at a site again. Contracts that are restricted
    to the site stay so.
    """
    if evse_id is None:
        services.delete_site(LOCAL_ADMINISTRATOR, operator_id, site_id)
    else:
        services.delete_site.evse(LOCAL_ADMINISTRATOR, operator_id, site_id, evse_id)
    what = (
        f"{operator_id}/{site_id}" if evse_id is None else f"{evse_id} at {operator_id}/{site_id}"
    )
    emit(
        {"deleted": site_id if evse_id is None else evse_id},
        as_json=as_json,
        human=f"deleted {what}; its EVSEs are closed until `evtrust site import` has them again",
    )


def _payload(site: Site) -> dict[str, Any]:
    return SiteBody.of(site).model_dump(mode="json")


def _line(site: Site) -> str:
    groups = f" ({', '.join(site.groups)})" if site.groups else ""
    return (
        f"{site.operator_id}/{site.site_id}  {site.access}{groups}  {site.time_zone}  "
        f"{len(site.evses)} EVSEs"
    )
