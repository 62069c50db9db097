"""Certs-only PKCS#7: every certificate, in the order given, for readers that are not ours."""

import warnings
from itertools import permutations

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates

from pki.model.chain_parser import parse_chain
from pki.model.pkcs7 import certs_only
from tests.pki.est.assembly import certificates_in
from tests.pki.validation.vectors import VECTORS

CHAIN = [
    parse_chain((VECTORS / "pki/foreign" / name).read_bytes())[0]
    for name in ("cpoSubCA2Cert.pem", "cpoSubCA1Cert.pem", "v2gRootCACert.pem")
]


@pytest.mark.parametrize("chain", list(permutations(CHAIN)), ids=range(6))
def test_the_order_stays(chain: tuple[bytes, ...]) -> None:
    """A reader of the field takes the last certificate for the root."""
    der = certs_only(chain)
    assert certificates_in(der) == list(chain)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that the SET is not sorted as DER asks
        read = load_der_pkcs7_certificates(der)
    assert [certificate.public_bytes(Encoding.DER) for certificate in read] == list(chain)


def test_one_certificate_is_der_that_nobody_warns_of() -> None:
    (read,) = load_der_pkcs7_certificates(certs_only(CHAIN[:1]))
    assert read.public_bytes(Encoding.DER) == CHAIN[0]
