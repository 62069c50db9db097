"""`evtrust contract`: drivers' contracts and their certificates."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import click

from contract_service.model.contract import Contract, ContractCertificate
from contract_service.model.contract_file import read_contracts
from contract_service.model.pem import MAXIMUM_CSR_BYTES, chain_pem, read_csr
from contract_service.operations.create import CreateContract
from contract_service.operations.issue_certificate import IssueContractCertificate
from contract_service.operations.provision_contracts import Outcome, ProvisionContracts
from contract_service.operations.resume import ResumeContract
from contract_service.operations.show import ShowContract
from contract_service.operations.suspend import SuspendContract
from contract_service.operations.terminate import TerminateContract
from foundation.clock import parse_time
from foundation.line_report import LineReport
from foundation.principal import LOCAL_ADMINISTRATOR
from foundation.record_file import FileFormat, LineSource
from server.cli.bulk import bulk_options, run_bulk
from server.cli.contract_access import access_methods_group
from server.cli.contract_restrictions import restrictions_group
from server.cli.output import emit, json_option


class ContractServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def create_contract(self) -> CreateContract:
        """Creates a contract."""

    @property
    def issue_contract_certificate(self) -> IssueContractCertificate:
        """Issues a certificate for a contract."""

    @property
    def suspend_contract(self) -> SuspendContract:
        """Suspends a contract."""

    @property
    def resume_contract(self) -> ResumeContract:
        """Resumes a contract."""

    @property
    def terminate_contract(self) -> TerminateContract:
        """Terminates a contract."""

    @property
    def show_contract(self) -> ShowContract:
        """Shows a contract."""

    @property
    def provision_contracts(self) -> ProvisionContracts:
        """Provisions many contracts."""


@click.group("contract")
def contract_group() -> None:
    """Create contracts, restrict and end them, and issue their certificates."""


contract_group.add_command(access_methods_group)
contract_group.add_command(restrictions_group)


def _instant(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return parse_time(value)
    except (ValueError, OverflowError) as failure:
        raise click.BadParameter("write it as 2026-12-01T00:00:00Z") from failure


@contract_group.command("create")
@click.argument("emaid")
@click.option("--pcid", help="Vehicle that the contract is bound to.")
@click.option("--valid-from", callback=_instant, help="Beginning; now, if left out.")
@click.option("--valid-until", callback=_instant, help="End; open, if left out.")
@click.option("--allow-bare-emaid", is_flag=True, help="Let the EMAID alone authorise.")
@json_option
@click.pass_obj
def create_command(
    services: ContractServices,
    emaid: str,
    pcid: str | None,
    valid_from: datetime | None,
    valid_until: datetime | None,
    allow_bare_emaid: bool,
    as_json: bool,
) -> None:
    """Create the contract EMAID."""
    contract = services.create_contract(
        LOCAL_ADMINISTRATOR,
        emaid,
        pcid,
        valid_from,
        valid_until,
        allow_bare_emaid=allow_bare_emaid,
    )
    _emit_contract(contract, as_json=as_json)


@contract_group.command("issue")
@click.argument("emaid")
@click.option(
    "--csr",
    "csr_file",
    required=True,
    type=click.File("rb"),
    help="PKCS#10 as PEM, base64 or DER; `-` reads standard input.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the chain (PEM)."
)
@json_option
@click.pass_obj
def issue_command(
    services: ContractServices, emaid: str, csr_file: BinaryIO, out: Path | None, as_json: bool
) -> None:
    """Issue a certificate for the contract EMAID; its chain is printed as PEM, leaf first."""
    csr = read_csr(csr_file.read(MAXIMUM_CSR_BYTES + 1))
    certificate = services.issue_contract_certificate(LOCAL_ADMINISTRATOR, emaid, csr)
    pem = chain_pem(certificate.chain)
    human = pem.rstrip()
    if out is not None:
        out.write_text(pem, encoding="ascii")
        human = f"certificate {certificate.serial} written to {out}"
    emit(_described_certificate(certificate), as_json=as_json, human=human)


@contract_group.command("suspend")
@click.argument("emaid")
@json_option
@click.pass_obj
def suspend_command(services: ContractServices, emaid: str, as_json: bool) -> None:
    """Suspend the contract EMAID, effective with the next decision."""
    _emit_contract(services.suspend_contract(LOCAL_ADMINISTRATOR, emaid), as_json=as_json)


@contract_group.command("resume")
@click.argument("emaid")
@json_option
@click.pass_obj
def resume_command(services: ContractServices, emaid: str, as_json: bool) -> None:
    """Resume the suspended contract EMAID."""
    _emit_contract(services.resume_contract(LOCAL_ADMINISTRATOR, emaid), as_json=as_json)


@contract_group.command("terminate")
@click.argument("emaid")
@json_option
@click.pass_obj
def terminate_command(services: ContractServices, emaid: str, as_json: bool) -> None:
    """End the contract EMAID for good and revoke its certificates."""
    _emit_contract(services.terminate_contract(LOCAL_ADMINISTRATOR, emaid), as_json=as_json)


@contract_group.command("show")
@click.argument("emaid")
@json_option
@click.pass_obj
def show_command(services: ContractServices, emaid: str, as_json: bool) -> None:
    """Show the contract EMAID and its certificates."""
    shown = services.show_contract(LOCAL_ADMINISTRATOR, emaid)
    lines = [_line(shown.contract)]
    lines += [
        f"  certificate {certificate.serial}  until {certificate.not_after:%Y-%m-%d}"
        for certificate in shown.certificates
    ]
    certificates = [_described_certificate(certificate) for certificate in shown.certificates]
    emit(
        {**_described(shown.contract), "certificates": certificates},
        as_json=as_json,
        human="\n".join(lines),
    )


@contract_group.command("provision")
@bulk_options
@click.pass_obj
def provision_command(
    services: ContractServices,
    file: BinaryIO,
    file_format: str | None,
    dry_run: bool,
    report_file: BinaryIO | None,
    as_json: bool,
) -> int:
    """Provision the contracts in FILE (`-` reads standard input); exits 1 where one was refused.

    Each line has emaid, pcid and, if wanted, schema and valid_until. A line that is refused stops
    no other. Done again, what stands already is left as it is.
    """

    def provision(source: LineSource, source_format: FileFormat) -> Iterator[LineReport]:
        records = read_contracts(source, source_format)
        return services.provision_contracts(LOCAL_ADMINISTRATOR, records, dry_run=dry_run)

    return run_bulk(
        provision,
        Outcome,
        "provisioning",
        file=file,
        file_format=file_format,
        dry_run=dry_run,
        report_file=report_file,
        as_json=as_json,
    )


def _emit_contract(contract: Contract, *, as_json: bool) -> None:
    emit(_described(contract), as_json=as_json, human=_line(contract))


def _described(contract: Contract) -> Mapping[str, Any]:
    return {
        "contract_id": contract.contract_id,
        "emaid": contract.emaid.canonical,
        "provider_id": contract.provider_id,
        "pcid": None if contract.pcid is None else contract.pcid.value,
        "status": contract.status,
        "allow_bare_emaid": contract.allow_bare_emaid,
        "valid_from": contract.valid_from,
        "valid_until": contract.valid_until,
        "created_at": contract.created_at,
    }


def _described_certificate(certificate: ContractCertificate) -> Mapping[str, Any]:
    return {
        "fingerprint": certificate.fingerprint,
        "serial": certificate.serial,
        "not_before": certificate.not_before,
        "not_after": certificate.not_after,
        "certificate_chain": chain_pem(certificate.chain),
    }


def _line(contract: Contract) -> str:
    words = [contract.emaid.canonical, contract.status, f"from {contract.valid_from:%Y-%m-%d}"]
    if contract.valid_until is not None:
        words.append(f"until {contract.valid_until:%Y-%m-%d}")
    if contract.pcid is not None:
        words.append(f"vehicle {contract.pcid.value}")
    return "  ".join(words)
