"""The rows: what is asked of which server, the floor it is judged against, the bars it has."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from benchmarks.load import Load, WrongAnswerError, ask
from benchmarks.messages import (
    authorize_by_chain,
    authorize_by_hash,
    authorize_by_mac,
    issue_from_csr,
    ocsp_request,
)
from benchmarks.primitives import Primitives
from benchmarks.processes import Server
from benchmarks.report import Bar, rate_share
from benchmarks.rounds import Figures, Subject
from benchmarks.site import STATION_ID, Site, token
from benchmarks.vehicles import Vehicle

FLASK_FLOOR = "empty Flask handler"
WSGI_FLOOR = "empty WSGI callable"

CHAIN_SHARE = 0.20
OCSP_REPEATED_SHARE = 0.60
OCSP_FRESH_SHARE = 0.30
ISSUED_A_SECOND = {"sqlite": 1200.0, "postgresql": 1500.0}
ISSUING_SIGN_RATE = 32_000.0
"""P-256 signatures a second a core of the machine on which ISSUED_A_SECOND was stated."""

ISSUING_WORKERS = 2
REPEATED_CERTIFICATES = 1000

_ACCEPTED = b'"outcome":"accepted"'
# CertStatus good ([0] IMPLICIT NULL) and, right after it, thisUpdate (RFC 6960 section 4.2.1)
_GOOD = b"\x80\x00\x18\x0f"
_ISSUED = b'"certificate_chain":"-----BEGIN CERTIFICATE-----'


@dataclass(frozen=True, slots=True)
class Contest:
    """A subject, the floor it is judged against, and the bars it has to reach.

    `prove` asks a few questions and looks into the answers; it raises WrongAnswerError.
    """

    subject: Subject
    floor: str | None = None
    prove: Callable[[int], None] = lambda _port: None
    bars: Callable[[Figures, Primitives], Sequence[Bar]] = lambda _figures, _primitives: ()


def decision_contests(site: Site, server: Server, load: Load) -> list[Contest]:
    """Return the rows of the decision: by chain, by hash, by MAC (Autocharge)."""
    access_token = token(server.port, site.operator)
    messages: Mapping[str, Callable[[Vehicle], bytes]] = {
        "chain": lambda vehicle: authorize_by_chain(STATION_ID, vehicle, access_token),
        "hash": lambda vehicle: authorize_by_hash(STATION_ID, vehicle, site.root, access_token),
        "MAC": lambda vehicle: authorize_by_mac(STATION_ID, vehicle, access_token),
    }
    contests = []
    for kind, message in messages.items():
        name = f"authorise by {kind}, {site.database}"
        contests.append(
            Contest(
                Subject(name, server, _asking(load, map(message, site.vehicles), _ACCEPTED)),
                FLASK_FLOOR,
                prove=_decision_proof(site, message),
                bars=_share_bar(name, FLASK_FLOOR, CHAIN_SHARE) if kind == "chain" else _no_bars,
            )
        )
    contests[0] = _with_forgery(contests[0], site, messages["chain"])
    return contests


def ocsp_contests(site: Site, server: Server, load: Load) -> list[Contest]:
    """Return the rows of certificate status: the same requests again, and with fresh nonces."""
    vehicles = site.vehicles
    repeated, fresh = f"OCSP repeated, {site.database}", f"OCSP fresh, {site.database}"
    return [
        Contest(
            Subject(
                repeated,
                server,
                _asking(load, _status_requests(vehicles[:REPEATED_CERTIFICATES]), _GOOD),
            ),
            WSGI_FLOOR,
            prove=lambda port: _prove_ocsp(port, vehicles, nonce=False),
            bars=_share_bar(repeated, WSGI_FLOOR, OCSP_REPEATED_SHARE),
        ),
        Contest(
            Subject(fresh, server, _asking(load, _status_requests(vehicles, nonce=True), _GOOD)),
            WSGI_FLOOR,
            prove=lambda port: _prove_ocsp(port, vehicles, nonce=True),
            bars=lambda figures, primitives: _fresh_bars(
                figures, primitives, fresh, len(server.pids)
            ),
        ),
    ]


def issuing_contest(site: Site, server: Server, load: Load) -> Contest:
    """Return the row of issuing contract certificates from CSRs, on two workers."""
    name = f"issue from CSR, {len(server.pids)} workers, {site.database}"
    access_token = token(server.port, site.provider)
    requests = [issue_from_csr(vehicle, access_token) for vehicle in site.vehicles]

    def prove(port: int) -> None:
        for vehicle, request in zip(site.vehicles[:3], requests, strict=False):
            _prove_issued(ask(port, request), vehicle)

    def bars(figures: Figures, primitives: Primitives) -> Sequence[Bar]:
        wanted = ISSUED_A_SECOND[site.database] * primitives.p256_sign / ISSUING_SIGN_RATE
        rates = sorted(measured.rate for measured in figures[name])
        stated = ISSUED_A_SECOND[site.database]
        text = f"≥ {wanted:,.0f}/s ({stated:,.0f} at {ISSUING_SIGN_RATE:,.0f} signatures/s)"
        return (Bar(text, rates[len(rates) // 2], wanted),)

    subject = Subject(name, server, _asking(load, requests, _ISSUED, status=201))
    return Contest(subject, FLASK_FLOOR, prove, bars)


def _asking(
    load: Load, requests: "map[bytes] | Sequence[bytes]", expected: bytes, status: int = 200
) -> Load:
    return replace(load, requests=list(requests), expected=expected, status=status)


def _no_bars(_figures: Figures, _primitives: Primitives) -> Sequence[Bar]:
    return ()


def _share_bar(
    name: str, floor: str, share: float
) -> Callable[[Figures, Primitives], Sequence[Bar]]:
    def bars(figures: Figures, _: Primitives) -> Sequence[Bar]:
        return (Bar(f"≥ {share:.0%} of {floor}", rate_share(figures, name, floor), share),)

    return bars


def _fresh_bars(figures: Figures, primitives: Primitives, name: str, workers: int) -> Sequence[Bar]:
    rates = sorted(measured.rate for measured in figures[name])
    share = rates[len(rates) // 2] / workers / primitives.ocsp_build_and_sign
    text = f"a worker ≥ {OCSP_FRESH_SHARE:.0%} of one process building and signing"
    return (Bar(f"{text} (is {share:.0%})", share, OCSP_FRESH_SHARE),)


def _status_requests(vehicles: Sequence[Vehicle], *, nonce: bool = False) -> list[bytes]:
    return [ocsp_request(vehicle.chain[0], vehicle.chain[1], nonce=nonce) for vehicle in vehicles]


def _decision(answer: tuple[int, bytes]) -> dict[str, Any]:
    status, body = answer
    if status != 200:
        raise WrongAnswerError(f"expected a decision, not {status} {body!r}")
    decision: dict[str, Any] = orjson.loads(body)
    return decision


def _decision_proof(site: Site, message: Callable[[Vehicle], bytes]) -> Callable[[int], None]:
    """Return a proof that answers are accepted, for the right contract, each with a reference."""

    def prove(port: int) -> None:
        references = set()
        for vehicle in itertools.chain(site.vehicles[:3], site.vehicles[:3]):
            decision = _decision(ask(port, message(vehicle)))
            if decision["outcome"] != "accepted" or decision["evcoid"][:14] != vehicle.emaid[:14]:
                raise WrongAnswerError(f"not accepted for its own contract: {decision}")
            references.add(decision["reference"])
        if len(references) != 6:
            raise WrongAnswerError("two decisions share a reference")

    return prove


def _with_forgery(contest: Contest, site: Site, message: Callable[[Vehicle], bytes]) -> Contest:
    """Add to the proof: a leaf accepted a moment ago, with one bit of its signature changed."""

    def prove(port: int) -> None:
        contest.prove(port)
        vehicle = site.vehicles[0]
        leaf, *above = vehicle.chain
        forged = leaf[:-1] + bytes([leaf[-1] ^ 1])
        decision = _decision(
            ask(port, message(Vehicle(vehicle.emaid, vehicle.mac, vehicle.csr, (forged, *above))))
        )
        if decision["outcome"] == "accepted" or decision["certificate_status"] == "Accepted":
            raise WrongAnswerError("a leaf with a wrong signature was accepted")

    return Contest(contest.subject, contest.floor, prove, contest.bars)


def _prove_ocsp(port: int, vehicles: Sequence[Vehicle], *, nonce: bool) -> None:
    for vehicle in vehicles[:3]:
        sent = ocsp_request(vehicle.chain[0], vehicle.chain[1], nonce=nonce)
        status, body = ask(port, sent)
        if status != 200:
            raise WrongAnswerError(f"expected an OCSP response, not {status} {body!r}")
        response = ocsp.load_der_ocsp_response(body)
        leaf = x509.load_der_x509_certificate(vehicle.chain[0])
        if response.serial_number != leaf.serial_number:
            raise WrongAnswerError("an OCSP response about another certificate")
        if response.certificate_status is not ocsp.OCSPCertStatus.GOOD:
            raise WrongAnswerError("an OCSP response that does not say good")
        _verify_signer(response, x509.load_der_x509_certificate(vehicle.chain[1]))
        if nonce and _nonce_of(response) not in sent:
            raise WrongAnswerError("an OCSP response without the nonce of its request")


def _verify_signer(response: ocsp.OCSPResponse, issuer: x509.Certificate) -> None:
    (signer,) = response.certificates
    signer.verify_directly_issued_by(issuer)
    key = signer.public_key()
    algorithm = response.signature_hash_algorithm
    if not isinstance(key, ec.EllipticCurvePublicKey) or algorithm is None:
        raise WrongAnswerError("an OCSP response that is not signed by ECDSA")
    key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(algorithm))


def _nonce_of(response: ocsp.OCSPResponse) -> bytes:
    return response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce


def _prove_issued(answer: tuple[int, bytes], vehicle: Vehicle) -> None:
    status, body = answer
    if status != 201:
        raise WrongAnswerError(f"expected a certificate, not {status} {body!r}")
    chain = x509.load_pem_x509_certificates(orjson.loads(body)["certificate_chain"].encode())
    wanted = x509.load_der_x509_csr(vehicle.csr).public_key()
    if chain[0].public_key() != wanted:
        raise WrongAnswerError("a certificate for another key than the CSR's")
    chain[0].verify_directly_issued_by(chain[1])
