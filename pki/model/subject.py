"""Subjects: what a certificate's name says, and whom a leaf's common name belongs to."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier

from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, EvccId20, EvseId, InvalidIdentifier, Pcid, SeccId
from foundation.identifiers.countries import COUNTRIES, UNKNOWN_COUNTRY
from foundation.principal import ClientRole, Principal
from pki.model.profile import CommonNameForm, DomainComponent

MAXIMUM_NAME_OCTETS = 64
"""RFC 5280 appendix A.1 counts 64 characters (ub-common-name, ub-organization-name);
`cryptography`, and readers with buffers, count octets."""


@dataclass(frozen=True, slots=True)
class LeafName:
    """Whom a common name belongs to: its look-up key and its owner.

    `owner` is a provider id, operator id or WMI; None where the name says nothing of an owner.
    """

    subject_id: str
    owner: str | None


def read_common_name(form: CommonNameForm, text: str) -> LeafName:
    """Return the look-up key and owner of a common name of that form.

    Raises InvalidIdentifier for text that is no such identifier, INVALID
    `common_name_not_canonical` for an EMAID that is not in the spelling we issue
    (unhyphenated, upper case, 14 characters or 15 with the right check digit).
    """
    match form:
        case CommonNameForm.EMAID:
            emaid = Emaid.parse(text, strict=True)
            emaid.require_issuable()
            if text not in {emaid.canonical, emaid.with_check_digit()}:
                raise ServiceError(
                    Kind.INVALID,
                    "common_name_not_canonical",
                    "write the EMAID in upper case without separators",
                )
            return LeafName(emaid.key, emaid.provider_id)
        case CommonNameForm.PCID:
            pcid = Pcid.parse(text)
            return LeafName(pcid.key, pcid.wmi)
        case CommonNameForm.VEHICLE:
            return _vehicle(text)
        case CommonNameForm.SECC:
            return _secc(text)
        case (
            CommonNameForm.AUTHORITY
            | CommonNameForm.PROVISIONING
            | CommonNameForm.SERVICE
            | CommonNameForm.STATION
        ):
            check_name(text, "common_name")
            return LeafName(text, None)


def require_ownership(principal: Principal, form: CommonNameForm, owner: str) -> None:
    """Raise FORBIDDEN unless `principal` may have certificates of that form for `owner`.

    An EMAID belongs to its provider (MO), a PCID or vehicle to its maker (OEM), a station to its
    operator (CPO), a provisioning service to the client that runs it (CPS); authorities and other
    services to administrators alone.
    """
    match form:
        case CommonNameForm.EMAID:
            allowed = principal.acts_for_provider(owner)
        case CommonNameForm.PCID | CommonNameForm.VEHICLE:
            allowed = principal.acts_for_wmi(owner)
        case CommonNameForm.SECC | CommonNameForm.STATION:
            allowed = principal.acts_for_operator(owner)
        case CommonNameForm.PROVISIONING:
            runs_it = ClientRole.CPS in principal.roles and owner == principal.client_id
            allowed = principal.is_admin or runs_it
        case CommonNameForm.AUTHORITY | CommonNameForm.SERVICE:
            allowed = principal.is_admin
    if not allowed:
        raise ServiceError(
            Kind.FORBIDDEN,
            "not_the_owner",
            "this certificate would belong to another participant; ask its owner or an "
            "administrator",
        )


def build_name(
    common_name: str,
    *,
    organization: str | None,
    country: str | None,
    domain_component: str | None,
) -> x509.Name:
    """Return the name C, O, DC, CN, without the parts that are None.

    Raises INVALID `subject_invalid` for parts that are empty, too long or not printable, and for
    a country that ISO 3166-1 does not know.
    """
    attributes = []
    if country is not None:
        if country not in COUNTRIES:
            raise _invalid("country", "write the two upper-case letters of ISO 3166-1")
        attributes.append(x509.NameAttribute(NameOID.COUNTRY_NAME, country))
    if organization is not None:
        check_name(organization, "organization")
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    if domain_component is not None:
        attributes.append(x509.NameAttribute(NameOID.DOMAIN_COMPONENT, domain_component))
    check_name(common_name, "common_name")
    attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(attributes)


def component_to_issue(rule: DomainComponent, issuer: x509.Name | None) -> str | None:
    """Return the DC that a profile writes below `issuer` (None for a root), or None."""
    if rule.inherited and issuer is not None:
        return first_value(issuer, NameOID.DOMAIN_COMPONENT)
    return rule.issued


def first_value(name: x509.Name, oid: ObjectIdentifier) -> str | None:
    """Return the first attribute of that type as text, or None."""
    attributes = name.get_attributes_for_oid(oid)
    return str(attributes[0].value) if attributes else None


def check_name(text: str, part: str) -> None:
    """Raise INVALID `subject_invalid` unless `text` may stand as that part of a subject."""
    fits = text.isprintable() and 0 < len(text.encode()) <= MAXIMUM_NAME_OCTETS
    if not fits or text != text.strip():
        raise _invalid(
            part,
            f"write 1 to {MAXIMUM_NAME_OCTETS} octets of printable UTF-8 without outer spaces",
        )


def _vehicle(text: str) -> LeafName:
    try:
        pcid = Pcid.parse(text)
    except InvalidIdentifier:
        evccid = EvccId20.parse(text)
        return LeafName(evccid.key, evccid.wmi)
    return LeafName(pcid.key, pcid.wmi)


def _secc(text: str) -> LeafName:
    station: EvseId | SeccId
    try:
        station = EvseId.parse(text)
    except InvalidIdentifier:
        station = SeccId.parse(text)
    if UNKNOWN_COUNTRY in station.warnings:
        raise _invalid("common_name", "begin the id with a country code of ISO 3166-1")
    return LeafName(station.key, station.operator_id)


def _invalid(part: str, wanted: str) -> ServiceError:
    return ServiceError(Kind.INVALID, "subject_invalid", f"{part}: {wanted}", {part: wanted})
