"""How throw-away authorities of the lab kit are known, so that no running service trusts them."""

from collections.abc import Iterable

from cryptography import x509
from cryptography.x509.oid import NameOID

from foundation.errors import Kind, ServiceError

LAB_ORGANIZATION = "evtrust lab: throw-away keys, do not trust"
"""O of every subject in a lab kit, whose private keys lie in files: a name that nothing removes,
for it is signed."""

NEVER_TRUSTED = (
    "this names a lab kit, whose private keys lie in files, and no running service trusts one; "
    "use it between stations and vehicles, or `evtrust init --demo` to try the service"
)
"""Why everything of a lab kit is refused, and what to do."""


def is_lab(certificate: x509.Certificate) -> bool:
    """Whether a certificate is of a lab kit, or was issued by one."""
    return any(
        attribute.value == LAB_ORGANIZATION
        for name in (certificate.subject, certificate.issuer)
        for attribute in name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    )


def refuse_lab(certificates: Iterable[x509.Certificate]) -> None:
    """Raise FORBIDDEN `lab_certificate` where one of the certificates is of a lab kit."""
    if any(map(is_lab, certificates)):
        raise ServiceError(Kind.FORBIDDEN, "lab_certificate", NEVER_TRUSTED)


def refuse_lab_organization(organization: str) -> None:
    """Raise FORBIDDEN `lab_certificate` for the organization that marks lab kits."""
    if organization == LAB_ORGANIZATION:
        raise ServiceError(Kind.FORBIDDEN, "lab_certificate", NEVER_TRUSTED)
