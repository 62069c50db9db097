"""A station of a group, whose offline list is sent and acknowledged over HTTP."""

import secrets
from dataclasses import dataclass
from typing import Any

from foundation.clock import utc_now
from tests.authorization.ocpp.published import errors
from tests.server.assembly import OURS, Application, Things

CONSENT = f"/v1/local-list-consents/{OURS}/{OURS}"


@dataclass
class Forecourt:
    """A group of one station, with the contract of `things` and one card more."""

    app: Application
    things: Things
    version: str
    group: str
    card: str

    def put(self, *emaids: str, entries: int = 10, client: str = "cpo", status: int = 200) -> Any:
        station = {
            "station_id": self.things.station_id,
            "ocpp_version": self.version,
            "entries": entries,
            "per_message": 10,
        }
        body = {"stations": [station], "contracts": list(emaids)}
        path = f"/v1/station-groups/{OURS}/{self.group}"
        answer = self.app.ask("PUT", path, body, client=client)
        assert answer.status == status, answer
        return answer.json

    def waiting(self, client: str = "cpo") -> list[dict[str, Any]]:
        path = f"/v1/stations/{self.things.station_id}/calls"
        calls = self.app.ask("GET", path, client=client).json
        return [call for call in calls if call["action"] == "SendLocalList"]

    def answer(self, status: str) -> dict[str, Any]:
        """Answer what waits, and return what it was."""
        [call] = self.waiting()
        path = f"/v1/stations/{self.things.station_id}/calls/{call['id']}"
        answered = self.app.ask("POST", path, {"status": status}, client="cpo")
        assert answered.status == 200, answered
        payload: dict[str, Any] = call["payload"]
        assert errors(self.version, "SendLocalList", payload) == []
        return payload

    def state(self) -> dict[str, Any]:
        path = f"/v1/stations/{self.things.station_id}/local-list"
        shown: dict[str, Any] = self.app.ask("GET", path, client="cpo").json
        return shown

    def refresh(self) -> None:
        self.app.services.refresh_local_lists(utc_now())

    def tokens(self, payload: dict[str, Any]) -> dict[str, str | None]:
        """Token -> its status, None where it is to be removed."""
        old = self.version == "1.6"
        return {
            entry["idTag"] if old else entry["idToken"]["idToken"]: entry.get(
                "idTagInfo" if old else "idTokenInfo", {}
            ).get("status")
            for entry in payload.get("localAuthorizationList", ())
        }

    def sent(self) -> dict[str, str | None]:
        """Bring the list further, accept what is sent, and return its tokens."""
        self.refresh()
        return self.tokens(self.answer("Accepted"))

    def is_still(self) -> bool:
        """Whether the list is brought no further."""
        self.refresh()
        return self.waiting() == []


def made_forecourt(application: Application) -> Forecourt:
    """Make one, with the provider's consent; nothing is chosen yet."""
    things = application.things()
    card = secrets.token_hex(7).upper()
    methods = f"/v1/contracts/{things.emaid}/access-methods"
    assert (
        application.ask("POST", methods, {"kind": "rfid", "uid": card}, client="mo").status == 201
    )
    assert application.ask("PUT", CONSENT, {"consents": True}, client="mo").status == 200
    return Forecourt(application, things, "2.0.1", f"g-{secrets.token_hex(4)}", card)
