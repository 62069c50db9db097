"""Let an RFID card or an app account stand for a contract."""

import uuid
from dataclasses import dataclass

from authorization.model.access_token import AccessToken, TokenKind, TokenStatus, TokenUid
from authorization.operations.own_contract import own_contract, token_event
from authorization.operations.ports import ContractFinder, OpenUnitOfWork
from contract_service.model.contract import ContractStatus
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class AddToken:
    """Let a card or an app account stand for a contract."""

    contracts: ContractFinder
    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(
        self, principal: Principal, emaid: Emaid, kind: TokenKind, uid: TokenUid
    ) -> AccessToken:
        """Store and return the token, active.

        Raises as `own_contract`; INVALID (`contract_terminated`); CONFLICT (`token_taken`) where
        kind and uid are registered, whoever did: a card never changes its payer silently.
        """
        contract = own_contract(principal, self.contracts, emaid)
        if contract.status is ContractStatus.TERMINATED:
            raise ServiceError(
                Kind.INVALID, "contract_terminated", "a terminated contract gets no tokens"
            )
        token = AccessToken(
            str(uuid.uuid4()),
            kind,
            contract.contract_id,
            contract.provider_id,
            TokenStatus.ACTIVE,
            self.clock(),
        )
        with self.open_unit_of_work() as work:
            work.tokens.add(token, uid)
            work.events.append(
                token_event("access_token.added", token, principal, token.created_at)
            )
            work.commit()
        return token
