"""OICP's answers: the table from outcomes to its status codes, and the bodies that carry them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import orjson
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, ConfigDict, Field

from authorization.model.decision import Decision
from authorization.model.oicp import (
    MAX_ADDITIONAL_INFO_CHARACTERS,
    MAX_DESCRIPTION_CHARACTERS,
    MAX_PARTNER_SESSION_CHARACTERS,
    SESSION_ID,
    Code,
    spelled_provider_id,
)
from authorization.model.outcome import Outcome

TABLE = Path(__file__).with_name("oicp.toml")
PREFIX = "/api/oicp/"

IDENTIFICATIONS = ("plug_and_charge", "remote", "card")
_REFUSED = frozenset(
    {
        "evse_of_another_operator",
        "provider_not_shown",
        "session_invalid",
        "not_of_the_session",
        "qr_code_not_offered",
        "rfid_identification",
    }
)


@dataclass(frozen=True, slots=True)
class OicpTable:
    """Outcome -> code by identification, refusal -> code, HTTP status -> code, code -> words."""

    outcomes: Mapping[str, Mapping[Outcome, str]]
    refused: Mapping[str, str]
    errors: Mapping[int, str]
    description: Mapping[str, str]


def load_oicp_table(path: Path = TABLE) -> OicpTable:
    """Read the table; raises ValueError that says what is nonsense in it."""
    return parse_oicp_table(tomllib.loads(path.read_text(encoding="utf-8")))


def parse_oicp_table(raw: Mapping[str, Any]) -> OicpTable:
    """Parse the table as TOML gives it; raises ValueError that says what is nonsense in it."""
    _require_keys("the table", raw, {*IDENTIFICATIONS, "refused", "errors", "description"})
    known = {code.value for code in Code}
    for name in IDENTIFICATIONS:
        _require_keys(name, raw[name], {outcome.value for outcome in Outcome})
        for outcome, code in raw[name].items():
            if (code == Code.SUCCESS) is not (outcome == Outcome.ACCEPTED):
                raise ValueError(f"{name}.{outcome}: `accepted` alone is 000")
    _require_keys("refused", raw["refused"], set(_REFUSED))
    used = {code for name in (*IDENTIFICATIONS, "refused", "errors") for code in raw[name].values()}
    if Code.SUCCESS in (*raw["refused"].values(), *raw["errors"].values()):
        raise ValueError("refused, errors: none of them is 000")
    if wrong := used - known:
        raise ValueError(f"no status code of OICP that is said here: {', '.join(sorted(wrong))}")
    described = raw["description"]
    if missing := (used | {Code.SYSTEM_ERROR.value}) - set(described):
        raise ValueError(f"description: missing {', '.join(sorted(missing))}")
    if any(not 1 <= len(text) <= MAX_DESCRIPTION_CHARACTERS for text in described.values()):
        raise ValueError(f"description: 1 to {MAX_DESCRIPTION_CHARACTERS} characters")
    return OicpTable(
        MappingProxyType(
            {
                name: MappingProxyType({Outcome(key): code for key, code in raw[name].items()})
                for name in IDENTIFICATIONS
            }
        ),
        MappingProxyType(dict(raw["refused"])),
        MappingProxyType({int(status): code for status, code in raw["errors"].items()}),
        MappingProxyType(dict(described)),
    )


def _require_keys(name: str, raw: object, keys: set[str]) -> None:
    if not isinstance(raw, Mapping) or set(raw) != keys:
        wrong = sorted(set(raw) ^ keys) if isinstance(raw, Mapping) else ["no table"]
        raise ValueError(f"{name}: missing or unknown: {', '.join(wrong)}")


class StatusCode(BaseModel):
    """OICP StatusCodeType."""

    model_config = ConfigDict(populate_by_name=True)

    code: str = Field(alias="Code", pattern="^[0-9]{3}$")
    description: str | None = Field(
        None, alias="Description", max_length=MAX_DESCRIPTION_CHARACTERS
    )
    additional_info: str | None = Field(
        None,
        alias="AdditionalInfo",
        max_length=MAX_ADDITIONAL_INFO_CHARACTERS,
        description="Our own code, and what to do",
    )


class OicpAuthorizationAnswer(BaseModel):
    """eRoamingAuthorizationStart and eRoamingAuthorizationStop V2.1, also where all is wrong."""

    session_id: str | None = Field(None, alias="SessionID", pattern=SESSION_ID)
    cpo_partner_session_id: str | None = Field(
        None, alias="CPOPartnerSessionID", max_length=MAX_PARTNER_SESSION_CHARACTERS
    )
    emp_partner_session_id: str | None = Field(
        None,
        alias="EMPPartnerSessionID",
        max_length=MAX_PARTNER_SESSION_CHARACTERS,
        description="Our decision's reference",
    )
    provider_id: str | None = Field(None, alias="ProviderID")
    authorization_status: Literal["Authorized", "NotAuthorized"] = Field(
        alias="AuthorizationStatus"
    )
    status_code: StatusCode = Field(alias="StatusCode")


OICP_RESPONSES: ResponseDict = {
    status: {
        "description": description,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/OicpAuthorizationAnswer"}}
        },
    }
    for status, description in {
        400: "The request has not OICP's shape (022).",
        401: "No token, or one that no longer stands (017).",
        403: "Not this hub's operator, or no hub (017).",
        404: "Nothing is served at this address (320).",
        413: "Too large (022).",
        415: "Another media type is needed (022).",
        429: "Too many requests; see Retry-After (021).",
        503: "Try again later (021).",
    }.items()
}
"""Every documented operation may answer these."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer echoes of the request: its session's names."""

    session_id: str | None = None
    cpo_partner_session_id: str | None = None


def decision_body(table: OicpTable, identification: str, decision: Decision, told: Told) -> bytes:
    """Return the answer to a question that was decided, as JSON."""
    code = table.outcomes[identification][decision.outcome]
    reasons = "" if decision.accepted else ", ".join(reason.code for reason in decision.reasons)
    body: dict[str, Any] = {
        **_echoed(told),
        "EMPPartnerSessionID": decision.reference,
        **_status(table, code, reasons),
    }
    if decision.accepted and decision.provider_id is not None:
        body["ProviderID"] = spelled_provider_id(decision.provider_id)
    return orjson.dumps(body)


def refused_body(table: OicpTable, reason: str, detail: str, told: Told) -> bytes:
    """Return the answer to a question that is refused without a decision, as JSON."""
    return orjson.dumps(
        {**_echoed(told), **_status(table, table.refused[reason], f"{reason}: {detail}")}
    )


def is_oicp(path: str) -> bool:
    """Whether a request's path belongs to OICP, served or not."""
    return path.startswith(PREFIX)


def error_body(status: int, code: str, detail: str, fields: Mapping[str, str]) -> bytes:
    """Return what OICP says of a request that cannot be answered (HTTP `status`), as JSON."""
    table = _shipped()
    faults = "; ".join(f"{name}: {fault}" for name, fault in fields.items())
    info = f"{code}: {detail}" + (f" ({faults})" if faults else "")
    return orjson.dumps(_status(table, table.errors.get(status, Code.SYSTEM_ERROR), info))


@cache
def _shipped() -> OicpTable:
    return load_oicp_table()


def _status(table: OicpTable, code: str, info: str) -> dict[str, Any]:
    status = {"Code": code, "Description": table.description[code]}
    if info:
        status["AdditionalInfo"] = info[:MAX_ADDITIONAL_INFO_CHARACTERS]
    authorized = code == Code.SUCCESS
    return {
        "AuthorizationStatus": "Authorized" if authorized else "NotAuthorized",
        "StatusCode": status,
    }


def _echoed(told: Told) -> dict[str, str]:
    echoed = {
        "SessionID": told.session_id,
        "CPOPartnerSessionID": told.cpo_partner_session_id,
    }
    return {name: value for name, value in echoed.items() if value is not None}
