"""The short way for many leaves below one validated way of sub-CAs to an anchor.

It only ever accepts, and only leaves of the plainest sort; whatever it does not recognise goes
the whole way through OpenSSL. The leaf's signature is verified here every time.
"""

from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from pki.model.chain_parser import MAX_CERTIFICATE_BYTES
from pki.model.path import CandidatePath
from pki.model.path_anchor import Anchor, AnchorSet
from pki.model.path_certificate import PathCertificate, read_certificate, signature_verifies
from pki.model.path_frame import attribute_elements
from pki.model.path_judgement import Judgement
from pki.model.path_profile import certificate_findings, edition_of, has_form
from pki.model.path_rules import rule_breaks
from pki.model.path_template import FittedLeaf, LeafTemplate, learn_template
from pki.model.profile import Profiles
from pki.model.roles import CertificateRole, Edition
from pki.model.tolerance import TolerancePolicy
from pki.model.verdict import Reason

_PLAIN_EXTENSIONS = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
    }
)
"""What our reading and OpenSSL's cannot differ about in a leaf."""

_DEPENDS_ON_LEAF = frozenset(
    {
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.POLICY_MAPPINGS,
        ExtensionOID.INHIBIT_ANY_POLICY,
    }
)
"""Constraints on a path whose outcome depends on what stands in the leaf."""


_PLAIN_STRINGS = frozenset({0x0C, 0x13, 0x16})
"""UTF8String, PrintableString and IA5String (RFC 5280 section 4.1.2.4, RFC 4519 for DC)."""

MAX_TEMPLATES = 8
"""Own judgement: an issuer's leaves of one role come in few lengths of name and serial number."""


@dataclass(frozen=True, slots=True)
class IssuerPath:
    """A validated way from a leaf's issuer (first) to the anchor (last), and what holds for it.

    `roles` begins with the leaf's, `edition` is that of its profile. `tolerances` are those of
    the way, without a leaf's. The way counts within its dates only, and only for the `anchors` it
    was found with. `templates` grows as leaves are accepted, to MAX_TEMPLATES.
    """

    certificates: tuple[PathCertificate, ...]
    anchor: Anchor
    anchors: AnchorSet
    roles: tuple[CertificateRole | None, ...]
    edition: Edition | None
    policy: TolerancePolicy
    tolerances: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    templates: list[LeafTemplate] = field(default_factory=list, compare=False)


def issuer_path_of(
    judgement: Judgement, policy: TolerancePolicy, anchors: AnchorSet, profiles: Profiles
) -> IssuerPath | None:
    """Return what of an accepted path holds for other leaves; None where nothing does."""
    leaf, *above = judgement.path.certificates
    if any(not _DEPENDS_ON_LEAF.isdisjoint(certificate.extensions or ()) for certificate in above):
        return None
    role = judgement.roles[0]
    edition = None if role is None else edition_of(leaf, role, profiles)
    return IssuerPath(
        certificates=tuple(above),
        anchor=judgement.path.anchor,
        anchors=anchors,
        roles=judgement.roles,
        edition=edition,
        policy=policy,
        tolerances=judgement.tolerances_above,
        not_before=max(c.not_before for c in above),
        not_after=min(c.not_after for c in above),
    )


def judge_repeated_leaf(
    der: bytes, known: IssuerPath, role: CertificateRole | None, at: datetime, profiles: Profiles
) -> Judgement | None:
    """Judge a leaf below a validated way; None for any doubt, never an objection. Never raises.

    `at` is aware. Revocation, of the leaf and of what is above it, is left to the caller.
    """
    if len(der) > MAX_CERTIFICATE_BYTES:
        return None
    issuer = known.certificates[0]
    leaf = read_certificate(der, issuer)
    if (
        isinstance(leaf, Reason)
        or not _within_dates(leaf, known, at)
        or not _is_plain(leaf, issuer)
        or rule_breaks(leaf)
        or not signature_verifies(leaf, issuer.public_key)
    ):
        return None
    tolerances: tuple[str, ...] = ()
    if role is not None:
        edition = edition_of(leaf, role, profiles)
        if edition is not known.edition:
            return None
        refusing, tolerances = known.policy.judge(
            certificate_findings(leaf, profiles[edition, role])
        )
        if refusing:
            return None
    path = CandidatePath((leaf, *known.certificates), known.anchor)
    return Judgement(path, known.roles, (), (*tolerances, *known.tolerances), known.tolerances)


def fit_repeated_leaf(
    der: bytes, known: IssuerPath, role: CertificateRole, at: datetime, profiles: Profiles
) -> tuple[FittedLeaf, tuple[str, ...]] | None:
    """Judge a leaf by the templates of a validated way; None for any doubt. Never raises.

    Returns the leaf and the tolerances of its path. Revocation is left to the caller.
    """
    for template in known.templates:
        leaf = template.fit(der)
        if leaf is not None:
            form = profiles[known.edition, role].common_name.value if known.edition else None
            if form is None or not has_form(leaf.common_name, form):
                return None
            return (leaf, template.tolerances) if _within_dates(leaf, known, at) else None
    return None


def learn_from(
    judgement: Judgement, known: IssuerPath, role: CertificateRole, profiles: Profiles
) -> None:
    """Remember what an accepted leaf shares with the next ones, where there is room."""
    if known.edition is None or len(known.templates) >= MAX_TEMPLATES:
        return
    profile = profiles[known.edition, role]
    template = learn_template(
        judgement.path.certificates[0],
        known.certificates[0],
        profile.maximum_der_bytes.value,
        profile.lifetime.value.maximum,
        judgement.tolerances,
    )
    if template is not None:
        known.templates.append(template)


def _within_dates(leaf: PathCertificate | FittedLeaf, known: IssuerPath, at: datetime) -> bool:
    moment = at.replace(microsecond=0)
    return max(leaf.not_before, known.not_before) <= moment <= min(leaf.not_after, known.not_after)


def _has_plain_strings(name: bytes) -> bool:
    """Whether every attribute of a Name is a string that OpenSSL reads as our parser does."""
    try:
        attributes = attribute_elements(name, 0)
        return attributes is not None and all(name[v] in _PLAIN_STRINGS for _, v in attributes)
    except IndexError:
        return False


def _is_plain(leaf: PathCertificate, issuer: PathCertificate) -> bool:
    """Issued by `issuer`'s key id, with extensions that leave nothing to interpret."""
    if leaf.extensions is None or leaf.writes_default:
        return False
    if not _PLAIN_EXTENSIONS.issuperset(leaf.extensions):
        return False
    if leaf.frame.subject == leaf.frame.issuer or not _has_plain_strings(leaf.frame.subject):
        return False
    constraints = leaf.extension(x509.BasicConstraints)
    if constraints is not None and (constraints.value.ca or constraints.value.path_length):
        return False
    claimed = leaf.extension(x509.AuthorityKeyIdentifier)
    return (
        claimed is not None
        and claimed.value.key_identifier is not None
        and claimed.value.key_identifier == issuer.subject_key_id
        and claimed.value.authority_cert_issuer is None
        and claimed.value.authority_cert_serial_number is None
    )
