"""OCPI's answers: one envelope for everything, errors included (transport_and_format.asciidoc)."""

from collections.abc import Mapping
from datetime import datetime

import orjson
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, Field

from authorization.model.ocpi import StatusCode
from authorization.model.ocpi_objects import ocpi_time

PREFIX = "/ocpi"
"""Below it every answer is an envelope, a refusal of an unknown address included."""


class OcpiError(BaseModel):
    """An envelope without data: what went wrong, in OCPI's code and in words."""

    status_code: int = Field(description="An OCPI status code that is no success: 2xxx, 3xxx.")
    status_message: str
    timestamp: str


OCPI_RESPONSES: ResponseDict = dict.fromkeys((400, 401, 403, 404, 413, 415, 429, 503), OcpiError)
"""Every OCPI operation may answer these."""

_BY_CODE: Mapping[str, tuple[int, StatusCode]] = {
    # status_codes.asciidoc: a request whose JSON is sound, from somebody who may send it, to an
    # address that there is, has reached OCPI, and is not answered with an HTTP error
    "invalid_object": (200, StatusCode.INVALID_PARAMETERS),
    "invalid_foreign_token": (200, StatusCode.INVALID_PARAMETERS),
    "last_updated_ahead": (200, StatusCode.INVALID_PARAMETERS),
    "uid_differs": (200, StatusCode.INVALID_PARAMETERS),
    "token_type_unknown": (200, StatusCode.INVALID_PARAMETERS),
    "sender_not_yours": (200, StatusCode.INVALID_PARAMETERS),
    "receiver_unknown": (200, StatusCode.CLIENT_ERROR),
    "host_not_allowed": (200, StatusCode.INVALID_PARAMETERS),
    "party_not_registered": (200, StatusCode.INVALID_PARAMETERS),
    "too_many_tokens": (200, StatusCode.CLIENT_ERROR),
    "operator_needed": (200, StatusCode.NOT_ENOUGH_INFORMATION),
    "location_needed": (200, StatusCode.NOT_ENOUGH_INFORMATION),
    "location_unknown": (200, StatusCode.UNKNOWN_LOCATION),
    "partner_unusable": (200, StatusCode.CLIENT_API_UNUSABLE),
    "version_missing": (200, StatusCode.UNSUPPORTED_VERSION),
    "endpoints_missing": (200, StatusCode.NO_MATCHING_ENDPOINTS),
    # mod_tokens.asciidoc: an unknown token is 2004 and HTTP 404
    "token_unknown": (404, StatusCode.UNKNOWN_TOKEN),
    "token_not_found": (404, StatusCode.UNKNOWN_TOKEN),
    "token_not_yours": (404, StatusCode.INVALID_PARAMETERS),
    "version_unknown": (404, StatusCode.UNSUPPORTED_VERSION),
    # credentials.asciidoc: HTTP 405 for POST when registered, PUT and DELETE when not
    "already_registered": (405, StatusCode.CLIENT_ERROR),
    "not_registered": (405, StatusCode.CLIENT_ERROR),
}
"""Our code -> HTTP status and OCPI status code, where the HTTP status alone does not say it."""

_BY_STATUS = {
    400: StatusCode.INVALID_PARAMETERS,
    413: StatusCode.INVALID_PARAMETERS,
    415: StatusCode.INVALID_PARAMETERS,
    422: StatusCode.INVALID_PARAMETERS,
}


def is_ocpi(path: str) -> bool:
    """Whether a request's path belongs to OCPI, served or not."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def envelope(
    data: object, now: datetime, code: StatusCode = StatusCode.SUCCESS, message: str = "Success"
) -> bytes:
    """Return the envelope of a success as JSON."""
    return orjson.dumps(
        {
            "data": data,
            "status_code": code,
            "status_message": message,
            "timestamp": ocpi_time(now),
        }
    )


def ocpi_error(
    status: int, code: str, detail: str, fields: Mapping[str, str], now: datetime
) -> tuple[int, bytes]:
    """Return HTTP status and envelope of a refusal that is `status` elsewhere; it has no data."""
    general = StatusCode.SERVER_ERROR if status >= 500 else StatusCode.CLIENT_ERROR
    http, said = _BY_CODE.get(code, (status, _BY_STATUS.get(status, general)))
    faults = "".join(f"; {name}: {fault}" for name, fault in fields.items())
    return http, orjson.dumps(
        {
            "status_code": said,
            "status_message": f"{code}: {detail}{faults}"[:512],
            "timestamp": ocpi_time(now),
        }
    )
