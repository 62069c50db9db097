"""Pull the tokens of partners: all of them after a handshake, then what changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from authorization.model.ocpi import InterfaceRole, OcpiRole
from authorization.model.ocpi_connection import OcpiConnection, Registered
from authorization.model.partner import Partner
from authorization.model.token_pull import TokenPull, pull_for
from authorization.operations.keep_foreign_token import KeepForeignToken
from authorization.operations.ocpi_ports import ConnectionReader, FindPartner
from authorization.operations.pull_ports import PullStore, ReadTokens
from foundation.clock import Clock
from foundation.errors import Kind, Refused, ServiceError
from foundation.principal import ClientRole, Principal

LONGEST_ROUND = timedelta(seconds=8)
"""What is left then goes on in the next round: other chores wait behind this one."""


@dataclass(frozen=True, slots=True)
class PullTokens:
    """OCPI tokens module as a CPO that reads its eMSPs' lists."""

    connections: ConnectionReader
    partner: FindPartner
    read: ReadTokens
    keep: KeepForeignToken
    pulls: PullStore
    clock: Clock

    def __call__(self) -> int:
        """Do one round of what is due; return how many tokens were taken."""
        ends = self.clock() + LONGEST_ROUND
        due = [found for one in self.connections.all() if (found := self._due(one)) is not None]
        due.sort(key=lambda found: found[2].due_at)  # whoever waited longest comes first
        return sum(self._pull(*found, ends) for found in due)

    def show(self, principal: Principal, partner_id: str) -> TokenPull:
        """Return how far a partner's tokens were read.

        Raises ServiceError FORBIDDEN (`role_required`), NOT_FOUND (`partner_not_found`), CONFLICT
        (`not_registered`, `tokens_not_offered`).
        """
        principal.require_role(ClientRole.ADMIN, ClientRole.AUDITOR)
        return self._of(partner_id)

    def again(self, principal: Principal, partner_id: str) -> TokenPull:
        """Have all tokens of a partner read anew, in the next round; raises as `show`."""
        principal.require_role(ClientRole.ADMIN)
        before = self._of(partner_id)
        pull = TokenPull(partner_id, before.registered_at, due_at=self.clock())
        self.pulls.keep(pull)
        return pull

    def _of(self, partner_id: str) -> TokenPull:
        if self.partner(partner_id) is None:
            raise ServiceError(Kind.NOT_FOUND, "partner_not_found", "no partner has this id")
        connection = self.connections.connection(partner_id)
        there = None if connection is None else connection.registered
        if connection is None or there is None:
            raise ServiceError(
                Kind.CONFLICT, "not_registered", "there is no OCPI connection to it; register first"
            )
        if not _offered(connection, there):
            raise ServiceError(
                Kind.CONFLICT,
                "tokens_not_offered",
                "the partner serves no tokens, or no CPO of this platform is connected to it",
            )
        return pull_for(self.pulls.find(partner_id), partner_id, there.at)

    def _due(self, connection: OcpiConnection) -> tuple[Partner, OcpiConnection, TokenPull] | None:
        there, partner = connection.registered, self.partner(connection.partner_id)
        if there is None or partner is None or not _offered(connection, there):
            return None
        pull = pull_for(self.pulls.find(partner.partner_id), partner.partner_id, there.at)
        return (partner, connection, pull) if pull.due_at <= self.clock() else None

    def _pull(
        self, partner: Partner, connection: OcpiConnection, pull: TokenPull, ends: datetime
    ) -> int:
        there = connection.registered
        pull, taken = pull.started(self.clock()), 0
        while there is not None and self.clock() < ends:
            page = self.read(partner, there, pull.since, pull.next_page, _routing(connection))
            if isinstance(page, Refused):
                gone = page.code == "page_gone"
                self.pulls.keep(pull.failed(self.clock(), page_gone=gone))
                break
            kept = self.keep.put_many(partner, page.tokens)
            taken += kept.taken
            again = page.next_page == pull.next_page and page.next_page is not None
            next_page = None if again else page.next_page  # a page that follows itself has no end
            pull = pull.after_page(kept.taken, kept.refused + page.unreadable, next_page)
            self.pulls.keep(pull)
            if pull.next_page is None:
                break
        return taken


def _offered(connection: OcpiConnection, there: Registered) -> bool:
    serves = there.endpoint("tokens", InterfaceRole.SENDER) is not None
    return serves and bool(connection.own_parties(OcpiRole.CPO))


def _routing(connection: OcpiConnection) -> Mapping[str, str]:
    """Return the headers that say for which of our operators; a hub may have many eMSPs."""
    operator = min(connection.own_parties(OcpiRole.CPO))
    return {"OCPI-from-country-code": operator[:2], "OCPI-from-party-id": operator[2:]}
