"""Where to ask about a contract or a token that is not kept here."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from authorization.model.circuit import Circuit
from authorization.model.partner import Partner


@dataclass(frozen=True, slots=True)
class KnownPartner:
    """A partner and how its circuit breaker stood a moment ago."""

    partner: Partner
    circuit: Circuit


def routes_to(
    partners: Iterable[KnownPartner], provider_id: str | None, own: Collection[str]
) -> tuple[KnownPartner, ...]:
    """Return the partners to ask about `provider_id` (`DEABC`), in the order in which to ask.

    None of them where the provider is one of ours (`own`): such questions never leave the house.
    A partner that names the provider comes before one that is a default route, then the lower
    priority. Without a provider (a card does not tell whose it is) only default routes are left.
    """
    if provider_id in own:
        return ()
    found = [
        known
        for known in partners
        if known.partner.is_default or provider_id in known.partner.provider_ids
    ]
    found.sort(
        key=lambda known: (
            provider_id not in known.partner.provider_ids,
            known.partner.priority,
            known.partner.partner_id,
        )
    )
    return tuple(found)
