"""GetCertificateStatus: our responder's signed answer, or why there is none."""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from authorization.model.certificate_hash import CertificateHash
from authorization.model.ocpp_version import LIMITS, OcppVersion
from authorization.operations.certificate_status import CertificateStatusOf
from foundation.errors import Refused
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.certificate_reference import ByFingerprint
from pki.model.ocsp import OcspFailure
from pki.model.roles import RevocationReason
from pki.operations.ocsp_respond import OcspAnswer
from tests.authorization.chains import make
from tests.authorization.ocpp.assembly import HAS2BE, Csms, chain_of, new_csms, pem_csr
from tests.end_to_end.service import eventually
from tests.server.assembly import THEIRS

ALGORITHMS: Mapping[str, type[hashes.SHA256] | type[hashes.SHA384] | type[hashes.SHA512]] = {
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}
URL = "http://169.254.169.254/latest/meta-data"  # fetched by nobody


def request_data(
    leaf: x509.Certificate, issuer: x509.Certificate, algorithm: str = "SHA256"
) -> dict[str, Any]:
    """OCSPRequestData as a station makes it, with an implementation that is not ours."""
    asked = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, ALGORITHMS[algorithm]())
    request = asked.build()
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": request.issuer_name_hash.hex(),
        "issuerKeyHash": request.issuer_key_hash.hex(),
        "serialNumber": f"{request.serial_number:x}",
        "responderURL": URL,
    }


@pytest.fixture
def chain(csms: Csms) -> list[x509.Certificate]:
    """A new SECC leaf and its authorities."""
    csms.answered("2.0.1", "SignCertificate", {"csr": pem_csr()})
    return chain_of(csms.call()["payload"])


def status_of(result: str, issuer: x509.Certificate) -> ocsp.OCSPCertStatus:
    """The certificate's status in a response whose delegated signature holds."""
    response = ocsp.load_der_ocsp_response(base64.b64decode(result, validate=True))
    assert response.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    (signer,) = response.certificates
    signer.verify_directly_issued_by(issuer)
    key = signer.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    algorithm = response.signature_hash_algorithm
    assert algorithm is not None
    key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(algorithm))
    return response.certificate_status


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_a_certificate_of_ours_is_good(
    csms: Csms, chain: list[x509.Certificate], version: str, algorithm: str
) -> None:
    leaf, sub2, sub1 = chain
    for subject, issuer in ((leaf, sub2), (sub2, sub1)):
        data = request_data(subject, issuer, algorithm)
        answer = csms.answered(version, "GetCertificateStatus", {"ocspRequestData": data})
        assert set(answer) == {"status", "ocspResult"}
        assert answer["status"] == "Accepted"
        assert len(answer["ocspResult"]) <= LIMITS[OcppVersion(version)].ocsp_result
        assert status_of(answer["ocspResult"], issuer) is ocsp.OCSPCertStatus.GOOD


def test_ocpp_16_asks_in_a_data_transfer(csms: Csms, chain: list[x509.Certificate]) -> None:
    data = request_data(chain[0], chain[1])
    answer = csms.transferred("GetCertificateStatus", {"ocspRequestData": data})
    assert status_of(answer["ocspResult"], chain[1]) is ocsp.OCSPCertStatus.GOOD
    del data["responderURL"]  # optional in OCPP 2.0
    answer = csms.transferred("GetCertificateStatus", {"ocspRequestData": data}, HAS2BE)
    assert status_of(answer["ocspResult"], chain[1]) is ocsp.OCSPCertStatus.GOOD


def test_revoked_is_an_answer(csms: Csms, chain: list[x509.Certificate]) -> None:
    leaf, sub2, _ = chain
    csms.application.services.revoke_certificate(
        LOCAL_ADMINISTRATOR,
        ByFingerprint(leaf.fingerprint(hashes.SHA256()).hex()),
        RevocationReason.KEY_COMPROMISE,
    )
    data = {"ocspRequestData": request_data(leaf, sub2)}
    answer = csms.answered("2.0.1", "GetCertificateStatus", data)
    assert answer["status"] == "Accepted"
    assert status_of(answer["ocspResult"], sub2) is ocsp.OCSPCertStatus.REVOKED


def test_a_serial_that_was_never_issued_is_an_answer(
    csms: Csms, chain: list[x509.Certificate]
) -> None:
    data = request_data(chain[0], chain[1]) | {"serialNumber": "0" * 30 + "4711"}
    answer = csms.answered("2.1", "GetCertificateStatus", {"ocspRequestData": data})
    assert status_of(answer["ocspResult"], chain[1]) is ocsp.OCSPCertStatus.UNKNOWN


def test_case_and_length_of_the_hex_say_nothing(csms: Csms, chain: list[x509.Certificate]) -> None:
    data = request_data(chain[0], chain[1])
    spelled = {
        **data,
        "issuerNameHash": data["issuerNameHash"].upper(),
        "serialNumber": data["serialNumber"].upper().zfill(40),
    }
    answer = csms.answered("2.0.1", "GetCertificateStatus", {"ocspRequestData": spelled})
    assert status_of(answer["ocspResult"], chain[1]) is ocsp.OCSPCertStatus.GOOD


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"issuerNameHash": "ab"},
        {"issuerKeyHash": "f" * 128},
        {"serialNumber": "0"},
        {"hashAlgorithm": "SHA512"},
    ],
)
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_where_nobody_here_issued_it_there_is_no_answer(
    csms: Csms, version: str, changed: dict[str, str]
) -> None:
    foreign = make("Foreign CA")
    data = request_data(make("leaf", foreign).certificate, foreign.certificate) | changed
    answer = csms.answered(version, "GetCertificateStatus", {"ocspRequestData": data})
    assert answer["status"] == "Failed"
    assert answer["statusInfo"]["reasonCode"] == "NotFound"
    assert answer["statusInfo"]["additionalInfo"].startswith("issuer_unknown: ")


@pytest.mark.parametrize(
    ("version", "changed", "named"),
    [
        ("2.0.1", {"hashAlgorithm": "SHA1"}, "hashAlgorithm"),
        ("2.0.1", {"issuerNameHash": "xy"}, "issuerNameHash"),
        ("2.0.1", {"issuerKeyHash": "a" * 129}, "issuerKeyHash"),
        ("2.0.1", {"serialNumber": ""}, "serialNumber"),
        ("2.0.1", {"responderURL": "x" * 513}, "responderURL"),
        ("2.1", {"responderURL": "x" * 2001}, "responderURL"),
        ("2.1", {"more": 1}, "more"),
    ],
)
def test_what_is_off_the_schema_is_an_error(
    csms: Csms, version: str, changed: dict[str, object], named: str
) -> None:
    authority = make("CA")
    data = request_data(make("leaf", authority).certificate, authority.certificate) | changed
    answer = csms.send(version, "GetCertificateStatus", {"ocspRequestData": data})
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert f"ocspRequestData.{named}" in answer.json["fields"]


def test_a_longer_responder_url_is_21s(csms: Csms, chain: list[x509.Certificate]) -> None:
    data = request_data(chain[0], chain[1]) | {"responderURL": "x" * 2000}
    answer = csms.answered("2.1", "GetCertificateStatus", {"ocspRequestData": data})
    assert answer["status"] == "Accepted"


def test_another_operators_station_is_forbidden(csms: Csms) -> None:
    theirs = new_csms(csms.application, operator=THEIRS)
    authority = make("CA")
    data = request_data(make("leaf", authority).certificate, authority.certificate)
    for station, client in ((csms, "other_cpo"), (theirs, "cpo"), (csms, "mo")):
        answer = station.send(
            "2.0.1", "GetCertificateStatus", {"ocspRequestData": data}, client=client
        )
        assert (answer.status, answer.code) == (403, "station_not_yours")


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (OcspFailure.TRY_LATER, "no_signer"),
        (OcspFailure.UNAUTHORIZED, "issuer_unknown"),
        (OcspFailure.INTERNAL_ERROR, "no_answer"),
    ],
)
def test_a_responder_without_an_answer(csms: Csms, failure: OcspFailure, code: str) -> None:
    status = CertificateStatusOf(
        csms.application.services.station_reader, lambda _: OcspAnswer(failure.response)
    )
    asked = CertificateHash.parse("SHA256", "1", "2", "3")
    refused = status(LOCAL_ADMINISTRATOR, csms.station_id, asked)
    assert isinstance(refused, Refused)
    assert refused.code == code


def chain_request(
    pairs: list[tuple[x509.Certificate, x509.Certificate]], source: str = "OCSP"
) -> dict[str, Any]:
    requests = []
    for leaf, issuer in pairs:
        data = request_data(leaf, issuer)
        url = data.pop("responderURL")
        requests.append({"certificateHashData": data, "source": source, "urls": [url]})
    return {"certificateStatusRequests": requests}


@pytest.mark.parametrize("source", ["OCSP", "CRL"])
def test_a_whole_chain_in_21(csms: Csms, chain: list[x509.Certificate], source: str) -> None:
    leaf, sub2, sub1 = chain
    foreign = make("Foreign CA")
    pairs = [
        (sub2, sub1),
        (make("leaf", foreign).certificate, foreign.certificate),
        (leaf, sub2),
        (leaf, sub2),
    ]
    payload = chain_request(pairs, source)
    never_issued = payload["certificateStatusRequests"][3]["certificateHashData"]
    never_issued["serialNumber"] = "4711"
    told = csms.answered("2.1", "GetCertificateChainStatus", payload)["certificateStatus"]
    assert [one["status"] for one in told] == ["Good", "Failed", "Good", "Unknown"]
    assert [one["certificateHashData"] for one in told] == [
        one["certificateHashData"] for one in payload["certificateStatusRequests"]
    ]
    assert {one["source"] for one in told} == {source}
    now = csms.application.services.clock()
    for one in told:
        assert now < datetime.fromisoformat(one["nextUpdate"]) <= now + timedelta(days=7)

    csms.application.services.revoke_certificate(
        LOCAL_ADMINISTRATOR,
        ByFingerprint(leaf.fingerprint(hashes.SHA256()).hex()),
        RevocationReason.KEY_COMPROMISE,
    )
    asked = chain_request([(leaf, sub2)], source)

    def revoked() -> bool:
        (told,) = csms.answered("2.1", "GetCertificateChainStatus", asked)["certificateStatus"]
        return bool(told["status"] == "Revoked")

    eventually(revoked)  # within a second


def test_a_chain_off_the_schema_is_an_error(csms: Csms) -> None:
    authority = make("CA")
    good = chain_request([(make("leaf", authority).certificate, authority.certificate)])
    (one,) = good["certificateStatusRequests"]
    for requests, named in (
        ([], "certificateStatusRequests"),
        ([one] * 5, "certificateStatusRequests"),
        ([one | {"urls": []}], "certificateStatusRequests.0.urls"),
        ([one | {"urls": ["x"] * 6}], "certificateStatusRequests.0.urls"),
        ([one | {"urls": ["x" * 2001]}], "certificateStatusRequests.0.urls.0"),
        ([one | {"source": "DNS"}], "certificateStatusRequests.0.source"),
    ):
        body = {"certificateStatusRequests": requests}
        answer = csms.send("2.1", "GetCertificateChainStatus", body)
        assert (answer.status, answer.code) == (400, "invalid_request")
        assert named in answer.json["fields"]
    refused = csms.send("2.1", "GetCertificateChainStatus", good, client="other_cpo")
    assert (refused.status, refused.code) == (403, "station_not_yours")
