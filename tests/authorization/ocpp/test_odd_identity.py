"""EMAIDs in every spelling, chains in every disorder, hashes as odd as stations write them."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPRequestBuilder

from foundation.identifiers import Emaid
from foundation.principal import LOCAL_ADMINISTRATOR
from tests.authorization.ocpp.assembly import HAS2BE, PNC, Csms
from tests.pki.validation.authorities import certify, name
from tests.server.assembly import new_emaid

Statuses = tuple[str, str | None]
ACCEPTED: Statuses = ("Accepted", "Accepted")
NO_CHAIN: Statuses = ("Invalid", "CertChainError")


@dataclass(frozen=True)
class Driver:
    """A contract with a certificate, at a station of its own; `chain` with the root at its end."""

    csms: Csms
    emaid: str
    chain: Sequence[x509.Certificate]

    def asked(self, version: str, emaid: str | None = None, **more: object) -> Statuses:
        """Ask as OCPP 2.0.1, 2.1, or 1.6 under either vendor id; return the two statuses."""
        token = {"idToken": emaid or self.emaid, "type": "eMAID"}
        payload = {"idToken": token, **more}
        if version in {PNC, HAS2BE}:
            answer = self.csms.transferred("Authorize", payload, version)
        else:
            answer = self.csms.answered(version, "Authorize", payload)
        return answer["idTokenInfo"]["status"], answer.get("certificateStatus")


@pytest.fixture
def driver(csms: Csms) -> Driver:
    services = csms.application.services
    emaid = new_emaid()
    services.create_contract(LOCAL_ADMINISTRATOR, emaid)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    csr = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    issued = services.issue_contract_certificate(LOCAL_ADMINISTRATOR, emaid, csr)
    chain = [x509.load_der_x509_certificate(der) for der in issued.chain]
    roots = [
        x509.load_der_x509_certificate(one.certificate)
        for one in services.authorities.all()
        if one.is_root and one.certificate is not None
    ]
    (root,) = (root for root in roots if root.subject == chain[-1].issuer)
    return Driver(csms, emaid, [*chain, root])


VERSIONS = pytest.mark.parametrize("version", ["2.0.1", "2.1", PNC, HAS2BE])


def pem(*certificates: x509.Certificate) -> str:
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)


def spelled(emaid: str) -> list[str]:
    parts = (emaid[:2], emaid[2:5], emaid[5:])
    digit = Emaid.parse(emaid).with_check_digit()
    return [
        emaid,
        emaid.lower(),
        "-".join(parts),
        "-".join(parts).swapcase(),
        digit,
        "-".join((*parts, digit[-1])),
        digit.lower(),
    ]


@VERSIONS
def test_an_emaid_in_every_spelling_is_one_contract(driver: Driver, version: str) -> None:
    chain = pem(*driver.chain[:3])
    for text in spelled(driver.emaid):
        assert driver.asked(version, text, certificate=chain) == ACCEPTED, text


@VERSIONS
def test_what_is_no_emaid_or_another_one_is_refused(driver: Driver, version: str) -> None:
    chain = pem(*driver.chain[:3])
    digit = Emaid.parse(driver.emaid).with_check_digit()
    wrong = digit[:-1] + ("A" if digit[-1] != "A" else "B")
    for text in (
        wrong,
        driver.emaid[:-1],
        driver.emaid + "XYZ",
        new_emaid(),
        "x",
        "\N{HYPHEN}" * 14,
    ):
        status, certificate_status = driver.asked(version, text, certificate=chain)
        assert status in {"Invalid", "Unknown"}, text
        assert certificate_status != "Accepted", text


def with_text(chain: Sequence[x509.Certificate]) -> str:
    return "Bag Attributes\n" + pem(*chain[:3]) + "\n# the end\n"


CHAINS: Mapping[str, tuple[Callable[[Sequence[x509.Certificate]], str], Statuses]] = {
    "as it is": (lambda chain: pem(*chain[:3]), ACCEPTED),
    "with its root": (lambda chain: pem(*chain), ACCEPTED),  # which is trusted by itself alone
    "in reverse": (lambda chain: pem(*reversed(chain)), ACCEPTED),
    "twice the same": (lambda chain: pem(chain[0], *chain[:3]), ACCEPTED),
    "with text around it": (with_text, ACCEPTED),
    "with CRLF": (lambda chain: pem(*chain[:3]).replace("\n", "\r\n"), ACCEPTED),
    "without a sub-CA": (lambda chain: pem(chain[0], chain[1]), NO_CHAIN),
    "the sub-CAs alone": (lambda chain: pem(*chain[1:3]), NO_CHAIN),
    "the root alone": (lambda chain: pem(chain[-1]), NO_CHAIN),
}


@VERSIONS
@pytest.mark.parametrize("disorder", CHAINS)
def test_a_chain_counts_for_what_it_proves(driver: Driver, version: str, disorder: str) -> None:
    made, expected = CHAINS[disorder]
    assert driver.asked(version, certificate=made(driver.chain)) == expected


@VERSIONS
def test_five_certificates_are_put_in_order_and_the_foreign_one_changes_nothing(
    driver: Driver, version: str
) -> None:
    other = x509.load_der_x509_certificate(_somebody_s())
    five = pem(driver.chain[0], other, *driver.chain[1:])
    limit = {"2.1": 10_000}.get(version, 5500)
    assert len(five) < limit
    assert driver.asked(version, certificate=five) == ACCEPTED


def _somebody_s() -> bytes:
    return certify(name("Somebody"), ca=True).der


def hash_data(driver: Driver) -> dict[str, str]:
    leaf, issuer = driver.chain[:2]
    asked = OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA256()).build()
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": asked.issuer_name_hash.hex(),
        "issuerKeyHash": asked.issuer_key_hash.hex(),
        "serialNumber": f"{asked.serial_number:x}",
        "responderURL": "http://169.254.169.254/latest",  # fetched by nobody
    }


@VERSIONS
def test_hashes_are_compared_as_numbers(driver: Driver, version: str) -> None:
    data = hash_data(driver)
    member = "iso15118CertificateHashData"
    if version == HAS2BE:
        member = "15118CertificateHashData"
    for odd in (
        data,
        {key: text.upper() if key.endswith("Hash") else text for key, text in data.items()},
        data | {"serialNumber": data["serialNumber"].upper()},
        data | {"serialNumber": "0" + data["serialNumber"]},
        data | {"serialNumber": data["serialNumber"].lstrip("0")},
        data | {"issuerNameHash": data["issuerNameHash"].lstrip("0")},
    ):
        assert driver.asked(version, None, **{member: [odd]}) == ACCEPTED, odd
    another = data | {"serialNumber": f"{int(data['serialNumber'], 16) ^ 1:x}"}
    assert driver.asked(version, None, **{member: [another]}) == NO_CHAIN


@pytest.mark.parametrize(
    "change",
    [
        {"serialNumber": "0x1f"},
        {"serialNumber": "1f 2f"},
        {"serialNumber": ""},
        {"issuerKeyHash": "zz"},
        {"hashAlgorithm": "SHA1"},
        {"hashAlgorithm": "sha256"},
    ],
)
def test_hashes_that_are_none_are_refused_by_name(driver: Driver, change: dict[str, str]) -> None:
    entry = hash_data(driver) | change
    (name,) = change
    token = {"idToken": driver.emaid, "type": "eMAID"}
    payload = {"idToken": token, "iso15118CertificateHashData": [entry]}
    for version in ("2.0.1", "2.1"):
        told = driver.csms.send(version, "Authorize", payload)
        assert (told.status, told.code) == (400, "invalid_request")
        assert any(name in field for field in told.json["fields"])
    for entries in ([], [hash_data(driver)] * 5):
        told = driver.csms.send(
            "2.1", "Authorize", payload | {"iso15118CertificateHashData": entries}
        )
        assert told.status == 400


@pytest.mark.parametrize("path", ["2.0", "2.0.1.1", "3", "1.5", "v2.1", "%00", "2.1/.."])
def test_a_version_that_is_not_served_says_which_are(csms: Csms, path: str) -> None:
    told = csms.application.ask(
        "POST", f"/ocpp/{path}/{csms.station_id}/Authorize", {"idTag": "x"}, client="cpo"
    )
    assert told.status == 404
    if told.code == "ocpp_action_unknown":
        detail: Any = told.json["detail"]
        assert all(version in detail for version in ("1.6", "2.0.1", "2.1"))


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_an_action_that_is_not_served_says_which_are(csms: Csms, version: str) -> None:
    told = csms.send(version, "Heartbeat", {})
    assert (told.status, told.code) == (404, "ocpp_action_unknown")
    assert "Authorize" in told.json["detail"]


def test_base64_instead_of_pem_is_no_chain(driver: Driver) -> None:
    text = base64.b64encode(driver.chain[0].public_bytes(Encoding.DER)).decode()
    assert driver.asked("2.0.1", certificate=text) == NO_CHAIN
