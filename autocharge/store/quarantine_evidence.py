"""What the check of uniqueness looks up in the sightings, once something contradicts itself."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Integer, bindparam, select

from autocharge.model.enrolment import Identifier
from autocharge.model.sighting import Place, Sighting, Source
from autocharge.store.identifier_vault import IdentifierVault, digest_matches
from autocharge.store.sightings import SqlSightingReader
from autocharge.store.tables import sightings
from foundation.database import Database, Instant

_OLDEST = 1000
_MESSAGES = 50

_oldest = (
    select(
        sightings.c.seen_at,
        sightings.c.station_id,
        sightings.c.operator_id,
        sightings.c.source,
    )
    .where(
        digest_matches(sightings.c.digest),
        sightings.c.accepted,
        sightings.c.seen_at < bindparam("before", type_=Instant),
    )
    .order_by(sightings.c.seen_at)
    .limit(bindparam("limit", type_=Integer))
)


class SqlAcceptedBefore:
    """`AcceptedBefore`: the thousand oldest readings that are still kept."""

    def __init__(self, database: Database, vault: IdentifierVault) -> None:
        self._database = database
        self._vault = vault

    def __call__(self, identifier: Identifier, before: datetime) -> Sequence[Sighting]:
        """Return the oldest readings of the identifier before a time that were accepted."""
        digests = self._vault.digest_values(identifier)
        rows = self._database.fetch(_oldest, {**digests, "before": before, "limit": _OLDEST})
        return [
            Sighting(
                row.seen_at,
                Place(row.station_id, row.operator_id),
                Source(row.source),
                accepted=True,
            )
            for row in rows
        ]


class SqlReadTogether:
    """`ReadTogether`: the identifier's fifty newest messages."""

    def __init__(self, sightings: SqlSightingReader) -> None:
        self._sightings = sightings

    def __call__(self, identifier: Identifier) -> Sequence[tuple[Identifier, Sighting]]:
        """Return what stood in one message with the identifier, itself included."""
        seen = self._sightings.seen_with(identifier, _MESSAGES)
        return [(one.identifier, one.sighting) for one in seen]
