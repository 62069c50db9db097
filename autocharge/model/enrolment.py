"""An Autocharge enrolment: a vehicle's identifier that stands for a contract."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, EvccId20, Mac, Vin, parse_evccid

Identifier = Mac | EvccId20 | Vin


class IdentifierKind(StrEnum):
    """What sort of identifier was enrolled; the same characters of two kinds are two vehicles.

    A MAC and the EVCCID of ISO 15118-2 and DIN 70121 are one thing with two names, MAC.
    """

    MAC = "mac"
    EVCCID20 = "evccid20"
    VIN = "vin"


def kind_of(identifier: Identifier) -> IdentifierKind:
    """Return the kind of a parsed identifier."""
    if isinstance(identifier, Mac):
        return IdentifierKind.MAC
    if isinstance(identifier, Vin):
        return IdentifierKind.VIN
    return IdentifierKind.EVCCID20


class EnrolmentStatus(StrEnum):
    """Whether an enrolment answers.

    `removed` is the end, which its history alone shows: the enrolment itself is deleted.
    """

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REMOVED = "removed"


class EnrolmentSource(StrEnum):
    """How an enrolment came about."""

    PROVIDER = "provider"  # by the API
    ADMINISTRATOR = "administrator"
    FIRST_SESSION = "first_session"
    IMPORT = "import"


FIRST_PRECEDENCE = 1


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One identifier enrolled for one contract, without the identifier itself.

    Of the enrolments of one identifier each has a `precedence` of its own, the lower goes first.
    `switched_off`: its provider wants no Autocharge for this vehicle, or for any of its contracts
    (`provider_off`); it then answers as if it were suspended.
    """

    enrolment_id: str
    kind: IdentifierKind
    emaid: Emaid
    provider_id: str
    status: EnrolmentStatus
    created_at: datetime
    precedence: int = FIRST_PRECEDENCE
    source: EnrolmentSource = EnrolmentSource.PROVIDER
    switched_off: bool = False
    provider_off: bool = False

    @property
    def answers(self) -> bool:
        """Whether the identifier may be charged for on this contract now."""
        return (
            self.status is EnrolmentStatus.ACTIVE
            and not self.switched_off
            and not self.provider_off
        )


def parse_identifier(kind: str, text: str) -> Identifier:
    """Parse `text` as what its sender says it is: `mac`, `evccid` (any edition) or `vin`.

    A kind is named because shapes overlap (a VIN reads as a PCID). Raises InvalidIdentifier, and
    MALFORMED for another kind.
    """
    match kind:
        case "mac":
            return Mac.parse(text)
        case "evccid":
            return parse_evccid(text)
        case "vin":
            return Vin.parse(text)
    raise ServiceError(
        Kind.MALFORMED, "identifier_kind_unknown", "name the kind: mac, evccid or vin"
    )


def masked(identifier: Identifier) -> str:
    """Return the identifier with all but its last four characters hidden, to tell rows apart."""
    return "…" + identifier.key[-4:]
