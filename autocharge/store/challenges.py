"""Owner challenges in the database, and how often claims met a holder."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update
from sqlalchemy import Row as ResultRow
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from autocharge.model.challenge import ASKED_IN_VAIN, Challenge, ChallengeState
from autocharge.model.enrolment import EnrolmentSource, Identifier, IdentifierKind
from autocharge.operations.claim_ports import StoredChallenge
from autocharge.store.claim_tables import challenges, claims_met
from autocharge.store.identifier_vault import IdentifierVault, WritingVault, digest_matches
from foundation.database import Database
from foundation.identifiers import Emaid
from foundation.time_ordered import TimeOrderedIds

_RECORD = "challenge"  # what the sealed identifier is bound to
_OPEN = ChallengeState.OPEN.value

# a violated constraint would leave values in PostgreSQL's own log; both dialects compile this
_insert = insert_or_skip(challenges).on_conflict_do_nothing().returning(challenges.c.challenge_id)
_of_identifier = select(challenges).where(digest_matches(challenges.c.digest))
_open_for = _of_identifier.where(challenges.c.state == _OPEN).with_for_update()
_new_claim_id = TimeOrderedIds()


def _challenge(row: ResultRow[*tuple[Any, ...]]) -> Challenge:
    return Challenge(
        row.challenge_id,
        IdentifierKind(row.kind),
        Emaid.parse(row.claimant_emaid),
        row.claimant_client_id,
        EnrolmentSource(row.source),
        row.holder_provider_id,
        ChallengeState(row.state),
        row.opened_at,
        row.answer_by,
        row.closed_at,
        row.enrolment_id,
    )


class SqlChallenges:
    """`ChallengeRepository` on a connection whose transaction the operation commits."""

    def __init__(
        self, connection: Connection, vault: WritingVault, reading: IdentifierVault
    ) -> None:
        self._connection = connection
        self._vault = vault
        self._reading = reading

    def add(self, challenge: Challenge, identifier: Identifier) -> bool:
        """Store a new challenge; False where another is open for the identifier."""
        stamp = self._vault.stamp(identifier)
        values = {
            "challenge_id": challenge.challenge_id,
            "kind": challenge.kind.value,
            "digest": stamp.digest,
            "key_id": stamp.key_id,
            "sealed": self._vault.seal(challenge.challenge_id, identifier, _RECORD),
            "claimant_emaid": challenge.claimant.key,
            "claimant_provider_id": challenge.claimant_provider_id,
            "claimant_client_id": challenge.claimant_client_id,
            "source": challenge.source.value,
            "holder_provider_id": challenge.holder_provider_id,
            "state": challenge.state.value,
            "opened_at": challenge.opened_at,
            "answer_by": challenge.answer_by,
        }
        return self._connection.execute(_insert, values).first() is not None

    def lock(self, challenge_id: str) -> Challenge | None:
        """Return the challenge and keep others from changing it until the unit of work ends."""
        one = select(challenges).where(challenges.c.challenge_id == challenge_id).with_for_update()
        row = self._connection.execute(one).first()
        return None if row is None else _challenge(row)

    def open_for(self, identifier: Identifier) -> Challenge | None:
        """Return the identifier's open challenge, locked."""
        row = self._connection.execute(_open_for, self._vault.digest_values(identifier)).first()
        return None if row is None else _challenge(row)

    def last_in_vain(self, identifier: Identifier, claimant_provider_id: str) -> Challenge | None:
        """Return the claimant's latest challenge for the identifier that gained it nothing."""
        last = (
            _of_identifier.where(
                challenges.c.claimant_provider_id == claimant_provider_id,
                challenges.c.state.in_(sorted(state.value for state in ASKED_IN_VAIN)),
            )
            .order_by(challenges.c.closed_at.desc())
            .limit(1)
        )
        row = self._connection.execute(last, self._vault.digest_values(identifier)).first()
        return None if row is None else _challenge(row)

    def count_open(self, claimant_provider_id: str) -> int:
        """Return how many challenges of the claimant are open."""
        count = (
            select(func.count())
            .select_from(challenges)
            .where(
                challenges.c.claimant_provider_id == claimant_provider_id,
                challenges.c.state == _OPEN,
            )
        )
        return self._connection.execute(count).scalar_one()

    def put(self, challenge: Challenge) -> None:
        """Store what changed in a challenge that is locked."""
        self._connection.execute(
            update(challenges)
            .where(challenges.c.challenge_id == challenge.challenge_id)
            .values(
                state=challenge.state.value,
                holder_provider_id=challenge.holder_provider_id,
                answer_by=challenge.answer_by,
                closed_at=challenge.closed_at,
                enrolment_id=challenge.enrolment_id,
            )
        )

    def overdue(self, now: datetime, limit: int) -> Sequence[tuple[Challenge, Identifier]]:
        """Return open challenges past their time, locked, those that others hold passed over."""
        late = (
            select(challenges)
            .where(challenges.c.state == _OPEN, challenges.c.answer_by <= now)
            .order_by(challenges.c.answer_by)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = self._connection.execute(late).all()
        return [(_challenge(row), _opened(self._reading, row)) for row in rows]

    def forget(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` challenges that ended before; return how many."""
        old = select(challenges.c.challenge_id).where(challenges.c.closed_at < before).limit(limit)
        return self._connection.execute(
            delete(challenges).where(challenges.c.challenge_id.in_(old))
        ).rowcount


def _opened(vault: IdentifierVault, row: ResultRow[*tuple[Any, ...]]) -> Identifier:
    return vault.open(row.challenge_id, IdentifierKind(row.kind), row.sealed, _RECORD)


class SqlChallengeReader:
    """`ChallengeReader`: each call sees what is committed by then."""

    def __init__(self, database: Database, vault: IdentifierVault) -> None:
        self._database = database
        self._vault = vault

    def find(self, challenge_id: str) -> StoredChallenge | None:
        """Return a challenge, or None."""
        one = select(challenges).where(challenges.c.challenge_id == challenge_id)
        with self._database.read() as connection:
            row = connection.execute(one).first()
        return None if row is None else StoredChallenge(_challenge(row), _opened(self._vault, row))

    def page(
        self, provider_ids: frozenset[str] | None, after: str | None, limit: int
    ) -> Sequence[StoredChallenge]:
        """Return up to `limit` challenges in order of their id, after the id `after`."""
        some = select(challenges).order_by(challenges.c.challenge_id).limit(limit)
        if provider_ids is not None:
            own = sorted(provider_ids)
            some = some.where(
                or_(
                    challenges.c.claimant_provider_id.in_(own),
                    challenges.c.holder_provider_id.in_(own),
                )
            )
        if after is not None:
            some = some.where(challenges.c.challenge_id > after)
        with self._database.read() as connection:
            rows = connection.execute(some).all()
        return [StoredChallenge(_challenge(row), _opened(self._vault, row)) for row in rows]


class SqlClaimCounter:
    """`ClaimCounter` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def since(self, provider_id: str, moment: datetime) -> int:
        """Return how often since `moment`."""
        count = (
            select(func.count())
            .select_from(claims_met)
            .where(claims_met.c.provider_id == provider_id, claims_met.c.at > moment)
        )
        return self._connection.execute(count).scalar_one()

    def add(self, provider_id: str, now: datetime) -> None:
        """Note one more."""
        self._connection.execute(
            insert(claims_met).values(claim_id=_new_claim_id(), provider_id=provider_id, at=now)
        )

    def forget(self, before: datetime) -> None:
        """Delete what is older."""
        self._connection.execute(delete(claims_met).where(claims_met.c.at < before))
