"""What was found behind a claim, as the decision sees it."""

from dataclasses import dataclass

from authorization.model.access_token import AccessToken, TokenKind
from authorization.model.claim import AdHocClaim, EmaidClaim, UnreadableClaim
from autocharge.model.resolution import Resolution
from foundation.identifiers import Emaid
from pki.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class ChainEvidence:
    """A presented chain and what its validation (role: contract certificate) came to."""

    emaid: Emaid
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class HashEvidence:
    """Presented hashes: the verdict on the recorded chain that they name, None where none."""

    emaid: Emaid
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class AutochargeEvidence:
    """What a vehicle's identifier resolved to."""

    resolution: Resolution


@dataclass(frozen=True, slots=True)
class TokenEvidence:
    """The registered token of a uid, None where there is none."""

    kind: TokenKind
    token: AccessToken | None


Evidence = (
    ChainEvidence
    | HashEvidence
    | AutochargeEvidence
    | TokenEvidence
    | EmaidClaim
    | AdHocClaim
    | UnreadableClaim
)
"""The last three need no look-up: such a claim is all the evidence there is."""
