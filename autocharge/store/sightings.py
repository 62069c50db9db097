"""Sightings in the database: written with decisions, read for the risk, deleted by age."""

import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
)

from autocharge.model.enrolment import Identifier, IdentifierKind, kind_of
from autocharge.model.noted import NotedIdentifiers, SeenIdentifier
from autocharge.model.sighting import Place, Sighting, Source
from autocharge.model.sighting_policy import SightingPolicy
from autocharge.store.identifier_vault import IdentifierVault, digest_matches
from autocharge.store.tables import enrolments, sightings
from foundation.database import Database, Instant, Row
from foundation.lookup import Lookup
from foundation.short_cache import LIFETIME_SECONDS

_RECORD = "sighting"  # what the sealed spelling is bound to

_insert = insert(sightings)
_limit = bindparam("limit", type_=Integer)
_columns = (
    sightings.c.seen_at,
    sightings.c.station_id,
    sightings.c.operator_id,
    sightings.c.latitude,
    sightings.c.longitude,
    sightings.c.evse_id,
    sightings.c.source,
    sightings.c.accepted,
    sightings.c.reference,
)
_with_identifiers = select(
    *_columns,
    sightings.c.sighting_id,
    sightings.c.kind,
    sightings.c.sealed,
    sightings.c.enrolment_id,
)
_newest_first = sightings.c.seen_at.desc()


def _newest(which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(sightings.c.sighting_id, *_columns)
        .where(which, sightings.c.accepted == bindparam("accepted", type_=Boolean))
        .order_by(_newest_first)
        .limit(_limit)
    )


# by equality alone are rows read in the index's order: whoever is refused a thousand times makes
# nobody sort a thousand rows. There are two peppers while one of them is replaced only.
_newest_of_one = _newest(sightings.c.digest == bindparam("digest_0"))
_newest_of_two = _newest(digest_matches(sightings.c.digest))


def sighting_rows(vault: IdentifierVault, noted: NotedIdentifiers) -> list[Row]:
    """Return the rows of one message for `Database.append`, one an identifier."""
    sighting, place = noted.sighting, noted.sighting.place
    rows = []
    for position, identifier in enumerate(noted.identifiers):
        sighting_id = f"{noted.message_id}:{position}"
        stamp = vault.stamp(identifier)
        values = {
            "sighting_id": sighting_id,
            "seen_at": sighting.seen_at,
            "kind": kind_of(identifier).value,
            "digest": stamp.digest,
            "key_id": stamp.key_id,
            "sealed": vault.seal(sighting_id, identifier, _RECORD),
            "source": sighting.source.value,
            "station_id": place.station_id,
            "operator_id": place.operator_id,
            "latitude": place.latitude,
            "longitude": place.longitude,
            "evse_id": place.evse_id,
            "accepted": sighting.accepted,
            "enrolment_id": noted.enrolment_id,
            "reference": sighting.reference,
        }
        rows.append(Row(_insert, values))
    return rows


class SqlSightingLog:
    """`SightingLog` by group commit."""

    def __init__(self, database: Database, vault: IdentifierVault) -> None:
        self._database = database
        self._vault = vault

    def append(self, noted: NotedIdentifiers) -> None:
        """Keep the sightings; durable on return, in a transaction shared with others."""
        self._database.append(*sighting_rows(self._vault, noted))


class SqlSightingReader:
    """`SightingReader` on AUTOCOMMIT connections."""

    def __init__(self, database: Database, vault: IdentifierVault) -> None:
        self._database = database
        self._vault = vault

    def newest_lookup(
        self, identifier: Identifier, limit: int, *, accepted: bool
    ) -> Lookup[Sequence[Sighting]]:
        """Look for up to `limit` sightings that were accepted, or were not, newest first."""
        digests = self._vault.digests(identifier)
        asked = {"accepted": accepted, "limit": limit}
        if len(digests) == 1:
            return Lookup(_newest_of_one, {"digest_0": digests[0], **asked}, _sightings)
        values = {**self._vault.digest_values(identifier), **asked}
        return Lookup(_newest_of_two, values, _sightings)

    def newest(self, identifier: Identifier, limit: int) -> Sequence[Sighting]:
        """Return up to `limit` sightings of the identifier, newest first."""
        found = [_sighting(row) for row in self._newest_rows(identifier, limit)]
        return tuple(sorted(found, key=lambda one: one.seen_at, reverse=True)[:limit])

    def _newest_rows(self, identifier: Identifier, limit: int) -> list[Any]:
        lookups = (
            self.newest_lookup(identifier, limit, accepted=accepted) for accepted in (True, False)
        )
        return [row for one in lookups for row in self._database.fetch(one.statement, one.values)]

    def unmatched_at(
        self, station_id: str, since: datetime, until: datetime, limit: int
    ) -> Sequence[SeenIdentifier]:
        """Return sightings at a station, of identifiers that nobody had enrolled then."""
        return self._seen(
            _with_identifiers.where(
                sightings.c.station_id == station_id,
                sightings.c.enrolment_id.is_(None),
                sightings.c.seen_at.between(since, until),
            )
            .order_by(_newest_first)
            .limit(limit)
        )

    def seen_with(self, identifier: Identifier, limit: int) -> Sequence[SeenIdentifier]:
        """Return what was read in the identifier's newest `limit` messages, itself included."""
        rows = sorted(self._newest_rows(identifier, limit), key=lambda row: row.seen_at)
        if not rows:
            return ()
        messages = {row.sighting_id.partition(":")[0] for row in rows[-limit:]}
        together = (
            sightings.c.sighting_id.between(f"{message_id}:", f"{message_id}:~")
            for message_id in messages
        )
        return self._seen(
            _with_identifiers.where(or_(*together)).order_by(_newest_first, sightings.c.sighting_id)
        )

    def of_station(
        self, station_id: str, before: datetime | None, limit: int
    ) -> Sequence[SeenIdentifier]:
        """Return up to `limit` sightings at a station, newest first, earlier than `before`."""
        return self._page(sightings.c.station_id == station_id, before, limit)

    def of_enrolment(
        self, enrolment_id: str, before: datetime | None, limit: int
    ) -> Sequence[SeenIdentifier]:
        """Return up to `limit` sightings that resolved to an enrolment, newest first."""
        with self._database.read() as connection:
            row = connection.execute(
                select(enrolments.c.kind, enrolments.c.sealed).where(
                    enrolments.c.enrolment_id == enrolment_id
                )
            ).first()
        if row is None:
            return ()
        identifier = self._vault.open(enrolment_id, IdentifierKind(row.kind), row.sealed)
        # the two may have been hashed under different peppers
        own = sightings.c.digest.in_(self._vault.digests(identifier))
        return self._page(own & (sightings.c.enrolment_id == enrolment_id), before, limit)

    def _page(
        self, which: ColumnElement[bool], before: datetime | None, limit: int
    ) -> Sequence[SeenIdentifier]:
        statement = _with_identifiers.where(which).order_by(_newest_first).limit(limit)
        if before is not None:
            statement = statement.where(sightings.c.seen_at < before)
        return self._seen(statement)

    def _seen(self, statement: Select[*tuple[Any, ...]]) -> Sequence[SeenIdentifier]:
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return tuple(
            SeenIdentifier(
                row.sighting_id,
                self._vault.open(row.sighting_id, IdentifierKind(row.kind), row.sealed, _RECORD),
                _sighting(row),
                row.enrolment_id,
            )
            for row in rows
        )


def _sightings(rows: Sequence[Any]) -> Sequence[Sighting]:
    return tuple(_sighting(row) for row in rows)


_SOURCES = {source.value: source for source in Source}
_place = lru_cache(maxsize=4096)(Place)  # a vehicle is mostly where it was before


def _sighting(row: Any) -> Sighting:
    return Sighting(
        seen_at=row.seen_at,
        place=_place(row.station_id, row.operator_id, row.latitude, row.longitude, row.evse_id),
        source=_SOURCES[row.source],
        accepted=bool(row.accepted),
        reference=row.reference,
    )


def _count(*which: ColumnElement[bool]) -> Select[int]:
    """Return a count that stops at its limit: nobody waits for what is far past it."""
    counted = (
        select(sightings.c.seen_at)
        .where(*which, sightings.c.seen_at > bindparam("since", type_=Instant))
        .limit(_limit)
        .subquery()
    )
    return select(func.count().label("count")).select_from(counted)


_unknown_at_station = _count(
    sightings.c.station_id == bindparam("station_id"), sightings.c.enrolment_id.is_(None)
)
_unknown_of_operator = _count(
    sightings.c.operator_id == bindparam("operator_id"), sightings.c.enrolment_id.is_(None)
)
_reported_at_station = _count(
    sightings.c.station_id == bindparam("station_id"), sightings.c.reference.is_(None)
)


class SqlSightingLimit:
    """`SightingLimit`: counts what is stored, so that all processes share one limit.

    Requests that are answered at the same moment may each find room: the bound is exceeded by
    those on their way at most. Who is past the limit is remembered for half a second, so that a
    flood costs no counting.
    """

    def __init__(
        self,
        database: Database,
        policy: SightingPolicy,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._policy = policy
        self._monotonic = monotonic
        self._past: dict[tuple[str, str], float] = {}

    def wait_for_unknown(self, place: Place, now: datetime) -> int | None:
        """Return the seconds to wait where the place has had its share of unknown identifiers."""
        return self._wait(
            ("station", place.station_id),
            _unknown_at_station,
            {"station_id": place.station_id, "limit": self._policy.unknown_per_station},
            now,
        ) or self._wait(
            ("operator", place.operator_id),
            _unknown_of_operator,
            {"operator_id": place.operator_id, "limit": self._policy.unknown_per_operator},
            now,
        )

    def wait_for_reported(self, place: Place, now: datetime) -> int | None:
        """Return the seconds to wait where the station has reported its share of sightings."""
        return self._wait(
            ("reported", place.station_id),
            _reported_at_station,
            {"station_id": place.station_id, "limit": self._policy.reported_per_station},
            now,
        )

    def _wait(
        self, who: tuple[str, str], statement: Select[int], values: dict[str, Any], now: datetime
    ) -> int | None:
        wait = max(1, math.ceil(self._policy.window / timedelta(seconds=1)))
        known = self._past.get(who)
        if known is not None and self._monotonic() - known < LIFETIME_SECONDS:
            return wait
        since = now - self._policy.window
        [(count,)] = self._database.fetch(statement, {**values, "since": since})
        if count < values["limit"]:
            return None
        if len(self._past) > _REMEMBERED:
            self._past.clear()
        self._past[who] = self._monotonic()
        return wait


_REMEMBERED = 4096  # stations and operators past their limit, in one process


class SqlSightingRemains:
    """`SightingRemains`, each batch a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def delete_unmatched(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` sightings that resolved to nothing; return how many."""
        return self._delete(
            select(sightings.c.sighting_id)
            .where(sightings.c.enrolment_id.is_(None), sightings.c.seen_at < before)
            .order_by(sightings.c.seen_at)
            .limit(limit)
        )

    def delete_all(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` sightings, whatever they resolved to; return how many."""
        return self._delete(
            # ids begin with the time: the oldest stand first, and those alone are read
            select(sightings.c.sighting_id)
            .where(sightings.c.sighting_id < first_id_of(before), sightings.c.seen_at < before)
            .order_by(sightings.c.sighting_id)
            .limit(limit)
        )

    def _delete(self, ids: Select[str]) -> int:
        with self._database.write() as connection:
            found = connection.scalars(ids).all()
            if found:
                connection.execute(delete(sightings).where(sightings.c.sighting_id.in_(found)))
                connection.commit()
        return len(found)


def first_id_of(moment: datetime) -> str:
    """Return a text that no id of TimeOrderedIds made before `moment` is greater than."""
    milliseconds = math.floor(moment.timestamp() * 1000)
    digits = f"{milliseconds & (1 << 48) - 1:012x}"
    return f"{digits[:8]}-{digits[8:]}-7"
