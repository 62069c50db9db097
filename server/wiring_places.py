"""What place, time and use of a contract limit: built on their stores."""

from functools import cached_property

from authorization.api.sites import SiteOperations
from authorization.operations.check_site_access import CheckSiteAccess
from authorization.operations.delete_site import DeleteSite
from authorization.operations.find_limits import AllLimits
from authorization.operations.import_sites import ImportSites
from authorization.operations.keep_access_group import KeepAccessGroup
from authorization.operations.list_sites import ListSites
from authorization.operations.ports import FindLimits
from authorization.operations.restrict_contract import RestrictContract
from authorization.store.restrictions import CheckRestrictions, SqlRestrictionReader
from authorization.store.site_reader import SqlSiteReader
from authorization.store.sites import (
    MemberHash,
    OpenSqlPlaceUnitOfWork,
    SqlMemberships,
)
from authorization.store.tokens import TokenVault, open_token_hash
from contract_service.operations.find import FindContract
from contract_service.store.contracts import SqlContractReader, contract_id_of
from server.wiring_sessions import SessionServices


class PlaceServices(SessionServices):
    """Sites, access groups, restrictions, and what the decision asks for a contract."""

    @cached_property
    def token_vault(self) -> TokenVault:
        """Keyed hashes and ciphertexts of RFID and app tokens; made with its pepper."""
        return TokenVault(open_token_hash(self.database, self.sealer, self.clock), self.sealer)

    @cached_property
    def find_limited(self) -> AllLimits:
        """EMAID or contract id -> contract and what limits it, in one journey."""
        return AllLimits(
            self.database.fetch_together,
            SqlContractReader(self.database).lookup,
            self.limit_checks,
        )

    @cached_property
    def limit_checks(self) -> tuple[FindLimits, ...]:
        """What limits a contract; each check is one look-up in that journey."""
        return (CheckRestrictions(contract_id_of), self.limit_use)

    @cached_property
    def check_site_access(self) -> CheckSiteAccess:
        """Whether sites admit whoever wants to charge there."""
        return CheckSiteAccess(self.memberships)

    @cached_property
    def memberships(self) -> SqlMemberships:
        """Who belongs to which access groups."""
        return SqlMemberships(self.database, self._member_hash)

    @cached_property
    def _member_hash(self) -> MemberHash:
        return MemberHash(self.token_vault)

    @cached_property
    def _place_work(self) -> OpenSqlPlaceUnitOfWork:
        return OpenSqlPlaceUnitOfWork(self.database, self._member_hash, self.outbox)

    @cached_property
    def list_sites(self) -> ListSites:
        """Shows sites and access groups."""
        return ListSites(SqlSiteReader(self.database))

    @cached_property
    def import_sites(self) -> ImportSites:
        """Registers sites."""
        return ImportSites(self._place_work, self.clock)

    @cached_property
    def delete_site(self) -> DeleteSite:
        """Deletes sites."""
        return DeleteSite(self._place_work, self.clock)

    @cached_property
    def keep_access_group(self) -> KeepAccessGroup:
        """Stores and removes access groups."""
        return KeepAccessGroup(self._place_work, self.clock)

    @cached_property
    def restrict_contract(self) -> RestrictContract:
        """Shows, stores and removes what contracts are restricted to."""
        return RestrictContract(
            FindContract(SqlContractReader(self.database)),
            SqlRestrictionReader(self.database),
            self._place_work,
            self.clock,
        )

    @cached_property
    def site_operations(self) -> SiteOperations:
        """What the routes of sites, access groups and restrictions translate for."""
        return SiteOperations(
            list=self.list_sites,
            import_sites=self.import_sites,
            delete=self.delete_site,
            groups=self.keep_access_group,
            restrict=self.restrict_contract,
        )
