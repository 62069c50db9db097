"""Who may touch a contract.

The provider stands in the EMAID itself, so ownership is judged from the text before anything is
looked up: a stranger is told FORBIDDEN whether or not there is such a contract, and learns
nothing from it. NOT_FOUND is told to the provider (and to those who read everything) alone.
"""

from contract_service.model.contract import Contract
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from foundation.principal import Principal


def owned_emaid(principal: Principal, text: str) -> Emaid:
    """Parse an EMAID in any spelling and require that the principal acts for its provider.

    Raises MALFORMED (`invalid_emaid`) or FORBIDDEN (`not_your_provider`).
    """
    emaid = Emaid.parse(text)
    if not principal.acts_for_provider(emaid.provider_id):
        raise not_your_provider()
    return emaid


def readable_emaid(principal: Principal, text: str) -> Emaid:
    """As `owned_emaid`, but let those pass who may read everything."""
    emaid = Emaid.parse(text)
    if not principal.reads_everything and not principal.acts_for_provider(emaid.provider_id):
        raise not_your_provider()
    return emaid


def existing(contract: Contract | None) -> Contract:
    """Return the contract; raise NOT_FOUND where there is none."""
    if contract is None:
        raise ServiceError(
            Kind.NOT_FOUND,
            "contract_unknown",
            "there is no contract with this EMAID; check its spelling, or create it first",
        )
    return contract


def not_your_provider() -> ServiceError:
    """Return the FORBIDDEN that strangers meet."""
    return ServiceError(
        Kind.FORBIDDEN,
        "not_your_provider",
        "this EMAID belongs to a provider id that your client does not hold; "
        "ask an administrator to add it",
    )
