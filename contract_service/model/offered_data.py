"""Contract data that somebody else made: do its parts belong together, as far as can be seen?

Nobody but the vehicle can unwrap the key, so that the wrapped key is the certificate's cannot be
checked here; everything around it can.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from contract_service.model.contract_delivery import MAXIMUM_SUB_CERTIFICATES
from contract_service.model.wrapped_key import TransportCurve, WrappedKey, curve_of
from exi import Schema
from foundation.errors import Refused
from foundation.identifiers import Emaid, InvalidIdentifier
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.path_names import canonical_name
from pki.model.verdict import Reason

MAXIMUM_CERTIFICATE_BYTES = {Schema.ISO15118_2: 800, Schema.ISO15118_20: 1600}
"""Schema type certificateType of both standards."""

CURVES = {
    Schema.ISO15118_2: frozenset({TransportCurve.P256}),
    Schema.ISO15118_20: frozenset({TransportCurve.SECP521, TransportCurve.X448}),
}


@dataclass(frozen=True, slots=True)
class OfferedData:
    """A contract's chain (DER, leaf first, without root) and its wrapped key, that fit together."""

    schema: Schema
    chain: tuple[bytes, ...]
    leaf: PathCertificate
    emaid: Emaid
    key: WrappedKey


def wrapped_as_offered(
    schema: Schema, chain: Sequence[bytes], encrypted: bytes, dh_public_key: bytes
) -> WrappedKey | Refused:
    """Return the key as it is wrapped, on the curve of the contract's own key, or why it is not."""
    leaf = read_certificate(chain[0]) if chain else Reason("contract_chain_length", "no leaf")
    if isinstance(leaf, Reason):
        return Refused(leaf.code, f"contract certificate: {leaf.detail}")
    curve = curve_of(leaf.public_key)
    if curve is None or curve not in CURVES[schema]:
        return Refused(
            "contract_key_unsuitable", f"the contract's key is of no type that {schema} has"
        )
    key = WrappedKey(curve, dh_public_key, encrypted)
    return key.flaw() or key


def check_offered(
    schema: Schema, chain: Sequence[bytes], key: WrappedKey, emaid: Emaid | None
) -> OfferedData | Refused:
    """Return the data, or what does not fit: curve, sizes, order of the chain, EMAID.

    `emaid`, if given, has to be the one that the certificate names. Whether the chain may be
    trusted is for path validation.
    """
    read: list[PathCertificate] = []
    for der in chain:
        if len(der) > MAXIMUM_CERTIFICATE_BYTES[schema]:
            return Refused(
                "certificate_too_large",
                f"a certificate may have {MAXIMUM_CERTIFICATE_BYTES[schema]} bytes in {schema}",
            )
        certificate = read_certificate(der)
        if isinstance(certificate, Reason):
            return Refused(certificate.code, certificate.detail)
        read.append(certificate)
    if not 2 <= len(read) <= 1 + MAXIMUM_SUB_CERTIFICATES:
        return Refused(
            "contract_chain_length", "give the leaf and its one or two sub-CAs, without the root"
        )
    for below, above in itertools.pairwise(read):
        if canonical_name(below.issuer) != canonical_name(above.subject):
            return Refused(
                "contract_chain_order", "give the chain upwards: leaf, Sub-CA 2, then Sub-CA 1"
            )
    leaf = read[0]
    if key.curve not in CURVES[schema] or curve_of(leaf.public_key) is not key.curve:
        return Refused(
            "key_transport_curves_differ", "the key is wrapped on another curve than its own"
        )
    try:
        named = Emaid.parse(leaf.common_name or "")
    except InvalidIdentifier:
        return Refused("emaid_missing", "the contract certificate's common name is no EMAID")
    if emaid is not None and emaid != named:
        return Refused("emaid_mismatch", "the contract certificate names another EMAID")
    return OfferedData(schema, tuple(chain), leaf, named, key)
