"""The role's part of path validation: profiles along the path, and who may stand above whom."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from foundation.identifiers import Emaid, EvccId20, EvseId, InvalidIdentifier, Pcid, SeccId
from pki.model.lint import algorithm_of, lint
from pki.model.path import CandidatePath
from pki.model.path_certificate import PathCertificate
from pki.model.profile import ROOT_ROLES, CommonNameForm, Profile, Profiles
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm

MAX_BELOW_ROOT = 3
"""ISO 15118-2:2014 [V2G2-009]: leaf, Sub-CA 2 and Sub-CA 1."""


class PathFindingCode(StrEnum):
    """Departures that the linter of single certificates does not see."""

    PATH_TOO_LONG = "path_too_long"
    SUB_CA_MISSING = "sub_ca_missing"
    LEAF_BELOW_ROOT = "leaf_below_root"
    ANCHOR_ROLE_WRONG = "anchor_role_wrong"
    CONTRACT_BELOW_V2G_ROOT = "contract_below_v2g_root"
    COMMON_NAME_FORM_WRONG = "common_name_form_wrong"
    DEFAULT_VALUE_ENCODED = "default_value_encoded"


@dataclass(frozen=True, slots=True)
class RoleFinding:
    """A departure of the certificate in `role` of a path: stable `code`, `detail`, `clause`."""

    role: CertificateRole
    code: str
    detail: str
    clause: str

    @property
    def name(self) -> str:
        """How an answer names the departure (`contract:key_usage_missing`)."""
        return f"{self.role}:{self.code}"


def edition_of(leaf: PathCertificate, role: CertificateRole, profiles: Profiles) -> Edition:
    """Return the edition whose profile judges the path: ISO 15118-20 for its own key types."""
    newer = algorithm_of(leaf.public_key) in {KeyAlgorithm.P521, KeyAlgorithm.ED448}
    edition = Edition.ISO15118_20 if newer else Edition.ISO15118_2
    if (edition, role) in profiles:
        return edition
    return Edition.ISO15118_2 if newer else Edition.ISO15118_20


def path_roles(
    role: CertificateRole, edition: Edition, length: int, profiles: Profiles
) -> tuple[CertificateRole | None, ...]:
    """Return the roles of the `length` certificates below the anchor, leaf first.

    Each profile names who issues it. None where several roles could stand (above an OCSP signer)
    or none may (beyond the three of [V2G2-009]).
    """
    roles: list[CertificateRole | None] = [role]
    while len(roles) < length:
        below = roles[-1]
        above = _sub_cas_above(profiles[edition, below]) if below is not None else ()
        roles.append(above[0] if len(above) == 1 else None)
    return tuple(roles)


def anchor_roles(
    role: CertificateRole, edition: Edition, profiles: Profiles
) -> frozenset[CertificateRole]:
    """Return the roots below which certificates of `role` may stand, directly or not."""
    issuers = profiles[edition, role].issuers.value
    roots = issuers & ROOT_ROLES
    for issuer in issuers - ROOT_ROLES:
        roots |= anchor_roles(issuer, edition, profiles)
    return roots


def certificate_findings(certificate: PathCertificate, profile: Profile) -> tuple[RoleFinding, ...]:
    """Return every departure of one certificate from the profile of its role."""
    role = profile.role
    findings = [
        RoleFinding(role, f.code.value, f.detail, f.clause)
        for f in lint(certificate.read_as, profile, der_bytes=len(certificate.der))
    ]
    if certificate.writes_default:
        detail = "it writes out a DEFAULT value"
        findings.append(
            RoleFinding(
                role, PathFindingCode.DEFAULT_VALUE_ENCODED.value, detail, "X.690 section 11.5"
            )
        )
    if not has_form(certificate.common_name, profile.common_name.value):
        detail = f"its common name is no {profile.common_name.value}"
        findings.append(
            RoleFinding(
                role,
                PathFindingCode.COMMON_NAME_FORM_WRONG.value,
                detail,
                profile.common_name.clause,
            )
        )
    return tuple(findings)


def shape_findings(
    path: CandidatePath, role: CertificateRole, edition: Edition, profiles: Profiles
) -> Iterator[RoleFinding]:
    """Yield what is wrong with the path as a whole: its length, and the role of its anchor."""
    below = len(path.certificates) - 1
    roles = path_roles(role, edition, below, profiles)
    if below > MAX_BELOW_ROOT:
        detail = f"{below} certificates stand below the root"
        yield RoleFinding(
            role, PathFindingCode.PATH_TOO_LONG.value, detail, "ISO 15118-2:2014 [V2G2-009]: three"
        )
    top = roles[-1]
    if top is not None and not profiles[edition, top].issuers.value & ROOT_ROLES:
        if below == 1:
            detail = "it stands directly below a root"
            code, clause = PathFindingCode.LEAF_BELOW_ROOT.value, "ISO 15118-2:2014 [V2G2-867]"
        else:
            detail = f"its {top} stands directly below a root"
            code, clause = (
                PathFindingCode.SUB_CA_MISSING.value,
                profiles[edition, top].issuers.clause,
            )
        yield RoleFinding(role, code, detail, clause)
    allowed = anchor_roles(role, edition, profiles)
    if path.anchor.role not in allowed:
        detail = f"its root is trusted as {path.anchor.role}, not as {' or '.join(sorted(allowed))}"
        yield RoleFinding(
            role,
            PathFindingCode.ANCHOR_ROLE_WRONG.value,
            detail,
            profiles[edition, role].issuers.clause,
        )
    if (
        role is CertificateRole.CONTRACT
        and path.anchor.role is CertificateRole.V2G_ROOT
        and not path.anchor.own
    ):
        # our own MO branch below our own V2G root is annex F's; below another's it is their choice
        yield RoleFinding(
            role,
            PathFindingCode.CONTRACT_BELOW_V2G_ROOT.value,
            "it ends at another's V2G root instead of an MO root",
            "ISO 15118-2:2014 annex F",
        )


def _sub_cas_above(profile: Profile) -> tuple[CertificateRole, ...]:
    return tuple(profile.issuers.value - ROOT_ROLES)


def has_form(common_name: str | None, form: CommonNameForm) -> bool:
    """Whether a common name is what its profile asks for; a missing one is the linter's finding."""
    parsers = _PARSERS.get(form)
    if parsers is None or common_name is None:
        return True
    for parse in parsers:
        try:
            parse(common_name)
        except InvalidIdentifier:
            continue
        return True
    return False


_PARSERS: Mapping[CommonNameForm, tuple[Callable[[str], object], ...]] = {
    CommonNameForm.EMAID: (Emaid.parse,),
    CommonNameForm.PCID: (Pcid.parse,),
    CommonNameForm.SECC: (EvseId.parse, SeccId.parse),
    CommonNameForm.VEHICLE: (Pcid.parse, EvccId20.parse),
}
