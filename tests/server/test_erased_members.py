"""A vehicle that is erased is in no operator's access group and in no decision any more."""

import sqlalchemy as sa

from authorization.model.claim import vehicle_key
from authorization.store.place_tables import access_members
from authorization.store.sessions import SqlClaimableDecisions
from authorization.store.tables import decisions
from foundation.identifiers import Mac
from tests.server.assembly import OURS, Application, new_emaid, new_mac


def members(application: Application) -> int:
    with application.database.read() as connection:
        return connection.execute(
            sa.select(sa.func.count()).select_from(access_members)
        ).scalar_one()


def test_erasing_a_vehicle_takes_it_out_of_groups_and_says_so(application: Application) -> None:
    mac, other = new_mac(), new_mac()
    for group, named in (("erased-1", [mac, other]), ("erased-2", [mac])):
        body = {"vehicles": [{"type": "mac", "value": one} for one in named]}
        path = f"/v1/access-groups/{OURS}/{group}"
        assert application.ask("PUT", path, body, client="cpo").status in {200, 201, 204}
    before = members(application)
    erase = {"type": "mac", "value": mac}
    path = "/v1/autocharge/erasures"
    # a provider that has not got the vehicle enrolled cannot reach what an operator keeps
    told = application.ask("POST", path, erase, client="mo")
    assert told.status in {200, 201}, told
    assert members(application) == before
    emaid = new_emaid()
    created = application.ask("POST", "/v1/contracts", {"emaid": emaid}, client="mo")
    assert created.status == 201
    enrolment = {"emaid": emaid, **erase}
    enrolled = application.ask("POST", "/v1/autocharge/enrolments", enrolment, client="mo")
    assert enrolled.status == 201, enrolled
    told = application.ask("POST", path, erase, client="mo")  # its last holder may
    assert told.json["deleted"]["authorization_access_members"] == 2, told
    assert members(application) == before - 2
    told = application.ask("POST", path, {**erase, "value": other}, client="admin")
    assert told.json["deleted"]["authorization_access_members"] == 1


def test_erasing_a_vehicle_takes_it_out_of_partners_acceptances(application: Application) -> None:
    services = application.services
    claimable = SqlClaimableDecisions(application.database, services.presented_digest)
    mac_1, mac_2 = new_mac(), new_mac()
    reference, of_another = (asked_of_a_partner(application, mac) for mac in (mac_1, mac_2))
    assert claimable.is_of(reference, presented(mac_1))
    erase = {"type": "mac", "value": mac_1}
    told = application.ask("POST", "/v1/autocharge/erasures", erase, client="admin")
    assert told.json["deleted"]["authorization_decisions.presented_digest"] == 1, told
    assert not claimable.is_of(reference, presented(mac_1))
    assert claimable.is_of(of_another, presented(mac_2))
    kept = application.ask("GET", f"/v1/authorizations/{reference}", client="admin")
    assert kept.status == 200, kept  # the operator settles by it


def presented(mac: str) -> str:
    return vehicle_key(Mac.parse(mac))


def asked_of_a_partner(application: Application, mac: str) -> str:
    """Record a decision as one that a partner was asked for, and return its reference."""
    station = application.things().station_id
    claim = {"type": "mac", "value": mac}
    body = {"identification": claim, "station_id": station}
    decided = application.ask("POST", "/v1/authorizations", body, client="cpo")
    assert decided.status == 200, decided
    reference = str(decided.json["reference"])
    digest = application.services.presented_digest(presented(mac))
    with application.database.write() as connection:
        mine = decisions.c.reference == reference
        connection.execute(sa.update(decisions).where(mine).values(presented_digest=digest))
        connection.commit()
    return reference
