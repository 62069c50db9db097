"""What is known of the identifiers that a vehicle's model sends: one for good, shared, rotating."""

from collections.abc import Iterable
from dataclasses import dataclass

from autocharge.model.compatibility import Compatibility
from autocharge.model.enrolment import Identifier
from foundation.identifiers import EvccId20, Mac, Pcid, Vin

_MOST_CAUTIOUS_FIRST = (Compatibility.SHARED, Compatibility.ROTATING, Compatibility.UNIQUE)


@dataclass(frozen=True, slots=True)
class VehicleModel:
    """One fact: vehicles that are described so send identifiers of this sort.

    What is empty is not asked for; everything else has to fit, and what is not known of a vehicle
    does not. `prefixes` are beginnings of MACs (6 to 12 hexadecimal digits), `wmis` of VINs, PCIDs
    and EVCCIDs, `models` and `software` names in lower case; software may be a beginning (`2.`).
    `source` says where the fact is from.
    """

    sends: Compatibility
    source: str
    prefixes: tuple[str, ...] = ()
    wmis: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    software: tuple[str, ...] = ()

    @property
    def conditions(self) -> int:
        """How much has to fit; more is more precise."""
        return sum(map(bool, (self.prefixes, self.wmis, self.models, self.software)))


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of a vehicle; `model` and `software` are as its maker names them."""

    macs: frozenset[str] = frozenset()
    wmis: frozenset[str] = frozenset()
    model: str | None = None
    software: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The verdict, and where it is from; nothing is known where `source` is None."""

    compatibility: Compatibility
    source: str | None


NOTHING_KNOWN = Known(Compatibility.UNKNOWN, None)


def described(
    identifiers: Iterable[Identifier],
    pcid: Pcid | None = None,
    model: str | None = None,
    software: str | None = None,
) -> Described:
    """Return what a vehicle's identifiers and names tell of its model."""
    macs, wmis = set(), set() if pcid is None else {pcid.wmi}
    for identifier in identifiers:
        match identifier:
            case Mac():
                macs.add(identifier.key)
            case Vin() | EvccId20():
                wmis.add(identifier.wmi)
    return Described(frozenset(macs), frozenset(wmis), model, software)


def compatibility_of(models: Iterable[VehicleModel], vehicle: Described) -> Known:
    """Return the most precise fact that fits; of equally precise ones the most cautious."""
    fitting = [fact for fact in models if _fits(fact, vehicle)]
    if not fitting:
        return NOTHING_KNOWN
    best = min(fitting, key=lambda fact: (-fact.conditions, _MOST_CAUTIOUS_FIRST.index(fact.sends)))
    return Known(best.sends, best.source)


def _fits(fact: VehicleModel, vehicle: Described) -> bool:
    return (
        (not fact.prefixes or any(mac.startswith(fact.prefixes) for mac in vehicle.macs))
        and (not fact.wmis or not vehicle.wmis.isdisjoint(fact.wmis))
        and (not fact.models or (vehicle.model or "").lower() in fact.models)
        and (not fact.software or (vehicle.software or "").lower().startswith(fact.software))
    )
