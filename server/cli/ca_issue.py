"""The work of `evtrust ca issue`: one certificate for a CSR, or for a fresh key."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from foundation.errors import Kind, ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.keys.sealed import generate_key
from pki.model.issued import OUR_OWN, IssuedCertificate
from pki.model.roles import CertificateRole
from pki.model.subject import read_common_name
from pki.operations.issue import IssueCertificate, IssueRequest
from pki.operations.list_authorities import ShowAuthority
from server.cli.ca_files import write_new_key


class IssueServices(Protocol):
    """What issuing from the command line needs of the wired services."""

    @property
    def issue_certificate(self) -> IssueCertificate:
        """Issues certificates."""

    @property
    def show_authority(self) -> ShowAuthority:
        """Shows one authority."""


def issue_from_command(
    services: IssueServices,
    *,
    issuer: str,
    role: CertificateRole,
    common_name: str,
    csr: bytes | None,
    key_out: Path | None,
    organization: str | None,
    days: int | None,
) -> IssuedCertificate:
    """Issue for the DER `csr`, or else for a fresh key that is written to `key_out` first.

    The owner and look-up key are read from the common name. Raises INVALID `role_needs_csr`: the
    private key of a contract or an authority is never written; and what issuing raises, with the
    key file removed.
    """
    authority = services.show_authority(LOCAL_ADMINISTRATOR, issuer).authority
    profile = services.issue_certificate.profiles.get((authority.edition, role))
    if profile is None:
        raise ServiceError(
            Kind.INVALID, "role_invalid", f"{authority.edition} has no certificates of role {role}"
        )
    name = read_common_name(profile.common_name.value, common_name)
    request = IssueRequest(
        issuer=issuer,
        role=role,
        common_name=common_name,
        subject_id=name.subject_id,
        owner=name.owner or OUR_OWN,
        organization=organization,
        csr=csr,
        public_key=None,
        not_before=None,
        lifetime=None if days is None else timedelta(days=days),
    )
    if key_out is None:
        return services.issue_certificate(LOCAL_ADMINISTRATOR, request)
    if role is CertificateRole.CONTRACT or profile.authority:
        raise ServiceError(
            Kind.INVALID,
            "role_needs_csr",
            f"the private key of a {role} is never written to a file; give a CSR with --csr",
        )
    key = generate_key(authority.algorithm)
    public_key = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    write_new_key(key_out, key)  # first: a crash must not leave a certificate without its key
    try:
        return services.issue_certificate(
            LOCAL_ADMINISTRATOR, replace(request, public_key=public_key)
        )
    except ServiceError:
        key_out.unlink()
        raise
