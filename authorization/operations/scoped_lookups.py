"""Look-ups that see no more than one question of a partner is about."""

from collections.abc import Collection
from dataclasses import dataclass

from authorization.model.access_token import AccessToken, TokenKind, TokenUid
from authorization.model.claim import Place
from authorization.operations.ports import Resolve, TokenFinder
from autocharge.model.enrolment import Identifier
from autocharge.model.resolution import Conflicting, Resolution, Unknown

NOWHERE = "-"
"""The station of a question that names no place."""


@dataclass(frozen=True, slots=True)
class OnePlace:
    """A station directory that knows the one place of a question."""

    place: Place

    def by_station(self, _station_id: str) -> Place | None:
        """Return the place."""
        return self.place

    def by_evse(self, _evse_key: str) -> Place | None:
        """Return the place."""
        return self.place


@dataclass(frozen=True, slots=True)
class TokensOf:
    """Cards and app accounts of the providers that may be asked about (None: all)."""

    tokens: TokenFinder
    shown: Collection[str] | None

    def find(self, kind: TokenKind, uid: TokenUid) -> AccessToken | None:
        """Return the token, None for another provider's."""
        token = self.tokens.find(kind, uid)
        return token if token is not None and is_shown(token.provider_id, self.shown) else None


@dataclass(frozen=True, slots=True)
class VehiclesOf:
    """Enrolments for contracts of the providers that may be asked about.

    Of a vehicle that several providers claim the partner learns nothing.
    """

    resolve: Resolve
    shown: Collection[str] | None

    def __call__(self, identifier: Identifier, operator_id: str | None) -> Resolution:
        """Return what the identifier resolves to, Unknown for another provider's."""
        found = self.resolve(identifier, operator_id)
        if isinstance(found, Unknown | Conflicting):
            return Unknown(found.signals)
        return found if is_shown(found.emaid.provider_id, self.shown) else Unknown(found.signals)


def is_shown(provider_id: str, shown: Collection[str] | None) -> bool:
    """Whether a provider may be asked about."""
    return shown is None or provider_id in shown
