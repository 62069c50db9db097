"""SignCertificate in every version and for every use, and the CertificateSigned that waits."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from authorization.model.ocpp_version import LIMITS, OcppVersion
from foundation.outbox import outbox
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.keys.sealed import generate_key
from pki.model.ocsp_response import issuer_hashes
from pki.model.roles import KeyAlgorithm
from tests.authorization.ocpp import published
from tests.authorization.ocpp.assembly import (
    HAS2BE,
    PNC,
    Csms,
    chain_of,
    common_name,
    new_csms,
    pem_csr,
    to_pem,
)
from tests.pki.est.assembly import new_csr, new_evse_id, p256
from tests.server.assembly import OURS, THEIRS, Application

VERSIONS = ["2.0.1", "2.1"]


def sign(csms: Csms, version: str = "2.0.1", csr: str | None = None, **more: Any) -> Any:
    return csms.answered(version, "SignCertificate", {"csr": csr or pem_csr(), **more})


def refused(answer: Any) -> tuple[str, str]:
    """Reason code and our code of a rejection, which says what to do."""
    assert answer["status"] == "Rejected"
    code, _, detail = answer["statusInfo"]["additionalInfo"].partition(": ")
    assert detail
    return answer["statusInfo"]["reasonCode"], code


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("use", ["V2GCertificate", None])
def test_a_v2g_certificate_waits_with_its_authorities(
    csms: Csms, version: str, use: str | None
) -> None:
    key = p256()
    csr = pem_csr("serial-4711", key=key)
    more = {} if use is None else {"certificateType": use}
    assert sign(csms, version, csr, **more) == {"status": "Accepted"}

    call = csms.call()
    assert call["action"] == "CertificateSigned"
    assert published.errors(version, "CertificateSigned", call["payload"]) == []
    assert call["payload"].get("certificateType") == use
    leaf, sub2, sub1 = chain_of(call["payload"])
    assert leaf.public_key() == key.public_key()
    assert common_name(leaf) == csms.evse_id  # what is registered, not what the CSR says
    leaf.verify_directly_issued_by(sub2)
    sub2.verify_directly_issued_by(sub1)
    assert sub1.issuer != sub1.subject  # the root is left out
    (component,) = leaf.subject.get_attributes_for_oid(NameOID.DOMAIN_COMPONENT)
    assert component.value == "CPO"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_stations_own_certificate_is_a_tls_clients(csms: Csms, version: str) -> None:
    sign(csms, version, pem_csr("serial"), certificateType="ChargingStationCertificate")
    payload = csms.call()["payload"]
    assert payload["certificateType"] == "ChargingStationCertificate"
    leaf = chain_of(payload)[0]
    assert common_name(leaf) == csms.station_id
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    # a vehicle asks for DC=CPO: to it, this is no charge point's certificate
    assert leaf.subject.get_attributes_for_oid(NameOID.DOMAIN_COMPONENT) == []


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.P521, KeyAlgorithm.ED448])
def test_a_v2g20_certificate_carries_request_and_root(csms: Csms, algorithm: KeyAlgorithm) -> None:
    root = x509.load_der_x509_certificate(
        csms.application.services.ca_certificates(f"cpo-sub2-20-{algorithm}")[-1]
    )
    hashed = next(one for one in issuer_hashes(root) if one.algorithm == "sha384")
    named = {
        "hashAlgorithm": "SHA384",
        "issuerNameHash": hashed.name.hex(),
        "issuerKeyHash": hashed.key.hex().upper(),
        "serialNumber": f"{root.serial_number:x}",
    }
    more = {"certificateType": "V2G20Certificate", "requestId": 7}
    answer = sign(csms, "2.1", pem_csr(algorithm=algorithm), hashRootCertificate=named, **more)
    assert answer == {"status": "Accepted"}
    payload = csms.call()["payload"]
    assert published.errors("2.1", "CertificateSigned", payload) == []
    assert payload["requestId"] == 7
    chain = chain_of(payload)
    assert chain[-1].issuer == root.subject
    assert len(payload["certificateChain"]) <= LIMITS[OcppVersion.V21].certificate_chain

    other = named | {"serialNumber": "1"}
    refusal = sign(csms, "2.1", pem_csr(algorithm=algorithm), hashRootCertificate=other, **more)
    assert refused(refusal) == ("NotFound", "root_unknown")
    huge = named | {"hashAlgorithm": "SHA256"}  # hashes of SHA-384 are too long for it
    refusal = sign(csms, "2.1", pem_csr(algorithm=algorithm), hashRootCertificate=huge, **more)
    assert refused(refusal) == ("NotFound", "root_unknown")


@pytest.mark.parametrize(
    ("vendor_id", "kind"), [(PNC, "certificateType"), (HAS2BE, "typeOfCertificate")]
)
@pytest.mark.parametrize("use", ["V2GCertificate", None])
def test_ocpp_16_gets_it_in_a_data_transfer(
    csms: Csms, vendor_id: str, kind: str, use: str | None
) -> None:
    more = {} if use is None else {kind: use}
    answer = csms.transferred("SignCertificate", {"csr": pem_csr(), **more}, vendor_id)
    assert answer == {"status": "Accepted"}
    call = csms.call()
    assert call["action"] == "DataTransfer"
    assert published.errors("1.6", "DataTransfer", call["payload"]) == []
    assert (call["payload"]["vendorId"], call["payload"]["messageId"]) == (
        vendor_id,
        "CertificateSigned",
    )
    inner = json.loads(call["payload"]["data"])
    assert inner.get(kind) == use
    if vendor_id == PNC:
        assert published.errors("2.0.1", "CertificateSigned", inner) == []
        chain = chain_of(inner)
    else:
        chain = [x509.load_der_x509_certificate(bytes.fromhex(one)) for one in inner["cert"]]
    assert [common_name(chain[0]), len(chain)] == [csms.evse_id, 3]


def test_the_older_dialect_is_refused_without_a_status_info(csms: Csms) -> None:
    bare = new_csms(csms.application, evses=0)
    assert bare.transferred("SignCertificate", {"csr": pem_csr()}, HAS2BE) == {"status": "Rejected"}
    answer = bare.transferred("SignCertificate", {"csr": pem_csr()})
    assert refused(answer) == ("MissingDevModelInfo", "no_name_registered")


def test_names_are_those_that_are_registered(application: Application) -> None:
    csms = new_csms(application, evses=2)
    station = application.services.list_stations.one(LOCAL_ADMINISTRATOR, csms.station_id)
    second = station.evses[1].raw
    spelled = second.replace("*", "").lower()
    sign(csms, csr=pem_csr(spelled))
    assert common_name(chain_of(csms.call()["payload"])[0]) == second

    for stranger in (new_evse_id(), new_evse_id(THEIRS), "DE-AAA-S-4711-0", "XX*AAA*E1"):
        assert refused(sign(csms, csr=pem_csr(stranger))) == ("InvalidCSR", "name_not_registered")
        use = {"certificateType": "ChargingStationCertificate"}
        answer = sign(csms, csr=pem_csr(stranger), **use)
        assert refused(answer) == ("InvalidCSR", "name_not_registered")
    assert len(csms.calls()) == 1


def test_a_registered_secc_id_is_a_name(application: Application) -> None:
    secc_id = f"DE-AAA-S-{new_evse_id()[-10:]}-7"
    csms = new_csms(application, secc_id=secc_id)
    for asked, given in ((None, secc_id), (secc_id.replace("-", ""), secc_id)):
        sign(csms, csr=pem_csr(asked))
        assert common_name(chain_of(csms.call()["payload"])[0]) == given
    sign(csms, csr=pem_csr(csms.evse_id))
    assert common_name(chain_of(csms.call()["payload"])[0]) == csms.evse_id


def test_a_station_may_put_its_own_identity_into_the_csr(csms: Csms) -> None:
    assert sign(csms, csr=pem_csr(csms.station_id)) == {"status": "Accepted"}


def test_without_a_registered_name_only_its_own_certificate(application: Application) -> None:
    csms = new_csms(application, evses=0)
    assert refused(sign(csms)) == ("MissingDevModelInfo", "no_name_registered")
    use = {"certificateType": "ChargingStationCertificate"}
    assert sign(csms, **use) == {"status": "Accepted"}


def _rsa_csr() -> str:
    key = rsa.generate_private_key(65537, 2048)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def _broken_signature() -> str:
    der = bytearray(new_csr("x"))
    der[-1] ^= 1
    return to_pem(bytes(der))


@pytest.mark.parametrize(
    ("csr", "code"),
    [
        ("nonsense!", "invalid_csr"),
        ("", "invalid_csr"),
        ("-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----", None),
        (_rsa_csr(), "key_algorithm_not_allowed"),
        (_broken_signature(), "csr_signature_invalid"),
    ],
)
def test_a_csr_that_cannot_be_certified_is_rejected(csms: Csms, csr: str, code: str | None) -> None:
    answer = csms.send("2.0.1", "SignCertificate", {"csr": csr})
    assert answer.status == 200, answer
    assert published.errors("2.0.1", "SignCertificate", answer.json, response=True) == []
    assert refused(answer.json) == ("InvalidCSR", code or "csr_malformed")
    assert csms.calls() == []


@pytest.mark.parametrize(
    ("version", "use", "algorithm"),
    [
        ("2.0.1", "ChargingStationCertificate", KeyAlgorithm.P521),
        ("2.1", "V2GCertificate", KeyAlgorithm.P521),
        ("2.1", "V2G20Certificate", KeyAlgorithm.P256),
    ],
)
def test_each_use_has_its_keys(csms: Csms, version: str, use: str, algorithm: KeyAlgorithm) -> None:
    answer = sign(csms, version, pem_csr(algorithm=algorithm), certificateType=use)
    assert refused(answer) == ("InvalidCSR", "key_algorithm_not_allowed")


def test_before_21_the_key_says_which_edition_is_meant(csms: Csms) -> None:
    sign(csms, csr=pem_csr(algorithm=KeyAlgorithm.P521), certificateType="V2GCertificate")
    leaf = chain_of(csms.call()["payload"])[0]
    key = leaf.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp521r1"


def test_the_same_request_again_issues_nothing_more(csms: Csms) -> None:
    csr = pem_csr()
    sign(csms, csr=csr)
    first = csms.call()
    sign(csms, csr=csr)
    assert csms.call() == first


def test_a_renewal_replaces_what_waits_for_the_same_use_alone(csms: Csms) -> None:
    sign(csms, certificateType="V2GCertificate")
    old = csms.call()
    sign(csms, certificateType="ChargingStationCertificate")
    sign(csms, certificateType="V2GCertificate")
    waiting = csms.calls()
    assert [call["payload"]["certificateType"] for call in waiting] == [
        "ChargingStationCertificate",
        "V2GCertificate",
    ]
    assert old["id"] not in {call["id"] for call in waiting}
    assert [call["id"] for call in csms.calls("replaced")] == [old["id"]]
    # the station may have had it already: what it did is recorded
    assert csms.answer(old["id"], {"status": "Accepted"}).status == 200
    assert csms.shown(old["id"])["state"] == "accepted"


def test_a_rejection_by_the_station_is_visible_and_told(csms: Csms) -> None:
    sign(csms)
    call = csms.call()
    info = {"reasonCode": "InvalidCertificate", "additionalInfo": "unknown root"}
    answer = csms.answer(call["id"], {"status": "Rejected", "statusInfo": info})
    assert answer.status == 200
    shown = csms.shown(call["id"])
    assert (shown["state"], shown["answer"]) == (
        "rejected",
        {"status": "Rejected", "statusInfo": info},
    )
    assert csms.calls() == []
    assert csms.calls("rejected") == [call]
    leaf = chain_of(call["payload"])[0]
    assert shown["fingerprint"] == leaf.fingerprint(hashes.SHA256()).hex()
    with csms.application.database.read() as connection:
        told = connection.execute(
            sa.select(outbox.c.type, outbox.c.owners, outbox.c.subject)
            .where(outbox.c.type.like("station_call.%"))
            .order_by(outbox.c.id)
        ).all()
    of_station = [row for row in told if row.subject["station_id"] == csms.station_id]
    assert [row.type for row in of_station] == ["station_call.queued", "station_call.rejected"]
    assert of_station[1].owners == [OURS]
    assert of_station[1].subject["fingerprint"] == shown["fingerprint"]
    assert "unknown root" not in str(of_station)


def test_a_broken_station_does_not_have_certificates_without_end(csms: Csms) -> None:
    for _ in range(24):
        assert sign(csms) == {"status": "Accepted"}
    assert refused(sign(csms)) == ("Unspecified", "too_many_signings")
    assert len(csms.calls()) == 1
    other = new_csms(csms.application)
    assert sign(other) == {"status": "Accepted"}


@pytest.mark.parametrize(
    ("version", "payload", "named"),
    [
        ("2.0.1", {}, "csr"),
        ("2.0.1", {"csr": "x" * 5501}, "csr"),
        ("2.1", {"csr": "x" * 5501}, "csr"),
        ("2.0.1", {"csr": "x", "certificateType": "V2G20Certificate"}, "certificateType"),
        ("2.0.1", {"csr": "x", "requestId": 1}, "requestId"),
        ("2.1", {"csr": "x", "requestId": "1"}, "requestId"),
        ("2.1", {"csr": "x", "requestId": 2**63}, "requestId"),
        ("2.1", {"csr": "x", "hashRootCertificate": {}}, "hashRootCertificate.hashAlgorithm"),
    ],
)
def test_what_is_off_the_schema_is_an_error(
    csms: Csms, version: str, payload: object, named: str
) -> None:
    answer = csms.send(version, "SignCertificate", payload)
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert named in answer.json["fields"]
    assert csms.calls() == []


@pytest.mark.parametrize("client", ["other_cpo", "mo", "auditor"])
def test_another_operators_station_is_forbidden(csms: Csms, client: str) -> None:
    for version in VERSIONS:
        answer = csms.send(version, "SignCertificate", {"csr": pem_csr()}, client=client)
        assert (answer.status, answer.code) == (403, "station_not_yours")
    transfer = {
        "vendorId": PNC,
        "messageId": "SignCertificate",
        "data": json.dumps({"csr": pem_csr()}),
    }
    answer = csms.send("1.6", "DataTransfer", transfer, client=client)
    assert (answer.status, answer.code) == (403, "station_not_yours")
    assert csms.calls() == []


def test_a_key_of_an_authority_is_not_certified(csms: Csms) -> None:
    """A CSR for the issuer's own key cannot be signed by anybody else; this one is ours."""
    key = generate_key(KeyAlgorithm.P256)
    csr = pem_csr("a CA", key=key)
    sign(csms, csr=csr)
    leaf = chain_of(csms.call()["payload"])[0]
    constraints = leaf.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert not constraints.ca
