"""All ways to one contract in one list: a card, a certificate, a vehicle, each with its state."""

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.certificate_reference import BySerial
from pki.model.roles import RevocationReason
from tests.end_to_end.service import eventually
from tests.pki.est.assembly import found_authorities
from tests.server.assembly import Application


@pytest.fixture
def with_authorities(application: Application) -> Application:
    if not application.services.authorities.all():
        found_authorities(application)
    return application


def csr() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return base64.b64encode(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)).decode()


def test_they_are_listed_with_their_states(with_authorities: Application) -> None:
    application = with_authorities
    things = application.things()
    emaid = things.emaid
    issued = application.ask(
        "POST", f"/v1/contracts/{emaid}/certificates", {"csr": csr()}, client="mo"
    )
    assert issued.status == 201, issued
    path = f"/v1/contracts/{emaid}/access-methods"
    listed = application.ask("GET", path, client="mo")
    assert listed.status == 200
    (card,) = listed.json["access_methods"]
    (certificate,) = listed.json["certificates"]
    (vehicle,) = listed.json["vehicles"]
    assert (card["kind"], card["status"]) == ("rfid", "active")
    assert certificate["state"] == "valid"
    assert (vehicle["kind"], vehicle["status"]) == ("mac", "active")
    assert things.mac not in listed.body.decode()

    services = application.services
    (recorded,) = services.contract_reader.certificates(
        services.show_contract(LOCAL_ADMINISTRATOR, emaid).contract.emaid
    )
    issuer = next(
        one.name
        for one in services.authorities.all()
        if one.certificate == recorded.issuer_certificate
    )
    reference = BySerial(issuer, certificate["serial"])
    services.revoke_certificate(LOCAL_ADMINISTRATOR, reference, RevocationReason.KEY_COMPROMISE)

    def state() -> object:
        (one,) = application.ask("GET", path, client="mo").json["certificates"]
        return one["state"]

    eventually(lambda: state() == "revoked")  # within a second
    for stranger in ("other_mo", "cpo", "oem"):
        assert application.ask("GET", path, client=stranger).status == 403
