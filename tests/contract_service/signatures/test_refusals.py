"""Everything that makes a signature worthless, one at a time, with its reason."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from contract_service.model.exi_signature import sign_elements, verify_signature
from contract_service.model.signature_suite import (
    CANONICAL_EXI,
    ED448_SHA512,
    P256_SHA256,
    P521_SHA512,
)
from contract_service.model.signed_message import signed_content, verify_message
from exi import ExiError
from exi.messages import iso15118_2
from exi.messages.iso15118_2 import CertificateInstallationReq, CertificateInstallationRes
from exi.messages.xmldsig import Method, Reference, Signature, Transform
from foundation.errors import Kind, Refused, ServiceError
from tests.contract_service.signatures.holders import (
    EMAID,
    codes,
    foreign_contract,
    foreign_holder,
    holder,
)
from tests.contract_service.signatures.messages import (
    ROOTS,
    SESSION,
    resigned,
    response,
    signature_of,
    signed_request,
    signed_update,
    with_references,
    with_signature,
)
from tests.pki.validation.vectors import foreign

VEHICLE = foreign_holder("oemLeaf")
SERVICE = foreign_holder("cpsLeaf")
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
SHA512 = P521_SHA512.digest_method

ReferenceChange = Callable[[Reference], Reference]
SignatureChange = Callable[[Signature], Signature]


def one_transform(algorithm: str) -> tuple[Transform, ...]:
    return (Transform(algorithm=algorithm),)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("reference_unknown", lambda one: replace(one, uri="#id2")),
        ("reference_unknown", lambda one: replace(one, uri="id1")),
        ("reference_unknown", lambda one: replace(one, uri="#ID1")),
        ("reference_unknown", lambda one: replace(one, uri="")),
        ("reference_unknown", lambda one: replace(one, uri="#")),
        ("reference_unknown", lambda one: replace(one, uri=None)),
        ("reference_type_barred", lambda one: replace(one, type="")),
        ("transforms_not_allowed", lambda one: replace(one, transforms=())),
        ("transforms_not_allowed", lambda one: replace(one, transforms=one_transform(C14N))),
        (
            "transforms_not_allowed",
            lambda one: replace(one, transforms=one_transform(CANONICAL_EXI) * 2),
        ),
        ("digest_not_allowed", lambda one: replace(one, digest_method=Method(algorithm=SHA512))),
        ("digest_wrong", lambda one: replace(one, digest_value=bytes(32))),
        ("digest_wrong", lambda one: replace(one, digest_value=one.digest_value[:31])),
        ("digest_wrong", lambda one: replace(one, digest_value=one.digest_value + b"\0")),
        ("digest_wrong", lambda one: replace(one, digest_value=b"")),
    ],
)
def test_references(code: str, change: ReferenceChange) -> None:
    """The signature over SignedInfo is right each time: only what it says is not."""
    message = signed_request()
    (reference,) = signature_of(message).signed_info.references
    judged = verify_message(with_references(message, [change(reference)], VEHICLE)).signature
    assert code in codes(judged.reasons)
    assert (judged.digests_valid, judged.signature_valid) == (False, True)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("signature_id_barred", lambda s: replace(s, signed_info=replace(s.signed_info, id="x"))),
        (
            "signature_id_barred",
            lambda s: replace(s, signature_value=replace(s.signature_value, id="x")),
        ),
        (
            "canonicalization_not_allowed",
            lambda s: replace(
                s,
                signed_info=replace(s.signed_info, canonicalization_method=Method(algorithm=C14N)),
            ),
        ),
    ],
)
def test_attributes_and_canonicalization(code: str, change: SignatureChange) -> None:
    message = signed_request()
    changed = with_signature(message, resigned(change(signature_of(message)), VEHICLE))
    judged = verify_message(changed).signature
    assert codes(judged.reasons) == {code}
    assert (judged.digests_valid, judged.signature_valid) == (True, False)


@pytest.mark.parametrize(
    "value", [b"", bytes(64), b"\xff" * 64, b"\x30\x44" + bytes(68), bytes(63), bytes(65)]
)
def test_signature_values(value: bytes) -> None:
    message = signed_request()
    signature = signature_of(message)
    changed = replace(signature, signature_value=replace(signature.signature_value, value=value))
    judged = verify_message(with_signature(message, changed)).signature
    assert codes(judged.reasons) == {"signature_wrong"}


def test_a_signature_of_another_length() -> None:
    """The same r and s, padded: no second spelling of one signature."""
    message = signed_request()
    signature = signature_of(message)
    value = signature.signature_value.value
    for longer in (value[:32] + b"\0" + value[32:], b"\0" + value[:32] + b"\0" + value[32:]):
        changed = replace(
            signature, signature_value=replace(signature.signature_value, value=longer)
        )
        judged = verify_message(with_signature(message, changed)).signature
        assert codes(judged.reasons) == {"signature_wrong"}


@pytest.mark.parametrize(
    "method",
    [
        "",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        P256_SHA256.method.upper(),
        P521_SHA512.method,
        ED448_SHA512.method,
    ],
)
def test_signature_methods(method: str) -> None:
    message = signed_request()
    info = signature_of(message).signed_info
    info = replace(info, signature_method=replace(info.signature_method, algorithm=method))
    changed = resigned(replace(signature_of(message), signed_info=info), VEHICLE)
    judged = verify_message(with_signature(message, changed)).signature
    assert codes(judged.reasons) == {"signature_algorithm_not_allowed"}
    assert (judged.digests_valid, judged.signature_valid) == (False, False)


def test_signed_by_another_key() -> None:
    message = signed_request()
    stranger = holder()
    judged = verify_message(
        with_signature(message, sign_elements([body_of(message)], stranger.key))
    ).signature
    assert codes(judged.reasons) == {"signature_wrong"}
    assert (judged.digests_valid, judged.signature_valid) == (True, False)


def body_of(message: iso15118_2.V2GMessage) -> CertificateInstallationReq:
    assert isinstance(message.body, CertificateInstallationReq)
    return message.body


def test_a_swapped_certificate() -> None:
    """Somebody else's certificate in a request breaks the digest, and is not the signer's."""
    message = signed_request()
    body = replace(body_of(message), oem_provisioning_certificate=foreign("contractLeaf"))
    judged = verify_message(replace(message, body=body)).signature
    assert codes(judged.reasons) == {"digest_wrong", "signature_wrong"}


@pytest.mark.parametrize("certificate", [b"", b"\x30", b"\x30\x03\x02\x01\x01", os.urandom(800)])
def test_unreadable_certificates(certificate: bytes) -> None:
    message = signed_request()
    body = replace(body_of(message), oem_provisioning_certificate=certificate)
    judged = verify_message(replace(message, body=body)).signature
    assert not judged.signature_valid
    assert "certificate_unreadable" in codes(judged.reasons)


def test_no_signature() -> None:
    judged = verify_message(with_signature(signed_request(), None)).signature
    assert codes(judged.reasons) == {"signature_missing"}


def references_of(message: iso15118_2.V2GMessage) -> tuple[Reference, ...]:
    return signature_of(message).signed_info.references


@pytest.mark.parametrize("left_out", range(4))
def test_an_element_that_no_reference_covers(left_out: int) -> None:
    message = response()
    references = list(references_of(message))
    del references[left_out]
    judged = verify_message(with_references(message, references, SERVICE)).signature
    assert codes(judged.reasons) == {"element_not_signed"}
    assert (judged.digests_valid, judged.signature_valid) == (False, True)


def test_no_references() -> None:
    """The schema has none such: neither read nor written."""
    with pytest.raises(ExiError):
        with_references(response(), (), SERVICE)


def test_a_reference_twice() -> None:
    message = response()
    references = references_of(message)
    judged = verify_message(with_references(message, [*references, references[0]], SERVICE))
    assert codes(judged.signature.reasons) == {"reference_unknown"}


def test_a_reference_too_many() -> None:
    message = response()
    references = references_of(message)
    extra = replace(references[0], uri="#id5")
    judged = verify_message(with_references(message, [*references, extra], SERVICE))
    assert codes(judged.signature.reasons) == {"reference_unknown"}


def test_digests_of_two_elements_exchanged() -> None:
    message = response()
    first, second, *rest = references_of(message)
    exchanged = [
        replace(first, digest_value=second.digest_value),
        replace(second, digest_value=first.digest_value),
        *rest,
    ]
    judged = verify_message(with_references(message, exchanged, SERVICE)).signature
    assert [reason.code for reason in judged.reasons] == ["digest_wrong"] * 2


def delivery_of(message: iso15118_2.V2GMessage) -> CertificateInstallationRes:
    assert isinstance(message.body, CertificateInstallationRes)
    return message.body


def test_one_element_of_another_delivery() -> None:
    """Two answers of one service, signed alike: their parts cannot be mixed."""
    first, second = response(), response()
    body = replace(
        delivery_of(first), encrypted_private_key=delivery_of(second).encrypted_private_key
    )
    judged = verify_message(replace(first, body=body)).signature
    assert codes(judged.reasons) == {"digest_wrong"}


def test_one_id_for_two_signed_elements() -> None:
    message = response()
    body = delivery_of(message)
    body = replace(body, emaid=replace(body.emaid, id="id3"))
    judged = verify_message(replace(message, body=body)).signature
    assert codes(judged.reasons) == {"signed_id_repeated"}


@pytest.mark.parametrize("identifier", ["id1", "id4"])
def test_the_id_of_an_element_that_is_not_signed(identifier: str) -> None:
    judged = verify_message(response(service_id=identifier)).signature
    assert codes(judged.reasons) == {"signed_id_repeated"}
    assert verify_message(response(service_id="id9")).valid


def test_the_id_of_a_chain_within_the_signed_body() -> None:
    assert codes(verify_message(signed_update("id1")).signature.reasons) == {"signed_id_repeated"}
    assert verify_message(signed_update("id2")).valid
    assert verify_message(signed_update()).valid


def test_a_signed_element_without_id() -> None:
    message = response()
    body = delivery_of(message)
    for nameless in (None, ""):
        chain = replace(body.contract_chain, id=nameless)
        judged = verify_message(replace(message, body=replace(body, contract_chain=chain)))
        assert codes(judged.signature.reasons) == {"reference_unknown", "element_not_signed"}


def test_messages_that_are_never_signed() -> None:
    body = iso15118_2.PaymentDetailsReq(
        emaid=EMAID, contract_chain=iso15118_2.CertificateChain(certificate=b"\x30")
    )
    header = iso15118_2.Header(session_id=SESSION, signature=signature_of(signed_request()))
    message = iso15118_2.V2GMessage(header=header, body=body)
    refusal = signed_content(message)
    assert isinstance(refusal, Refused)
    assert refusal.code == "message_never_signed"
    assert codes(verify_message(message).signature.reasons) == {"message_never_signed"}


def test_an_answer_to_a_challenge_names_no_signer() -> None:
    """Its contract came in another message: digests can be judged, the signature cannot."""
    contract = foreign_contract()
    body = iso15118_2.AuthorizationReq(id="id1", gen_challenge=bytes(16))
    signature = sign_elements([body], contract.key)
    message = iso15118_2.V2GMessage(
        header=iso15118_2.Header(session_id=SESSION, signature=signature), body=body
    )
    judged = verify_message(message)
    assert (judged.signature.digests_valid, judged.signature.signature_valid) == (True, False)
    assert codes(judged.signature.reasons) == {"signer_unknown"}
    key = contract.key.public_key()
    assert verify_signature(signature, [body], key, {P256_SHA256}).valid


@pytest.mark.parametrize(
    "key",
    [
        holder(key=ec.generate_private_key(ec.SECP521R1())).key.public_key(),
        ec.generate_private_key(ec.SECP384R1()).public_key(),
        rsa.generate_private_key(65537, 2048).public_key(),
        "a word",
    ],
)
def test_keys_of_other_types(key: object) -> None:
    message = signed_request()
    judged = verify_signature(
        signature_of(message), [body_of(message)], key, {P256_SHA256, P521_SHA512}
    )
    assert codes(judged.reasons) == {"signature_key_mismatch"}


def test_a_caller_allows_less_and_never_more() -> None:
    message = signed_request()
    for suites in ((), {P521_SHA512}, {ED448_SHA512, P521_SHA512}):
        judged = verify_message(message, suites).signature
        assert codes(judged.reasons) == {"signature_algorithm_not_allowed"}
    assert verify_message(message, {P256_SHA256, P521_SHA512}).valid


def elements(*ids: str | None) -> Sequence[iso15118_2.CertificateChain]:
    return [iso15118_2.CertificateChain(id=one, certificate=b"\x30") for one in ids]


@pytest.mark.parametrize("ids", [[None], [""], ["a", "a"], ["a", None]])
def test_nothing_is_signed_without_an_id_of_its_own(ids: list[str | None]) -> None:
    with pytest.raises(ServiceError) as refusal:
        sign_elements(elements(*ids), VEHICLE.key)
    assert (refusal.value.kind, refusal.value.code) == (Kind.INVALID, "signed_ids_unusable")


def test_nothing_is_signed_with_another_curve() -> None:
    with pytest.raises(ServiceError) as refusal:
        sign_elements(elements("a"), ec.generate_private_key(ec.SECP384R1()))
    assert refusal.value.code == "key_algorithm_not_allowed"


def test_roots_are_signed() -> None:
    message = signed_request()
    body = replace(body_of(message), root_certificate_ids=ROOTS * 2)
    judged = verify_message(replace(message, body=body)).signature
    assert codes(judged.reasons) == {"digest_wrong"}
