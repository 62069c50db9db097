"""The contract that other software wrapped unwraps; what we wrap, other code unwraps."""

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from contract_service.model.contract_delivery import delivery_elements, wrapped_key_of
from contract_service.model.key_transport import unwrap_contract_key, wrap_contract_key
from contract_service.model.wrapped_key import TransportCurve, WrappedKey
from exi.messages.iso15118_2 import CertificateInstallationRes
from tests.contract_service.key_transport.oracle import unwrap_2
from tests.contract_service.signatures.holders import (
    foreign_contract,
    foreign_holder,
    published,
)
from tests.pki.validation.vectors import foreign


def delivered() -> tuple[CertificateInstallationRes, WrappedKey]:
    body = published("foreign/response.exi").body
    assert isinstance(body, CertificateInstallationRes)
    key = wrapped_key_of(body)
    assert isinstance(key, WrappedKey)
    return body, key


def test_a_key_that_others_wrapped() -> None:
    body, wrapped = delivered()
    vehicle, contract = foreign_holder("oemLeaf"), foreign_contract()
    assert wrapped.curve is TransportCurve.P256
    unwrapped = unwrap_contract_key(
        wrapped, vehicle.key, vehicle.certificate, body.contract_chain.certificate
    )
    assert isinstance(unwrapped, EllipticCurvePrivateKey)
    assert isinstance(contract.key, EllipticCurvePrivateKey)
    assert unwrapped.private_numbers() == contract.key.private_numbers()


def test_the_same_key_wrapped_by_us() -> None:
    vehicle, contract = foreign_holder("oemLeaf"), foreign_contract()
    wrapped = wrap_contract_key(contract.key, contract.certificate, vehicle.certificate)
    assert isinstance(wrapped, WrappedKey)
    assert isinstance(vehicle.key, EllipticCurvePrivateKey)
    assert isinstance(contract.key, EllipticCurvePrivateKey)
    scalar = unwrap_2(wrapped.encrypted_private_key, wrapped.dh_public_key, vehicle.key)
    assert scalar == contract.key.private_numbers().private_value


def test_the_second_way_of_unwrapping_agrees_with_others() -> None:
    _, wrapped = delivered()
    vehicle, contract = foreign_holder("oemLeaf").key, foreign_contract().key
    assert isinstance(vehicle, EllipticCurvePrivateKey)
    assert isinstance(contract, EllipticCurvePrivateKey)
    scalar = unwrap_2(wrapped.encrypted_private_key, wrapped.dh_public_key, vehicle)
    assert scalar == contract.private_numbers().private_value


def test_the_elements_are_those_that_others_send() -> None:
    body, wrapped = delivered()
    chain = [body.contract_chain.certificate, *body.contract_chain.sub_certificates]
    assert chain[1:] == [foreign("moSubCA2"), foreign("moSubCA1")]
    elements = delivery_elements(chain, wrapped, body.emaid.value)
    theirs = (body.contract_chain, body.encrypted_private_key, body.dh_public_key, body.emaid)
    assert elements == theirs
