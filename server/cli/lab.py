"""`evtrust lab`: throw-away PKIs for stations and vehicles on a desk; no database."""

import secrets
from pathlib import Path

import click

from contract_service.operations.export_lab import ExportLab
from contract_service.profiles.lab_layouts import load_lab_layouts
from contract_service.store.lab_folder import NewFolder
from foundation.clock import utc_now
from pki.keys.sealed import generate_key
from pki.profiles.loader import load_profiles
from server.cli.output import emit, json_option

LAYOUTS = ("josev", "everest", "risev2g")


@click.group("lab")
def lab_group() -> None:
    """Make test certificates for a lab; no running service trusts them."""


@lab_group.command("export")
@click.option("--layout", required=True, type=click.Choice(LAYOUTS), help="Whose file names.")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@json_option
def export_command(layout: str, directory: Path, as_json: bool) -> None:
    """Write a whole throw-away Plug & Charge PKI, keys included, to the new folder DIR."""
    loaded = load_lab_layouts()
    folder = NewFolder(Path.cwd() / directory)
    folder.check()  # before half a second of key making
    export = ExportLab(
        load_profiles(),
        loaded.everywhere,
        generate_key,
        secrets.randbits,
        secrets.token_bytes,
        utc_now,
    )
    written = export(loaded.layouts[layout], folder, lambda step: click.echo(f"  {step}", err=True))
    emit(
        {"directory": str(directory), **written.summary, "files": list(written.files)},
        as_json=as_json,
        human=f"{len(written.files)} files of a throw-away PKI in {directory}, usable until "
        f"{written.summary['valid_until']}\nits private keys lie in them: trust it nowhere else. "
        f"Read {directory}/evtrust-lab/README.txt",
    )
