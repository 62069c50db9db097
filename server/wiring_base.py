"""What every wired operation rests on: settings, clock, database, sealing."""

from functools import cached_property

from authorization.store.tokens import open_token_hash
from foundation.batches import Batches
from foundation.clock import Clock, utc_now
from foundation.database import Database
from foundation.outbox import Outbox
from foundation.sealing import KeyedHash, Sealer
from server.installation import Installation, open_installation
from server.settings import Settings


class BaseServices:
    """The ground of one process.

    `offline_keys` lets this process open keys of roots and of Sub-CA 1: the `ca` commands and
    `init` say so, `serve` and `worker` never do.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        database: Database | None = None,
        installation: Installation | None = None,
        offline_keys: bool = False,
        clock: Clock = utc_now,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.offline_keys = offline_keys
        self._database = database
        self._installation = installation

    @cached_property
    def database(self) -> Database:
        """The one database; a connection for every thread, and some to spare."""
        return self._database or Database(
            self.settings.database_url, pool_size=self.settings.threads + 4
        )

    @cached_property
    def batches(self) -> Batches:
        """Where the hot routes of this process do their work, one at a time."""
        return Batches()

    @cached_property
    def installation(self) -> Installation:
        """The installation, its passphrase checked."""
        return self._installation or open_installation(self.database, self.settings)

    @cached_property
    def sealer(self) -> Sealer:
        """What seals secrets at rest."""
        return self.installation.sealer

    @cached_property
    def outbox(self) -> Outbox:
        """Where every unit of work puts its events."""
        return Outbox(self.sealer)

    @cached_property
    def look_up_hash(self) -> KeyedHash:
        """What cards, app accounts and foreign EMAIDs are looked up by; made with its pepper."""
        return open_token_hash(self.database, self.sealer, self.clock)
