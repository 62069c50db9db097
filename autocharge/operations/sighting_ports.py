"""What sightings need from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from autocharge.model.enrolment import Identifier
from autocharge.model.noted import NotedIdentifiers, SeenIdentifier
from autocharge.model.sighting import Place, Sighting
from foundation.lookup import Lookup


class NewestSightings(Protocol):
    """Where an identifier was read lately, to be asked together with other things."""

    def newest_lookup(
        self, identifier: Identifier, limit: int, *, accepted: bool
    ) -> Lookup[Sequence[Sighting]]:
        """Look for up to `limit` sightings that were accepted, or were not, newest first."""


class SightingReader(Protocol):
    """Committed sightings, read outside any unit of work."""

    def newest(self, identifier: Identifier, limit: int) -> Sequence[Sighting]:
        """Return up to `limit` sightings of the identifier, newest first."""

    def unmatched_at(
        self, station_id: str, since: datetime, until: datetime, limit: int
    ) -> Sequence[SeenIdentifier]:
        """Return sightings at a station, of identifiers that nobody had enrolled then.

        At most `limit` of those from `since` to `until`, both included, newest first.
        """

    def seen_with(self, identifier: Identifier, limit: int) -> Sequence[SeenIdentifier]:
        """Return what was read in the identifier's newest `limit` messages, itself included."""

    def of_station(
        self, station_id: str, before: datetime | None, limit: int
    ) -> Sequence[SeenIdentifier]:
        """Return up to `limit` sightings at a station, newest first, earlier than `before`."""

    def of_enrolment(
        self, enrolment_id: str, before: datetime | None, limit: int
    ) -> Sequence[SeenIdentifier]:
        """Return up to `limit` sightings that resolved to an enrolment, newest first.

        Only those of the enrolment's own identifier, earlier than `before`.
        """


class SightingLog(Protocol):
    """Where sightings are kept that no decision is kept with."""

    def append(self, noted: NotedIdentifiers) -> None:
        """Keep the sightings; durable on return, in a transaction shared with others."""


class SightingLimit(Protocol):
    """How much is noted in the window that ends now, counted over all processes."""

    def wait_for_unknown(self, place: Place, now: datetime) -> int | None:
        """Return the seconds to wait where the place has had its share of unknown identifiers.

        None where one more may be noted: for the station and for its operator.
        """

    def wait_for_reported(self, place: Place, now: datetime) -> int | None:
        """Return the seconds to wait where the station has reported its share of sightings."""


class SightingRemains(Protocol):
    """Old sightings, to delete."""

    def delete_unmatched(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` sightings that resolved to nothing; return how many."""

    def delete_all(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` sightings, whatever they resolved to; return how many."""
