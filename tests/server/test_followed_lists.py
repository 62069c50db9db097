"""Offline lists follow restrictions, sites, budgets and certificates, on either database."""

import pytest

from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.certificate_reference import ByFingerprint
from pki.model.roles import RevocationReason
from tests.server.assembly import OURS, THEIRS, Application
from tests.server.authorities import certified, found_authorities
from tests.server.forecourt import Forecourt, made_forecourt
from tests.server.sites import import_sites
from tests.server.test_bulk_vehicles import wait_for


@pytest.fixture
def forecourt(application: Application) -> Forecourt:
    """One whose station has acknowledged a list of two cards."""
    made = made_forecourt(application)
    made.put(made.things.emaid)
    assert set(made.tokens(made.answer("Accepted")).values()) == {"Accepted"}
    assert made.state()["entries"] == 2
    return made


@pytest.fixture(scope="module")
def authorities(application: Application) -> Application:
    found_authorities(application)
    return application


@pytest.mark.parametrize(
    "restrictions",
    [
        {"sites": [{"operator_id": THEIRS, "site_id": "x"}]},
        {"connector_types": ["CHAdeMO"]},
        {"hours": [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "begin": "00:00", "end": "23:59"}]},
    ],
    ids=["sites", "connectors", "hours"],
)
def test_a_restricted_contract_leaves_the_list_and_comes_back(
    forecourt: Forecourt, restrictions: dict[str, object]
) -> None:
    app, path = forecourt.app, f"/v1/contracts/{forecourt.things.emaid}/restrictions"
    assert app.ask("PUT", path, restrictions, client="mo").status == 204
    assert set(forecourt.sent().values()) <= {None}  # removed, or left out of a full list
    assert forecourt.state()["entries"] == 0
    assert forecourt.is_still()
    assert app.ask("DELETE", path, client="mo").status == 204
    assert set(forecourt.sent().values()) == {"Accepted"}


def test_what_the_site_allows_stays(forecourt: Forecourt) -> None:
    here = {"operator_id": OURS, "site_id": forecourt.things.site_id}
    path = f"/v1/contracts/{forecourt.things.emaid}/restrictions"
    assert forecourt.app.ask("PUT", path, {"sites": [here]}, client="mo").status == 204
    assert forecourt.is_still()


def test_a_contract_with_nothing_left_is_blocked(forecourt: Forecourt) -> None:
    app, path = forecourt.app, f"/v1/contracts/{forecourt.things.emaid}/budget"
    for most, statuses in ((0, {"Blocked"}), (1000, {"Accepted"})):
        caps = [{"kind": "energy_wh", "period": "day", "most": most}]
        assert app.ask("PUT", path, {"limits": caps}, client="mo").status == 200
        assert set(forecourt.sent().values()) == statuses
    assert forecourt.is_still()


def test_a_site_that_closes_keeps_whom_its_groups_name(forecourt: Forecourt) -> None:
    app, things = forecourt.app, forecourt.things
    groups = f"/v1/access-groups/{OURS}/{things.group_id}"

    def close(access: str) -> None:
        site = {
            "operator_id": OURS,
            "site_id": things.site_id,
            "time_zone": "Europe/Berlin",
            "access": access,
            "groups": [things.group_id],
            "evses": [f"{things.evse_id}=CCS"],
        }
        assert import_sites(app, [site])["refused"] == 0

    close("private")
    assert set(forecourt.sent().values()) <= {None}
    tokens = [{"kind": "rfid", "uid": forecourt.card}]
    assert app.ask("PUT", groups, {"tokens": tokens}, client="cpo").status == 200
    assert forecourt.sent() == {forecourt.card: "Accepted"}  # the very card, not the other one
    assert app.ask("PUT", groups, {"contracts": [things.emaid]}, client="cpo").status == 200
    assert set(forecourt.sent().values()) == {"Accepted"}
    assert forecourt.state()["entries"] == 2
    close("semi-public")
    assert forecourt.is_still()


def test_a_revoked_certificate_blocks_the_emaid_alone(
    authorities: Application, forecourt: Forecourt
) -> None:
    services, emaid = authorities.services, forecourt.things.emaid
    issued = certified(authorities, emaid)
    reference = ByFingerprint(issued.fingerprint)

    def listed() -> str | None:
        """What the list says of the EMAID, as soon as it says anything new of it alone.

        Anchors and statuses are remembered for half a second.
        """
        wait_for(lambda: not forecourt.is_still())
        told = forecourt.sent()
        assert set(told) == {emaid}
        return told[emaid]

    assert listed() == "Accepted"
    services.revoke_certificate(LOCAL_ADMINISTRATOR, reference, RevocationReason.CERTIFICATE_HOLD)
    assert listed() == "Blocked"
    services.release_certificate(LOCAL_ADMINISTRATOR, reference)
    assert listed() == "Accepted"
    services.revoke_certificate(LOCAL_ADMINISTRATOR, reference, RevocationReason.KEY_COMPROMISE)
    assert listed() == "Blocked"
    certified(authorities, emaid)
    assert listed() == "Accepted"  # the last that is valid counts
