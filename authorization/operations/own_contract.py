"""What the operations on a contract's tokens share: whose contract it is, and what to tell."""

from datetime import datetime

from authorization.model.access_token import AccessToken
from authorization.operations.ports import ContractFinder
from contract_service.model.contract import Contract
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.identifiers import Emaid
from foundation.principal import Principal


def own_contract(principal: Principal, contracts: ContractFinder, emaid: Emaid) -> Contract:
    """Return the contract; FORBIDDEN (`provider_not_yours`) or NOT_FOUND (`contract_not_found`).

    Whether it may ask is decided by the EMAID's text alone, so that a stranger learns nothing.
    """
    if not principal.acts_for_provider(emaid.provider_id):
        raise ServiceError(
            Kind.FORBIDDEN, "provider_not_yours", "the EMAID is not below one of your provider ids"
        )
    contract = contracts(emaid)
    if contract is None or not principal.acts_for_provider(contract.provider_id):
        raise ServiceError(Kind.NOT_FOUND, "contract_not_found", "there is no such contract")
    return contract


def readable_contract(principal: Principal, contracts: ContractFinder, emaid: Emaid) -> Contract:
    """Return the contract to its provider, an administrator or an auditor; raises as above."""
    if not principal.reads_everything:
        return own_contract(principal, contracts, emaid)
    contract = contracts(emaid)
    if contract is None:
        raise ServiceError(Kind.NOT_FOUND, "contract_not_found", "there is no such contract")
    return contract


def token_event(type_: str, token: AccessToken, principal: Principal, at: datetime) -> Event:
    """Return the event `type_` about a token, by references only."""
    subject = {"token_id": token.token_id, "contract_id": token.contract_id}
    return Event(type_, at, principal.client_id, (token.provider_id,), subject)
