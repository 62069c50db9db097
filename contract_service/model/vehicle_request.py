"""A vehicle's request for a contract, read from its message; whether it may be believed is asked
later."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from contract_service.model.contract_data import InstallationAction, key_fingerprint
from contract_service.model.installation import Objection, StepName
from contract_service.model.signed_message import SignedContent, verify_message
from contract_service.model.signer_leaf import SignerLeaf
from exi import DecodedMessage, ExiError, Message, Schema, decode_with_fragments
from exi.messages import iso15118_2, iso15118_20
from exi.messages.xmldsig import X509IssuerSerial
from foundation.errors import Refused
from foundation.identifiers import Emaid, InvalidIdentifier
from pki.model.verdict import Reason

MAXIMUM_EXI_BYTES = 16 * 1024
"""OCPP 2.1 carries 11000 characters of base64, 8250 bytes; twice that leaves room for OPCP."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Where an installation ends without a contract, and why: for the vehicle and for people."""

    step: StepName
    objection: Objection
    code: str
    detail: str

    @classmethod
    def at(cls, step: StepName, objection: Objection, why: Refused | Reason) -> "Stopped":
        """Stop for a reason found elsewhere."""
        return cls(step, objection, why.code, why.detail)


@dataclass(frozen=True, slots=True)
class VehicleRequest:
    """A request whose signature is that of the certificate it carries.

    `leaf` is the vehicle's provisioning certificate (INSTALL) or its present contract's (UPDATE);
    `chain` is DER as far as the message has it, leaf first. `maximum` and `prioritized` are of
    ISO 15118-20 (None and nothing in -2). `emaid` is what an UPDATE names.
    """

    schema: Schema
    action: InstallationAction
    session_id: bytes
    content: SignedContent
    leaf: SignerLeaf
    roots: tuple[X509IssuerSerial, ...]
    maximum: int | None = None
    prioritized: tuple[Emaid, ...] = ()
    emaid: str | None = None

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The certificates of the message."""
        return self.content.signer_chain

    @property
    def key(self) -> str:
        """The `key_fingerprint` of whoever asks."""
        return key_fingerprint(self.leaf)


def read_message(stream: bytes, schema: Schema) -> DecodedMessage | Stopped:
    """Return the message that raw EXI is, or why it is none; never raises."""
    if len(stream) > MAXIMUM_EXI_BYTES:
        return _unreadable(
            "exi_too_large", f"a request for a contract has at most {MAXIMUM_EXI_BYTES} bytes"
        )
    try:
        return decode_with_fragments(stream, schema)
    except ExiError as failure:
        return _unreadable(failure.code, failure.detail)


def session_of(message: Message) -> bytes:
    """Return the session id, which every answer repeats."""
    return message.header.session_id


def read_request(
    decoded: DecodedMessage, schema: Schema, action: InstallationAction
) -> VehicleRequest | Stopped:
    """Return the request that a message is, its signature verified by the leaf that it carries.

    Which certificate that is, and whether it may be trusted, is still to be asked: callers must
    have a verdict on the chain, and ask `content.signer_judged` about it.
    """
    message = decoded.message
    body = message.body if isinstance(message, iso15118_2.V2GMessage) else message
    details: tuple[tuple[X509IssuerSerial, ...], int | None, tuple[Emaid, ...], str | None]
    match body, action:
        case iso15118_20.CertificateInstallationReq(), InstallationAction.INSTALL:
            maximum = body.maximum_contract_chains
            details = (body.root_certificate_ids, maximum, _emaids(body.prioritized_emaids), None)
        case iso15118_2.CertificateInstallationReq(), InstallationAction.INSTALL:
            details = (body.root_certificate_ids, None, (), None)
        case iso15118_2.CertificateUpdateReq(), InstallationAction.UPDATE:
            details = (body.root_certificate_ids, None, (), body.emaid)
        case _:
            return _unreadable("message_type_wrong", f"this is no request to {action} a contract")
    verdict = verify_message(message, fragment=decoded.fragments.of)
    if not verdict.valid or verdict.content is None or verdict.leaf is None:
        reasons = verdict.signature.reasons
        return Stopped(
            StepName.SIGNATURE,
            Objection.SIGNATURE,
            reasons[0].code,
            "; ".join(reason.detail for reason in reasons),
        )
    return VehicleRequest(
        schema, action, session_of(message), verdict.content, verdict.leaf, *details
    )


def _emaids(texts: Sequence[str]) -> tuple[Emaid, ...]:
    """Return those that are EMAIDs: a vehicle may name what it likes."""
    found = []
    for text in texts:
        with suppress(InvalidIdentifier):
            found.append(Emaid.parse(text))
    return tuple(found)


def _unreadable(code: str, detail: str) -> Stopped:
    return Stopped(StepName.MESSAGE, Objection.FAILED, code, detail)
