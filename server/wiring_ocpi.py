"""OCPI: connections, foreign tokens, and our own as partners see them."""

from collections.abc import Mapping
from functools import cached_property

from authorization.api.ocpi import OcpiModules
from authorization.api.ocpi_requests import OcpiGate
from authorization.api.ocpi_schemas import read_token
from authorization.api.ocpi_tokens import ReceiveTokens
from authorization.clients.ocpi import AskOcpi
from authorization.clients.ocpi_http import OcpiHttp
from authorization.clients.ocpi_platform import HttpPlatform
from authorization.clients.ocpi_push import HttpPush
from authorization.clients.ocpi_token_list import HttpTokenList
from authorization.model.partner import Partner, PartnerProtocol
from authorization.operations.accept_credentials import AcceptCredentials
from authorization.operations.authenticate_ocpi import AuthenticateOcpi
from authorization.operations.keep_foreign_token import KeepForeignToken
from authorization.operations.publish_tokens import PushTokens
from authorization.operations.pull_tokens import PullTokens
from authorization.operations.register_at_ocpi import OcpiConnections
from authorization.operations.roaming_ports import AskPartner
from authorization.operations.speak_for_provider import SpeakForProvider
from authorization.store.foreign_tokens import (
    OpenSqlForeignTokens,
)
from authorization.store.ocpi_connections import OpenSqlOcpi, SqlConnectionReader
from authorization.store.token_pulls import SqlTokenPulls
from authorization.store.token_pushes import SqlOwnTokens, SqlPushQueue
from contract_service.operations.find import FindContract
from contract_service.store.contracts import SqlContractReader
from foundation.egress import Egress, Limits
from foundation.short_cache import ShortCache
from participants.api.rate_limits import TokenLimits
from server.observability import count_failed_authentication
from server.wiring_roaming import RoamingServices

REQUESTS_PER_PARTNER = "6000/minute"
"""Own judgement: a hundred a second, in each process; a hub asks for many operators."""

LIST_BYTES = 4 * 1024 * 1024
LIST_SECONDS = 10.0
"""The most that one page of a partner's list may be and take: own judgement; nobody waits for it,
and some platforms answer with everything at once."""


class OcpiServices(RoamingServices):
    """Connections to OCPI platforms and what goes over them."""

    @cached_property
    def ocpi_url(self) -> str:
        """Where our OCPI begins."""
        return f"{self.settings.public_url}/ocpi"

    @cached_property
    def ocpi_connection_reader(self) -> SqlConnectionReader:
        """Connections, to read."""
        return SqlConnectionReader(self.database, self.sealer)

    @cached_property
    def ocpi_http(self) -> OcpiHttp:
        """Calls to OCPI platforms, as patient as those to every partner."""
        policy = self.roaming_policy
        limits = Limits(
            policy.connect.total_seconds(), policy.total.total_seconds(), policy.answer_bytes
        )
        return OcpiHttp(Egress(self.settings.egress_networks, limits=limits))

    @cached_property
    def keep_foreign_token(self) -> KeepForeignToken:
        """Keeps what partners push."""
        return KeepForeignToken(
            OpenSqlForeignTokens(self.database, self.foreign_vault, self.outbox),
            SpeakForProvider(self._known_partners, self.own_providers),
            self.clock,
        )

    def find_partner(self, partner_id: str) -> Partner | None:
        """Return a registered partner, at most half a second old.

        One that was registered just now is found all the same: its handshake may follow at once.
        """
        known = self._known_partners.known()
        found = (one.partner for one in known if one.partner.partner_id == partner_id)
        return next(found, None) or self.registered_partner(partner_id)

    def registered_partner(self, partner_id: str) -> Partner | None:
        """Return a registered partner as it stands now."""
        known = self.partners.find(partner_id)
        return None if known is None else known.partner

    @cached_property
    def _ocpi_work(self) -> OpenSqlOcpi:
        return OpenSqlOcpi(self.database, self.sealer, self.foreign_vault, self.outbox)

    @cached_property
    def ocpi_gate(self) -> OcpiGate:
        """Lets partners in."""
        limits = TokenLimits(per_client=REQUESTS_PER_PARTNER)
        authenticate = AuthenticateOcpi(
            ShortCache(self.ocpi_connection_reader.holder).get,
            self.find_partner,
            self.clock,
            count_failed_authentication,
        )
        return OcpiGate(authenticate, limits.token_for, limits.request_from, self.clock)

    @cached_property
    def ocpi_modules(self) -> OcpiModules:
        """What `/ocpi/versions` and the credentials module translate for."""
        return OcpiModules(
            AcceptCredentials(
                self._ocpi_work,
                HttpPlatform(self.ocpi_http),
                f"{self.ocpi_url}/versions",
                self.clock,
            ),
            self.ocpi_url,
        )

    @cached_property
    def ocpi_connections(self) -> OcpiConnections:
        """An administrator's hands on connections."""
        return OcpiConnections(
            self._ocpi_work,
            self.ocpi_connection_reader,
            self.registered_partner,
            HttpPlatform(self.ocpi_http),
            f"{self.ocpi_url}/versions",
            self.clock,
        )

    @cached_property
    def receive_tokens(self) -> ReceiveTokens:
        """What the tokens module's receiver translates for."""
        return ReceiveTokens(self.keep_foreign_token, self.foreign_tokens)

    @cached_property
    def own_tokens(self) -> SqlOwnTokens:
        """Our tokens as partners see them, to read."""
        return SqlOwnTokens(self.database, self.token_vault)

    @cached_property
    def push_tokens(self) -> PushTokens:
        """Tells partners of changed tokens."""
        return PushTokens(
            SqlPushQueue(self.database, self.token_vault),
            self.ocpi_connection_reader,
            self.find_partner,
            FindContract(SqlContractReader(self.database)).by_id,
            HttpPush(self.ocpi_http),
            self.clock,
        )

    @cached_property
    def pull_tokens(self) -> PullTokens:
        """Reads partners' lists of tokens."""
        limits = Limits(self.roaming_policy.connect.total_seconds(), LIST_SECONDS, LIST_BYTES)
        http = OcpiHttp(Egress(self.settings.egress_networks, limits=limits))
        return PullTokens(
            self.ocpi_connection_reader,
            self.registered_partner,
            HttpTokenList(http, read_token),
            self.keep_foreign_token,
            SqlTokenPulls(self.database),
            self.clock,
        )

    @cached_property
    def ask_partner(self) -> Mapping[PartnerProtocol, AskPartner]:
        """How a partner of each protocol is asked."""
        connections = ShortCache(self.ocpi_connection_reader.connection)
        ask_ocpi = AskOcpi(self.ocpi_http, connections.get)
        return {
            **super().ask_partner,
            PartnerProtocol.OCPI_221: ask_ocpi,
            PartnerProtocol.OCPI_230: ask_ocpi,
        }
