"""What vehicles show of themselves: the vault of their identifiers, and sightings."""

from datetime import timedelta
from functools import cached_property

from autocharge.model.sighting_policy import SightingPolicy
from autocharge.operations.forget_sightings import ForgetSightings
from autocharge.profiles.sighting_policy import load_sighting_policy
from autocharge.store.identifier_vault import IdentifierVault, open_vault
from autocharge.store.sightings import SqlSightingLimit, SqlSightingReader, SqlSightingRemains
from server.housekeeping import Chore
from server.wiring_stations import StationServices


class SightingServices(StationServices):
    """Identifiers of vehicles and where they were read."""

    @cached_property
    def vault(self) -> IdentifierVault:
        """Keyed hashes and ciphertexts of vehicle identifiers; made with its first pepper."""
        return open_vault(self.database, self.sealer, self.clock)

    @cached_property
    def sighting_policy(self) -> SightingPolicy:
        """How much is noted, and for how long."""
        return load_sighting_policy()

    @cached_property
    def sighting_reader(self) -> SqlSightingReader:
        """Sightings, to read."""
        return SqlSightingReader(self.database, self.vault)

    @cached_property
    def sighting_limit(self) -> SqlSightingLimit:
        """How much may still be noted."""
        return SqlSightingLimit(self.database, self.sighting_policy)

    def sighting_chores(self) -> tuple[Chore, ...]:
        """Deletes sightings by age."""
        forget = ForgetSightings(SqlSightingRemains(self.database), self.sighting_policy)
        return (Chore("sightings", timedelta(minutes=1), forget),)
