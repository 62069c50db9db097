"""EST's routes as the API description (OpenAPI 3.1) has them: RFC 7030's own paths.

The other spellings of `pki.api.est` ask the same operations; described four times over, they would
fill a generated client with copies.
"""

from collections.abc import Iterator
from typing import Any

from pki.api.est_bodies import ATTRIBUTES_TYPE, CERTIFICATES_TYPE, CSR_TYPE

PREFIX = "/.well-known/est"

_TAG = "EST"
_TEXT = "text/plain"
_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}

_CA = {
    "name": "ca",
    "in": "path",
    "required": True,
    "description": "The role whose authorities are meant; `acme-cpo` names those of `acme`.",
    "schema": {"type": "string", "pattern": "^([a-z0-9_]{1,24}-)?(mo|cpo|oem|cps|veh)$"},
}
_EDITION = {
    "name": "edition",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "enum": ["ISO15118-2", "ISO15118-20"]},
}
_ALGORITHM = {
    "name": "algorithm",
    "in": "path",
    "required": True,
    "description": "ISO 15118-2 has `secp256r1`, ISO 15118-20 the others.",
    "schema": {"type": "string", "enum": ["secp256r1", "secp521r1", "ed448"]},
}
_NAMESPACE = {
    "name": "xsdMsgDefNamespace",
    "in": "query",
    "required": False,
    "description": "The edition of ISO 15118; the label's usual one where it is left out.",
    "schema": {
        "type": "string",
        "enum": [
            "urn:iso:15118:2:2013:MsgDef",
            "urn:iso:15118:20:2020:MsgDef",
            "urn:iso:15118:20:2022:MsgDef",
        ],
    },
}

_VARIANTS = (
    ("", "", [_NAMESPACE]),
    ("/{ca}", "_ca", [_CA, _NAMESPACE]),
    ("/{ca}", "_ca_edition", [_CA, _EDITION]),
)
"""What stands before the operation in the path, behind its name in `operationId`, and parameters.

Where the path names no `{ca}` the token's role counts (RFC 7030 section 3.2.2).
"""

_REFUSALS = {
    "400": "No base64, no CSR, or one that breaks a rule.",
    "401": "No token, or one that no longer stands.",
    "403": "Another's role or identifier.",
    "404": "No such label, authority or contract.",
    "409": "Contradicts what is stored.",
    "413": "Too large.",
    "415": "Another media type is needed.",
    "429": "Too many requests; see Retry-After.",
}


def est_paths() -> dict[str, dict[str, Any]]:
    """Return path -> path item of RFC 7030's operations, with and without a label."""
    paths: dict[str, dict[str, Any]] = {}
    for before, name, parameters in _VARIANTS:
        for operation, method, described in _operations():
            path = f"{PREFIX}{before}/{operation}"
            path += "/{edition}" if _EDITION in parameters else ""
            paths[path] = {
                method: {**described, "operationId": operation + name, "parameters": parameters}
            }
    described = paths[f"{PREFIX}/{{ca}}/cacerts/{{edition}}"]["get"]
    paths[f"{PREFIX}/{{ca}}/cacerts/{{edition}}/{{algorithm}}"] = {
        "get": {
            **described,
            "operationId": "cacerts_ca_edition_algorithm",
            "parameters": [_CA, _EDITION, _ALGORITHM],
        }
    }
    return paths


def _operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    yield (
        "cacerts",
        "get",
        _described(
            "Get the authorities' certificates",
            "Sub-CA 2, Sub-CA 1 and root (RFC 7030 section 4.1). Needs no token.",
            _base64(CERTIFICATES_TYPE, "certs-only PKCS#7"),
        ),
    )
    certificate = _base64(CERTIFICATES_TYPE, "certs-only PKCS#7 with the leaf")
    yield (
        "simpleenroll",
        "post",
        _enrolling("Enrol for a certificate", "RFC 7030 section 4.2.1.", certificate),
    )
    yield (
        "simplereenroll",
        "post",
        _enrolling(
            "Renew a certificate",
            "For the subject and subjectAltName of one that stands (RFC 7030 section 4.2.2).",
            certificate,
        ),
    )
    yield (
        "serverkeygen",
        "post",
        _enrolling(
            "Enrol for a key and its certificate",
            "For stations and provisioning services (RFC 7030 section 4.4). The key is handed over "
            "once and kept nowhere.",
            {
                "multipart/mixed": {
                    "schema": {
                        "type": "string",
                        "format": "binary",
                        "description": "Two parts in base64: `application/pkcs8` with the key, "
                        "`application/pkcs7-mime` with the certificate.",
                    }
                }
            },
        ),
    )
    yield (
        "csrattrs",
        "get",
        _described(
            "Get what to put into a CSR",
            "In the old form and as RFC 9908's template (RFC 7030 section 4.5).",
            _base64(ATTRIBUTES_TYPE, "CsrAttrs"),
        ),
    )


def _enrolling(summary: str, description: str, answer: dict[str, Any]) -> dict[str, Any]:
    body = {"required": True, "content": _base64(CSR_TYPE, "PKCS#10")}
    return {**_described(summary, description, answer), "requestBody": body}


def _described(summary: str, description: str, answer: dict[str, Any]) -> dict[str, Any]:
    refused = {_TEXT: {"schema": {"type": "string", "description": "`code: what to do`"}}}
    return {
        "tags": [_TAG],
        "summary": summary,
        "description": description,
        "responses": {
            "200": {"description": "OK", "content": answer},
            **{
                status: {"description": told, "content": refused}
                for status, told in _REFUSALS.items()
            },
            "503": {"description": "Try again later.", "content": {**refused, **_PROBLEM}},
        },
    }


def _base64(media_type: str, what: str) -> dict[str, Any]:
    """Describe a body of DER in base64 (RFC 8951 section 3): octets for whoever sends it."""
    return {
        media_type.partition(";")[0]: {
            "schema": {
                "type": "string",
                "format": "binary",
                "description": f"DER of a {what} in base64, on one line or wrapped",
            }
        }
    }
