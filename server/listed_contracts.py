"""Contracts, cards and EMAIDs of local authorisation lists, from the contexts that keep them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from authorization.model.access_token import AccessToken
from authorization.model.claim import Place
from authorization.model.list_message import CARD, CONTRACT, reference
from authorization.model.site_access import is_closed
from authorization.model.wanted_list import ListedCard, ListedContract
from authorization.operations.ports import ValidateChain
from authorization.store.restrictions import SqlRestrictionReader
from authorization.store.sites import SqlMemberships
from authorization.store.tokens import SqlTokens
from contract_service.model.contract import Contract, ContractCertificate
from contract_service.store.contracts import SqlContractReader
from pki.model.roles import CertificateRole
from pki.model.verdict import Fault

_WITHDRAWN = {Fault.REVOKED, Fault.ON_HOLD}


@dataclass(frozen=True, slots=True)
class ListedContracts:
    """`ReadContracts`, and by `names` `NameTokens`; as many queries, however many contracts."""

    contracts: SqlContractReader
    tokens: SqlTokens
    restrictions: SqlRestrictionReader
    spent: Callable[[Collection[str]], frozenset[str]]
    memberships: SqlMemberships
    validate: ValidateChain

    def __call__(
        self, contract_ids: Collection[str], place: Place, now: datetime
    ) -> Sequence[ListedContract]:
        """Return the contracts with these random ids, for a place, now; there may be fewer."""
        contracts = self.contracts.by_ids(contract_ids)
        cards = self._cards(contract_ids)
        certificates = self.contracts.certificates_of(contract_ids, now)
        restricted = self.restrictions.of_many(contract_ids)
        spent = self.spent(contract_ids)
        groups, card_groups = self._groups(contracts, cards, place)
        listed = []
        for contract in contracts:
            own = contract.contract_id
            until, revoked = self._certified(certificates.get(own, ()), now)
            listed.append(
                ListedContract(
                    contract,
                    [
                        ListedCard(card, card_groups.get(card.token_id, frozenset()))
                        for card in cards.get(own, ())
                    ],
                    until,
                    revoked,
                    own in spent,
                    restricted.get(own),
                    groups.get(own, frozenset()),
                )
            )
        return listed

    def names(self, references: Collection[str]) -> Mapping[str, str]:
        """Return what references stand for: uids of cards, EMAIDs of contracts."""
        ids: dict[str, list[str]] = {CARD: [], CONTRACT: []}
        for one in references:
            kind, _, random_id = one.partition(":")
            ids[kind].append(random_id)
        uids = self.tokens.uids_of(ids[CARD])
        emaids = self.contracts.emaids_of(ids[CONTRACT])
        return {reference(CARD, one): uid.key for one, uid in uids.items()} | {
            reference(CONTRACT, one): emaid.canonical for one, emaid in emaids.items()
        }

    def _cards(self, contract_ids: Collection[str]) -> Mapping[str, Sequence[AccessToken]]:
        cards: dict[str, list[AccessToken]] = {}
        for card in self.tokens.cards_of(contract_ids):
            cards.setdefault(card.contract_id, []).append(card)
        return cards

    def _certified(
        self, certificates: Sequence[ContractCertificate], now: datetime
    ) -> tuple[datetime | None, bool]:
        """Return when the valid chain that ends last ends, and whether none is for a revocation.

        Certificates come in the order of their own ends: the first good one is good enough.
        """
        revoked = False
        for certificate in certificates:
            verdict = self.validate(certificate.chain, CertificateRole.CONTRACT, now)
            if verdict.valid:
                ends = (certificate.not_after, verdict.valid_until or certificate.not_after)
                return min(ends), False
            revoked = revoked or verdict.fault in _WITHDRAWN
        return None, revoked

    def _groups(
        self,
        contracts: Sequence[Contract],
        cards: Mapping[str, Sequence[AccessToken]],
        place: Place,
    ) -> tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]]]:
        """Return the operator's access groups by contract and by card; public sites ask nobody."""
        if not any(is_closed(evse) for evse in place.placed):
            return {}, {}
        uids = self.tokens.uids_of([card.token_id for some in cards.values() for card in some])
        emaids = {one.contract_id: one.emaid for one in contracts}
        of_contract, of_card = self.memberships.of_each(
            place.operator_id, list(emaids.values()), list(uids.values())
        )
        return (
            {own: of_contract[emaid] for own, emaid in emaids.items()},
            {token_id: of_card[uid] for token_id, uid in uids.items()},
        )
