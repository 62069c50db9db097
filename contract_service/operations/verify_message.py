"""Verify a certificate message from its bytes and the asker's anchors; needs no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contract_service.model.signed_message import SignedContent, verify_message
from exi import ExiError, Facets, Message, Schema, decode
from pki.model.chain_parser import parse_chain
from pki.model.path_anchor import RevocationPolicy
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.verdict import Reason
from pki.operations.verify_chain import VerifyChain


@dataclass(frozen=True, slots=True)
class MessageVerdict:
    """What is known of a message's signature.

    `digests_valid` and `signature_valid` are those of `SignatureVerdict`. `chain_valid` is None
    where no anchors were given. `signer` is the RFC 4514 subject of the certificate that the
    message names, None where it names none.
    """

    digests_valid: bool
    signature_valid: bool
    chain_valid: bool | None
    signer: str | None
    reasons: tuple[Reason, ...]

    @property
    def valid(self) -> bool:
        """Whether everything that was asked for holds."""
        return self.digests_valid and self.signature_valid and self.chain_valid is not False


@dataclass(frozen=True, slots=True)
class VerifyMessage:
    """Judges messages by the certificate that they carry, and that by the asker's anchors."""

    verify_chain: VerifyChain

    def __call__(
        self, stream: bytes, schema: Schema | None, anchors: Sequence[bytes], at: datetime
    ) -> MessageVerdict:
        """Return the verdict on a message of raw EXI; without `schema`, of whichever it is of.

        `anchors` are files of certificates, each PEM or DER. Those that certify themselves are
        trusted; others fill the way that a message leaves out, for a request of ISO 15118-2 has no
        sub-CAs. Revocation is not looked up. `at` is an aware instant. Raises ExiError for bytes
        that are no message, ServiceError MALFORMED or TOO_LARGE for unreadable anchors.
        """
        roots, sub_cas = _sorted([der for file in anchors for der in parse_chain(file)])
        judged = verify_message(_decode(stream, schema))
        content, reasons = judged.content, judged.signature.reasons
        chain_valid = None
        if anchors:
            chain_reasons = self._chain_reasons(content, roots, sub_cas, at)
            chain_valid = not chain_reasons
            reasons += chain_reasons
        return MessageVerdict(
            judged.signature.digests_valid,
            judged.signature.signature_valid,
            chain_valid,
            _signer(content),
            reasons,
        )

    def _chain_reasons(
        self,
        content: SignedContent | None,
        roots: Sequence[bytes],
        sub_cas: Sequence[PathCertificate],
        at: datetime,
    ) -> tuple[Reason, ...]:
        if content is None or not content.signer_chain:
            return (Reason("signer_unknown", "the message carries no certificate of its signer"),)
        verdict = self.verify_chain(
            _way_up(content.signer_chain, sub_cas),
            roots,
            (),
            content.signer_role,
            at,
            RevocationPolicy.SOFT,
        )
        if verdict.valid and not content.signer_judged(verdict):
            return (Reason("signer_not_leaf", "the signer is not the leaf of the message's chain"),)
        return verdict.reasons


def _decode(stream: bytes, schema: Schema | None) -> Message:
    if schema is not None:
        return decode(stream, schema, Facets.LENIENT)
    for candidate in Schema:
        try:
            return decode(stream, candidate, Facets.LENIENT)
        except ExiError as failure:
            # the very first code already tells a document of the one schema from the other's
            if failure.code != "exi_unsupported" or failure.path:
                raise
    raise ExiError("exi_unsupported", "this is no certificate message of ISO 15118-2 or -20")


def _sorted(certificates: Sequence[bytes]) -> tuple[list[bytes], list[PathCertificate]]:
    """Part certificates into those that name themselves as issuer, and the others."""
    roots: list[bytes] = []
    sub_cas: list[PathCertificate] = []
    for der in certificates:
        read = read_certificate(der)
        if isinstance(read, Reason) or read.subject == read.issuer:
            roots.append(der)  # one that cannot be read is refused where anchors are read
        else:
            sub_cas.append(read)
    return roots, sub_cas


def _way_up(presented: Sequence[bytes], sub_cas: Sequence[PathCertificate]) -> list[bytes]:
    """Return the presented chain and, of the sub-CAs, those that it names as issuers."""
    chain = list(presented)
    names = {
        read.issuer
        for der in presented
        if isinstance(read := read_certificate(der), PathCertificate)
    }
    remaining = [sub_ca for sub_ca in sub_cas if sub_ca.der not in chain]
    while named := [sub_ca for sub_ca in remaining if sub_ca.subject in names]:
        chain += [sub_ca.der for sub_ca in named]
        names |= {sub_ca.issuer for sub_ca in named}
        remaining = [sub_ca for sub_ca in remaining if sub_ca not in named]
    return chain


def _signer(content: SignedContent | None) -> str | None:
    if content is None or not content.signer_chain:
        return None
    leaf = read_certificate(content.signer_chain[0])
    return None if isinstance(leaf, Reason) else leaf.name
