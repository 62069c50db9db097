"""The independent linter `pkilint` on OCSP responses and CRLs; nothing of it is waived."""

from functools import cache

from pkilint import loader, pkix
from pkilint.pkix import crl, extension, name, ocsp
from pkilint.validation import ValidationFindingSeverity


@cache
def _decoders() -> tuple[object, object]:
    return (
        pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
        pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
    )


@cache
def _ocsp_validator() -> object:
    return ocsp.create_pkix_ocsp_response_validator_container(
        [ocsp.create_response_decoder(), *_decoders()], []
    )


@cache
def _crl_validator() -> object:
    return crl.create_pkix_crl_validator_container(
        list(_decoders()),
        [
            crl.create_issuer_validator_container([]),
            crl.create_validity_validator_container([]),
            crl.create_extensions_validator_container([]),
        ],
    )


def ocsp_findings(response: bytes) -> set[str]:
    """Return the codes of what the linter finds in an OCSP response (DER), notices included."""
    document = loader.load_ocsp_response(response, "response")
    return _codes(_ocsp_validator().validate(document.root))  # type: ignore[attr-defined] # untyped library


def crl_findings(crl_der: bytes) -> set[str]:
    """Return the codes of what the linter finds in a CRL (DER), notices included."""
    document = loader.load_crl(crl_der, "crl")
    return _codes(_crl_validator().validate(document.root))  # type: ignore[attr-defined] # untyped library


def _codes(results: object) -> set[str]:
    return {
        description.finding.code
        for result in results  # type: ignore[attr-defined] # untyped library
        for description in result.finding_descriptions
        if description.finding.severity <= ValidationFindingSeverity.NOTICE
    }
