"""Roll an authority over: a new generation issues, the old one stays for CRLs and OCSP."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID

from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal
from pki.model.authority import Authority, AuthorityState
from pki.model.hierarchy import with_generation
from pki.model.subject import first_value
from pki.operations.found import FoundAuthorities, Founding, Progress, silent
from pki.operations.ports import AuthorityDirectory


@dataclass(frozen=True, slots=True)
class RolloverAuthority:
    """Make the next generation of a slot, below the active generation of the slot above it."""

    found: FoundAuthorities
    directory: AuthorityDirectory

    def __call__(
        self,
        principal: Principal,
        slot: str,
        *,
        branch: bool = False,
        progress: Progress = silent,
    ) -> tuple[Authority, ...]:
        """Return the new generation; with `branch`, also of every active authority below it.

        What the old generation issued stays valid: it is retired, not revoked, and goes on
        signing its CRL and OCSP answers until it expires. Raises FORBIDDEN, NOT_FOUND
        `authority_unknown` and CONFLICT `parent_is_elsewhere` for an authority below somebody
        else's.
        """
        principal.require_role(ClientRole.ADMIN)
        everything = self.directory.all()
        active = [a for a in everything if a.state is AuthorityState.ACTIVE]
        chosen = [a for a in active if a.slot == slot]
        if not chosen:
            raise ServiceError(
                Kind.NOT_FOUND,
                "authority_unknown",
                f"there is no active authority in the slot {slot}; `evtrust ca list` shows them",
            )
        if branch:
            chosen += _below(slot, active, everything)
        generations = {a.slot: a.generation for a in everything}  # ordered: the highest is last
        slots = {a.name: a.slot for a in everything}
        foundings = [_founding(a, slots, generations[a.slot] + 1) for a in chosen]
        return self.found(principal, foundings, progress)


def _below(
    slot: str, active: Sequence[Authority], everything: Sequence[Authority]
) -> list[Authority]:
    slots = {a.name: a.slot for a in everything}
    below = [a for a in active if a.parent is not None and slots.get(a.parent) == slot]
    return [b for a in below for b in (a, *_below(a.slot, active, everything))]


def _founding(old: Authority, slots: dict[str, str], generation: int) -> Founding:
    if old.parent is None and not old.is_root:
        raise ServiceError(
            Kind.CONFLICT,
            "parent_is_elsewhere",
            f"{old.name} stands below somebody else's authority; `evtrust ca csr --slot "
            f"{old.slot}` makes its next generation's request",
        )
    subject = x509.load_der_x509_certificate(old.certificate or b"").subject
    return Founding(
        slot=old.slot,
        generation=generation,
        role=old.role,
        edition=old.edition,
        algorithm=old.algorithm,
        common_name=with_generation(first_value(subject, NameOID.COMMON_NAME) or "", generation),
        organization=first_value(subject, NameOID.ORGANIZATION_NAME) or "",
        country=first_value(subject, NameOID.COUNTRY_NAME) or "",
        parent=None if old.parent is None else slots[old.parent],
        replaces=old,
    )
