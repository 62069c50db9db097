"""Resolve a vehicle's identifier for a participant, without deciding anything."""

from dataclasses import dataclass

from authorization.operations.ports import Resolve
from autocharge.model.enrolment import Identifier
from autocharge.model.resolution import Resolution, Resolved, Suspended, Unknown
from foundation.principal import ClientRole, Principal


@dataclass(frozen=True, slots=True)
class ResolveIdentifier:
    """Answer whose contract an identifier stands for, to CPMS, providers and administrators."""

    resolve: Resolve

    def __call__(self, principal: Principal, identifier: Identifier) -> Resolution:
        """Return what the identifier resolves to; raises FORBIDDEN (`role_required`).

        A provider sees its own enrolments; another's is `Unknown` to it, like one that never was.
        """
        principal.require_role(ClientRole.CPO, ClientRole.MO)
        resolution = self.resolve(identifier)
        if principal.is_admin or ClientRole.CPO in principal.roles:
            return resolution
        if isinstance(resolution, Resolved | Suspended) and principal.acts_for_provider(
            resolution.emaid.provider_id
        ):
            return resolution
        return Unknown(resolution.signals)
