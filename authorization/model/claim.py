"""What a station or its CPMS claims: this identification, at this place."""

from dataclasses import dataclass
from datetime import datetime

from authorization.model.access_token import TokenKind, TokenUid
from authorization.model.certificate_hash import CertificateHash
from authorization.model.connector import ConnectorType
from authorization.model.outcome import AuthorizeCertificateStatus, EvidenceKind, ReasonCode
from authorization.model.site import Access
from autocharge.model.enrolment import Identifier
from autocharge.model.sighting import Source
from contract_service.model.contract import identity
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
    """An EMAID alone; anybody who saw an invoice can make this claim.

    `attested`: a registered partner asks, and answers for its operator's check of the contract
    certificate (OICP PlugAndChargeIdentification): its protocol carries no certificate.
    """

    emaid: Emaid
    attested: bool = False


@dataclass(frozen=True, slots=True)
class VehicleClaim:
    """A vehicle's identifier (Autocharge), and by which way it was read.

    `others` are further identifiers that stood in the same message. `fingerprint_score` is how
    much the station thinks that it is the same vehicle as before, from 0 (a strange one) to 1
    (the same); None where it does not say.
    """

    identifier: Mac | EvccId20 | Vin
    source: Source = Source.JSON_API
    others: tuple[Mac | EvccId20 | Vin, ...] = ()
    fingerprint_score: float | None = None

    @property
    def identifiers(self) -> tuple[Mac | EvccId20 | Vin, ...]:
        """Each identifier once, the claimed one first."""
        return tuple(dict.fromkeys((self.identifier, *self.others)))


@dataclass(frozen=True, slots=True)
class TokenClaim:
    """The uid of an RFID card, or of a driver's app account."""

    kind: TokenKind
    uid: TokenUid


@dataclass(frozen=True, slots=True)
class AdHocClaim:
    """A driver without any contract, let in by the station's own means.

    `kind` is OCPP's idToken type (2.1, IdTokenEnumStringType): `DirectPayment` is a payment
    terminal, `NoAuthorization` a start button, `Local` what the station or a parking system
    gave out, `KeyCode` a PIN.
    """

    kind: str = "DirectPayment"


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


def presented_key(claimed: Identification) -> str | None:
    """Return one text for all spellings of what was presented; None for what names nobody.

    It is personal: kept as a keyed hash or not at all.
    """
    if isinstance(claimed, CertificateClaim | EmaidClaim):
        return f"emaid:{identity(claimed.emaid)}"
    if isinstance(claimed, TokenClaim):
        return f"{claimed.kind}:{claimed.uid.key}"
    if isinstance(claimed, VehicleClaim):
        return vehicle_key(claimed.identifier)
    return None


def vehicle_key(identifier: Identifier) -> str:
    """Return the `presented_key` of a vehicle that presented this identifier."""
    return f"vehicle:{identifier.key}"


@dataclass(frozen=True, slots=True)
class Claim:
    """One question: `identification` at a station, which one of `station_id` and `evse_id` names.

    `at` is another time than now to decide for (aware, UTC); only administrators may ask so.
    `whole_station`: the asker cannot be told that only some EVSEs are allowed, so all must be.
    """

    identification: Identification
    station_id: str | None = None
    evse_id: EvseId | None = None
    at: datetime | None = None
    whole_station: bool = False

    def __post_init__(self) -> None:
        if (self.station_id is None) == (self.evse_id is None):
            raise ValueError("a claim names its place by a station or by an EVSE, and by one only")


@dataclass(frozen=True, slots=True)
class SiteHere:
    """What the decision needs of a site of the station's operator."""

    site_id: str
    access: Access
    groups: frozenset[str]
    time_zone: str


NOWHERE = SiteHere("", Access.PRIVATE, frozenset(), "UTC")
"""Where an EVSE stands that was taken off its site, and stands at no other: nobody is admitted."""


@dataclass(frozen=True, slots=True)
class PlacedEvse:
    """One EVSE of a station: its number there (OCPP counts from 1), and what its site says."""

    number: int
    key: str
    spelled: str
    connector_types: frozenset[ConnectorType] = frozenset()
    site: SiteHere | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where: a station, its one operator (`DEABC`) and the look-up keys of its EVSEs.

    `coordinates` are latitude and longitude (WGS 84, degrees), None where they are not known.
    `placed` are its EVSEs with their sites; empty where no EVSE of the station ever had a site.
    """

    station_id: str
    operator_id: str
    evses: tuple[str, ...]
    coordinates: tuple[float, float] | None = None
    placed: tuple[PlacedEvse, ...] = ()
