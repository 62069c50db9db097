"""What was found behind a claim, as the decision sees it."""

from dataclasses import dataclass

from authorization.model.access_token import AccessToken, TokenKind
from authorization.model.claim import EmaidClaim, UnreadableClaim
from authorization.model.partner_answer import PartnerWord
from authorization.model.vehicle_risk import VehicleRisk
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
    """What a vehicle's identifier resolved to, and its risk where an active contract stands there.

    `risk` is None where the answer is a refusal without it.
    """

    resolution: Resolution
    risk: VehicleRisk | None = None


@dataclass(frozen=True, slots=True)
class TokenEvidence:
    """The registered token of a uid, None where there is none."""

    kind: TokenKind
    token: AccessToken | None


@dataclass(frozen=True, slots=True)
class RoamingEvidence:
    """What was presented for a contract that is not kept here, and what its partner said of it.

    A partner never saw the certificate: the verdict on it is ours alone. A vehicle is one that
    nobody enrolled here.
    """

    presented: ChainEvidence | HashEvidence | TokenEvidence | AutochargeEvidence
    word: PartnerWord


@dataclass(frozen=True, slots=True)
class AdHocEvidence:
    """A driver without a contract, and whether the place takes one that came in this way."""

    offered: bool


Evidence = (
    ChainEvidence
    | HashEvidence
    | AutochargeEvidence
    | TokenEvidence
    | RoamingEvidence
    | EmaidClaim
    | AdHocEvidence
    | UnreadableClaim
)
"""Of EmaidClaim and UnreadableClaim the claim is all the evidence there is."""
