"""OCPP 1.6 idTags: a vehicle's, where VID: or a rule of the station says so, or a card's."""

import base64
from collections.abc import Sequence

import orjson
import pytest

from authorization.api.answer_table import load_answer_table
from authorization.api.ocpp import AnswerAuthorize16, id_tag_claim
from authorization.model.claim import TokenClaim, UnreadableClaim, VehicleClaim
from autocharge.model.identity import ParserRule
from autocharge.model.resolution import Resolved
from autocharge.model.sighting import Source
from autocharge.profiles.parsers import load_parser_rules
from foundation.identifiers import Mac
from tests.authorization.fakes import CPO, EMAID, MAC, World

BASE32 = base64.b32encode(bytes.fromhex(MAC)).decode().rstrip("=")
RULES = (load_parser_rules().rules["base32_id_tag"],)


@pytest.mark.parametrize("rules", [(), RULES])
def test_what_says_so_is_a_vehicles(rules: Sequence[ParserRule]) -> None:
    vehicle = VehicleClaim(Mac.parse(MAC), Source.OCPP16_ID_TAG)
    for text in (f"VID:{MAC}", f"vid:{MAC}", f"VID:0000{MAC}"):
        assert id_tag_claim(text, rules) == vehicle
    for text in ("VID:", "VID:000000000000", "VID:nonsense"):
        assert isinstance(id_tag_claim(text, rules), UnreadableClaim)


def test_an_odd_spelling_is_a_vehicles_at_the_stations_of_its_rule_alone() -> None:
    assert id_tag_claim(BASE32, RULES) == VehicleClaim(Mac.parse(MAC), Source.OCPP16_ID_TAG)
    assert isinstance(id_tag_claim(BASE32, ()), TokenClaim)


@pytest.mark.parametrize("card", ["04A1B2C3", "04A1B2C3D4E5F6", "04A1B2C3D4E5F60718AB", MAC])
def test_a_card_stays_a_card_at_an_odd_station(card: str) -> None:
    assert isinstance(id_tag_claim(card, RULES), TokenClaim)


def test_the_translator_asks_for_the_stations_rules() -> None:
    world = World()
    world.resolve.answers = {MAC: Resolved("e1", EMAID, ())}
    asked: list[str] = []

    def parsers(station_id: str) -> Sequence[ParserRule]:
        asked.append(station_id)
        return RULES

    table, body = load_answer_table(), orjson.dumps({"idTag": BASE32})
    bound = AnswerAuthorize16(world.authorize, table, parsers)
    status, answer = bound(CPO, {"station_id": "CS-1"}, body)
    assert (status, orjson.loads(answer)["idTagInfo"]["status"]) == (200, "Accepted")
    assert asked == ["CS-1"]
    unbound = AnswerAuthorize16(world.authorize, table)
    _, answer = unbound(CPO, {"station_id": "CS-1"}, body)
    assert orjson.loads(answer)["idTagInfo"]["status"] == "Invalid"
