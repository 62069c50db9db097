"""Which partners may push tokens of which providers."""

from dataclasses import dataclass

from authorization.model.partner import Partner
from authorization.operations.roaming_ports import OwnProviders, PartnerDirectory


@dataclass(frozen=True, slots=True)
class SpeakForProvider:
    """`SpeaksFor`: a partner speaks for the providers that the administrator registered for it.

    A default route speaks for those besides that no other partner is registered for. Nobody
    speaks for a provider of this house.
    """

    directory: PartnerDirectory
    own_providers: OwnProviders

    def __call__(self, partner: Partner, provider_id: str) -> bool:
        """Whether the partner may push tokens of a provider (`DEABC`)."""
        if provider_id in self.own_providers():
            return False
        if provider_id in partner.provider_ids:
            return True
        return partner.is_default and not any(
            provider_id in known.partner.provider_ids for known in self.directory.known()
        )
