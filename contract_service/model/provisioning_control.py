"""The control steps of OPCP's provisioning pool: what a published certificate has to pass.

WMI, then the validity of each certificate, then its revocation status, then the chain; the first
that fails is what is told (OPCP 1.0.0, provisioning certificate pool).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType

from exi.schema import Schema
from foundation.errors import Kind, Refused, ServiceError
from foundation.identifiers import Pcid
from pki.model.chain_parser import check_framing
from pki.model.lint import algorithm_of
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.path_judgement import date_objections
from pki.model.roles import KeyAlgorithm
from pki.model.verdict import Reason, Verdict

LEAF, SUB_CA_2, SUB_CA_1 = "vehicleCertificate", "subCA2Certificate", "subCA1Certificate"
"""What OPCP calls the certificates; errors name them so."""

NAMESPACE = "xsdMsgDefNamespace"

_SCHEMA_OF_KEY: Mapping[KeyAlgorithm, Schema] = MappingProxyType(
    {
        KeyAlgorithm.P256: Schema.ISO15118_2,
        KeyAlgorithm.P521: Schema.ISO15118_20,
        KeyAlgorithm.ED448: Schema.ISO15118_20,
    }
)

_STATUS_CODES = {
    "revoked": "certificate_revoked",
    "on_hold": "certificate_on_hold",
    "revocation_unknown": "certificate_status_unknown",
}
"""Reasons of a verdict that are about revocation, and what the pool calls them."""


@dataclass(frozen=True, slots=True)
class PublishedChain:
    """A provisioning certificate and its sub-CAs, parsed and not yet believed.

    `certificates` is leaf first with OPCP's name of each; the root is never part of it.
    """

    pcid: Pcid
    schema: Schema
    certificates: tuple[tuple[str, PathCertificate], ...]

    @property
    def leaf(self) -> PathCertificate:
        """The provisioning certificate."""
        return self.certificates[0][1]

    @property
    def ders(self) -> tuple[bytes, ...]:
        """The DER of each, leaf first."""
        return tuple(certificate.der for _, certificate in self.certificates)


def read_chain(
    leaf: bytes, sub_ca_2: bytes | None, sub_ca_1: bytes, schema: Schema
) -> PublishedChain:
    """Parse what was published (DER each); `sub_ca_2` is None where one sub-CA issues leaves.

    Raises MALFORMED or TOO_LARGE with OPCP's name of the certificate as field, MALFORMED
    `invalid_pcid` where the subject names no PCID, INVALID `key_of_another_edition` where the key
    is not one of `schema`.
    """
    named = [(LEAF, leaf), (SUB_CA_2, sub_ca_2), (SUB_CA_1, sub_ca_1)]
    certificates = tuple((name, _read(name, der)) for name, der in named if der is not None)
    first = certificates[0][1]
    pcid = Pcid.parse(first.common_name or "")
    algorithm = algorithm_of(first.public_key)
    if algorithm is None or _SCHEMA_OF_KEY[algorithm] is not schema:
        raise ServiceError(
            Kind.INVALID,
            "key_of_another_edition",
            "the key is not of the edition that xsdMsgDefNamespace names: ISO 15118-2 wants P-256, "
            "ISO 15118-20 P-521 or Ed448",
            {NAMESPACE: "another than the key's"},
        )
    return PublishedChain(pcid, schema, certificates)


def _read(name: str, der: bytes) -> PathCertificate:
    try:
        check_framing(der)
    except ServiceError as refusal:
        raise ServiceError(
            refusal.kind, refusal.code, refusal.detail, {name: refusal.detail}
        ) from refusal
    read = read_certificate(der)
    if isinstance(read, Reason):
        raise ServiceError(Kind.MALFORMED, read.code, read.detail, {name: read.detail})
    return read


def refuse_dates(chain: PublishedChain, at: datetime) -> Refused | None:
    """Return the second step's refusal: a certificate that is not valid at the instant `at`."""
    for name, certificate in chain.certificates:
        for objection in date_objections(certificate, at):
            reason = objection.reason
            return Refused(f"certificate_{reason.code}", reason.detail, {name: reason.code})
    return None


def refuse_status(verdict: Verdict) -> Refused | None:
    """Return the third step's refusal: a certificate whose status is bad or has to be known.

    Only a chain that ends at a root that is trusted here has a status: nobody asks a responder
    whose address a stranger wrote into a certificate of his own.
    """
    for reason in verdict.reasons:
        if reason.code in _STATUS_CODES:
            return Refused(_STATUS_CODES[reason.code], reason.detail)
    return None


def refuse_chain(chain: PublishedChain, verdict: Verdict) -> Refused | None:
    """Return the fourth step's refusal: what the verdict has against the chain, or its order."""
    if not verdict.valid:
        return Refused(
            "chain_not_valid",
            "the chain does not verify up to a root that is trusted here; the messages say why",
            {reason.code: reason.detail for reason in verdict.reasons},
        )
    for (name, certificate), (above, issuer) in pairwise(chain.certificates):
        if certificate.issuer != issuer.subject:
            return Refused(
                "sub_cas_out_of_order",
                f"{above} did not issue {name}: {SUB_CA_1} stands below the root, {SUB_CA_2} below "
                "it",
                {above: "not the issuer"},
            )
    return None
