"""`evtrust ca revoke` and `evtrust ca crl`: the status of what the authorities issued."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import click

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.authority import fingerprint
from pki.model.certificate_reference import ByFingerprint, CertificateReference, parse_reference
from pki.model.roles import RevocationReason
from pki.operations.list_authorities import ListAuthorities
from pki.operations.ocsp_signers import RenewOcspSigners
from pki.operations.publish_crl import PublishCrl
from pki.operations.release import Release
from pki.operations.revoke import CertificateStanding, Revoke
from pki.operations.status_ports import StoredCrl, signs_at
from server.cli.ca_files import read_chain, write_file
from server.cli.output import emit, json_option

_REASONS = click.Choice([reason.value for reason in RevocationReason])


class StatusServices(Protocol):
    """What these commands need of the wired services, built to open offline keys."""

    @property
    def clock(self) -> Clock:
        """The present."""

    @property
    def revoke_certificate(self) -> Revoke:
        """Revokes, or puts on hold."""

    @property
    def release_certificate(self) -> Release:
        """Releases from hold."""

    @property
    def list_authorities(self) -> ListAuthorities:
        """Lists authorities."""

    @property
    def publish_crl(self) -> PublishCrl:
        """Makes an authority's list."""

    @property
    def renew_ocsp_signers(self) -> RenewOcspSigners:
        """Makes delegated OCSP signers."""


@click.command("revoke")
@click.argument("certificate")
@click.option(
    "--reason",
    type=_REASONS,
    default=RevocationReason.UNSPECIFIED.value,
    show_default=True,
    help="RFC 5280; certificateHold can be released, all others are final.",
)
@click.option("--release", is_flag=True, help="Release it from certificateHold instead.")
@json_option
@click.pass_obj
def revoke_command(
    services: StatusServices, certificate: str, reason: str, release: bool, as_json: bool
) -> None:
    """Revoke CERTIFICATE: a file (PEM or DER), its SHA-256 fingerprint, or ISSUER/SERIAL."""
    reference = _reference(certificate)
    if release:
        standing = services.release_certificate(LOCAL_ADMINISTRATOR, reference)
    else:
        standing = services.revoke_certificate(
            LOCAL_ADMINISTRATOR, reference, RevocationReason(reason)
        )
    said = f"{standing.issuer}/{standing.serial} is {standing.status.status.value}"
    if not standing.changed:
        said += " already; nothing was changed"
    emit(_standing_payload(standing), as_json=as_json, human=said)


@click.command("crl")
@click.argument("authorities", nargs=-1)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the list, DER, to a file (with one authority).",
)
@json_option
@click.pass_obj
def crl_command(
    services: StatusServices, authorities: tuple[str, ...], out: Path | None, as_json: bool
) -> None:
    """Make the next CRL of AUTHORITIES, named as `mo-sub1-g1`.

    Without a name: of all authorities, and OCSP signers below offline ones where they have run
    half their time. That is the yearly ceremony.
    """
    if out is not None and len(authorities) != 1:
        raise click.UsageError("--out goes with exactly one authority")
    now = services.clock()
    names = authorities or tuple(
        authority.name
        for authority in services.list_authorities(LOCAL_ADMINISTRATOR)
        if signs_at(authority, now)
    )
    published: dict[str, StoredCrl] = {}
    for name in names:
        click.echo(f"  signing the CRL of {name}", err=True)
        published[name] = services.publish_crl(name)
    renewed = () if authorities else services.renew_ocsp_signers.at_ceremony(now)
    if out is not None:
        write_file(out, published[names[0]].crl)
    emit(
        {
            "crls": [_crl_payload(name, crl) for name, crl in published.items()],
            "ocsp_signers": list(renewed),
        },
        as_json=as_json,
        human="\n".join(
            [
                *(
                    f"{name:28}CRL {crl.number:<6} until {_text(crl.next_update)}"
                    for name, crl in published.items()
                ),
                *(f"{name:28}new OCSP signer" for name in renewed),
            ]
        )
        or "no authorities yet; `evtrust ca create` makes them",
    )


def _reference(text: str) -> CertificateReference:
    file = Path(text)
    if file.is_file():
        chain = read_chain((file,))
        return ByFingerprint(fingerprint(chain[0]))
    try:
        return parse_reference(text)
    except ServiceError as failure:
        raise ServiceError(
            Kind.MALFORMED,
            failure.code,
            f"there is no file of that name, and otherwise: {failure.detail}",
        ) from failure


def _standing_payload(standing: CertificateStanding) -> dict[str, object]:
    status = standing.status
    return {
        "issuer": standing.issuer,
        "serial": standing.serial,
        "fingerprint": standing.fingerprint,
        "status": status.status.value,
        "reason": status.reason.value if status.reason else None,
        "revoked_at": _text(status.revoked_at) if status.revoked_at else None,
        "changed": standing.changed,
    }


def _crl_payload(name: str, crl: StoredCrl) -> dict[str, object]:
    return {
        "authority": name,
        "number": crl.number,
        "this_update": _text(crl.this_update),
        "next_update": _text(crl.next_update),
    }


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
