"""First sessions and proposals in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, func, select, update
from sqlalchemy import Row as ResultRow
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from autocharge.model.enrolment import Identifier, IdentifierKind
from autocharge.model.first_session import Reading, SessionStart
from autocharge.model.proposal import Proposal, ProposalState, ProposedSession
from autocharge.operations.proposal_ports import StoredProposal
from autocharge.operations.sighting_ports import SightingReader
from autocharge.store.identifier_vault import IdentifierVault, WritingVault, digest_matches
from autocharge.store.proposal_tables import proposal_sessions, proposals, session_starts
from foundation.database import Database
from foundation.identifiers import Emaid

_RECORD = "proposal"  # what the sealed identifier is bound to
_OPEN = ProposalState.OPEN.value

# a violated constraint would leave values in PostgreSQL's own log; both dialects compile these
_insert = insert_or_skip(proposals).on_conflict_do_nothing().returning(proposals.c.proposal_id)
_insert_session = (
    insert_or_skip(proposal_sessions)
    .on_conflict_do_nothing()
    .returning(proposal_sessions.c.session_id)
)
_insert_start = insert_or_skip(session_starts).on_conflict_do_nothing()
_of_identifier = (
    select(proposals)
    .where(digest_matches(proposals.c.digest))
    .order_by(proposals.c.proposal_id)
    .with_for_update()
)

AnyRow = ResultRow[*tuple[Any, ...]]


def _proposal(row: AnyRow) -> Proposal:
    return Proposal(
        row.proposal_id,
        IdentifierKind(row.kind),
        Emaid.parse(row.emaid),
        ProposalState(row.state),
        row.opened_at,
        row.lapses_at,
        row.sessions,
        row.closed_at,
        row.enrolment_id,
    )


def _start(row: AnyRow) -> SessionStart:
    return SessionStart(
        row.session_id, Emaid.parse(row.emaid), row.station_id, row.evse_id, row.started_at
    )


class SightingReadings:
    """`UnmatchedReadings` over stored sightings."""

    def __init__(self, sightings: SightingReader) -> None:
        self._sightings = sightings

    def __call__(
        self, station_id: str, since: datetime, until: datetime, limit: int
    ) -> Sequence[Reading]:
        """Return readings at a station of identifiers that nobody had enrolled."""
        return [
            Reading(
                seen.message_id,
                seen.identifier,
                seen.sighting.place.station_id,
                seen.sighting.place.evse_id,
                seen.sighting.seen_at,
            )
            for seen in self._sightings.unmatched_at(station_id, since, until, limit)
        ]


class SqlSessionStarts:
    """`SessionStarts`, each call a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, start: SessionStart) -> None:
        """Keep a start; a session that is known already changes nothing."""
        with self._database.write() as connection:
            connection.execute(
                _insert_start.values(
                    session_id=start.session_id,
                    emaid=start.emaid.key,
                    station_id=start.station_id,
                    evse_id=start.evse_id,
                    started_at=start.started_at,
                )
            )
            connection.commit()

    def due(self, before: datetime, limit: int) -> Sequence[SessionStart]:
        """Return up to `limit` starts from before that were not looked at yet, oldest first."""
        waiting = (
            select(session_starts)
            .where(session_starts.c.started_at <= before, session_starts.c.looked_at.is_(None))
            .order_by(session_starts.c.started_at)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [_start(row) for row in connection.execute(waiting)]

    def at_station(
        self, station_id: str, since: datetime, until: datetime, limit: int
    ) -> Sequence[SessionStart]:
        """Return up to `limit` starts at a station, looked at or not."""
        there = (
            select(session_starts)
            .where(
                session_starts.c.station_id == station_id,
                session_starts.c.started_at.between(since, until),
            )
            .limit(limit)
        )
        with self._database.read() as connection:
            return [_start(row) for row in connection.execute(there)]

    def looked_at(self, session_ids: Sequence[str], now: datetime) -> None:
        """Note that these were looked at."""
        with self._database.write() as connection:
            connection.execute(
                update(session_starts)
                .where(session_starts.c.session_id.in_(session_ids))
                .values(looked_at=now)
            )
            connection.commit()

    def forget(self, before: datetime) -> None:
        """Delete what was looked at and began earlier."""
        with self._database.write() as connection:
            connection.execute(
                delete(session_starts).where(
                    session_starts.c.started_at < before, session_starts.c.looked_at.is_not(None)
                )
            )
            connection.commit()


class SqlProposals:
    """`ProposalRepository` on a connection whose transaction the operation commits."""

    def __init__(
        self, connection: Connection, vault: WritingVault, reading: IdentifierVault
    ) -> None:
        self._connection = connection
        self._vault = vault
        self._reading = reading

    def add(self, proposal: Proposal, identifier: Identifier) -> bool:
        """Store a new proposal; False where the pair has an open one."""
        stamp = self._vault.stamp(identifier)
        values = {
            "proposal_id": proposal.proposal_id,
            "kind": proposal.kind.value,
            "digest": stamp.digest,
            "key_id": stamp.key_id,
            "sealed": self._vault.seal(proposal.proposal_id, identifier, _RECORD),
            "emaid": proposal.emaid.key,
            "provider_id": proposal.provider_id,
            "state": proposal.state.value,
            "opened_at": proposal.opened_at,
            "lapses_at": proposal.lapses_at,
            "sessions": proposal.sessions,
        }
        return self._connection.execute(_insert, values).first() is not None

    def lock(self, proposal_id: str) -> Proposal | None:
        """Return the proposal and keep others from changing it until the unit of work ends."""
        one = select(proposals).where(proposals.c.proposal_id == proposal_id).with_for_update()
        row = self._connection.execute(one).first()
        return None if row is None else _proposal(row)

    def of_identifier(self, identifier: Identifier) -> Sequence[Proposal]:
        """Return every proposal of the identifier that is kept, locked."""
        rows = self._connection.execute(_of_identifier, self._vault.digest_values(identifier))
        return [_proposal(row) for row in rows]

    def count_open(self, emaid: Emaid) -> int:
        """Return how many proposals are open for the contract."""
        count = (
            select(func.count())
            .select_from(proposals)
            .where(proposals.c.emaid == emaid.key, proposals.c.state == _OPEN)
        )
        return self._connection.execute(count).scalar_one()

    def put(self, proposal: Proposal) -> None:
        """Store what changed in a proposal that is locked."""
        self._connection.execute(
            update(proposals)
            .where(proposals.c.proposal_id == proposal.proposal_id)
            .values(
                state=proposal.state.value,
                lapses_at=proposal.lapses_at,
                sessions=proposal.sessions,
                closed_at=proposal.closed_at,
                enrolment_id=proposal.enrolment_id,
            )
        )

    def add_session(self, proposal_id: str, session: ProposedSession) -> bool:
        """Note a session for a proposal; False where it is noted already."""
        values = {
            "proposal_id": proposal_id,
            "session_id": session.session_id,
            "station_id": session.station_id,
            "started_at": session.started_at,
        }
        return self._connection.execute(_insert_session, values).first() is not None

    def sessions(self, proposal_id: str) -> Sequence[ProposedSession]:
        """Return the sessions that speak for a proposal."""
        noted = select(proposal_sessions).where(proposal_sessions.c.proposal_id == proposal_id)
        return [
            ProposedSession(row.session_id, row.station_id, row.started_at)
            for row in self._connection.execute(noted)
        ]

    def overdue(self, now: datetime, limit: int) -> Sequence[Proposal]:
        """Return open proposals past their time, locked, those that others hold passed over."""
        late = (
            select(proposals)
            .where(proposals.c.state == _OPEN, proposals.c.lapses_at <= now)
            .order_by(proposals.c.lapses_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [_proposal(row) for row in self._connection.execute(late)]

    def forget(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` proposals that ended before; return how many."""
        old = list(
            self._connection.execute(
                select(proposals.c.proposal_id).where(proposals.c.closed_at < before).limit(limit)
            ).scalars()
        )
        for table in (proposal_sessions, proposals):
            self._connection.execute(delete(table).where(table.c.proposal_id.in_(old)))
        # an erasure deletes proposals alone
        gone = ~exists().where(proposals.c.proposal_id == proposal_sessions.c.proposal_id)
        self._connection.execute(
            delete(proposal_sessions).where(proposal_sessions.c.started_at < before, gone)
        )
        return len(old)


class SqlProposalReader:
    """`ProposalReader`: each call sees what is committed by then."""

    def __init__(self, database: Database, vault: IdentifierVault) -> None:
        self._database = database
        self._vault = vault

    def find(self, proposal_id: str) -> StoredProposal | None:
        """Return a proposal, or None."""
        one = select(proposals).where(proposals.c.proposal_id == proposal_id)
        with self._database.read() as connection:
            row = connection.execute(one).first()
        return None if row is None else self._stored(row)

    def page(
        self, provider_ids: frozenset[str] | None, after: str | None, limit: int
    ) -> Sequence[StoredProposal]:
        """Return up to `limit` proposals of these providers (None: all) in order of their id."""
        some = select(proposals).order_by(proposals.c.proposal_id).limit(limit)
        if provider_ids is not None:
            some = some.where(proposals.c.provider_id.in_(sorted(provider_ids)))
        if after is not None:
            some = some.where(proposals.c.proposal_id > after)
        with self._database.read() as connection:
            rows = connection.execute(some).all()
        return [self._stored(row) for row in rows]

    def _stored(self, row: AnyRow) -> StoredProposal:
        kind = IdentifierKind(row.kind)
        identifier = self._vault.open(row.proposal_id, kind, row.sealed, _RECORD)
        return StoredProposal(_proposal(row), identifier)
