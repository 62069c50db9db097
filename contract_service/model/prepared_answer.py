"""Answers that bring a contract to a vehicle: prepared whole, signed anew, and finished.

What is stored is raw EXI with a session of zeros, so that answering is decoding, filling in and
encoding; a CPS leaf that rotates signs the same four parts (or the one of -20) again.
"""

from collections.abc import Sequence
from dataclasses import replace

from contract_service.model.contract_data import InstallationAction
from contract_service.model.contract_delivery import delivery_elements, installation_data
from contract_service.model.cps_signer import CpsSigner
from contract_service.model.exi_signature import sign_elements
from contract_service.model.wrapped_key import WrappedKey
from exi import Message, Schema, decode, encode
from exi.messages import iso15118_2, iso15118_20
from exi.messages.iso15118_20 import EVSEProcessing
from exi.messages.xmldsig import Signature

NO_SESSION = bytes(8)
"""ISO 15118-20 allows 8 octets alone; ISO 15118-2 up to 8."""

_RESPONSES_2: dict[InstallationAction, type[iso15118_2.ContractDelivery]] = {
    InstallationAction.INSTALL: iso15118_2.CertificateInstallationRes,
    InstallationAction.UPDATE: iso15118_2.CertificateUpdateRes,
}


def prepare(
    schema: Schema,
    action: InstallationAction,
    chain: Sequence[bytes],
    key: WrappedKey,
    emaid: str,
    signer: CpsSigner,
) -> bytes:
    """Return the answer with contract chain and wrapped key, signed by `signer`, as raw EXI.

    `emaid` is written in ISO 15118-2 alone, as given. Raises ExiError for parts that break the
    schema's limits, ServiceError INVALID for chains and keys that may not be sent so.
    """
    leaf, *subs = signer.certificate.chain
    if schema is Schema.ISO15118_20:
        data = installation_data(chain, key)
        return encode(
            iso15118_20.CertificateInstallationRes(
                header=iso15118_20.Header(
                    session_id=NO_SESSION,
                    timestamp=0,
                    signature=sign_elements([data], signer.key),
                ),
                response_code=iso15118_20.ResponseCode.OK,
                evse_processing=EVSEProcessing.FINISHED,
                provisioning_service_chain=iso15118_20.CertificateChain(
                    certificate=leaf, sub_certificates=tuple(subs)
                ),
                signed_installation_data=data,
                remaining_contract_chains=0,
            )
        )
    elements = delivery_elements(chain, key, emaid)
    contract_chain, encrypted, dh_public_key, emaid_element = elements
    body = _RESPONSES_2[action](
        response_code=iso15118_2.ResponseCode.OK,
        provisioning_service_chain=iso15118_2.CertificateChain(
            certificate=leaf, sub_certificates=tuple(subs)
        ),
        contract_chain=contract_chain,
        encrypted_private_key=encrypted,
        dh_public_key=dh_public_key,
        emaid=emaid_element,
    )
    signature = sign_elements(elements, signer.key)
    return encode(_message_2(NO_SESSION, signature, body))


def finish(
    answer: bytes, schema: Schema, session_id: bytes, *, seconds: int, remaining: int = 0
) -> bytes:
    """Return a prepared answer for a session.

    `seconds` (Unix time) and `remaining` contracts are told in ISO 15118-20 alone.
    """
    if schema is Schema.ISO15118_2 and len(session_id) == len(NO_SESSION):
        return _with_session(answer, session_id)
    message = decode(answer, schema)
    if isinstance(message, iso15118_2.V2GMessage):
        return encode(replace(message, header=replace(message.header, session_id=session_id)))
    assert isinstance(message, iso15118_20.CertificateInstallationRes)  # noqa: S101 - we wrote it
    header = replace(message.header, session_id=session_id, timestamp=seconds)
    return encode(replace(message, header=header, remaining_contract_chains=remaining))


def _with_session(answer: bytes, session_id: bytes) -> bytes:
    """Write a session id of 8 octets over that of an answer of ISO 15118-2, wherever its bits are.

    Nothing before SessionID varies from message to message, and nothing behind it moves.
    """
    first, last = _SESSION_BITS
    octets = last // 8 + 1
    shift = octets * 8 - 1 - last
    mask = ((1 << (last - first + 1)) - 1) << shift
    head = int.from_bytes(answer[:octets]) & ~mask
    return (head | int.from_bytes(session_id) << shift).to_bytes(octets) + answer[octets:]


def _session_bits() -> tuple[int, int]:
    """Return where SessionID begins and ends: what differs between sessions of zeros and ones."""
    zeros, ones = (
        encode(
            iso15118_2.V2GMessage(
                header=iso15118_2.Header(session_id=octet * len(NO_SESSION)),
                body=iso15118_2.AuthorizationReq(),
            )
        )
        for octet in (b"\x00", b"\xff")
    )
    total = 8 * len(zeros)
    differ = int.from_bytes(zeros) ^ int.from_bytes(ones)
    return total - differ.bit_length(), total - (differ & -differ).bit_length()


_SESSION_BITS = _session_bits()


def sign_again(answer: bytes, schema: Schema, signer: CpsSigner) -> bytes:
    """Return a prepared answer signed by another CPS leaf; what it delivers stays as it is."""
    leaf, *subs = signer.certificate.chain
    message = decode(answer, schema)
    if isinstance(message, iso15118_20.CertificateInstallationRes):
        signature = sign_elements([message.signed_installation_data], signer.key)
        return encode(
            replace(
                message,
                header=replace(message.header, signature=signature),
                provisioning_service_chain=iso15118_20.CertificateChain(
                    certificate=leaf, sub_certificates=tuple(subs)
                ),
            )
        )
    body = delivery_of(message)
    elements = (body.contract_chain, body.encrypted_private_key, body.dh_public_key, body.emaid)
    chain = iso15118_2.CertificateChain(certificate=leaf, sub_certificates=tuple(subs))
    body = replace(body, provisioning_service_chain=chain)
    return encode(_message_2(NO_SESSION, sign_elements(elements, signer.key), body))


def delivery_of(message: Message) -> iso15118_2.ContractDelivery:
    """Return the delivery of an answer of ISO 15118-2. Raises TypeError for another message."""
    if isinstance(message, iso15118_2.V2GMessage) and isinstance(
        message.body, iso15118_2.ContractDelivery
    ):
        return message.body
    raise TypeError("this message delivers no contract")


def _message_2(
    session_id: bytes, signature: Signature, body: iso15118_2.ContractDelivery
) -> iso15118_2.V2GMessage:
    assert isinstance(  # noqa: S101 - for mypy: the two classes that are deliveries
        body, iso15118_2.CertificateInstallationRes | iso15118_2.CertificateUpdateRes
    )
    return iso15118_2.V2GMessage(
        header=iso15118_2.Header(session_id=session_id, signature=signature), body=body
    )
