"""Tolerance policies: which departures from a role's profile an anchor's operator puts up with.

What is found, less what the policy tolerates, refuses; what is tolerated is named in the answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pki.model.lint import FindingCode
from pki.model.path_profile import PathFindingCode, RoleFinding
from pki.model.roles import CertificateRole


@dataclass(frozen=True, slots=True)
class Tolerance:
    """One departure tolerated for `roles`: the `code` of a finding, and where it was `seen`."""

    code: str
    roles: frozenset[CertificateRole]
    seen: str


@dataclass(frozen=True, slots=True)
class TolerancePolicy:
    """A named set of tolerances (`strict` has none, `field` what real certificates show)."""

    name: str
    tolerances: tuple[Tolerance, ...]

    def tolerates(self, finding: RoleFinding) -> bool:
        """Whether the policy puts up with the finding, in a certificate of its role."""
        return any(t.code == finding.code and finding.role in t.roles for t in self.tolerances)

    def judge(
        self, findings: Iterable[RoleFinding]
    ) -> tuple[tuple[RoleFinding, ...], tuple[str, ...]]:
        """Return the findings that refuse, and the names (`role:code`) of those tolerated."""
        refusing: list[RoleFinding] = []
        tolerated: list[str] = []
        for finding in findings:
            if not self.tolerates(finding):
                refusing.append(finding)
            elif finding.name not in tolerated:
                tolerated.append(finding.name)
        return tuple(refusing), tuple(tolerated)


KNOWN_CODES = frozenset((*FindingCode, *PathFindingCode))
"""Every finding that a policy may speak of."""

INTOLERABLE = frozenset(
    {
        FindingCode.EXTENSIONS_MALFORMED,
        FindingCode.SUBJECT_MALFORMED,
        FindingCode.SUBJECT_COMMON_NAME_MISSING,
        FindingCode.SUBJECT_COMMON_NAME_REPEATED,
        FindingCode.KEY_ALGORITHM_NOT_ALLOWED,
        FindingCode.SIGNATURE_ALGORITHM_NOT_ALLOWED,
        FindingCode.BASIC_CONSTRAINTS_WRONG_CA,
        FindingCode.VALIDITY_REVERSED,
        PathFindingCode.PATH_TOO_LONG,
        PathFindingCode.LEAF_BELOW_ROOT,
        PathFindingCode.ANCHOR_ROLE_WRONG,
        PathFindingCode.COMMON_NAME_FORM_WRONG,
    }
)
"""What no policy may tolerate: without it a certificate of one role passes for another's, or a
certificate says nothing that can be relied on."""

TolerancePolicies = Mapping[str, TolerancePolicy]
"""Every loaded policy by its name."""
