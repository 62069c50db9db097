"""Two imports of the same sites at once, on either database: each site is one of them, whole."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from authorization.store.place_tables import site_evses, sites
from tests.server.assembly import OURS, Answer, Application
from tests.server.at_once import at_once
from tests.server.sites import Scene, made_scene

ROUNDS = 12


@pytest.fixture
def scene(application: Application) -> Scene:
    return made_scene(application)


def one_site(scene: Scene, word: str, **changed: object) -> dict[str, object]:
    return {
        "operator_id": OURS,
        "site_id": f"{scene.site_id}-{word}",
        "time_zone": "Europe/Berlin",
        **changed,
    }


def sent(application: Application, *records: Mapping[str, object]) -> Answer:
    return application.ask(
        "POST",
        "/v1/sites/import",
        b"".join(json.dumps(record).encode() + b"\n" for record in records),
        client="cpo",
        content_type="application/x-ndjson",
    )


def shown(application: Application, record: Mapping[str, object]) -> Any:
    path = f"/v1/sites/{OURS}/{record['site_id']}"
    answer = application.ask("GET", path, client="cpo")
    assert answer.status == 200, answer
    return answer.json


def number_of_rows(application: Application, table: sa.Table, prefix: str) -> int:
    which = sa.select(sa.func.count()).where(table.c.site_id.startswith(prefix))
    with application.database.read() as connection:
        return int(connection.execute(which.select_from(table)).scalar_one())


def test_each_site_is_as_one_of_the_imports_says(application: Application, scene: Scene) -> None:
    """New ones at first, then ones that stand: no duplicate, no mixture, no failure."""
    names = [f"p{number}" for number in range(6)]
    for turn in range(ROUNDS):
        files = [
            [
                one_site(
                    scene,
                    name,
                    name=f"{word}{turn}",
                    access="private",
                    groups=[word],
                    evses=[
                        f"{scene.evses[0]}{position}{number}={connector}" for number in range(count)
                    ],
                )
                for position, name in enumerate(names)
            ]
            for word, count, connector in (("one", 2, "CCS"), ("other", 3, "Type 2"))
        ]
        answers = at_once(*(partial(sent, application, *file) for file in files))
        for answer in answers:
            assert (answer.status, answer.json["refused"]) == (200, 0), answer
        if turn == 0:
            assert sum(answer.json["added"] for answer in answers) == len(names)
        for both in zip(*files, strict=True):
            site = shown(application, both[0])
            said = (site["name"], site["groups"], len(site["evses"]))
            assert said in [(one["name"], one["groups"], count_of(one)) for one in both]
            assert {tuple(evse["connector_types"]) for evse in site["evses"]} == {
                ("CCS",) if site["groups"] == ["one"] else ("Type 2",)
            }
    assert number_of_rows(application, sites, scene.site_id) == len(names)


def count_of(site: Mapping[str, object]) -> int:
    evses = site["evses"]
    assert isinstance(evses, list)
    return len(evses)


def test_sites_that_exchange_their_evses_do_not_wait_for_each_other(
    application: Application, scene: Scene
) -> None:
    """Neither gets what the other has not given away, and neither fails of a deadlock."""
    first, second = scene.evses
    for _ in range(ROUNDS):
        before = sent(application, one_site(scene, "a"), one_site(scene, "b"))
        assert before.json["refused"] == 0
        for one, evse in (("a", first), ("b", second)):
            assert sent(application, one_site(scene, one, evses=[evse])).json["refused"] == 0
        wanted = one_site(scene, "a", evses=[second]), one_site(scene, "b", evses=[first])
        for answer in at_once(*(partial(sent, application, site) for site in wanted)):
            assert answer.status == 200, answer
            assert {line["code"] for line in answer.json["lines"]} == {"evse_taken"}
    assert number_of_rows(application, site_evses, scene.site_id) == 2


def test_of_two_new_sites_one_gets_the_evse(application: Application, scene: Scene) -> None:
    for turn in range(ROUNDS):
        wanted = [
            one_site(scene, f"{turn}-{word}", evses=[f"{scene.evses[0]}{turn}"]) for word in "ab"
        ]
        answers = at_once(*(partial(sent, application, site) for site in wanted))
        assert [answer.status for answer in answers] == [200, 200]
        assert sorted(answer.json["added"] for answer in answers) == [0, 1]
    assert number_of_rows(application, site_evses, scene.site_id) == ROUNDS
    assert number_of_rows(application, sites, scene.site_id) == ROUNDS  # no half of the loser's


def test_an_ocpi_import_opens_no_private_site_that_is_added_meanwhile(
    application: Application, scene: Scene
) -> None:
    for turn in range(ROUNDS):
        private = one_site(scene, f"{turn}", access="private", groups=["fleet"])
        location = {
            "country_code": OURS[:2],
            "party_id": OURS[2:],
            "id": private["site_id"],
            "time_zone": "Europe/Berlin",
            "name": "by OCPI",
        }
        path = "/v1/sites/import-ocpi-locations"
        answers = at_once(
            partial(sent, application, private),
            partial(application.ask, "POST", path, [location], client="cpo"),
        )
        for answer in answers:
            assert (answer.status, answer.json["refused"]) == (200, 0), answer
        site = shown(application, private)
        assert (site["access"], site["groups"]) == ("private", ["fleet"])
