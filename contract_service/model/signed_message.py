"""Which part of each message is signed, and by whose certificate."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace

from contract_service.model.exi_signature import (
    FragmentOf,
    SignatureVerdict,
    SignedElement,
    verify_signature,
    written,
)
from contract_service.model.signature_suite import SUITES, SignatureSuite
from contract_service.model.signer_leaf import SignerLeaf, read_signer_leaf
from exi import Message, Schema
from exi.messages import iso15118_2, iso15118_20
from exi.messages.xmldsig import Signature
from foundation.errors import Refused
from pki.model.roles import CertificateRole
from pki.model.verdict import Reason, Verdict


@dataclass(frozen=True, slots=True)
class SignedContent:
    """What a message's signature has to cover, and who has to have made it.

    `signer_chain` is DER, leaf first, as far as the message carries it: of ISO 15118-2 a
    CertificateInstallationReq has the leaf alone, an AuthorizationReq nothing. `signer_role` is
    what the leaf has to be. `unsigned_ids` are Ids of other elements, which no signed one may have.
    """

    schema: Schema
    signature: Signature | None
    elements: tuple[SignedElement, ...]
    signer_chain: tuple[bytes, ...]
    signer_role: CertificateRole
    unsigned_ids: tuple[str, ...] = ()

    def signer_judged(self, chain: Verdict) -> bool:
        """Whether a verdict on `signer_chain` is about the certificate whose key signs.

        Path validation looks for the leaf anywhere in a chain. A chain that leads with a CA of the
        sender's own, before the genuine leaf of another, would let one sign and the other be
        trusted: every caller has to ask.
        """
        return bool(self.signer_chain) and (
            chain.leaf_fingerprint == hashlib.sha256(self.signer_chain[0]).hexdigest()
        )


@dataclass(frozen=True, slots=True)
class SignedMessageVerdict:
    """The verdict on a message's signature by the certificate that the message names.

    `content` is None where the message is of a kind that nobody signs; `leaf` is the certificate
    whose key was asked, None where the message has none that can be read. Whether the certificate
    may be trusted in `content.signer_role` is another question, for path validation.
    """

    content: SignedContent | None
    signature: SignatureVerdict
    leaf: SignerLeaf | None = None

    @property
    def valid(self) -> bool:
        """Whether the message is what the named certificate's owner signed."""
        return self.signature.valid


def signed_content(message: Message) -> SignedContent | Refused:
    """Return what the message's signature has to cover.

    Requests for a contract are signed as a whole body by the key that will unwrap the answer
    (-2), or over the vehicle's chain (-20); answers by the certificate provisioning service, over
    the four parts of the delivery (-2) or SignedInstallationData (-20). `message_never_signed`
    where the standard has no signature. Source: ISO 15118-2 7.9.2.4, ISO 15118-20 7.9.2.4.
    """
    if isinstance(message, iso15118_20.CertificateInstallationReq):
        vehicle = message.oem_provisioning_chain
        return SignedContent(
            Schema.ISO15118_20,
            message.header.signature,
            (vehicle,),
            (vehicle.certificate, *vehicle.sub_certificates),
            CertificateRole.OEM_PROVISIONING,
        )
    if isinstance(message, iso15118_20.CertificateInstallationRes):
        service = message.provisioning_service_chain
        return SignedContent(
            Schema.ISO15118_20,
            message.header.signature,
            (message.signed_installation_data,),
            (service.certificate, *service.sub_certificates),
            CertificateRole.CPS_LEAF,
        )
    return _signed_body(message.body, message.header.signature)


def _signed_body(body: iso15118_2.Body, signature: Signature | None) -> SignedContent | Refused:
    schema = Schema.ISO15118_2
    match body:
        case iso15118_2.CertificateInstallationReq():
            leaf = body.oem_provisioning_certificate
            return SignedContent(
                schema, signature, (body,), (leaf,), CertificateRole.OEM_PROVISIONING
            )
        case iso15118_2.CertificateUpdateReq():
            chain = body.contract_chain
            return SignedContent(
                schema, signature, (body,), _der(chain), CertificateRole.CONTRACT, _ids(chain)
            )
        case iso15118_2.AuthorizationReq():
            return SignedContent(schema, signature, (body,), (), CertificateRole.CONTRACT)
        case iso15118_2.CertificateInstallationRes() | iso15118_2.CertificateUpdateRes():
            chain = body.provisioning_service_chain
            return SignedContent(
                schema,
                signature,
                (body.contract_chain, body.encrypted_private_key, body.dh_public_key, body.emaid),
                _der(chain),
                CertificateRole.CPS_LEAF,
                _ids(chain),
            )
        case iso15118_2.PaymentDetailsReq():
            return Refused("message_never_signed", f"a {type(body).__name__} carries no signature")


def _der(chain: iso15118_2.CertificateChain) -> tuple[bytes, ...]:
    return (chain.certificate, *chain.sub_certificates)


def _ids(chain: iso15118_2.CertificateChain) -> tuple[str, ...]:
    return () if chain.id is None else (chain.id,)


def verify_message(
    message: Message,
    suites: Collection[SignatureSuite] | None = None,
    fragment: FragmentOf = written,
) -> SignedMessageVerdict:
    """Judge the signature of a decoded message by the leaf certificate that it carries.

    `suites` narrows what the message's standard allows, and never widens it. `fragment` is that of
    `verify_signature`. Whatever `decode` returned gets a verdict, never an exception.
    """
    content = signed_content(message)
    if isinstance(content, Refused):
        return SignedMessageVerdict(None, _nothing_valid(Reason(content.code, content.detail)))
    if {element.id for element in content.elements} & set(content.unsigned_ids):
        reason = Reason("signed_id_repeated", "an element that is not signed has a signed one's Id")
        return SignedMessageVerdict(content, _nothing_valid(reason))
    allowed = SUITES[content.schema]
    if suites is not None:
        allowed = allowed.intersection(suites)
    leaf = read_signer_leaf(content.signer_chain[0]) if content.signer_chain else None
    key = None if leaf is None or isinstance(leaf, Reason) else leaf.public_key
    verdict = verify_signature(content.signature, content.elements, key, allowed, fragment)
    if isinstance(leaf, Reason):
        verdict = replace(verdict, reasons=(*verdict.reasons, leaf))
        return SignedMessageVerdict(content, verdict)
    return SignedMessageVerdict(content, verdict, leaf)


def _nothing_valid(reason: Reason) -> SignatureVerdict:
    return SignatureVerdict(digests_valid=False, signature_valid=False, reasons=(reason,))
