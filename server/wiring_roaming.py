"""Roaming: partners, and how they are asked."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

from authorization.api.partners import PartnerOperations
from authorization.clients.client_identity import check_credentials
from authorization.clients.oicp import AskOicpHub, load_code_table
from authorization.clients.oicp_authdata import PushToOicpHub
from authorization.clients.partner_calls import PartnerCalls
from authorization.model.circuit import RoamingPolicy
from authorization.model.foreign_token import ForeignToken
from authorization.model.partner import Partner, PartnerProtocol
from authorization.model.partner_answer import Subject
from authorization.model.pushed_token import pushed_for
from authorization.operations.ask_partners import AskPartners, OpenQuestions
from authorization.operations.push_authdata import PushAuthdata
from authorization.operations.register_partner import ListPartners, RegisterPartner, RemovePartner
from authorization.operations.roaming_ports import AskPartner
from authorization.store.authdata import SqlAuthdata
from authorization.store.foreign_tokens import ForeignTokenVault, SqlForeignTokens
from authorization.store.partners import CachedPartners, OpenSqlPartnerUnitOfWork, SqlPartners
from authorization.store.roaming_policy import load_roaming_policy
from authorization.store.tokens import TokenVault
from contract_service.store.contracts import SqlContractReader
from foundation.egress import Egress
from foundation.outbox import claim_lease
from foundation.principal import ClientRole
from foundation.short_cache import ShortCache
from participants.store.clients import SqlClientReader
from server.housekeeping import Chore
from server.observability import count_partner_question
from server.wiring_base import BaseServices

AUTHDATA_PATIENCE = timedelta(seconds=60)
"""A full load may be megabytes, and nobody at a station waits for it."""

AUTHDATA_TURN = timedelta(minutes=10)
"""Longer than a push takes: whoever died within one holds the next up for so long."""


class RoamingServices(BaseServices):
    """Partners that know contracts which are not kept here."""

    @cached_property
    def roaming_policy(self) -> RoamingPolicy:
        """How patiently partners are asked."""
        return load_roaming_policy()

    @cached_property
    def partners(self) -> SqlPartners:
        """Registered partners, with their credentials and their state."""
        return SqlPartners(self.database, self.sealer)

    @cached_property
    def _known_partners(self) -> CachedPartners:
        return CachedPartners(self.partners)

    def partner_of_client(self, client_id: str) -> Partner | None:
        """Return the partner that asks with this client; it may be half a second old."""
        known = self._known_partners.known()
        return next((one.partner for one in known if one.partner.client_id == client_id), None)

    @cached_property
    def partner_work(self) -> OpenSqlPartnerUnitOfWork:
        """Partners, to change."""
        return OpenSqlPartnerUnitOfWork(self.database, self.sealer, self.outbox)

    @cached_property
    def partner_calls(self) -> PartnerCalls:
        """Calls to partners."""
        return PartnerCalls(self.partners, self.roaming_policy, self.settings.egress_networks)

    @cached_property
    def token_vault(self) -> TokenVault:
        """Keyed hashes and ciphertexts of RFID and app tokens; made with its pepper."""
        return TokenVault(self.look_up_hash, self.sealer)

    @cached_property
    def foreign_vault(self) -> ForeignTokenVault:
        """Keyed hashes and ciphertexts of tokens that partners pushed here."""
        return ForeignTokenVault(self.look_up_hash, self.sealer)

    @cached_property
    def foreign_tokens(self) -> SqlForeignTokens:
        """Tokens that partners pushed here, to read."""
        return SqlForeignTokens(self.database, self.foreign_vault)

    def _pushed_token(self, subject: Subject) -> ForeignToken | None:
        return pushed_for(subject, self.foreign_tokens.find)

    @cached_property
    def _ours(self) -> ShortCache[None, frozenset[str]]:
        clients = SqlClientReader(self.database)
        return ShortCache(
            lambda _: frozenset(
                provider_id
                for client in clients.list()
                if ClientRole.MO in client.principal.roles
                for provider_id in client.principal.provider_ids
            )
        )

    def own_providers(self) -> frozenset[str]:
        """Return the provider ids of every client that is or was a provider here."""
        return self._ours.get(None)

    @cached_property
    def ask_partner(self) -> Mapping[PartnerProtocol, AskPartner]:
        """How a partner of each protocol is asked."""
        return {PartnerProtocol.OICP_23: AskOicpHub(self.partner_calls, load_code_table())}

    @cached_property
    def ask_partners(self) -> AskPartners:
        """Asks about contracts that are not kept here."""
        return AskPartners(
            self._known_partners,
            self.own_providers,
            self.partners,
            self.ask_partner,
            self.roaming_policy,
            self.clock,
            OpenQuestions(self.roaming_policy.at_once),
            self._pushed_token,
            count_partner_question,
        )

    @cached_property
    def register_partner(self) -> RegisterPartner:
        """Registers partners."""
        return RegisterPartner(
            self.partner_work,
            Egress(self.settings.egress_networks),
            self.own_providers,
            check_credentials,
            self.clock,
        )

    @cached_property
    def list_partners(self) -> ListPartners:
        """Shows partners."""
        return ListPartners(self.partners)

    @cached_property
    def remove_partner(self) -> RemovePartner:
        """Removes partners."""
        return RemovePartner(self.partner_work, self.clock)

    @cached_property
    def push_authdata(self) -> PushAuthdata:
        """Pushes authentication data to hubs."""
        patient = replace(self.roaming_policy, total=AUTHDATA_PATIENCE)
        calls = PartnerCalls(self.partners, patient, self.settings.egress_networks)
        return PushAuthdata(
            self.partners,
            SqlContractReader(self.database),
            SqlAuthdata(self.database, self.token_vault, self.sealer),
            PushToOicpHub(calls),
            self._take_turn,
            self.clock,
        )

    def _take_turn(self, name: str, now: datetime) -> Callable[[], None] | None:
        holder = str(uuid.uuid4())

        def hold(until: datetime) -> bool:
            return claim_lease(self.database, name, holder, now=now, held_until=until)

        def give_back() -> None:
            hold(now)

        return give_back if hold(now + AUTHDATA_TURN) else None

    def roaming_chores(self) -> Sequence[Chore]:
        """Return what is done for partners in the background."""
        return (Chore("authdata", timedelta(seconds=30), lambda _: self.push_authdata()),)

    @cached_property
    def partner_operations(self) -> PartnerOperations:
        """What `/v1/partners` translates for."""
        return PartnerOperations(self.register_partner, self.list_partners, self.remove_partner)
