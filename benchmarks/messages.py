"""What clients send, as whole HTTP/1.1 requests in bytes."""

import base64
import itertools
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from benchmarks.vehicles import Vehicle

NONCE_BYTES = 32  # RFC 9654 section 2.1 advises clients to send 32 octets


def request(path: str, body: bytes, content_type: str, token: str | None = None) -> bytes:
    """Return a POST request that keeps its connection."""
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{authorization}"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def json_request(path: str, body: Mapping[str, Any], token: str | None = None) -> bytes:
    """Return a POST request with a JSON body."""
    return request(path, orjson.dumps(body), "application/json", token)


def token_request(client_id: str, client_secret: str) -> bytes:
    """Return the request for an access token (RFC 6749 section 4.4)."""
    body = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
    }
    return json_request("/oauth/token", body)


def _authorization(station_id: str, identification: Mapping[str, Any], token: str) -> bytes:
    body = {"station_id": station_id, "identification": identification}
    return json_request("/v1/authorizations", body, token)


def authorize_by_chain(station_id: str, vehicle: Vehicle, token: str) -> bytes:
    """Return the request with the contract's chain, leaf first, root left out."""
    identification = {
        "type": "contract_certificate",
        "emaid": vehicle.emaid,
        "certificate_chain": pem(vehicle.chain),
    }
    return _authorization(station_id, identification, token)


def authorize_by_hash(station_id: str, vehicle: Vehicle, root: bytes, token: str) -> bytes:
    """Return the request with hash data of leaf and sub-CAs (OCPP iso15118CertificateHashData)."""
    path = [*vehicle.chain, root]
    identification = {
        "type": "contract_certificate",
        "emaid": vehicle.emaid,
        "certificate_hash_data": [
            _hash_data(certificate, issuer) for certificate, issuer in itertools.pairwise(path)
        ],
    }
    return _authorization(station_id, identification, token)


def authorize_by_mac(station_id: str, vehicle: Vehicle, token: str) -> bytes:
    """Return the request with the vehicle's MAC (Autocharge)."""
    return _authorization(station_id, {"type": "mac", "value": vehicle.mac}, token)


def ocsp_request(certificate: bytes, issuer: bytes, *, nonce: bool) -> bytes:
    """Return an OCSP request (RFC 6960) for one certificate, with or without a fresh nonce."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        x509.load_der_x509_certificate(certificate),
        x509.load_der_x509_certificate(issuer),
        hashes.SHA256(),
    )
    if nonce:
        builder = builder.add_extension(
            x509.OCSPNonce(secrets.token_bytes(NONCE_BYTES)), critical=False
        )
    body = builder.build().public_bytes(Encoding.DER)
    return request("/ocsp", body, "application/ocsp-request")


def issue_from_csr(vehicle: Vehicle, token: str) -> bytes:
    """Return the request for a contract certificate."""
    csr = base64.b64encode(vehicle.csr).decode()
    return json_request(f"/v1/contracts/{vehicle.emaid}/certificates", {"csr": csr}, token)


def pem(chain: Sequence[bytes]) -> str:
    """Return DER certificates as PEM in the order given."""
    return "".join(
        x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM).decode()
        for certificate in chain
    )


def _hash_data(certificate: bytes, issuer: bytes) -> dict[str, str]:
    built = (
        ocsp.OCSPRequestBuilder()
        .add_certificate(
            x509.load_der_x509_certificate(certificate),
            x509.load_der_x509_certificate(issuer),
            hashes.SHA256(),
        )
        .build()
    )
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": built.issuer_name_hash.hex(),
        "issuerKeyHash": built.issuer_key_hash.hex(),
        "serialNumber": f"{built.serial_number:x}",
        "responderURL": "http://127.0.0.1/ocsp",
    }
