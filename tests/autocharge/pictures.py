"""Places, sightings and arbitrary pictures, for tests of what is measured."""

from datetime import datetime, timedelta

from hypothesis import strategies as st

from autocharge.model.compatibility import Compatibility
from autocharge.model.picture import ChargingUse, Picture, Spending
from autocharge.model.sighting import Place, Sighting, Source
from autocharge.model.vendors import Vendors
from foundation.identifiers import EvccId20, Mac, Pcid, Vin
from tests.conftest import NOW

NOBODY = Vendors({}, {})
MAC = Mac.parse("98ED5CB9BE31")

BERLIN = Place("berlin", "DEABC", 52.52, 13.405, "DEABCE1")
POTSDAM = Place("potsdam", "DEABC", 52.39, 13.065, "DEABCE2")  # 27 km
MUNICH = Place("munich", "DEXYZ", 48.137, 11.575, "DEXYZE1")  # 504 km
NOWHERE = Place("nowhere", "DEXYZ")


def ago(*, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
    return NOW - timedelta(days=days, hours=hours, minutes=minutes)


def seen(at: datetime, place: Place, *, accepted: bool = True) -> Sighting:
    return Sighting(at, place, Source.JSON_API, accepted)


def used(
    began: datetime,
    ended: datetime | None,
    place: Place,
    *,
    same_vehicle: bool | None = True,
    evidence: str = "autocharge",
) -> ChargingUse:
    return ChargingUse(began, ended, place, evidence, same_vehicle)


def picture(
    *,
    sightings: tuple[Sighting, ...] = (),
    uses: tuple[ChargingUse, ...] = (),
    here: Place = BERLIN,
    enrolled_at: datetime | None = None,
) -> Picture:
    return Picture(MAC, NOW, here, sightings=sightings, uses=uses, enrolled_at=enrolled_at)


moments = st.timedeltas(timedelta(days=-400), timedelta(days=30)).map(lambda span: NOW + span)
coordinates = st.none() | st.floats(-100, 100) | st.sampled_from([0.0, float("nan")])
places = st.builds(
    Place,
    st.sampled_from("abcd"),
    st.sampled_from(["DEABC", "DEXYZ"]),
    coordinates,
    coordinates,
    st.none() | st.sampled_from(["DEABCE1", "DEABCE2"]),
)
identifiers = st.sampled_from(
    [
        MAC,
        Mac.parse("9BED5CB9BE31"),
        Mac.parse("00009ED5CB9BE310"),
        EvccId20.parse("WP0V001122334455667789"),
        Vin.parse("1M8GDM9AXKP042788"),
    ]
)
sightings = st.builds(Sighting, moments, places, st.sampled_from(Source), st.booleans())
uses = st.builds(
    ChargingUse,
    moments,
    st.none() | moments,  # whichever came first
    places,
    st.sampled_from(["autocharge", "contract_certificate", "rfid"]),
    st.none() | st.booleans(),
)
pictures = st.builds(
    Picture,
    identifiers,
    st.just(NOW),
    places,
    others=st.lists(identifiers, max_size=3).map(tuple),
    enrolled_identifiers=st.lists(identifiers, max_size=3).map(tuple),
    enrolled_at=st.none() | moments,
    pcid=st.none() | st.just(Pcid.parse("WP000000000000001")),
    sightings=st.lists(sightings, max_size=6).map(tuple),
    uses=st.lists(uses, max_size=6).map(tuple),
    certificate_installed=st.booleans(),
    last_certificate_use=st.none() | moments,
    fingerprint_score=st.none() | st.floats(),
    spending=st.none() | st.builds(Spending, st.integers(0, 10_000), st.integers(0, 1000)),
    compatibility=st.sampled_from(Compatibility),
    quarantined=st.booleans(),
    suspected=st.booleans(),
    confirmed_until=st.none() | moments,
)
