"""Files of sites: CSV, JSON lines and OCPI Locations, with what may be wrong in them."""

import json
from io import BytesIO
from typing import Any

import pytest

from authorization.model import site_file
from authorization.model.connector import ConnectorType
from authorization.model.site import Access, Site, SiteEvse, check_site
from authorization.model.site_file import SiteRecord, read_locations, read_sites
from authorization.model.station import Coordinates
from foundation.errors import Kind, Refused, ServiceError
from foundation.identifiers import EvseId
from foundation.record_file import FileFormat
from tests.authorization.fakes import CPO

PARK = Site(
    "DEABC",
    "park-1",
    "Europe/Berlin",
    Access.SEMI_PUBLIC,
    ("fleet", "guests"),
    "Park",
    "City of Berlin",
    Coordinates(52.5, 13.4),
    (
        SiteEvse(EvseId.parse("DE*ABC*E1"), frozenset({ConnectorType.CCS, ConnectorType.TYPE_2})),
        SiteEvse(EvseId.parse("DE*ABC*E2")),
    ),
)
CSV = b"""site_id,operator_id,time_zone,access,groups,name,owner,latitude,longitude,evses
park-1,DE*ABC,Europe/Berlin,semi-public,fleet guests,Park,City of Berlin,52.5,13.4,\
DE*ABC*E1=CCS+Type2 DE*ABC*E2
"""
LINE = {
    "site_id": "park-1",
    "operator_id": "DEABC",
    "time_zone": "Europe/Berlin",
    "access": "semi-public",
    "groups": ["fleet", "guests"],
    "name": "Park",
    "owner": "City of Berlin",
    "latitude": "52.5",
    "longitude": "13.4",
    "evses": ["DE*ABC*E1=IEC_62196_T2_COMBO+Type 2", "DE*ABC*E2"],
}
LOCATION = {
    "country_code": "DE",
    "party_id": "ABC",
    "id": "LOC1",
    "publish": True,
    "name": "Park",
    "address": "Street 1",
    "city": "Berlin",
    "country": "DEU",
    "coordinates": {"latitude": "52.520000", "longitude": "13.404954"},
    "owner": {"name": "City of Berlin"},
    "time_zone": "Europe/Berlin",
    "last_updated": "2026-01-01T00:00:00Z",
    "evses": [
        {
            "uid": "1",
            "evse_id": "DE*ABC*E1",
            "status": "AVAILABLE",
            "connectors": [
                {"id": "1", "standard": "IEC_62196_T2_COMBO", "power_type": "DC"},
                {"id": "2", "standard": "SAE_J3400", "power_type": "DC"},
                {"id": "3", "standard": "DOMESTIC_F", "power_type": "AC_1_PHASE"},
            ],
        },
        {"uid": "2", "status": "PLANNED", "connectors": []},
        {"uid": "3", "evse_id": "DE*ABC*E3", "status": "REMOVED", "connectors": []},
    ],
}


def lines(*members: object) -> BytesIO:
    return BytesIO(b"".join(json.dumps(one).encode() + b"\n" for one in members))


def test_csv_and_json_lines_say_the_same() -> None:
    assert [*read_sites(BytesIO(CSV), FileFormat.CSV)] == [SiteRecord(2, PARK)]
    assert [*read_sites(lines(LINE), FileFormat.JSON_LINES)] == [SiteRecord(1, PARK)]


def test_an_ocpi_location() -> None:
    for file in ([LOCATION], {"data": [LOCATION], "status_code": 1000}, LOCATION):
        [record] = read_locations(BytesIO(json.dumps(file).encode()))
        site = record.site
        assert isinstance(site, Site)
        assert record.keeps_access
        assert (site.operator_id, site.site_id, site.owner) == ("DEABC", "LOC1", "City of Berlin")
        assert site.coordinates == Coordinates(52.52, 13.404954)
        [evse] = site.evses
        assert evse.connector_types == {
            ConnectorType.CCS,
            ConnectorType.NACS,
            ConnectorType.OTHER,
        }


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"latitude": "90.1"}, "invalid_coordinates"),
        ({"latitude": "nan"}, "invalid_coordinates"),
        ({"longitude": "-181"}, "invalid_coordinates"),
        ({"latitude": None}, "invalid_site"),
        ({"latitude": "north"}, "invalid_site"),
        ({"access": "open"}, "invalid_site"),
        ({"evses": "DE*ABC*E1"}, "invalid_site"),
        ({"evses": [1]}, "invalid_site"),
        ({"evses": ["DE*ABC*E1=Plug"]}, "invalid_connector_type"),
        ({"evses": ["=CCS"]}, "invalid_evse_id"),
        ({"operator_id": "D"}, "invalid_operator_id"),
        ({"unknown": "1"}, "invalid_record"),
        ({"site_id": None}, "invalid_record"),
        ({"name": 5}, "invalid_record"),
    ],
)
def test_a_record_that_cannot_be_read(changed: dict[str, Any], code: str) -> None:
    bad, good = read_sites(lines(LINE | changed, LINE), FileFormat.JSON_LINES)
    assert isinstance(bad.site, Refused)
    assert bad.site.code == code
    assert good.site == PARK  # it kept no other back


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"site_id": "=cmd"}, "invalid_site"),
        ({"site_id": "../x"}, "invalid_site"),
        ({"site_id": "x" * 37}, "invalid_site"),
        ({"name": "=HYPERLINK(1)"}, "invalid_site"),
        ({"owner": "@SUM(1)"}, "invalid_site"),
        ({"owner": "+1"}, "invalid_site"),
        ({"name": "a\tb"}, "invalid_site"),
        ({"name": "x" * 101}, "invalid_site"),
        ({"time_zone": "Mars/Base"}, "invalid_site"),
        ({"time_zone": "../../etc/passwd"}, "invalid_site"),
        ({"time_zone": "/etc/localtime"}, "invalid_site"),
        ({"groups": ["=1"]}, "invalid_site"),
        ({"groups": []}, "groups_missing"),
        ({"evses": ["DE*ABC*E1", "de*abc*e1=CCS"]}, "evse_repeated"),
        ({"evses": ["DE*XYZ*E1"]}, "evse_of_another_operator"),
        ({"evses": [f"DE*ABC*E{n}" for n in range(501)]}, "too_many_evses"),
        ({"operator_id": "DEXYZ"}, "operator_not_yours"),
    ],
)
def test_a_site_that_may_not_be_registered(changed: dict[str, Any], code: str) -> None:
    [record] = read_sites(lines(LINE | changed), FileFormat.JSON_LINES)
    assert isinstance(record.site, Site), record
    with pytest.raises(ServiceError) as caught:
        check_site(CPO, record.site)
    assert caught.value.code == code


def test_a_sound_site_may_be_registered() -> None:
    check_site(CPO, PARK)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"party_id": None}, "invalid_site"),
        ({"id": 7}, "invalid_site"),
        ({"time_zone": None}, "invalid_site"),
        ({"coordinates": {"latitude": "91", "longitude": "0"}}, "invalid_coordinates"),
        ({"evses": {}}, "invalid_site"),
        ({"evses": [{"evse_id": 1}]}, "invalid_site"),
        ({"evses": [{"evse_id": "DE*ABC*E1", "connectors": ["x"]}]}, "invalid_site"),
        ({"evses": [{"evse_id": "DE*ABC*E1", "connectors": [{"standard": 1}]}]}, "invalid_site"),
    ],
)
def test_a_location_that_cannot_be_read(changed: dict[str, Any], code: str) -> None:
    bad, good = read_locations(BytesIO(json.dumps([LOCATION | changed, LOCATION]).encode()))
    assert isinstance(bad.site, Refused)
    assert bad.site.code == code
    assert isinstance(good.site, Site)


@pytest.mark.parametrize("raw", [b"", b"{", b"5", b'{"data": 5}', b"[" * 5000])
def test_what_is_no_list_of_locations(raw: bytes) -> None:
    with pytest.raises(ServiceError) as caught:
        [*read_locations(BytesIO(raw))]
    assert caught.value.code == "invalid_locations"


def test_a_huge_file_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_file, "MAXIMUM_LOCATIONS_BYTES", 1000)
    endless = BytesIO(b"[" + b" " * 1_000_000)
    with pytest.raises(ServiceError) as caught:
        [*read_locations(endless)]
    assert caught.value.kind is Kind.TOO_LARGE
    assert endless.tell() < 1_000_000
    [record] = read_sites(BytesIO(b"x" * 200_000), FileFormat.JSON_LINES)
    assert isinstance(record.site, Refused)
    assert record.site.code == "record_too_long"
