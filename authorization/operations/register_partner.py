"""Register a roaming partner, look at partners, remove one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from authorization.model.partner import Partner
from authorization.model.routes import KnownPartner
from authorization.operations.roaming_ports import (
    Credentials,
    OpenPartnerUnitOfWork,
    Outside,
    OwnProviders,
    PartnerReader,
)
from foundation.clock import Clock
from foundation.errors import Kind, Refused, ServiceError
from foundation.events import Event
from foundation.principal import ClientRole, Principal

CheckCredentials = Callable[[Credentials], Refused | None]
"""Why credentials cannot be used (`invalid_credentials`), None where they can."""


@dataclass(frozen=True, slots=True)
class RegisterPartner:
    """Register a partner, or replace what is registered of it."""

    open_unit_of_work: OpenPartnerUnitOfWork
    outside: Outside
    own_providers: OwnProviders
    check_credentials: CheckCredentials
    clock: Clock

    def __call__(
        self, principal: Principal, partner: Partner, credentials: Credentials | None = None
    ) -> Partner:
        """Store and return the partner; without `credentials` those that are stored stay.

        Host and protocol of a partner stay what they were: credentials are for that host. Raises
        ServiceError FORBIDDEN (`role_required`), INVALID (`partner_address`: no call may go there;
        `provider_is_ours`, `provider_not_ours`, `invalid_credentials`), CONFLICT
        (`partner_host_fixed`, `partner_client_taken`).
        """
        principal.require_role(ClientRole.ADMIN)
        self._check_providers(partner)
        refusal = self.outside.check(partner.base_url)
        if refusal is not None:
            raise ServiceError(
                Kind.INVALID, "partner_address", refusal.detail, {"base_url": refusal.code}
            )
        unusable = None if credentials is None else self.check_credentials(credentials)
        if unusable is not None:
            raise ServiceError(
                Kind.INVALID, unusable.code, unusable.detail, {"credentials": unusable.detail}
            )
        now = self.clock()
        with self.open_unit_of_work() as work:
            before = work.partners.lock(partner.partner_id)
            if before is not None and (before.allowed_host, before.protocol) != (
                partner.allowed_host,
                partner.protocol,
            ):
                raise ServiceError(
                    Kind.CONFLICT,
                    "partner_host_fixed",
                    "a partner keeps its host and its protocol; remove it and register another",
                    {"base_url": f"stays at {before.allowed_host}, speaking {before.protocol}"},
                )
            work.partners.put(partner, credentials, now)
            work.events.append(
                Event(
                    "partner.registered",
                    now,
                    principal.client_id,
                    (),
                    {"partner_id": partner.partner_id},
                )
            )
            work.commit()
        return partner

    def _check_providers(self, partner: Partner) -> None:
        own = self.own_providers()
        if ours := partner.provider_ids.intersection(own):
            raise ServiceError(
                Kind.INVALID,
                "provider_is_ours",
                "nobody else is asked about the contracts of this house's own providers",
                {"provider_ids": ", ".join(sorted(ours))},
            )
        if others := partner.own_provider_ids.difference(own):
            raise ServiceError(
                Kind.INVALID,
                "provider_not_ours",
                "a partner is shown providers of this house alone; register the client first",
                {"own_provider_ids": ", ".join(sorted(others))},
            )


@dataclass(frozen=True, slots=True)
class ListPartners:
    """Show partners to administrators and auditors."""

    partners: PartnerReader

    def __call__(self, principal: Principal) -> Sequence[KnownPartner]:
        """Return every partner, in order of its id; raises FORBIDDEN (`role_required`)."""
        principal.require_role(ClientRole.ADMIN, ClientRole.AUDITOR)
        return self.partners.list()

    def one(self, principal: Principal, partner_id: str) -> KnownPartner:
        """Return the partner; raises FORBIDDEN (`role_required`), NOT_FOUND."""
        principal.require_role(ClientRole.ADMIN, ClientRole.AUDITOR)
        known = self.partners.find(partner_id)
        if known is None:
            raise _not_found()
        return known


@dataclass(frozen=True, slots=True)
class RemovePartner:
    """Remove a partner: it is asked no more, and its credentials are gone."""

    open_unit_of_work: OpenPartnerUnitOfWork
    clock: Clock

    def __call__(self, principal: Principal, partner_id: str) -> None:
        """Remove it; raises FORBIDDEN (`role_required`), NOT_FOUND (`partner_not_found`)."""
        principal.require_role(ClientRole.ADMIN)
        with self.open_unit_of_work() as work:
            if work.partners.lock(partner_id) is None:
                raise _not_found()
            work.partners.remove(partner_id)
            work.events.append(
                Event(
                    "partner.removed",
                    self.clock(),
                    principal.client_id,
                    (),
                    {"partner_id": partner_id},
                )
            )
            work.commit()


def _not_found() -> ServiceError:
    return ServiceError(Kind.NOT_FOUND, "partner_not_found", "no partner has this id")
