"""Sites over HTTP, and a station at one of them, for the tests of the whole application."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.server.assembly import Application

OURS = "DEAAA"  # that of `assembly`, which imports this module


@dataclass
class Scene:
    """A station with a CCS and a Type 2 EVSE at one site, a contract and its card."""

    application: "Application"
    emaid: str
    uid: str
    station_id: str
    evses: tuple[str, str]
    site_id: str

    def site(self, **changed: object) -> None:
        ccs, type_2 = self.evses
        site = {
            "operator_id": OURS,
            "site_id": self.site_id,
            "time_zone": "Europe/Berlin",
            "evses": [f"{ccs}=CCS", f"{type_2}=Type2"],
        }
        told = import_sites(self.application, [site | changed])
        assert told["refused"] == 0, told
        self.forget()

    def forget(self) -> None:
        """Forget what is remembered of stations for half a second."""
        known = vars(self.application.services.authorize.stations)
        for cache in ("_by_station", "_by_evse"):
            known[cache]._entries.clear()

    def restrict(self, **restrictions: object) -> None:
        path = f"/v1/contracts/{self.emaid}/restrictions"
        assert self.application.ask("PUT", path, restrictions, client="mo").status == 204

    def group(self, group_id: str, **members: object) -> None:
        path = f"/v1/access-groups/{OURS}/{group_id}"
        answer = self.application.ask("PUT", path, members, client="cpo")
        assert answer.status == 200, answer

    def ask(self, kind: str = "rfid", value: str | None = None, **changed: object) -> Any:
        question = {
            "station_id": self.station_id,
            "identification": {"type": kind, "value": self.uid if value is None else value},
        }
        client = "admin" if "at" in changed else "cpo"
        return self.application.ask(
            "POST", "/v1/authorizations", question | changed, client=client
        ).json

    def ocpp(self, version: str, id_token: object) -> Any:
        body = {"idTag": id_token} if version == "1.6" else {"idToken": id_token}
        answer = self.application.ask(
            "POST", f"/ocpp/{version}/{self.station_id}/Authorize", body, client="cpo"
        )
        assert answer.status == 200, answer
        return answer.json["idTagInfo"] if version == "1.6" else answer.json

    @property
    def card(self) -> dict[str, str]:
        return {"idToken": self.uid, "type": "ISO14443"}


def import_sites(
    application: "Application",
    sites: Sequence[Mapping[str, object]],
    query: str = "",
    *,
    client: str = "cpo",
) -> Any:
    """Import sites as JSON lines; return the report."""
    answer = application.ask(
        "POST",
        f"/v1/sites/import{query}",
        b"".join(json.dumps(site).encode() + b"\n" for site in sites),
        client=client,
        content_type="application/x-ndjson",
    )
    assert answer.status == 200, answer
    return answer.json


def made_site(application: "Application", evse_id: str) -> dict[str, str]:
    """Make a public site with an EVSE, and an access group that nobody belongs to."""
    site_id, group_id = f"site-{secrets.token_hex(4)}", f"group-{secrets.token_hex(4)}"
    site = {
        "operator_id": OURS,
        "site_id": site_id,
        "time_zone": "Europe/Berlin",
        "evses": [f"{evse_id}=CCS"],
    }
    import_sites(application, [site])
    path = f"/v1/access-groups/{OURS}/{group_id}"
    assert application.ask("PUT", path, {}, client="cpo").status == 200
    return {"site_id": site_id, "group_id": group_id}


def made_scene(application: "Application") -> Scene:
    """Register all of it."""
    suffix = secrets.token_hex(4)
    emaid, uid = f"DE{OURS[2:]}C{secrets.token_hex(4).upper()}", secrets.token_hex(7).upper()
    evses = (f"DE*AAA*E{suffix.upper()}1", f"DE*AAA*E{suffix.upper()}2")
    made = Scene(application, emaid, uid, f"station-{suffix}", evses, f"site-{suffix}")
    for client, path, body in (
        ("mo", "/v1/contracts", {"emaid": emaid}),
        ("mo", f"/v1/contracts/{emaid}/access-methods", {"kind": "rfid", "uid": uid}),
        (
            "cpo",
            "/v1/stations",
            {"station_id": made.station_id, "operator_id": OURS, "evse_ids": evses},
        ),
    ):
        assert application.ask("POST", path, body, client=client).status == 201
    return made
