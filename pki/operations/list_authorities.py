"""Look at the authorities: all of them, one closely, and serials that led to no certificate."""

from dataclasses import dataclass

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal
from pki.model.authority import Authority, fingerprint
from pki.model.issued import IN_FLIGHT, CertificateRecord, Reservation
from pki.operations.ports import AuthorityDirectory


@dataclass(frozen=True, slots=True)
class ListAuthorities:
    """Every generation of every authority; administrators and auditors only."""

    directory: AuthorityDirectory
    clock: Clock

    def __call__(self, principal: Principal) -> tuple[Authority, ...]:
        """Return all authorities by slot and generation. Raises FORBIDDEN."""
        principal.require_role(ClientRole.AUDITOR)
        return tuple(self.directory.all())

    def unfinished(self, principal: Principal) -> tuple[Reservation, ...]:
        """Return the serials whose issuing stopped halfway (a crash, a refusal by the linter).

        Nothing was delivered under them. Raises FORBIDDEN.
        """
        principal.require_role(ClientRole.AUDITOR)
        return tuple(self.directory.unfinished(self.clock() - IN_FLIGHT))


@dataclass(frozen=True, slots=True)
class AuthorityDetails:
    """An authority, its chain (DER, itself first, root last where known), its record.

    `record` is None where somebody else issued its certificate.
    """

    authority: Authority
    chain: tuple[bytes, ...]
    record: CertificateRecord | None


@dataclass(frozen=True, slots=True)
class ShowAuthority:
    """One authority closely, retired and pending ones as well."""

    directory: AuthorityDirectory

    def __call__(self, principal: Principal, slot_or_name: str) -> AuthorityDetails:
        """Return the active authority of a slot, or the one with that name, with its chain.

        Where a slot has no active generation, its newest. Raises FORBIDDEN, NOT_FOUND
        `authority_unknown`.
        """
        principal.require_role(ClientRole.AUDITOR)
        everything = self.directory.all()
        by_name = {authority.name: authority for authority in everything}
        in_slot = [authority for authority in everything if authority.slot == slot_or_name]
        authority = self.directory.active(slot_or_name) or by_name.get(slot_or_name)
        if authority is None and not in_slot:
            raise ServiceError(
                Kind.NOT_FOUND,
                "authority_unknown",
                f"there is no authority {slot_or_name}; `evtrust ca list` shows them",
            )
        authority = authority or in_slot[-1]
        chain = []
        current: Authority | None = authority
        while current is not None and current.certificate is not None:
            chain += [current.certificate, *current.upper_chain]
            current = None if current.parent is None else by_name.get(current.parent)
        record = self.directory.record(fingerprint(chain[0])) if chain else None
        return AuthorityDetails(authority, tuple(chain), record)
