"""The rows of provisioning: contracts made for vehicles, and vehicles that fetch them.

A vehicle here has a key: it signs its CertificateInstallationReq (ISO 15118-2), and can unwrap what
comes back.
"""

import base64
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import orjson
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.contests import FLASK_FLOOR, ISSUING_SIGN_RATE, Contest
from benchmarks.load import Load, WrongAnswerError, ask
from benchmarks.messages import json_request
from benchmarks.primitives import Primitives, measure_primitives
from benchmarks.processes import Server
from benchmarks.report import Bar
from benchmarks.rounds import Figures, Subject
from benchmarks.site import Site, token
from benchmarks.vehicles import PROVIDER_ID
from contract_service.model.contract_delivery import wrapped_key_of
from contract_service.model.exi_signature import sign_elements
from contract_service.model.key_transport import unwrap_contract_key
from contract_service.model.signed_message import verify_message
from contract_service.model.vehicle import VehicleToPublish
from contract_service.operations.provision import ProvisioningRequest
from exi import Schema, decode, encode
from exi.messages.iso15118_2 import (
    CertificateInstallationReq,
    CertificateInstallationRes,
    Header,
    V2GMessage,
)
from exi.messages.xmldsig import X509IssuerSerial
from foundation.errors import Refused
from foundation.identifiers import Emaid
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.roles import CertificateRole
from pki.operations.issue import IssueRequest
from server.settings import load_settings
from server.wiring import Services

NAMESPACE = "urn:iso:15118:2:2013:MsgDef"
INSTALLED_A_SECOND = 500.0
"""Answers a second of one worker, on the machine of `ISSUING_SIGN_RATE`."""

P99_SECONDS = 0.020
"""At half of that rate, which the machine's signing rate scales alike."""

_PRIMITIVE_SECONDS = 0.2
MOST_CARS = 2000
CONTRACTS_A_CAR = 8  # to provision; a vehicle may have 32
_WMI = "WBM"
_THREADS = 16


@dataclass(frozen=True, slots=True)
class Car:
    """A published vehicle with its key and a contract in the pool; `request` is raw EXI."""

    pcid: str
    emaid: str
    key: ec.EllipticCurvePrivateKey
    certificate: bytes
    request: bytes


def create_cars(site: Site, count: int) -> list[Car]:
    """Publish vehicles and provision a contract for each, by the product's own operations."""
    services = Services(load_settings(site.environment))
    try:
        roots = tuple(
            _root_id(signer.certificate.root)
            for signer in services.find_cps_signers(Schema.ISO15118_2).newest.values()
        )
        with ThreadPoolExecutor(_THREADS) as pool:
            return list(pool.map(lambda number: _create_car(services, number, roots), range(count)))
    finally:
        services.database.close()


def _create_car(services: Services, number: int, roots: tuple[X509IssuerSerial, ...]) -> Car:
    pcid = f"{_WMI}{number:014d}X"
    key = ec.generate_private_key(ec.SECP256R1())
    issued = services.issue_certificate(
        LOCAL_ADMINISTRATOR,
        IssueRequest(
            issuer="oem-sub2",
            role=CertificateRole.OEM_PROVISIONING,
            common_name=pcid,
            subject_id=pcid,
            owner=_WMI,
            organization=None,
            csr=None,
            public_key=key.public_key().public_bytes(
                Encoding.DER, PublicFormat.SubjectPublicKeyInfo
            ),
            not_before=None,
            lifetime=None,
        ),
    )
    leaf, sub_ca_2, sub_ca_1 = issued.chain
    services.publish_vehicle(LOCAL_ADMINISTRATOR, VehicleToPublish(leaf, sub_ca_2, sub_ca_1))
    emaid = _emaid(number, 0)
    services.provision_contract(
        LOCAL_ADMINISTRATOR, ProvisioningRequest(emaid, pcid, Schema.ISO15118_2)
    )
    body = CertificateInstallationReq(
        id="id1", oem_provisioning_certificate=issued.certificate, root_certificate_ids=roots
    )
    header = Header(session_id=number.to_bytes(8), signature=sign_elements([body], key))
    request = encode(V2GMessage(header=header, body=body))
    return Car(pcid, emaid, key, issued.certificate, request)


def installing_contests(
    site: Site, server: Server, load: Load, cars: Sequence[Car]
) -> list[Contest]:
    """Return the rows of installation answers and of provisioning, on one server."""
    operator, provider = token(server.port, site.operator), token(server.port, site.provider)
    asking = [_installation(car, operator) for car in cars]
    making = [
        _provisioning(car, _emaid(number, contract), provider)
        for contract in range(1, CONTRACTS_A_CAR)
        for number, car in enumerate(cars)
    ]
    name = f"CertificateInstallation, {site.database}"

    def bars(figures: Figures, primitives: Primitives) -> Sequence[Bar]:
        wanted = INSTALLED_A_SECOND * primitives.p256_sign / ISSUING_SIGN_RATE
        rates = sorted(measured.rate for measured in figures[name])
        median = rates[len(rates) // 2] / len(server.pids)
        text = (
            f"a worker ≥ {wanted:,.0f}/s "
            f"({INSTALLED_A_SECOND:,.0f} at {ISSUING_SIGN_RATE:,.0f} signatures/s)"
        )
        return (Bar(text, median, wanted),)

    paced = f"{name}, half the bar's rate"
    pace = INSTALLED_A_SECOND / 2 * measure_primitives(_PRIMITIVE_SECONDS).p256_sign
    pace *= len(server.pids) / ISSUING_SIGN_RATE

    def paced_bars(figures: Figures, _: Primitives) -> Sequence[Bar]:
        p99 = sorted(measured.p99 for measured in figures[paced])
        text = f"p99 ≤ {P99_SECONDS * 1e3:.0f} ms at {pace:,.0f}/s"
        return (Bar(text, p99[len(p99) // 2], P99_SECONDS, ceiling=True),)

    return [
        Contest(
            Subject(
                paced,
                server,
                replace(_with(load, asking, b'"certificateInstallationRes"', 200), pace=pace),
            ),
            bars=paced_bars,
        ),
        Contest(
            Subject(name, server, _with(load, asking, b'"certificateInstallationRes"', 200)),
            FLASK_FLOOR,
            prove=_proof(cars, asking),
            bars=bars,
        ),
        Contest(
            Subject(
                f"provision a contract, {site.database}", server, _with(load, making, b"", 201)
            ),
            FLASK_FLOOR,
        ),
    ]


def _with(load: Load, requests: Sequence[bytes], expected: bytes, status: int) -> Load:
    return replace(load, requests=list(requests), expected=expected, status=status)


def _installation(car: Car, access_token: str) -> bytes:
    body = {
        "certificateInstallationReq": base64.b64encode(car.request).decode(),
        "xsdMsgDefNamespace": NAMESPACE,
    }
    return json_request("/v1/ccp/signedContractData", body, access_token)


def _provisioning(car: Car, emaid: str, access_token: str) -> bytes:
    body = {
        "contractBegins": "2026-01-01T00:00:00Z",
        "contractEnds": "2099-01-01T00:00:00Z",
        "emaid": emaid,
        "pcid": car.pcid,
        "xsdMsgDefNamespace": NAMESPACE,
    }
    posted = json_request("/v1/cps/generate/signedContractData", body, access_token)
    return b"PUT" + posted.removeprefix(b"POST")


def _proof(cars: Sequence[Car], requests: Sequence[bytes]) -> Callable[[int], None]:
    """Return a proof that each of a few cars unwraps the key of its own contract."""

    def prove(port: int) -> None:
        for car, request in zip(cars[:3], requests, strict=False):
            status, body = ask(port, request)
            if status != 200:
                raise WrongAnswerError(f"expected an answer for the vehicle, not {status} {body!r}")
            _prove_delivered(orjson.loads(body), car)

    return prove


def _prove_delivered(answer: Any, car: Car) -> None:
    (entry,) = answer["CCPResponse"]["emaidContent"]
    exi = base64.b64decode(entry["messageDef"]["certificateInstallationRes"])
    message = decode(exi, Schema.ISO15118_2)
    delivery = message.body
    if not isinstance(delivery, CertificateInstallationRes) or not verify_message(message).valid:
        raise WrongAnswerError("an answer whose signature does not verify")
    wrapped = wrapped_key_of(delivery)
    leaf = delivery.contract_chain.certificate
    if isinstance(wrapped, Refused) or isinstance(
        unwrap_contract_key(wrapped, car.key, car.certificate, leaf), Refused
    ):
        raise WrongAnswerError("a contract whose key the vehicle cannot unwrap")
    if entry["messageDef"]["emaid"] != Emaid.parse(car.emaid).canonical:
        raise WrongAnswerError("another contract than the vehicle's")


def _emaid(number: int, contract: int) -> str:
    # beside those of the other rows' vehicles, which begin with C0
    return f"{PROVIDER_ID}CX{contract}{number:06d}"


def _root_id(root: bytes) -> X509IssuerSerial:
    read = x509.load_der_x509_certificate(root)
    return X509IssuerSerial(
        issuer_name=read.subject.rfc4514_string(), serial_number=read.serial_number
    )
