"""Tell operators of partners of our drivers' cards and app accounts: on demand, and on change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from authorization.model.foreign_token import ForeignToken
from authorization.model.ocpi import OcpiRole
from authorization.model.ocpi_connection import OcpiConnection, OcpiPeer
from authorization.model.published_token import GIVE_UP_AFTER, PublishedToken, rest_after
from authorization.operations.ocpi_ports import ConnectionReader, FindPartner
from authorization.operations.publishing_ports import (
    OwnTokenReader,
    Push,
    PushQueue,
    TellPartner,
)
from contract_service.model.contract import Contract
from foundation.clock import Clock

MAX_PAGE = 100
"""Tokens in one answer; own judgement. A larger limit is answered with so many (X-Limit)."""

PUSHES_AT_ONCE = 20
"""Pushes of one round; a partner that fails is left alone for the rest of the round."""

LONGEST_ROUND = timedelta(seconds=8)
"""What is left of a round then waits for its lease to end: other chores wait behind this one."""

ContractOf = Callable[[str], Contract | None]


@dataclass(frozen=True, slots=True)
class ListedTokens:
    """One page, and how many there are in all."""

    total: int
    tokens: Sequence[ForeignToken]


@dataclass(frozen=True, slots=True)
class ListOwnTokens:
    """OCPI tokens module as its sender: the tokens of the providers that a partner sees."""

    tokens: OwnTokenReader
    contract_of: ContractOf

    def __call__(
        self,
        peer: OcpiPeer,
        since: datetime | None,
        until: datetime | None,
        offset: int,
        limit: int,
    ) -> ListedTokens:
        """Return up to MAX_PAGE tokens, oldest first, that changed in `since` <= t < `until`."""
        connection = peer.connection
        page = self.tokens.page(
            connection.own_parties(OcpiRole.EMSP), since, until, offset, min(limit, MAX_PAGE)
        )
        return ListedTokens(
            page.total, [_told(token, self.contract_of, connection) for token in page.tokens]
        )


@dataclass(frozen=True, slots=True)
class PushTokens:
    """Tell partners of every change of a token, until they took it or GIVE_UP_AFTER has passed."""

    queue: PushQueue
    connections: ConnectionReader
    partner: FindPartner
    contract_of: ContractOf
    tell: TellPartner
    clock: Clock

    def __call__(self) -> int:
        """Do one round; return how many pushes there were."""
        now = self.clock()
        pushes = self.queue.claim(PUSHES_AT_ONCE, now)
        failing: set[str] = set()
        for push in pushes:
            if self.clock() - now > LONGEST_ROUND:
                break
            taken = push.partner_id not in failing and self._told(push)
            if taken or now - push.token.changed_at > GIVE_UP_AFTER:
                self.queue.done(push)
            else:
                failing.add(push.partner_id)
                self.queue.again(push, now + rest_after(push.attempts))
        return len(pushes)

    def _told(self, push: Push) -> bool:
        """Whether nothing is left to do for it: the partner took it, or is none any more."""
        partner = self.partner(push.partner_id)
        connection = self.connections.connection(push.partner_id)
        if partner is None or connection is None or connection.registered is None:
            return True
        token = _told(push.token, self.contract_of, connection)
        provider = token.name.provider_id
        if provider not in connection.own_parties(OcpiRole.EMSP):
            return True
        routing = {
            "OCPI-from-country-code": provider[:2],
            "OCPI-from-party-id": provider[2:],
        }
        refused = self.tell(partner, connection.registered, token, routing)
        return refused is None or refused.code == "not_offered"


def _told(
    token: PublishedToken, contract_of: ContractOf, connection: OcpiConnection
) -> ForeignToken:
    contract = contract_of(token.contract_id)
    emaid = token.contract_id if contract is None else contract.emaid.canonical
    return token.value(emaid, connection.issuer(token.provider_id))
