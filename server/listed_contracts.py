"""Contracts, cards and EMAIDs of local authorisation lists, from the contexts that keep them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from authorization.model.access_token import AccessToken
from authorization.model.list_message import CARD, CONTRACT, reference
from authorization.operations.list_ports import ListedContract
from authorization.store.tokens import SqlTokens
from contract_service.store.contracts import SqlContractReader


@dataclass(frozen=True, slots=True)
class ListedContracts:
    """`ReadContracts`, and by `names` `NameTokens`; five queries, however many contracts."""

    contracts: SqlContractReader
    tokens: SqlTokens

    def __call__(self, contract_ids: Collection[str]) -> Sequence[ListedContract]:
        """Return the contracts with these random ids; there may be fewer."""
        cards: dict[str, list[AccessToken]] = {}
        for card in self.tokens.cards_of(contract_ids):
            cards.setdefault(card.contract_id, []).append(card)
        certified = self.contracts.certified_until(contract_ids)
        return [
            ListedContract(
                contract,
                cards.get(contract.contract_id, ()),
                certified.get(contract.contract_id),
            )
            for contract in self.contracts.by_ids(contract_ids)
        ]

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
