"""What makes a certificate a root that others may rely on, whoever asks."""

from foundation.errors import Refused
from pki.model.lab import NEVER_TRUSTED, is_lab
from pki.model.path_certificate import PathCertificate, signature_verifies
from pki.model.path_profile import certificate_findings, edition_of
from pki.model.path_rules import may_sign_certificates, rule_breaks
from pki.model.profile import Profiles
from pki.model.roles import CertificateRole
from pki.model.tolerance import TolerancePolicy


def refuse_root(root: PathCertificate) -> Refused | None:
    """Return why a certificate is no root at all.

    Codes are `of_a_lab`, `not_self_signed`, `not_a_ca` and `breaks_rules`. Its dates are not
    looked at. Source: RFC 5280 sections 4.2.1.3, 4.2.1.9 and 6.1.
    """
    if is_lab(root.certificate):
        return Refused("of_a_lab", NEVER_TRUSTED)
    if not signature_verifies(root, root.public_key) or root.issuer != root.subject:
        return Refused(
            "not_self_signed", "a root is a certificate that has signed itself; send the chain's"
        )
    if not root.is_ca or not may_sign_certificates(root):
        return Refused("not_a_ca", "a root is a CA whose key may sign certificates")
    broken = rule_breaks(root, anchor=True)
    if broken:
        return Refused(
            "breaks_rules",
            "this root breaks RFC 5280, and no chain below it would verify",
            {reason.code: reason.detail for reason in broken},
        )
    return None


def refuse_root_profile(
    root: PathCertificate, role: CertificateRole, profiles: Profiles, policy: TolerancePolicy
) -> Refused | None:
    """Return why `policy` does not bear this root in `role`: `not_tolerated`, or None."""
    profile = profiles[edition_of(root, role, profiles), role]
    refusing, _ = policy.judge(certificate_findings(root, profile))
    if refusing:
        return Refused(
            "not_tolerated",
            f"the policy {policy.name} refuses this root as {role}, so no chain below it would "
            "verify; choose another role or policy",
            {finding.code: finding.detail for finding in refusing},
        )
    return None
