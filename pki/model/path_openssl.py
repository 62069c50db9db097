"""RFC 5280 path validation of a found path by OpenSSL, at an explicit time.

A new store for every path: `set_time` changes a store, so threads must not share one, and a store
that holds one anchor can neither pick another by name nor remember anything.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from OpenSSL import crypto

from pki.model.path_certificate import PathCertificate
from pki.model.verdict import Fault, Objection, Reason

_FLAGS = (
    crypto.X509StoreFlags.X509_STRICT
    | crypto.X509StoreFlags.CHECK_SS_SIGNATURE
    # so that policyConstraints are honoured; nothing is demanded where there are none
    | crypto.X509StoreFlags.POLICY_CHECK
    # the one certificate in the store is the anchor, whoever issued it (RFC 5280 section 6.1.1 d)
    | crypto.X509StoreFlags.PARTIAL_CHAIN
)

_NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which pyOpenSSL does not name."""

_CODES: dict[int, tuple[str, Fault]] = {
    2: ("issuer_not_found", Fault.CHAIN),
    7: ("signature_invalid", Fault.SIGNATURE),
    9: ("not_yet_valid", Fault.NOT_YET_VALID),
    10: ("expired", Fault.EXPIRED),
    20: ("issuer_not_found", Fault.CHAIN),
    24: ("public_key_unreadable", Fault.CHAIN),
    25: ("path_length_exceeded", Fault.CHAIN),
    30: ("authority_key_identifier_mismatch", Fault.CHAIN),
    31: ("authority_key_identifier_mismatch", Fault.CHAIN),
    32: ("issuer_may_not_sign", Fault.CHAIN),
    34: ("critical_extension_unknown", Fault.CHAIN),
    41: ("extension_invalid", Fault.CHAIN),
    42: ("policy_invalid", Fault.CHAIN),
    43: ("policy_missing", Fault.CHAIN),
    47: ("name_not_permitted", Fault.CHAIN),
    48: ("name_excluded", Fault.CHAIN),
    51: ("name_constraint_unsupported", Fault.CHAIN),
    52: ("name_constraint_malformed", Fault.CHAIN),
    53: ("name_malformed", Fault.CHAIN),
    79: ("issuer_is_no_ca", Fault.CHAIN),
    80: ("path_length_without_ca", Fault.CHAIN),
    81: ("path_length_without_key_cert_sign", Fault.CHAIN),
    82: ("key_cert_sign_without_ca", Fault.CHAIN),
    83: ("issuer_empty", Fault.CHAIN),
    84: ("subject_empty", Fault.CHAIN),
    85: ("authority_key_identifier_missing", Fault.CHAIN),
    86: ("subject_key_identifier_missing", Fault.CHAIN),
    92: ("key_usage_missing", Fault.CHAIN),
    94: ("key_parameters_explicit", Fault.CHAIN),
}
"""OpenSSL's X509_V_ERR numbers, as far as a reason of ours says it better than theirs."""


def openssl_objection(
    path: Sequence[PathCertificate], at: datetime, *, check_time: bool
) -> Objection | None:
    """Return OpenSSL's first objection to `path` (leaf first, anchor last), None where it has none.

    `at` is aware. Without `check_time` validity periods are not looked at: for a path that has
    been found expired already, to learn what else is wrong with it. Never raises.
    """
    try:
        leaf, *intermediates, anchor = (crypto.X509.from_cryptography(c.certificate) for c in path)
        store = crypto.X509Store()
        store.set_flags(_FLAGS if check_time else _FLAGS | _NO_CHECK_TIME)
        if check_time:
            store.set_time(at.astimezone(UTC))
        store.add_cert(anchor)
        chain = crypto.X509StoreContext(store, leaf, intermediates).get_verified_chain()
    except crypto.X509StoreContextError as objection:
        number, depth, message = objection.errors
        return _translated(int(number), int(depth), str(message), path)
    except crypto.Error:
        return Objection(
            Fault.MALFORMED, Reason("certificate_unreadable", "OpenSSL cannot read the chain")
        )
    if len(chain) != len(path):
        # it found a shorter way among the same certificates, and judged that one
        return Objection(
            Fault.CHAIN, Reason("path_ambiguous", "the chain holds two ways to its anchor")
        )
    return None


def _translated(
    number: int, depth: int, message: str, path: Sequence[PathCertificate]
) -> Objection:
    code, fault = _CODES.get(number, ("path_invalid", Fault.CHAIN))
    shown = path[min(depth, len(path) - 1)].shown
    return Objection(fault, Reason(code, f"{shown}: {message} (RFC 5280 section 6.1)"))
