"""SendLocalList as each version of OCPP spells it, with references where tokens stand.

Tokens are personal. A call that waits for a station names them by random ids (`card:…`,
`contract:…`); they are put in while the call is handed to the CPMS (`with_tokens`), and nowhere
else.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from authorization.model.local_list import ListEntry, ListUpdate
from authorization.model.ocpp_version import OcppVersion
from authorization.model.station_call import CallMessage, CallPurpose

CARD, CONTRACT = "card", "contract"

LONGEST_ID_TAG = 20
"""OCPP 1.6 IdToken is CiString20Type."""

_TYPES = {CARD: "ISO14443", CONTRACT: "eMAID"}  # OCPP 2.0.1 IdTokenEnumType


def reference(kind: str, random_id: str) -> str:
    """Return what stands for a card (token id) or a contract (contract id) in a list."""
    return f"{kind}:{random_id}"


def list_message(version: OcppVersion, update: ListUpdate) -> CallMessage:
    """Return the request, with references for tokens."""
    entries = [_entry(version, ref, one) for ref, one in update.entries.items()]
    entries += [_entry(version, ref, None) for ref in update.removed]
    payload: dict[str, Any] = {
        "listVersion" if version is OcppVersion.V16 else "versionNumber": update.version,
        "updateType": update.kind.value,
    }
    if entries:  # OCPP 2.x has no list without entries: to leave it out empties the station's
        payload["localAuthorizationList"] = entries
    return CallMessage(CallPurpose.SEND_LOCAL_LIST.value, payload)


def with_tokens(payload: Mapping[str, Any], named: Mapping[str, str]) -> dict[str, Any]:
    """Return the request with the tokens that `named` gives for references.

    An entry whose token is gone is left out: it was erased after the call was queued, and the next
    update, a full one, takes it off the station. So is one that OCPP 1.6 cannot spell.
    """
    entries = []
    for entry in payload.get("localAuthorizationList", ()):
        id_token = entry.get("idToken")
        token = named.get(entry["idTag"] if id_token is None else id_token["idToken"])
        if token is None or (id_token is None and len(token) > LONGEST_ID_TAG):
            continue
        spelled = (
            {"idTag": token} if id_token is None else {"idToken": id_token | {"idToken": token}}
        )
        entries.append(entry | spelled)
    rest = {name: value for name, value in payload.items() if name != "localAuthorizationList"}
    return rest | ({"localAuthorizationList": entries} if entries else {})


def references_in(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the references of a request in which tokens are still to be put."""
    return tuple(
        entry["idTag"] if "idTag" in entry else entry["idToken"]["idToken"]
        for entry in payload.get("localAuthorizationList", ())
    )


def _entry(version: OcppVersion, ref: str, entry: ListEntry | None) -> dict[str, Any]:
    old = version is OcppVersion.V16
    kind = ref.partition(":")[0]
    named: dict[str, Any] = (
        {"idTag": ref} if old else {"idToken": {"idToken": ref, "type": _TYPES[kind]}}
    )
    if entry is None:  # without information: to be removed
        return named
    info: dict[str, Any] = {"status": entry.status.value}
    if entry.expires_at is not None:
        info["expiryDate" if old else "cacheExpiryDateTime"] = _moment(entry.expires_at)
    return named | {"idTagInfo" if old else "idTokenInfo": info}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
