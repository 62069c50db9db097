"""Everything that the risk of one Autocharge request is measured on."""

from dataclasses import dataclass
from datetime import datetime

from autocharge.model.compatibility import Compatibility
from autocharge.model.enrolment import Identifier
from autocharge.model.sighting import Place, Sighting
from foundation.identifiers import Pcid

CERTIFICATE_EVIDENCE = "contract_certificate"
"""The `evidence` of a use that a contract certificate was presented for."""

MAX_SIGHTINGS = 16
"""How many accepted sightings a picture has, and how many refused ones, the newest of each.

Each by themselves: who replays an identifier is refused again and again, and could otherwise push
out of the picture where its vehicle really charged. Our own judgement: a driver charges twice a
day at most, and each look-up costs.
"""

MAX_USES = 20
"""How many sessions a picture has, the newest."""


@dataclass(frozen=True, slots=True)
class ChargingUse:
    """A session of the contract that the identifier resolved to; `ended_at` None: still open.

    `evidence` is the decision's kind of evidence: `autocharge`, `contract_certificate`, `rfid`,
    `app`. `same_vehicle`: whether it was this enrolment's vehicle that charged, None where that
    is not known (a card and an app go with the driver); a household or a fleet has several
    vehicles on one contract, and they may well charge at the same time.
    """

    started_at: datetime
    ended_at: datetime | None
    place: Place
    evidence: str
    same_vehicle: bool | None = None


@dataclass(frozen=True, slots=True)
class Spending:
    """What the contract spent in its running period, and the cap that its provider set.

    Both are in one unit, the provider's choice (cents, watt-hours); neither is negative.
    """

    spent: int
    cap: int


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known when an identifier is presented at the place `here`, at the time `now`.

    All times are aware (UTC). Clocks of stations and of processes differ: nothing here is in any
    promised order, and times after `now` are allowed.

    - `others`: further identifiers that stood in the same message.
    - `enrolled_identifiers`: the other identifiers that the vehicle is enrolled with.
    - `enrolled_at`: since when the identifier stands for this contract; what was accepted before
      was somebody else's (a vehicle that was sold), None where it does not matter.
    - `pcid`: the vehicle's provisioning certificate id, where it is known.
    - `sightings`: earlier readings of the identifier, bounded by MAX_SIGHTINGS; the reading that
      is being judged is not among them.
    - `uses`: the contract's sessions that are open or of the last days, bounded by MAX_USES.
    - `certificate_installed`: a contract certificate is installed in the vehicle;
      `last_certificate_use`: when it last presented one.
    - `fingerprint_score`: how much the station thinks that it is the same vehicle as before, from
      0 (a strange one) to 1 (the same); None where it does not say.
    - `quarantined`: the identifier is in quarantine at this operator. `suspected`: it is at
      another operator, or of late a driver was asked about it elsewhere and did not confirm.
    - `confirmed_until`: the driver confirmed a step-up for this place, until then.
    """

    identifier: Identifier
    now: datetime
    here: Place
    others: tuple[Identifier, ...] = ()
    enrolled_identifiers: tuple[Identifier, ...] = ()
    enrolled_at: datetime | None = None
    pcid: Pcid | None = None
    sightings: tuple[Sighting, ...] = ()
    uses: tuple[ChargingUse, ...] = ()
    certificate_installed: bool = False
    last_certificate_use: datetime | None = None
    fingerprint_score: float | None = None
    spending: Spending | None = None
    compatibility: Compatibility = Compatibility.UNKNOWN
    quarantined: bool = False
    suspected: bool = False
    confirmed_until: datetime | None = None
