"""From provisioning to the key in the vehicle's hands, for each kind of key transport."""

import pytest
from cryptography import x509

from contract_service.model.key_transport import Ed448Scalar
from exi import Schema
from pki.model.roles import KeyAlgorithm
from tests.contract_service.provisioning.works import (
    EMAID,
    SESSION,
    Works,
    code_of,
    delivered,
    public_octets,
    session_of,
)


@pytest.mark.parametrize("algorithm", list(KeyAlgorithm))
def test_the_vehicle_unwraps_the_key_of_its_contract(works: Works, algorithm: KeyAlgorithm) -> None:
    works.experimental = algorithm is KeyAlgorithm.ED448
    works.found(algorithm)
    car = works.car(algorithm=algorithm)
    data = works.provisioned(car)
    installed = works.ask(car)
    assert installed.accepted, installed.steps
    assert (installed.response_code, installed.remaining_contracts) == ("OK", 0)
    assert [emaid.canonical for emaid in installed.emaids] == [EMAID]
    schema = car.published.schema
    assert session_of(installed.exi, schema) == SESSION
    assert code_of(installed.exi, schema) == "OK"
    key, chain = delivered(installed.exi, schema, car.key, car.certificate)
    leaf = x509.load_der_x509_certificate(chain[0])
    assert "CN=" + EMAID in leaf.subject.rfc4514_string()
    assert chain == data.chain
    if not isinstance(key, Ed448Scalar):  # whose public key `unwrap_contract_key` has matched
        assert public_octets(key) == x509_key(chain[0])
    if schema is Schema.ISO15118_20:
        extension = leaf.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        assert len(extension.value.digest) == 8


def x509_key(der: bytes) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = x509.load_der_x509_certificate(der).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
