"""`evtrust ca`: certificate authorities, on the machine that holds their keys."""

from pathlib import Path
from typing import Protocol

import click

from contract_service.model.pem import MAXIMUM_CSR_BYTES, chain_pem, read_csr
from foundation.errors import Kind, ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.operations.create_hierarchy import CreateHierarchy, HierarchyRequest
from pki.operations.import_authority import (
    MAXIMUM_KEY_BYTES,
    ImportAuthorityCertificate,
    ImportAuthorityKey,
    KeyImport,
)
from pki.operations.issue import IssueCertificate
from pki.operations.list_authorities import ListAuthorities, ShowAuthority
from pki.operations.request_certificate import AuthorityRequest, RequestCertificate
from pki.operations.rollover import RolloverAuthority
from server.cli.ca_files import csr_pem, read_bounded, read_chain, write_file
from server.cli.ca_issue import issue_from_command
from server.cli.ca_output import (
    authority_payload,
    emit_authorities,
    emit_imported,
    reservation_payload,
)
from server.cli.ca_status import crl_command, revoke_command
from server.cli.output import emit, json_option

_EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)
_ROLES = click.Choice([role.value for role in CertificateRole])
_EDITIONS = click.Choice([edition.value for edition in Edition])
_ALGORITHMS = click.Choice([algorithm.value for algorithm in KeyAlgorithm])


class CaServices(Protocol):
    """What these commands need of the wired services, built to open offline keys."""

    @property
    def create_hierarchy(self) -> CreateHierarchy:
        """Makes whole hierarchies."""

    @property
    def issue_certificate(self) -> IssueCertificate:
        """Issues certificates."""

    @property
    def request_certificate(self) -> RequestCertificate:
        """Makes an authority below somebody else's: key and CSR."""

    @property
    def import_authority_certificate(self) -> ImportAuthorityCertificate:
        """Takes the certificate that somebody else issued."""

    @property
    def import_authority_key(self) -> ImportAuthorityKey:
        """Takes an existing authority's key and chain."""

    @property
    def rollover_authority(self) -> RolloverAuthority:
        """Makes new generations."""

    @property
    def list_authorities(self) -> ListAuthorities:
        """Lists authorities and unfinished serials."""

    @property
    def show_authority(self) -> ShowAuthority:
        """Shows one authority."""


@click.group("ca")
def ca_group() -> None:
    """Run certificate authorities: these commands alone open the keys of roots and Sub-CA 1."""


ca_group.add_command(revoke_command)
ca_group.add_command(crl_command)


@ca_group.command("create")
@click.option("--edition", type=_EDITIONS, default=Edition.ISO15118_2.value, show_default=True)
@click.option("--algorithm", type=_ALGORITHMS, help="p256 in -2; p521 (usual) or ed448 in -20.")
@click.option("--organization", required=True, help="O of every authority's subject.")
@click.option("--country", required=True, help="C of every authority's subject, such as DE.")
@click.option("--name", default="evtrust", show_default=True, help="Begins every common name.")
@json_option
@click.pass_obj
def create_command(
    services: CaServices,
    edition: str,
    algorithm: str | None,
    organization: str,
    country: str,
    name: str,
    as_json: bool,
) -> None:
    """Create a V2G root with CPO, MO, OEM and Prov branches, and MO and OEM roots."""
    usual = KeyAlgorithm.P256 if edition == Edition.ISO15118_2 else KeyAlgorithm.P521
    request = HierarchyRequest(
        Edition(edition),
        usual if algorithm is None else KeyAlgorithm(algorithm),
        organization,
        country,
        name,
    )
    made = services.create_hierarchy(LOCAL_ADMINISTRATOR, request, _progress)
    emit_authorities(made, as_json=as_json, heading=f"created {len(made)} authorities")


@ca_group.command("list")
@click.option("--unfinished", is_flag=True, help="Serials reserved without a certificate.")
@json_option
@click.pass_obj
def list_command(services: CaServices, unfinished: bool, as_json: bool) -> None:
    """List authorities, or serials whose issuing stopped halfway."""
    if unfinished:
        reservations = services.list_authorities.unfinished(LOCAL_ADMINISTRATOR)
        emit(
            {"unfinished": [reservation_payload(r) for r in reservations]},
            as_json=as_json,
            human="\n".join(f"{r.issuer}  {r.serial}  {r.role}" for r in reservations)
            or "every reserved serial became a certificate",
        )
        return
    emit_authorities(services.list_authorities(LOCAL_ADMINISTRATOR), as_json=as_json)


@ca_group.command("show")
@click.argument("authority")
@json_option
@click.pass_obj
def show_command(services: CaServices, authority: str, as_json: bool) -> None:
    """Show one authority: a slot (mo-sub2) or a name (mo-sub2-g1)."""
    details = services.show_authority(LOCAL_ADMINISTRATOR, authority)
    shown = authority_payload(details.authority)
    status = None if details.record is None else str(details.record.status)
    shown |= {
        "serial": None if details.record is None else details.record.serial,
        "status": status,
        "chain_pem": chain_pem(details.chain),
    }
    lines = [f"{key:12}{value}" for key, value in shown.items() if key != "chain_pem"]
    emit(shown, as_json=as_json, human="\n".join(lines) + f"\n{shown['chain_pem']}")


@ca_group.command("issue")
@click.option("--issuer", required=True, help="Slot or name of the authority, such as mo-sub2.")
@click.option("--role", type=_ROLES, required=True)
@click.option("--common-name", required=True, help="EMAID, PCID, EVSEID … as the role wants.")
@click.option("--csr", "csr_file", type=_EXISTING_FILE, help="PKCS#10, PEM or DER.")
@click.option("--key-out", type=_NEW_FILE, help="Make a key and write it here (mode 0600).")
@click.option("--out", type=_NEW_FILE, help="Write the chain (PEM) here.")
@click.option("--organization", help="O of the subject; the issuer's where it is left out.")
@click.option("--days", type=click.IntRange(1, 99_999), help="Life; the profile's where left out.")
@json_option
@click.pass_obj
def issue_command(
    services: CaServices,
    *,
    issuer: str,
    role: str,
    common_name: str,
    csr_file: Path | None,
    key_out: Path | None,
    out: Path | None,
    organization: str | None,
    days: int | None,
    as_json: bool,
) -> None:
    """Issue one certificate for a CSR, or for a fresh key that goes to a file."""
    if (csr_file is None) is (key_out is None):
        raise click.UsageError("give either --csr or --key-out")
    issued = issue_from_command(
        services,
        issuer=issuer,
        role=CertificateRole(role),
        common_name=common_name,
        csr=None if csr_file is None else read_csr(read_bounded(csr_file, MAXIMUM_CSR_BYTES)),
        key_out=key_out,
        organization=organization,
        days=days,
    )
    pem = chain_pem(issued.chain)
    if out is not None:
        write_file(out, pem.encode())
    emit(
        {
            "issuer": issued.issuer,
            "serial": issued.serial,
            "fingerprint": issued.fingerprint,
            "not_before": issued.not_before,
            "not_after": issued.not_after,
            "chain_pem": pem,
            "root_pem": None if issued.root is None else chain_pem([issued.root]),
        },
        as_json=as_json,
        human=f"issued serial {issued.serial} below {issued.issuer}, until {issued.not_after}\n"
        + (pem if out is None else f"chain written to {out}"),
    )


@ca_group.command("export")
@click.argument("authority")
@click.option("--what", type=click.Choice(["certificate", "chain", "root"]), default="certificate")
@click.option("--out", type=_NEW_FILE, help="Write PEM here instead of printing it.")
@json_option
@click.pass_obj
def export_command(
    services: CaServices, authority: str, what: str, out: Path | None, as_json: bool
) -> None:
    """Print an authority's certificate, its chain or its root, as PEM. Keys never leave."""
    details = services.show_authority(LOCAL_ADMINISTRATOR, authority)
    if not details.chain:
        raise ServiceError(
            Kind.CONFLICT,
            "authority_pending",
            f"{details.authority.name} has no certificate yet; import it first",
        )
    parts = {"certificate": details.chain[:1], "chain": details.chain, "root": details.chain[-1:]}
    pem = chain_pem(parts[what])
    if out is not None:
        write_file(out, pem.encode())
    payload = {"authority": details.authority.name, "pem": pem}
    emit(payload, as_json=as_json, human=pem.strip() if out is None else f"written to {out}")


@ca_group.command("csr")
@click.option("--slot", required=True, help="Such as mo-sub2; an existing one: next generation.")
@click.option("--role", type=_ROLES, required=True)
@click.option("--edition", type=_EDITIONS, default=Edition.ISO15118_2.value, show_default=True)
@click.option("--algorithm", type=_ALGORITHMS, help="p256 in -2; p521 (usual) or ed448 in -20.")
@click.option("--common-name", required=True)
@click.option("--organization", required=True)
@click.option("--country", required=True)
@click.option("--domain-component", default="V2G", show_default=True)
@click.option("--out", type=_NEW_FILE, help="Write the CSR (PEM) here.")
@json_option
@click.pass_obj
def csr_command(
    services: CaServices,
    *,
    slot: str,
    role: str,
    edition: str,
    algorithm: str | None,
    common_name: str,
    organization: str,
    country: str,
    domain_component: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Make an authority's key, and the request for somebody else's root to sign."""
    usual = KeyAlgorithm.P256 if edition == Edition.ISO15118_2 else KeyAlgorithm.P521
    pending = services.request_certificate(
        LOCAL_ADMINISTRATOR,
        AuthorityRequest(
            slot=slot,
            role=CertificateRole(role),
            edition=Edition(edition),
            algorithm=usual if algorithm is None else KeyAlgorithm(algorithm),
            common_name=common_name,
            organization=organization,
            country=country,
            domain_component=domain_component,
        ),
    )
    pem = csr_pem(pending.csr)
    if out is not None:
        write_file(out, pem.encode())
    name = pending.authority.name
    emit(
        {"authority": name, "csr_pem": pem},
        as_json=as_json,
        human=f"{pem if out is None else f'written to {out}'}\n"
        f"Have it signed, then run: evtrust ca import-certificate {name} CHAIN_FILE",
    )


@ca_group.command("import-certificate")
@click.argument("authority")
@click.argument("chain_files", nargs=-1, required=True, type=_EXISTING_FILE)
@json_option
@click.pass_obj
def import_certificate_command(
    services: CaServices, authority: str, chain_files: tuple[Path, ...], as_json: bool
) -> None:
    """Give a pending authority its certificate: its own first, then those above it."""
    chain = read_chain(chain_files)
    imported = services.import_authority_certificate(LOCAL_ADMINISTRATOR, authority, chain)
    emit_imported(imported, as_json=as_json)


@ca_group.command("import-key")
@click.option("--slot", required=True)
@click.option("--role", type=_ROLES, required=True)
@click.option("--edition", type=_EDITIONS, default=Edition.ISO15118_2.value, show_default=True)
@click.option("--key", "key_file", type=_EXISTING_FILE, required=True, help="PKCS#8, PEM or DER.")
@click.option("--passphrase-file", type=_EXISTING_FILE, help="For an encrypted key.")
@click.argument("chain_files", nargs=-1, required=True, type=_EXISTING_FILE)
@json_option
@click.pass_obj
def import_key_command(
    services: CaServices,
    slot: str,
    role: str,
    edition: str,
    key_file: Path,
    passphrase_file: Path | None,
    chain_files: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Take over an existing authority: its key, its certificate and those above it."""
    passphrase = None if passphrase_file is None else read_bounded(passphrase_file, 1024).strip()
    imported = services.import_authority_key(
        LOCAL_ADMINISTRATOR,
        KeyImport(
            slot=slot,
            role=CertificateRole(role),
            edition=Edition(edition),
            key=read_bounded(key_file, MAXIMUM_KEY_BYTES),
            passphrase=passphrase,
            chain=read_chain(chain_files),
        ),
    )
    emit_imported(imported, as_json=as_json)


@ca_group.command("rollover")
@click.argument("slot")
@click.option("--branch", is_flag=True, help="Also every authority below it.")
@json_option
@click.pass_obj
def rollover_command(services: CaServices, slot: str, branch: bool, as_json: bool) -> None:
    """Make the next generation of SLOT; the old one issues no more, and stays for its status."""
    made = services.rollover_authority(LOCAL_ADMINISTRATOR, slot, branch=branch, progress=_progress)
    emit_authorities(made, as_json=as_json, heading=f"rolled over {len(made)} authorities")


def _progress(step: str) -> None:
    click.echo(f"  {step}", err=True)
