"""What a station or its CPMS claims: this identification, at this place."""

from dataclasses import dataclass
from datetime import datetime

from authorization.model.access_token import TokenKind, TokenUid
from authorization.model.certificate_hash import CertificateHash
from authorization.model.outcome import AuthorizeCertificateStatus, EvidenceKind, ReasonCode
from foundation.identifiers import Emaid, EvccId20, EvseId, Mac, Vin


@dataclass(frozen=True, slots=True)
class CertificateClaim:
    """A contract certificate for an EMAID: its chain (DER, leaf first), or hashes of it.

    Where a station sends both, the chain decides: it is checked wholly, hashes are weak evidence.
    """

    emaid: Emaid
    chain: tuple[bytes, ...] = ()
    hashes: tuple[CertificateHash, ...] = ()

    def __post_init__(self) -> None:
        if not self.chain and not self.hashes:
            raise ValueError("an EMAID with neither chain nor hashes is an EmaidClaim")


@dataclass(frozen=True, slots=True)
class EmaidClaim:
    """An EMAID alone; anybody who saw an invoice can make this claim."""

    emaid: Emaid


@dataclass(frozen=True, slots=True)
class VehicleClaim:
    """A vehicle's identifier (Autocharge)."""

    identifier: Mac | EvccId20 | Vin


@dataclass(frozen=True, slots=True)
class TokenClaim:
    """The uid of an RFID card, or of a driver's app account."""

    kind: TokenKind
    uid: TokenUid


@dataclass(frozen=True, slots=True)
class AdHocClaim:
    """A driver without any contract, who wants to pay at the station."""


@dataclass(frozen=True, slots=True)
class UnreadableClaim:
    """Something that a vehicle presented and that nobody can read.

    A station only passes on what it got: OCPP answers it with a status, not with an error.
    """

    kind: EvidenceKind
    certificate_status: AuthorizeCertificateStatus | None
    code: ReasonCode


Identification = (
    CertificateClaim | EmaidClaim | VehicleClaim | TokenClaim | AdHocClaim | UnreadableClaim
)


@dataclass(frozen=True, slots=True)
class Claim:
    """One question: `identification` at a station, which one of `station_id` and `evse_id` names.

    `at` is another time than now to decide for (aware, UTC); only administrators may ask so.
    """

    identification: Identification
    station_id: str | None = None
    evse_id: EvseId | None = None
    at: datetime | None = None

    def __post_init__(self) -> None:
        if (self.station_id is None) == (self.evse_id is None):
            raise ValueError("a claim names its place by a station or by an EVSE, and by one only")


@dataclass(frozen=True, slots=True)
class Place:
    """Where: a station, its one operator (`DEABC`) and the look-up keys of its EVSEs."""

    station_id: str
    operator_id: str
    evses: tuple[str, ...]
