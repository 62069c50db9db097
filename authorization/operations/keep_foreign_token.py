"""Keep the tokens that roaming partners push or list, and the newest state of each only."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from authorization.model.foreign_token import FURTHEST_AHEAD, ForeignToken, TokenName, is_outdated
from authorization.model.partner import Partner
from authorization.operations.foreign_token_ports import (
    ForeignTokenUnitOfWork,
    OpenForeignTokens,
    SpeaksFor,
    StoredToken,
)
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event


class Kept(StrEnum):
    """What became of a pushed token."""

    CREATED = "created"
    UPDATED = "updated"
    OUTDATED = "outdated"  # a newer state is stored: this one came late and was not taken


@dataclass(frozen=True, slots=True)
class KeptMany:
    """How many of several were stored, new or changed, and how many were not this partner's to say.

    The rest was stored in this state or a newer one already.
    """

    taken: int
    refused: int


@dataclass(frozen=True, slots=True)
class KeepForeignToken:
    """Store what partners push about tokens of the providers that they speak for."""

    open_unit_of_work: OpenForeignTokens
    speaks_for: SpeaksFor
    clock: Clock

    def put(self, partner: Partner, token: ForeignToken) -> Kept:
        """Store the token whole, or replace its older state.

        Raises ServiceError NOT_FOUND (`token_not_yours`) for a provider that the partner does not
        speak for, INVALID (`last_updated_ahead`), CONFLICT (`too_many_tokens`).
        """
        self._require_own(partner, token.name)
        self._require_past(token.last_updated)
        for _ in range(2):  # whoever is overtaken by a new token's twin finds it stored
            with self.open_unit_of_work() as work:
                stored = work.foreign_tokens.lock(partner.partner_id, token.name)
                if stored is None:
                    new = StoredToken(str(uuid.uuid4()), token)
                    if work.foreign_tokens.add(new):
                        return self._done(work, "foreign_token.added", new, Kept.CREATED)
                    continue
                if is_outdated(stored.token, token.last_updated):
                    return Kept.OUTDATED
                after = StoredToken(stored.token_id, token)
                work.foreign_tokens.replace(after)
                return self._done(work, "foreign_token.changed", after, Kept.UPDATED)
        raise ServiceError(Kind.UNAVAILABLE, "token_contended", "send the token again")

    def put_many(self, partner: Partner, tokens: Sequence[ForeignToken]) -> KeptMany:
        """Store a page of what the partner lists, in one transaction; never raises for a token.

        In the order of their keys, so that two who store the same ones do not wait crosswise.
        """
        own = sorted(
            (token for token in tokens if self._refusal(partner, token) is None),
            key=lambda token: (token.name.provider_id, token.name.type, token.name.key),
        )
        taken, full = 0, 0
        with self.open_unit_of_work() as work:
            for at, token in enumerate(own):
                try:
                    taken += self._lay(work, token)
                except ServiceError:  # no more room for this partner's
                    full = len(own) - at
                    break
            work.commit()
        return KeptMany(taken, len(tokens) - len(own) + full)

    def _lay(self, work: ForeignTokenUnitOfWork, token: ForeignToken) -> bool:
        stored = work.foreign_tokens.lock(token.partner_id, token.name)
        if stored is None:
            new = StoredToken(str(uuid.uuid4()), token)
            # whoever was faster stored what it had just been told
            added = work.foreign_tokens.add(new)
            if added:
                self._tell(work, "foreign_token.added", new)
            return added
        if stored.token == token or is_outdated(stored.token, token.last_updated):
            return False
        after = StoredToken(stored.token_id, token)
        work.foreign_tokens.replace(after)
        self._tell(work, "foreign_token.changed", after)
        return True

    def _refusal(self, partner: Partner, token: ForeignToken) -> ServiceError | None:
        try:
            self._require_own(partner, token.name)
            self._require_past(token.last_updated)
        except ServiceError as refusal:
            return refusal
        return None

    def patch(
        self,
        partner: Partner,
        name: TokenName,
        last_updated: datetime,
        changes: Mapping[str, object],
    ) -> Kept:
        """Lay `changes` (field of ForeignToken -> new value) over the stored state.

        Raises as `put`, and NOT_FOUND (`token_not_found`): the partner has to PUT it first.
        """
        self._require_own(partner, name)
        self._require_past(last_updated)
        with self.open_unit_of_work() as work:
            stored = work.foreign_tokens.lock(partner.partner_id, name)
            if stored is None:
                raise ServiceError(
                    Kind.NOT_FOUND, "token_not_found", "there is no such token here; PUT it whole"
                )
            if is_outdated(stored.token, last_updated):
                return Kept.OUTDATED
            changed = stored.token.changed({**changes, "last_updated": last_updated})
            after = StoredToken(stored.token_id, changed)
            work.foreign_tokens.replace(after)
            return self._done(work, "foreign_token.changed", after, Kept.UPDATED)

    def _require_own(self, partner: Partner, name: TokenName) -> None:
        if not self.speaks_for(partner, name.provider_id):
            raise ServiceError(
                Kind.NOT_FOUND,
                "token_not_yours",
                "tokens of this party are not yours to push; ask the administrator to register it",
            )

    def _require_past(self, last_updated: datetime) -> None:
        if last_updated > self.clock() + FURTHEST_AHEAD:
            raise ServiceError(
                Kind.INVALID,
                "last_updated_ahead",
                "last_updated lies in the future; check the clock, then send the token again",
                {"last_updated": "in the future"},
            )

    def _done(
        self, work: ForeignTokenUnitOfWork, happened: str, stored: StoredToken, kept: Kept
    ) -> Kept:
        self._tell(work, happened, stored)
        work.commit()
        return kept

    def _tell(self, work: ForeignTokenUnitOfWork, happened: str, stored: StoredToken) -> None:
        token = stored.token
        work.events.append(
            Event(
                happened,
                self.clock(),
                f"partner:{token.partner_id}",
                (token.name.provider_id,),
                {"token_id": stored.token_id, "partner_id": token.partner_id},
            )
        )
