"""Show contracts to those whose they are."""

from dataclasses import dataclass

from contract_service.model.contract import Contract, ContractCertificate
from contract_service.operations.access import existing, not_your_provider, readable_emaid
from contract_service.operations.ports import ContractReader
from foundation.identifiers import ProviderId
from foundation.principal import ClientRole, Principal

MAXIMUM_PAGE = 200


@dataclass(frozen=True, slots=True)
class ShownContract:
    """A contract with the certificates recorded for it, latest first."""

    contract: Contract
    certificates: tuple[ContractCertificate, ...]


@dataclass(frozen=True, slots=True)
class ShowContract:
    """Show one contract to its provider, an administrator or an auditor."""

    contracts: ContractReader

    def __call__(self, principal: Principal, emaid: str) -> ShownContract:
        """Return the contract of `emaid` (any spelling); raise MALFORMED, FORBIDDEN, NOT_FOUND."""
        parsed = readable_emaid(principal, emaid)
        contract = existing(self.contracts.find(parsed))
        return ShownContract(contract, self.contracts.certificates(parsed))


@dataclass(frozen=True, slots=True)
class ContractPage:
    """Some contracts in order of their id, and what to ask for the next ones (None: no more)."""

    contracts: tuple[Contract, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class ListContracts:
    """List the contracts of the caller's own providers; administrators and auditors see all."""

    contracts: ContractReader

    def __call__(
        self,
        principal: Principal,
        provider_id: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> ContractPage:
        """Return up to `limit` (at most 200) contracts after the contract id `after`.

        Raises FORBIDDEN for a provider id that is not the caller's, or for a role without any.
        """
        principal.require_role(ClientRole.MO, ClientRole.AUDITOR)
        wanted: frozenset[str] | None
        if provider_id is not None:
            asked = ProviderId.parse(provider_id).value
            if not principal.reads_everything and not principal.acts_for_provider(asked):
                raise not_your_provider()
            wanted = frozenset({asked})
        else:
            wanted = None if principal.reads_everything else principal.provider_ids
        limit = max(1, min(limit, MAXIMUM_PAGE))
        found = self.contracts.page(wanted, after, limit + 1)
        more = len(found) > limit
        page = found[:limit]
        return ContractPage(page, page[-1].contract_id if more else None)
