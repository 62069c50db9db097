"""Messages with everything that their signatures cover."""

import os
from collections.abc import Sequence
from dataclasses import replace

from contract_service.model.contract_delivery import delivery_elements, installation_data
from contract_service.model.exi_signature import sign_elements
from contract_service.model.signature_suite import P256_SHA256
from contract_service.model.wrapped_key import (
    FIELD_OCTETS,
    PUBLIC_OCTETS,
    TransportCurve,
    WrappedKey,
)
from exi import Facets, encode_fragment
from exi.messages import iso15118_2, iso15118_20
from exi.messages.iso15118_2 import CertificateInstallationReq, V2GMessage
from exi.messages.xmldsig import Reference, Signature, X509IssuerSerial
from pki.model.roles import KeyAlgorithm
from tests.contract_service.signatures.holders import (
    EMAID,
    Holder,
    foreign_contract,
    foreign_holder,
    kept,
)
from tests.pki.validation.vectors import foreign

SESSION = bytes(range(8))
ROOTS = (X509IssuerSerial(issuer_name="CN=V2G Root,DC=V2G", serial_number=1 << 150),)


def wrapped(curve: TransportCurve) -> WrappedKey:
    """Return octets of the right sizes, which is all that a signature sees."""
    return WrappedKey(curve, os.urandom(PUBLIC_OCTETS[curve]), os.urandom(FIELD_OCTETS[curve]))


def signed_request(identifier: str = "id1") -> V2GMessage:
    """Return a CertificateInstallationReq of ISO 15118-2, signed by the foreign PKI's vehicle."""
    vehicle = foreign_holder("oemLeaf")
    body = CertificateInstallationReq(
        id=identifier,
        oem_provisioning_certificate=vehicle.certificate,
        root_certificate_ids=ROOTS,
    )
    signature = sign_elements([body], vehicle.key)
    return V2GMessage(header=iso15118_2.Header(session_id=SESSION, signature=signature), body=body)


def signed_update(identifier: str | None = None) -> V2GMessage:
    """Return a CertificateUpdateReq, signed by the contract; `identifier` is its chain's Id."""
    contract = foreign_contract()
    body = iso15118_2.CertificateUpdateReq(
        id="id1",
        contract_chain=iso15118_2.CertificateChain(
            id=identifier,
            certificate=contract.certificate,
            sub_certificates=(foreign("moSubCA2"), foreign("moSubCA1")),
        ),
        emaid=EMAID,
        root_certificate_ids=ROOTS,
    )
    signature = sign_elements([body], contract.key)
    return V2GMessage(header=iso15118_2.Header(session_id=SESSION, signature=signature), body=body)


def response(
    signer: Holder | None = None,
    service_chain: Sequence[bytes] | None = None,
    service_id: str | None = None,
) -> V2GMessage:
    """Return a CertificateInstallationRes, by default signed by the foreign PKI's CPS."""
    signer = signer or foreign_holder("cpsLeaf")
    leaf, *subs = service_chain or (
        signer.certificate,
        foreign("cpsSubCA2"),
        foreign("cpsSubCA1"),
    )
    chain = [foreign("contractLeaf"), foreign("moSubCA2"), foreign("moSubCA1")]
    elements = delivery_elements(chain, wrapped(TransportCurve.P256), EMAID)
    signature = sign_elements(elements, signer.key)
    contract_chain, encrypted, dh_public_key, emaid = elements
    return V2GMessage(
        header=iso15118_2.Header(session_id=SESSION, signature=signature),
        body=iso15118_2.CertificateInstallationRes(
            response_code=iso15118_2.ResponseCode.OK,
            provisioning_service_chain=iso15118_2.CertificateChain(
                id=service_id, certificate=leaf, sub_certificates=tuple(subs)
            ),
            contract_chain=contract_chain,
            encrypted_private_key=encrypted,
            dh_public_key=dh_public_key,
            emaid=emaid,
        ),
    )


def request_20(algorithm: KeyAlgorithm) -> iso15118_20.CertificateInstallationReq:
    """Return a signed CertificateInstallationReq of ISO 15118-20."""
    vehicle = kept(algorithm)
    chain = iso15118_20.OEMProvisioningCertificateChain(
        id="ID7", certificate=vehicle.certificate, sub_certificates=(foreign("oemSubCA2"),)
    )
    return iso15118_20.CertificateInstallationReq(
        header=iso15118_20.Header(
            session_id=SESSION, timestamp=1, signature=sign_elements([chain], vehicle.key)
        ),
        oem_provisioning_chain=chain,
        root_certificate_ids=ROOTS,
        maximum_contract_chains=2,
        prioritized_emaids=(EMAID,),
    )


def response_20(algorithm: KeyAlgorithm) -> iso15118_20.CertificateInstallationRes:
    """Return a signed CertificateInstallationRes of ISO 15118-20."""
    service = kept(algorithm, "CPS")
    curve = TransportCurve.X448 if algorithm is KeyAlgorithm.ED448 else TransportCurve.SECP521
    chain = [kept(algorithm, EMAID).certificate, foreign("moSubCA2")]
    data = installation_data(chain, wrapped(curve))
    return iso15118_20.CertificateInstallationRes(
        header=iso15118_20.Header(
            session_id=SESSION, timestamp=1, signature=sign_elements([data], service.key)
        ),
        response_code=iso15118_20.ResponseCode.OK,
        evse_processing=iso15118_20.EVSEProcessing.FINISHED,
        provisioning_service_chain=iso15118_20.CertificateChain(certificate=service.certificate),
        signed_installation_data=data,
        remaining_contract_chains=0,
    )


def signature_of(message: V2GMessage) -> Signature:
    assert message.header.signature is not None
    return message.header.signature


def with_signature(message: V2GMessage, signature: Signature | None) -> V2GMessage:
    return replace(message, header=replace(message.header, signature=signature))


def with_references(
    message: V2GMessage, references: Sequence[Reference], key: Holder
) -> V2GMessage:
    """Return the message with other references, signed anew so that only they can be wrong."""
    info = replace(signature_of(message).signed_info, references=tuple(references))
    return with_signature(message, resigned(replace(signature_of(message), signed_info=info), key))


def resigned(signature: Signature, holder: Holder) -> Signature:
    """Return the signature with a right value over its SignedInfo, whatever that says."""
    signed = encode_fragment(signature.signed_info, Facets.LENIENT)
    value = P256_SHA256.sign(holder.key, signed)
    return replace(signature, signature_value=replace(signature.signature_value, value=value))
