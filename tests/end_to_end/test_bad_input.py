"""Hashes, places, requests and owners that are not what they claim: refused in clear words."""

import base64
import secrets

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPRequestBuilder

from tests.end_to_end.abuse import refusal
from tests.end_to_end.world import World, ocpp_201

INVALID = ("invalid", "CertChainError")

# hash data, and an EMAID alone


def hash_data(certificate: x509.Certificate, issuer: x509.Certificate) -> dict[str, str]:
    request = OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256()).build()
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": request.issuer_name_hash.hex(),
        "issuerKeyHash": request.issuer_key_hash.hex(),
        "serialNumber": f"{request.serial_number:x}",
        "responderURL": "http://ocsp.example/",
    }


def test_hash_data_count_for_their_own_emaid_and_with_the_leaf_alone(world: World) -> None:
    leaf, sub2, sub1 = world.demo_chain
    of_leaf, of_sub2 = hash_data(leaf, sub2), hash_data(sub2, sub1)
    own = world.abused.demo["emaid"]
    other_serial = of_leaf | {"serialNumber": "1"}
    for emaid, entries, accepted in (
        (own, [of_leaf], True),
        (own, [of_sub2, of_leaf], True),
        (own, [of_sub2], False),
        (own, [other_serial], False),
        (own, [of_leaf | {"issuerKeyHash": of_leaf["issuerNameHash"]}], False),
        (world.emaid, [of_leaf], False),
        (world.emaid, [of_leaf, of_sub2], False),
    ):
        decided = world.abused.decide(
            {"type": "contract_certificate", "emaid": emaid, "certificate_hash_data": entries}
        )
        told = {reason["code"] for reason in decided["reasons"]}
        if accepted:
            assert (decided["outcome"], decided["certificate_status"]) == ("accepted", "Accepted")
        else:
            assert (decided["outcome"], decided["certificate_status"]) == INVALID
            assert "certificate_hash_unknown" in told
        assert ocpp_201(world, emaid, iso15118CertificateHashData=entries) == (
            ("Accepted", "Accepted") if accepted else ("Invalid", "CertChainError")
        )


def test_a_bare_emaid_is_refused_whether_or_not_it_has_a_contract(world: World) -> None:
    answers = []
    for emaid in (world.abused.demo["emaid"], "DEEVTC00000000"):
        decided = world.abused.decide({"type": "emaid", "value": emaid})
        assert (decided["outcome"], decided["certificate_status"]) == (
            "invalid",
            "NoCertificateAvailable",
        )
        answers.append(decided["reasons"])
        assert ocpp_201(world, emaid) == ("Invalid", "NoCertificateAvailable")
    assert answers[0] == answers[1]  # an EMAID is printed on invoices: no oracle for them


# places


def test_a_station_that_is_unknown_or_another_operators_is_403(world: World) -> None:
    abused = world.abused
    theirs = f"theirs-{secrets.token_hex(4)}"
    made = abused.ask(
        "POST",
        "/v1/stations",
        {"station_id": theirs, "operator_id": "DEXYZ", "evse_ids": ["DE*XYZ*E1"]},
        client="admin",
    )
    assert made.status == 201, made
    told = set()
    with abused.unchanged():
        for place in (
            {"station_id": theirs},
            {"station_id": "unknown"},
            {"evse_id": "DE*XYZ*E1"},
            {"evse_id": "DE*XYZ*E2"},
        ):
            question = {**place, "identification": abused.service.autocharge_vehicle}
            answer = abused.ask("POST", "/v1/authorizations", question, client="cpo")
            assert refusal(answer) == (403, "station_not_yours")
            told.add(answer.body)
        for station in (theirs, "unknown"):
            tag = {"idTag": f"VID:{abused.demo['mac']}"}
            for path, body in (
                (f"/ocpp/1.6/{station}/Authorize", tag),
                (
                    f"/ocpp/2.0.1/{station}/Authorize",
                    {"idToken": {"idToken": "1", "type": "ISO14443"}},
                ),
            ):
                answer = abused.ask("POST", path, body, client="cpo")
                assert refusal(answer) == (403, "station_not_yours")
                told.add(answer.body)
        # nor may it be taken over
        again = {"station_id": theirs, "operator_id": "DEEVT"}
        taken = abused.ask("POST", "/v1/stations", again, client="cpo")
        assert refusal(taken) == (409, "station_taken")
    assert len(told) == 1  # unknown and another's cannot be told apart


# providers


def csr(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None) -> bytes:
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    signed = request.sign(key or ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


def armoured(der: bytes) -> str:
    return base64.b64encode(der).decode()


def test_a_csr_that_proves_nothing_gets_no_certificate(world: World) -> None:
    good = csr()
    wrong_signature = bytearray(good)
    wrong_signature[-6] ^= 1
    rsa_key = rsa.generate_private_key(65537, 2048)
    path = f"/v1/contracts/{world.emaid}/certificates"
    with world.abused.unchanged():
        for sent, expected in (
            (armoured(bytes(wrong_signature)), (422, "csr_signature_invalid")),
            (armoured(good[:-10]), (400, "csr_malformed")),
            (armoured(good + b"more"), (400, "csr_malformed")),
            (
                armoured(csr(ec.generate_private_key(ec.SECP384R1()))),
                (422, "key_algorithm_not_allowed"),
            ),
            (armoured(csr(rsa_key)), (422, "key_algorithm_not_allowed")),
            (armoured(b"\x30" + b"\x00" * 8000), (413, "csr_too_large")),
            ("A" * 20_000, (400, "invalid_request")),
            ("no request", (400, "invalid_csr")),
            ("", (400, "invalid_request")),
            (world.abused.demo["contract_chain_pem"], (400, "invalid_csr")),
        ):
            answer = world.abused.ask("POST", path, {"csr": sent}, client="mo")
            assert refusal(answer) == expected, sent[:40]


def test_one_emaid_has_one_contract(world: World) -> None:
    emaid = world.emaid
    with world.abused.unchanged():
        for spelling in (emaid, emaid.lower(), f"{emaid[:2]}-{emaid[2:5]}-{emaid[5:]}"):
            again = world.abused.ask("POST", "/v1/contracts", {"emaid": spelling}, client="mo")
            assert refusal(again) == (409, "contract_exists")
            assert emaid not in again.body.decode()
        for wrong in ("DEEVTC0000000", "DEEVTX!0000000", "DE\x00EVTC0000000"):
            answer = world.abused.ask("POST", "/v1/contracts", {"emaid": wrong}, client="mo")
            assert answer.status == 400, answer
            assert refusal(answer)[1] in {"invalid_emaid", "invalid_request"}


def test_one_mac_has_one_owner(world: World) -> None:
    mac = world.abused.demo["mac"]
    spellings = (mac, mac.lower(), ":".join(mac[i : i + 2] for i in range(0, 12, 2)), "0000" + mac)
    with world.abused.unchanged():
        for spelling in spellings:
            enrolment = {"emaid": world.emaid, "type": "mac", "value": spelling}
            answer = world.abused.ask("POST", "/v1/autocharge/enrolments", enrolment, client="mo")
            assert refusal(answer) == (409, "identifier_enrolled")
            assert mac not in answer.body.decode().upper().replace(":", "")
        for wrong in ("not a MAC at all", "00:11:22:33:44:5G", "0" * 259, "98ED5C\x00\x00\x00000"):
            enrolment = {"emaid": world.emaid, "type": "mac", "value": wrong}
            answer = world.abused.ask("POST", "/v1/autocharge/enrolments", enrolment, client="mo")
            assert refusal(answer)[0] == 400, (wrong, answer)
