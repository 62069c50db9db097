"""Real-time authorisation for operators of partners: every outcome in OCPI's words."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from authorization.api.ocpi_answers import load_ocpi_answers, parse_ocpi_answers
from authorization.model.access_token import TokenKind, TokenStatus
from authorization.model.claim import Place
from authorization.model.limits import Limit
from authorization.model.outcome import Outcome
from authorization.model.partner_answer import PartnerReference
from autocharge.model.resolution import Conflicting, Resolved, Suspended
from contract_service.model.contract import ContractStatus
from foundation.identifiers import Emaid
from tests.authorization.fakes import CONTRACT, EMAID, MAC, NOW, World, token
from tests.authorization.ocpi.world import OcpiWorld, Told

VERSIONS = ("2.2.1", "2.3.0")
UID = "04A2B3C4"
LOCATION = {"location_id": "LOC1", "evse_uids": ["E1"]}


def ask(
    world: OcpiWorld,
    held: str,
    uid: str = UID,
    query: str = "",
    body: Mapping[str, object] | None = LOCATION,
    version: str = "2.2.1",
    headers: Mapping[str, str] | None = None,
) -> Told:
    path = f"/ocpi/{version}/emsp/tokens/{uid}/authorize{query}"
    return world.ask("POST", path, body, token=held, headers=headers)


def card(world: World, status: TokenStatus = TokenStatus.ACTIVE) -> None:
    world.tokens.tokens[TokenKind.RFID, UID] = token(status)
    world.tokens.tokens[TokenKind.APP, UID] = token(status, TokenKind.APP)


def contract(world: World, **changes: object) -> None:
    world.contracts.contracts[:] = [replace(CONTRACT, **changes)]  # type: ignore[arg-type] # each is what the field takes


def prepare(world: World, outcome: Outcome) -> None:
    """Make the next question about the card come to `outcome`."""
    contract(world)
    world.limits = ()
    card(world, TokenStatus.BLOCKED if outcome is Outcome.BLOCKED else TokenStatus.ACTIVE)
    if outcome is Outcome.INVALID:
        contract(world, status=ContractStatus.TERMINATED)
    elif outcome is Outcome.EXPIRED:
        contract(world, valid_until=NOW)
    elif outcome is Outcome.UNKNOWN:
        world.tokens.tokens.clear()
    elif outcome not in {Outcome.ACCEPTED, Outcome.BLOCKED}:
        world.limits = (Limit(outcome.value),)


ANSWERS: Mapping[Outcome, tuple[str, bool]] = {
    # outcome: allowed, Token.valid
    Outcome.ACCEPTED: ("ALLOWED", True),
    Outcome.BLOCKED: ("BLOCKED", False),
    Outcome.EXPIRED: ("EXPIRED", False),
    Outcome.INVALID: ("BLOCKED", False),
    Outcome.CONCURRENT: ("NOT_ALLOWED", True),
    Outcome.NO_CREDIT: ("NO_CREDIT", True),
    Outcome.NOT_ALLOWED_HERE: ("NOT_ALLOWED", True),
    Outcome.NOT_ALLOWED_EVSE_TYPE: ("NOT_ALLOWED", True),
    Outcome.NOT_NOW: ("NOT_ALLOWED", True),
    Outcome.STEP_UP: ("NOT_ALLOWED", True),
}


def test_every_outcome_has_its_exact_answer_in_both_versions(world: OcpiWorld) -> None:
    table = load_ocpi_answers()
    assert set(ANSWERS) | {Outcome.UNKNOWN} == set(Outcome)
    held = world.registered()
    for outcome, (allowed, valid) in ANSWERS.items():
        for version in VERSIONS:
            prepare(world.decision, outcome)
            told = ask(world, held, version=version)
            assert (told.http, told.code) == (200, 1000), outcome
            reference = list(world.decision.log.records)[-1]
            expected: dict[str, object] = {
                "allowed": allowed,
                "token": {
                    "country_code": "DE",
                    "party_id": "ABC",
                    "uid": UID,
                    "type": "RFID",
                    "contract_id": EMAID.canonical,
                    "issuer": "ABC Drive",
                    "valid": valid,
                    "whitelist": "NEVER",
                    "last_updated": "2026-12-01T00:00:00Z",
                },
                "authorization_reference": reference,
            }
            if outcome is Outcome.ACCEPTED:
                expected["location"] = LOCATION
            else:
                expected["info"] = {"language": "en", "text": table.info[outcome]}
            assert told.data == expected, outcome
            assert len(reference) == 36


def test_an_unknown_token_is_2004_and_404_in_both_versions(world: OcpiWorld) -> None:
    held = world.registered()
    for version in VERSIONS:
        told = ask(world, held, version=version)
        assert (told.http, told.code, told.data) == (404, 2004, None)


def test_who_asks_where_is_on_record(world: OcpiWorld) -> None:
    held = world.registered()
    card(world.decision)
    ask(world, held)
    [record] = world.decision.log.records.values()
    assert (record.client_id, record.operator_id, record.station_id) == (
        "partner:peer",
        "NLTNM",
        "LOC1",
    )


def test_tokens_of_other_providers_are_unknown(world: OcpiWorld) -> None:
    held = world.registered()
    other = replace(token(), provider_id="DEXYZ")
    world.decision.tokens.tokens[TokenKind.RFID, UID] = other
    assert ask(world, held).http == 404
    for emaid in ("DEXYZC12345678", "DEXYZC99999999", "nonsense"):
        told = ask(world, held, emaid, "?type=EMAID", version="2.3.0")
        assert (told.http, told.code) == (404, 2004)
    vehicle = Resolved("e" * 36, Emaid.parse("DEXYZC12345678"), ())
    world.decision.resolve.answers[MAC] = vehicle
    assert ask(world, held, f"VID:{MAC}", "?type=OTHER").code == 2004


def test_type_decides_what_a_uid_is(world: OcpiWorld) -> None:
    held = world.registered()
    world.decision.tokens.tokens[TokenKind.APP, UID] = token(kind=TokenKind.APP)
    assert ask(world, held).code == 2004  # RFID, if left out
    for name in ("APP_USER", "AD_HOC_USER"):
        told = ask(world, held, query=f"?type={name}")
        assert (told.code, told.data["token"]["type"]) == (1000, name)
    for bad in ("app_user", "EMAID", ""):
        told = ask(world, held, query=f"?type={bad}")
        assert (told.http, told.code) == (200, 2001)  # EMAID is of 2.3.0


def test_an_emaid_that_the_operator_read_from_a_certificate(world: OcpiWorld) -> None:
    held = world.registered("2.3.0")
    told = ask(world, held, "de-abc-c12345678", "?type=EMAID", version="2.3.0")
    assert told.data["allowed"] == "ALLOWED"
    assert (told.data["token"]["contract_id"], told.data["token"]["type"]) == (
        EMAID.canonical,
        "EMAID",
    )
    contract(world.decision, status=ContractStatus.SUSPENDED)
    told = ask(world, held, "de-abc-c12345678", "?type=EMAID", version="2.3.0")
    assert told.data["allowed"] == "BLOCKED"
    assert ask(world, held, "DEABCC99999999", "?type=EMAID", version="2.3.0").code == 2004
    [first, *_] = world.decision.log.records.values()
    assert first.partner == PartnerReference("peer", None, asked_us=True)


def test_an_emaid_as_other_needs_the_contracts_leave(world: OcpiWorld) -> None:
    """2.2.1 has no type for it, and OTHER does not say that anybody saw a certificate."""
    held = world.registered()
    for uid in ("DE-ABC-C12345678", "DEABCC99999999"):
        told = ask(world, held, uid, "?type=OTHER")
        assert (told.code, told.data["allowed"]) == (1000, "BLOCKED")
    contract(world.decision, allow_bare_emaid=True)
    told = ask(world, held, "DE-ABC-C12345678", "?type=OTHER")
    assert (told.data["allowed"], told.data["token"]["type"]) == ("ALLOWED", "OTHER")


def test_a_vehicle_is_authorised_at_its_place_only(world: OcpiWorld) -> None:
    held = world.registered()
    world.decision.resolve.answers[MAC] = Resolved("e" * 36, EMAID, ())
    for uid in (f"VID:{MAC}", MAC, "98:ed:5c:b9:be:31"):
        told = ask(world, held, uid, "?type=OTHER")
        assert (told.code, told.data["allowed"]) == (1000, "ALLOWED")
        assert told.data["token"]["contract_id"] == EMAID.canonical
    told = ask(world, held, MAC, "?type=OTHER", body=None)
    assert (told.http, told.code) == (200, 2002)


def test_a_refused_vehicle_does_not_tell_whose_it_is(world: OcpiWorld) -> None:
    held = world.registered()
    world.decision.resolve.answers[MAC] = Suspended("e" * 36, EMAID, ())
    told = ask(world, held, MAC, "?type=OTHER")
    assert (told.code, told.data["allowed"]) == (1000, "BLOCKED")
    assert EMAID.canonical not in str(told.data)
    # whoever's it is: the partner is not to learn that there are several
    world.decision.resolve.answers[MAC] = Conflicting(())
    assert ask(world, held, MAC, "?type=OTHER").code == 2004


def test_the_place_is_asked_for_where_it_counts(world: OcpiWorld) -> None:
    held = world.registered()
    card(world.decision)
    assert ask(world, held, body=None).data["allowed"] == "ALLOWED"
    assert "location" not in ask(world, held, body=None).data
    for limit in (Limit.NOT_ALLOWED_HERE, Limit.NOT_ALLOWED_EVSE_TYPE):
        world.decision.limits = (limit,)
        told = ask(world, held, body=None)
        assert (told.http, told.code) == (200, 2002)
        assert ask(world, held).data["allowed"] == "NOT_ALLOWED"


def test_evses_are_those_that_are_registered_here(world: OcpiWorld) -> None:
    held = world.registered()
    card(world.decision)
    places = world.decision.stations.places
    places["CS-NL"] = Place("CS-NL", "NLTNM", ("NLTNME1",))
    told = ask(world, held, body={"location_id": "L", "evse_uids": ["NL*TNM*E1"]})
    assert told.data["allowed"] == "ALLOWED"
    [record] = world.decision.log.records.values()
    assert record.station_id == "CS-NL"
    # DE*ABC*E1 is our own operator's: no partner charges there
    told = ask(world, held, body={"location_id": "L", "evse_uids": ["DE*ABC*E1"]})
    assert (told.http, told.code) == (200, 2003)


def test_a_platform_of_several_operators_says_which_one_asks(world: OcpiWorld) -> None:
    held = world.registered()
    card(world.decision)
    world.change_partner(operator_ids=frozenset({"NLTNM", "BEXYZ"}))
    assert ask(world, held).code == 2002
    headers = {"OCPI-from-country-code": "BE", "OCPI-from-party-id": "XYZ"}
    assert ask(world, held, headers=headers).code == 1000
    [record] = world.decision.log.records.values()
    assert record.operator_id == "BEXYZ"


def test_unknown_vehicles_are_asked_for_in_bounds(world: OcpiWorld) -> None:
    held = world.registered()
    world.decision.unknown.wait = 3
    told = ask(world, held, MAC, "?type=OTHER")
    assert (told.http, told.code, told.headers["Retry-After"]) == (429, 2000, "3")


def test_bad_questions(world: OcpiWorld) -> None:
    held = world.registered()
    card(world.decision)
    for uid in ("x" * 37, "a%20b"):
        told = ask(world, held, uid)
        assert (told.http, told.code) == (400, 2001)
    for body in (
        {},
        {"location_id": ""},
        {"location_id": "l" * 37},
        {"location_id": "L", "evse_uids": "E1"},
        {"location_id": "L", "evse_uids": ["e" * 37]},
        {"location_id": "L", "evse_uids": ["E1"] * 1001},
    ):
        told = ask(world, held, body=body)
        assert (told.http, told.code) == (200, 2001), body
    path = f"/ocpi/2.2.1/emsp/tokens/{UID}/authorize"
    for raw in (b"{", b"[]", b"null"):
        assert world.ask("POST", path, raw, token=held).http == 400
    assert world.ask("GET", path, token=held).http == 405
    assert not world.decision.log.records


def test_a_table_of_answers_is_checked_wholly() -> None:
    table = load_ocpi_answers()
    raw = {
        "language": table.language,
        "allowed": {str(outcome): word for outcome, word in table.allowed.items()},
        "info": {str(outcome): text for outcome, text in table.info.items()},
    }
    assert parse_ocpi_answers(raw) == table
    for wrong in (
        raw | {"more": 1},
        raw | {"language": "english"},
        raw | {"allowed": {**raw["allowed"], "unknown": "BLOCKED"}},  # type: ignore[dict-item] # built above
        raw | {"allowed": {**raw["allowed"], "blocked": "ALLOWED"}},  # type: ignore[dict-item] # built above
        raw | {"allowed": {**raw["allowed"], "blocked": "NEVER"}},  # type: ignore[dict-item] # built above
        raw | {"info": {}},
        raw | {"info": {**raw["info"], "blocked": ""}},  # type: ignore[dict-item] # built above
    ):
        with pytest.raises(ValueError, match=r"."):
            parse_ocpi_answers(wrong)
