"""Add, list and remove trust anchors: what administrators do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from foundation.clock import Clock
from foundation.errors import Kind, Refused, ServiceError
from foundation.events import Event
from foundation.principal import ClientRole, Principal
from pki.model.chain_parser import parse_chain
from pki.model.path_anchor import ANCHOR_ROLES, Anchor, RevocationPolicy
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.profile import Profiles
from pki.model.roles import CertificateRole
from pki.model.root_rules import refuse_root, refuse_root_profile
from pki.model.tolerance import TolerancePolicies
from pki.model.verdict import Reason
from pki.operations.validation_ports import OpenAnchorUnitOfWork

STRICT = "strict"
FIELD = "field"

MAX_NAME_CHARACTERS = 255


@dataclass(frozen=True, slots=True)
class AddAnchor:
    """Trusts a root for a role, under a tolerance policy and a revocation policy."""

    open_unit_of_work: OpenAnchorUnitOfWork
    profiles: Profiles
    policies: TolerancePolicies
    clock: Clock

    def __call__(
        self,
        principal: Principal,
        certificate: bytes | str,
        role: CertificateRole,
        *,
        name: str | None = None,
        tolerance_policy: str | None = None,
        revocation: RevocationPolicy | None = None,
    ) -> Anchor:
        """Store one self-signed CA certificate (PEM or DER) as a trust anchor and return it.

        `role` is v2g_root, mo_root or oem_root; `name` defaults to its subject. Our own roots
        default to the policies `strict` and hard, others to `field` and soft. Raises ServiceError
        FORBIDDEN (not ADMIN), MALFORMED or TOO_LARGE (no certificate), INVALID
        (`anchor_role_invalid`, `tolerance_policy_unknown`, `anchor_name_too_long`,
        `anchor_of_a_lab`, `anchor_not_self_signed`, `anchor_not_a_ca`, `anchor_expired`,
        `anchor_breaks_rules`, `anchor_not_tolerated`) and CONFLICT (`anchor_exists`).
        """
        principal.require_role(ClientRole.ADMIN)
        root = self._read(certificate)
        if role not in ANCHOR_ROLES:
            raise ServiceError(
                Kind.INVALID,
                "anchor_role_invalid",
                f"an anchor is one of {', '.join(sorted(ANCHOR_ROLES))}",
            )
        if name is not None and not 0 < len(name) <= MAX_NAME_CHARACTERS:
            raise ServiceError(
                Kind.INVALID,
                "anchor_name_too_long",
                f"an anchor's name has 1 to {MAX_NAME_CHARACTERS} characters",
            )
        now = self.clock()
        with self.open_unit_of_work() as work:
            own = work.anchors.is_own_root(root.der)
            policy = tolerance_policy or (STRICT if own else FIELD)
            self._check_profile(root, role, policy)
            if now > root.not_after:
                raise ServiceError(Kind.INVALID, "anchor_expired", "this root has expired")
            anchor = Anchor(
                certificate=root,
                name=name or root.name[:MAX_NAME_CHARACTERS],
                role=role,
                own=own,
                tolerance_policy=policy,
                revocation=revocation or (RevocationPolicy.HARD if own else RevocationPolicy.SOFT),
            )
            if not work.anchors.add(anchor, now):
                raise ServiceError(
                    Kind.CONFLICT,
                    "anchor_exists",
                    "this root is a trust anchor already; remove it first to change its policies",
                )
            work.events.append(
                Event("anchor.added", now, principal.client_id, subject=_subject(anchor))
            )
            work.commit()
        return anchor

    def _read(self, certificate: bytes | str) -> PathCertificate:
        found = parse_chain(certificate)
        if len(found) != 1:
            raise ServiceError(
                Kind.INVALID, "anchor_not_single", "give one root certificate at a time"
            )
        root = read_certificate(found[0])
        if isinstance(root, Reason):
            raise ServiceError(Kind.MALFORMED, root.code, root.detail)
        _require(refuse_root(root))
        return root

    def _check_profile(self, root: PathCertificate, role: CertificateRole, policy: str) -> None:
        known = self.policies.get(policy)
        if known is None:
            raise ServiceError(
                Kind.INVALID,
                "tolerance_policy_unknown",
                f"tolerance policies are {', '.join(sorted(self.policies))}",
            )
        _require(refuse_root_profile(root, role, self.profiles, known))


def _require(refused: Refused | None) -> None:
    if refused is not None:
        raise ServiceError(Kind.INVALID, f"anchor_{refused.code}", refused.detail, refused.fields)


@dataclass(frozen=True, slots=True)
class ListAnchors:
    """Shows the trust anchors."""

    read_all: Callable[[], Sequence[Anchor]]

    def __call__(self, principal: Principal) -> tuple[Anchor, ...]:
        """Return every anchor, by role and name; FORBIDDEN unless ADMIN or AUDITOR."""
        principal.require_role(ClientRole.AUDITOR)
        return tuple(self.read_all())


@dataclass(frozen=True, slots=True)
class RemoveAnchor:
    """Ends the trust in a root; effective in every process within a second."""

    open_unit_of_work: OpenAnchorUnitOfWork
    clock: Clock

    def __call__(self, principal: Principal, fingerprint: str) -> Anchor:
        """Remove the anchor of a SHA-256 fingerprint (hex, any case, colons allowed).

        Returns what was removed. Raises FORBIDDEN (not ADMIN), NOT_FOUND `anchor_unknown`.
        """
        principal.require_role(ClientRole.ADMIN)
        now = self.clock()
        with self.open_unit_of_work() as work:
            removed = work.anchors.remove(fingerprint[:128].replace(":", "").lower())
            if removed is None:
                raise ServiceError(
                    Kind.NOT_FOUND,
                    "anchor_unknown",
                    "no trust anchor has this fingerprint; `evtrust anchor list` shows them",
                )
            work.events.append(
                Event("anchor.removed", now, principal.client_id, subject=_subject(removed))
            )
            work.commit()
        return removed


def _subject(anchor: Anchor) -> dict[str, str]:
    return {
        "fingerprint": anchor.fingerprint,
        "role": str(anchor.role),
        "tolerance_policy": anchor.tolerance_policy,
        "revocation_policy": anchor.revocation,
    }
