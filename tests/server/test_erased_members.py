"""A vehicle that is erased is in no operator's access group any more."""

import sqlalchemy as sa

from authorization.store.place_tables import access_members
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
