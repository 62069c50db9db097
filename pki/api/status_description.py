"""OCSP, CRLs and authorities' certificates as the API description (OpenAPI 3.1) has them.

`pki.api.status_app` answers them ahead of Flask, so no blueprint describes them.
"""

from typing import Any

from pki.api.status_app import CERTIFICATE_TYPE, CRL_TYPE, OCSP_TYPE, PROBLEM_TYPE
from pki.model.ocsp_request import MAXIMUM_REQUEST_BYTES

REQUEST_TYPE = "application/ocsp-request"

_TAG = "Certificate status"
_PROBLEM = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_NOT_MODIFIED = {"description": "What If-None-Match names is still the newest."}
_MALFORMED = (
    "Whatever is asked is answered 200 with an OCSPResponse (RFC 6960 section 2.3): one of status "
    "`malformedRequest` for what is no request, `tryLater` where nothing can be looked up now."
)


def status_paths() -> dict[str, dict[str, Any]]:
    """Return path -> path item; everybody may ask, so none needs a token."""
    return {
        "/ocsp": {
            "post": {
                **_described("post_ocsp", "Ask for a certificate's status", _MALFORMED),
                "requestBody": {
                    "required": True,
                    "content": {REQUEST_TYPE: {"schema": _der("OCSPRequest (RFC 6960)")}},
                },
                "responses": {"200": _answer(OCSP_TYPE, "OCSPResponse (RFC 6960)")},
            }
        },
        "/ocsp/{request}": {
            "get": {
                **_described(
                    "get_ocsp", "Ask for a certificate's status, through caches", _MALFORMED
                ),
                "parameters": [
                    {
                        "name": "request",
                        "in": "path",
                        "required": True,
                        "description": "DER of the OCSPRequest in base64 (RFC 6960 appendix A.1), "
                        f"of {MAXIMUM_REQUEST_BYTES} bytes at most",
                        "schema": {"type": "string", "minLength": 1},
                    }
                ],
                "responses": {
                    "200": _answer(OCSP_TYPE, "OCSPResponse (RFC 6960)"),
                    "304": _NOT_MODIFIED,
                },
            }
        },
        "/crl/{ca}.crl": {
            "get": _file(
                "get_crl",
                "Get an authority's revocation list",
                "The newest one, as `cRLDistributionPoints` of its certificates name it.",
                _answer(CRL_TYPE, "CertificateList (RFC 5280)"),
            )
        },
        "/ca/{ca}.cer": {
            "get": _file(
                "get_ca_certificate",
                "Get an authority's certificate",
                "As `authorityInfoAccess` of the certificates below it names it.",
                _answer(CERTIFICATE_TYPE, "Certificate (RFC 5280)"),
            )
        },
    }


def _described(operation_id: str, summary: str, description: str) -> dict[str, Any]:
    return {
        "tags": [_TAG],
        "summary": summary,
        "description": description,
        "operationId": operation_id,
        "security": [],
    }


def _file(
    operation_id: str, summary: str, description: str, answer: dict[str, Any]
) -> dict[str, Any]:
    return {
        **_described(operation_id, summary, description),
        "parameters": [
            {
                "name": "ca",
                "in": "path",
                "required": True,
                "description": "The authority's name",
                "schema": {"type": "string", "pattern": "^[a-z0-9-]{1,64}$"},
            }
        ],
        "responses": {
            "200": answer,
            "304": _NOT_MODIFIED,
            "404": {"description": "No such authority.", "content": _PROBLEM},
            "503": {"description": "Try again later.", "content": _PROBLEM},
        },
    }


def _answer(media_type: str, what: str) -> dict[str, Any]:
    return {"description": "OK", "content": {media_type: {"schema": _der(what)}}}


def _der(what: str) -> dict[str, Any]:
    return {"type": "string", "format": "binary", "description": f"DER: {what}"}
