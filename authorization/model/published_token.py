"""Our own drivers' tokens as OCPI partners see them: cards and app accounts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from authorization.model.access_token import TokenKind
from authorization.model.foreign_token import ForeignToken, TokenName, TokenType, Whitelist

OWN = "own"
"""The partner id of a token that is ours."""

LONGEST_REST = timedelta(hours=1)
FIRST_REST = timedelta(seconds=10)
GIVE_UP_AFTER = timedelta(days=7)
"""How patiently a change is told; own judgement. A partner that was away longer pulls the list."""

_TYPES = {TokenKind.RFID: TokenType.RFID, TokenKind.APP: TokenType.APP_USER}


@dataclass(frozen=True, slots=True)
class PublishedToken:
    """One token of ours at the time `changed_at`; not `valid`: blocked or removed.

    A vehicle (Autocharge) and an EMAID are never published: they are authorised in real time.
    """

    token_id: str
    kind: TokenKind
    uid: str
    contract_id: str
    provider_id: str
    valid: bool
    changed_at: datetime

    def value(self, emaid: str, issuer: str) -> ForeignToken:
        """Return OCPI's Token object of it: to be authorised in real time, whatever it says.

        What a contract's suspension changes shows in the real-time answer alone.
        """
        return ForeignToken(
            partner_id=OWN,
            name=TokenName(self.provider_id, _TYPES[self.kind], self.uid),
            contract_id=emaid,
            issuer=issuer,
            valid=self.valid,
            whitelist=Whitelist.NEVER,
            last_updated=self.changed_at,
        )


def rest_after(attempts: int) -> timedelta:
    """Return how long to wait after so many failed attempts: twice as long each time."""
    doublings = min(max(attempts - 1, 0), 20)
    return min(FIRST_REST * (1 << doublings), LONGEST_REST)
