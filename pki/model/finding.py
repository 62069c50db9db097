"""What the linter finds: codes that stay the same, so that tolerance policies can name them."""

from dataclasses import dataclass
from enum import StrEnum


class FindingCode(StrEnum):
    """Every finding that the linter makes; tolerance policies name them."""

    VERSION_NOT_3 = "version_not_3"
    SERIAL_NOT_POSITIVE = "serial_not_positive"
    SERIAL_TOO_LONG = "serial_too_long"
    DER_TOO_LARGE = "der_too_large"
    VALIDITY_REVERSED = "validity_reversed"
    LIFETIME_TOO_LONG = "lifetime_too_long"
    KEY_ALGORITHM_NOT_ALLOWED = "key_algorithm_not_allowed"
    SIGNATURE_ALGORITHM_NOT_ALLOWED = "signature_algorithm_not_allowed"
    EXTENSIONS_MALFORMED = "extensions_malformed"
    EXTENSION_UNEXPECTED = "extension_unexpected"
    EXTENSION_WRONGLY_CRITICAL = "extension_wrongly_critical"
    BASIC_CONSTRAINTS_MISSING = "basic_constraints_missing"
    BASIC_CONSTRAINTS_NOT_CRITICAL = "basic_constraints_not_critical"
    BASIC_CONSTRAINTS_ENCODED_DEFAULT = "basic_constraints_encoded_default"
    BASIC_CONSTRAINTS_WRONG_CA = "basic_constraints_wrong_ca"
    PATH_LENGTH_MISSING = "path_length_missing"
    PATH_LENGTH_UNEXPECTED = "path_length_unexpected"
    PATH_LENGTH_WRONG = "path_length_wrong"
    KEY_USAGE_MISSING = "key_usage_missing"
    KEY_USAGE_NOT_CRITICAL = "key_usage_not_critical"
    KEY_USAGE_LACKS_BIT = "key_usage_lacks_bit"
    KEY_USAGE_EXCESS_BIT = "key_usage_excess_bit"
    EXTENDED_KEY_USAGE_MISSING = "extended_key_usage_missing"
    EXTENDED_KEY_USAGE_UNEXPECTED = "extended_key_usage_unexpected"
    EXTENDED_KEY_USAGE_WRONG_CRITICALITY = "extended_key_usage_wrong_criticality"
    SUBJECT_MALFORMED = "subject_malformed"
    SUBJECT_COMMON_NAME_MISSING = "subject_common_name_missing"
    SUBJECT_COMMON_NAME_REPEATED = "subject_common_name_repeated"
    SUBJECT_COMMON_NAME_TOO_LONG = "subject_common_name_too_long"
    SUBJECT_COUNTRY_UNASSIGNED = "subject_country_unassigned"
    SUBJECT_DOMAIN_COMPONENT_MISSING = "subject_domain_component_missing"
    SUBJECT_DOMAIN_COMPONENT_WRONG = "subject_domain_component_wrong"
    SUBJECT_ALTERNATIVE_NAME_UNEXPECTED = "subject_alternative_name_unexpected"
    OCSP_URL_MISSING = "ocsp_url_missing"
    OCSP_URL_REPEATED = "ocsp_url_repeated"
    OCSP_URL_UNEXPECTED = "ocsp_url_unexpected"
    OCSP_NO_CHECK_MISSING = "ocsp_no_check_missing"
    OCSP_NO_CHECK_UNEXPECTED = "ocsp_no_check_unexpected"
    SUBJECT_KEY_IDENTIFIER_MISSING = "subject_key_identifier_missing"
    SUBJECT_KEY_IDENTIFIER_LENGTH = "subject_key_identifier_length"
    AUTHORITY_KEY_IDENTIFIER_MISSING = "authority_key_identifier_missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One departure: a stable `code`, one sentence of `detail`, the `clause` departed from."""

    code: FindingCode
    detail: str
    clause: str
