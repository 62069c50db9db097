"""ISO 15118-20: two suites, of which a caller allows what it likes."""

from dataclasses import replace

import pytest

from contract_service.model.exi_signature import sign_elements, verify_signature
from contract_service.model.signature_suite import ED448_SHA512, P256_SHA256, P521_SHA512
from contract_service.model.signed_message import verify_message
from exi import Message20, Schema, decode, encode
from exi.messages import iso15118_20
from pki.model.roles import CertificateRole, KeyAlgorithm
from tests.contract_service.signatures.holders import EMAID, codes, kept
from tests.contract_service.signatures.messages import request_20, response_20
from tests.pki.validation.vectors import foreign

SUITES = {KeyAlgorithm.P521: P521_SHA512, KeyAlgorithm.ED448: ED448_SHA512}
MESSAGES = [(one, make(one)) for one in SUITES for make in (request_20, response_20)]


@pytest.mark.parametrize(("algorithm", "message"), MESSAGES)
def test_signed_and_verified(algorithm: KeyAlgorithm, message: Message20) -> None:
    """Over the wire; the signature has its standard's length and algorithms."""
    read = decode(encode(message), Schema.ISO15118_20)
    judged = verify_message(read)
    assert judged.valid
    assert judged.content is not None
    is_request = isinstance(message, iso15118_20.CertificateInstallationReq)
    role = CertificateRole.OEM_PROVISIONING if is_request else CertificateRole.CPS_LEAF
    assert judged.content.signer_role is role
    signature = read.header.signature
    assert signature is not None
    assert len(signature.signature_value.value) == {"p521": 132, "ed448": 114}[algorithm]
    (reference,) = signature.signed_info.references
    assert len(reference.digest_value) == 64
    assert reference.digest_method.algorithm == "http://www.w3.org/2001/04/xmlenc#sha512"
    ecdsa = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"
    eddsa = "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed448"
    wanted = ecdsa if algorithm is KeyAlgorithm.P521 else eddsa
    assert signature.signed_info.signature_method.algorithm == wanted


@pytest.mark.parametrize(("algorithm", "message"), MESSAGES)
def test_a_suite_that_the_caller_does_not_allow(
    algorithm: KeyAlgorithm, message: Message20
) -> None:
    suite = SUITES[algorithm]
    assert verify_message(message, {suite}).valid
    for allowed in ((), {P256_SHA256}, set(SUITES.values()) - {suite}):
        judged = verify_message(message, allowed).signature
        assert codes(judged.reasons) == {"signature_algorithm_not_allowed"}


def test_p256_is_not_for_iso_15118_20() -> None:
    message = request_20(KeyAlgorithm.P521)
    vehicle = kept(KeyAlgorithm.P256)
    chain = replace(message.oem_provisioning_chain, certificate=vehicle.certificate)
    header = replace(message.header, signature=sign_elements([chain], vehicle.key))
    message = replace(message, header=header, oem_provisioning_chain=chain)
    for allowed in (None, {P256_SHA256}):
        judged = verify_message(message, allowed).signature
        assert codes(judged.reasons) == {"signature_algorithm_not_allowed"}


def test_a_suite_claimed_for_another_key() -> None:
    """An Ed448 certificate beside a signature that says ECDSA."""
    message = request_20(KeyAlgorithm.P521)
    other = replace(
        message.oem_provisioning_chain, certificate=kept(KeyAlgorithm.ED448).certificate
    )
    judged = verify_message(replace(message, oem_provisioning_chain=other)).signature
    assert codes(judged.reasons) == {"digest_wrong", "signature_key_mismatch"}


@pytest.mark.parametrize("algorithm", SUITES)
def test_the_answer_to_a_challenge(algorithm: KeyAlgorithm) -> None:
    """The element that a vehicle signs to authorise; it travels within a message of its own."""
    contract = kept(algorithm, EMAID)
    mode = iso15118_20.PnCAReqAuthorizationMode(
        id="id1",
        gen_challenge=bytes(16),
        contract_chain=iso15118_20.ContractCertificateChain(
            certificate=contract.certificate, sub_certificates=(foreign("moSubCA2"),)
        ),
    )
    signature = sign_elements([mode], contract.key)
    key = contract.key.public_key()
    assert verify_signature(signature, [mode], key, SUITES.values()).valid
    replayed = replace(mode, gen_challenge=bytes(15) + b"\1")
    judged = verify_signature(signature, [replayed], key, SUITES.values())
    assert codes(judged.reasons) == {"digest_wrong"}
