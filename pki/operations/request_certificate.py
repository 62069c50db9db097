"""Prepare an authority whose certificate somebody else, or an offline root, will issue."""

from dataclasses import dataclass

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal
from pki.model.authority import OFFLINE_ROLES, Authority, AuthorityState
from pki.model.csr import build_csr
from pki.model.profile import Profile, Profiles
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.model.subject import build_name
from pki.operations.found import authority_event
from pki.operations.ports import AuthorityDirectory, KeyStore, OpenUnitOfWork
from pki.operations.slots import newest_in_slot, next_generation


@dataclass(frozen=True, slots=True)
class AuthorityRequest:
    """Which authority: a slot, what it shall be, and what its subject shall say."""

    slot: str
    role: CertificateRole
    edition: Edition
    algorithm: KeyAlgorithm
    common_name: str
    organization: str
    country: str
    domain_component: str = "V2G"


@dataclass(frozen=True, slots=True)
class PendingAuthority:
    """An authority that waits for its certificate, and its DER PKCS#10 request."""

    authority: Authority
    csr: bytes


@dataclass(frozen=True, slots=True)
class RequestCertificate:
    """Make an authority's key and its certification request.

    In a slot that exists this begins the next generation: the old one issues until the new
    certificate is imported. Asked again before that, it makes the request again with the same
    key. `keys` must open offline keys.
    """

    profiles: Profiles
    directory: AuthorityDirectory
    keys: KeyStore
    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(self, principal: Principal, request: AuthorityRequest) -> PendingAuthority:
        """Return the pending authority with its request.

        Raises FORBIDDEN for everyone but administrators, INVALID for a role, key type or subject
        that the profile does not allow, CONFLICT `slot_is_another` where the slot holds an
        authority of another role, edition or key type.
        """
        principal.require_role(ClientRole.ADMIN)
        profile = self._profile(request)
        subject = build_name(
            request.common_name,
            organization=request.organization,
            country=request.country,
            domain_component=request.domain_component,
        )
        authority = self._pending(principal, request, profile)
        key = self.keys.open(authority.key_id or "")
        return PendingAuthority(
            authority, build_csr(subject, key, path_length=profile.path_length.value)
        )

    def _profile(self, request: AuthorityRequest) -> Profile:
        profile = self.profiles.get((request.edition, request.role))
        if profile is None or not profile.authority or profile.is_root:
            raise _invalid("role", "the role of a Sub-CA; a root signs itself")
        if request.algorithm not in profile.algorithms.value:
            allowed = " or ".join(sorted(profile.algorithms.value))
            raise _invalid("algorithm", f"{allowed}, as {request.edition} wants")
        accepted = profile.domain_component.value.accepted
        if request.domain_component not in accepted:
            raise _invalid("domain_component", " or ".join(sorted(accepted)))
        return profile

    def _pending(
        self, principal: Principal, request: AuthorityRequest, profile: Profile
    ) -> Authority:
        newest = newest_in_slot(self.directory, request.slot, profile, request.algorithm)
        if newest is not None and newest.state is AuthorityState.PENDING:
            return newest
        now = self.clock()
        offline = request.role in OFFLINE_ROLES
        key_id = self.keys.generate(request.algorithm, offline=offline)
        authority = next_generation(request.slot, newest, profile, request.algorithm, key_id, now)
        with self.open_unit_of_work() as work:
            work.authorities.add(authority)
            work.events.append(authority_event("authority.requested", principal, authority, now))
            work.commit()
        return authority


def _invalid(part: str, wanted: str) -> ServiceError:
    return ServiceError(
        Kind.INVALID, "authority_request_invalid", f"{part} must be {wanted}", {part: wanted}
    )
