"""A small hierarchy made with `cryptography` alone: an authority and its delegated signer."""

from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import core
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pki.model.ocsp import OcspSigner, SigningKey
from pki.model.ocsp_response import signature_hash
from pki.model.roles import KeyAlgorithm

SIGNER_NOT_BEFORE = datetime(2026, 11, 1, tzinfo=UTC)
SIGNER_NOT_AFTER = datetime(2027, 11, 1, tzinfo=UTC)

ALGORITHMS: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class World:
    """An authority with its key and the signer that speaks for it."""

    authority: x509.Certificate
    key: SigningKey
    signer: OcspSigner


def new_key(algorithm: KeyAlgorithm) -> SigningKey:
    match algorithm:
        case KeyAlgorithm.P256:
            return ec.generate_private_key(ec.SECP256R1())
        case KeyAlgorithm.P521:
            return ec.generate_private_key(ec.SECP521R1())
        case KeyAlgorithm.ED448:
            return ed448.Ed448PrivateKey.generate()


def make_world(
    algorithm: KeyAlgorithm = KeyAlgorithm.P256, common_name: str = "evtrust MO Sub-CA 2"
) -> World:
    """Return an authority (self-signed: nobody here looks above it) and a signer below it."""
    key = new_key(algorithm)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "evtrust"),
            x509.NameAttribute(NameOID.DOMAIN_COMPONENT, "MO"),
        ]
    )
    authority = (
        _builder(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, signature_hash(key))
    )
    signer_key = new_key(algorithm)
    signer_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "OCSP signer")])
    signer = (
        _builder(signer_name, name, signer_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
        .add_extension(x509.OCSPNoCheck(), critical=False)
        .sign(key, signature_hash(key))
    )
    return World(authority, key, OcspSigner(signer, signer_key))


def _builder(
    subject: x509.Name, issuer: x509.Name, subject_key: SigningKey
) -> x509.CertificateBuilder:
    public = subject_key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(SIGNER_NOT_BEFORE)
        .not_valid_after(SIGNER_NOT_AFTER)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def several(
    certificate_ids: list[tuple[x509.Certificate, int]],
    *,
    algorithm: str = "sha256",
    extensions: list[dict[str, object]] | None = None,
    single_extensions: list[dict[str, object]] | None = None,
) -> bytes:
    """Return a request (DER) for (issuer, serial) pairs, with what `cryptography` cannot build."""
    from pki.model.ocsp_response import issuer_hashes

    single_requests = []
    for issuer, serial in certificate_ids:
        hashed = next(item for item in issuer_hashes(issuer) if item.algorithm == algorithm)
        single: dict[str, object] = {
            "req_cert": {
                "hash_algorithm": {"algorithm": algorithm, "parameters": core.Null()},
                "issuer_name_hash": hashed.name,
                "issuer_key_hash": hashed.key,
                "serial_number": serial,
            }
        }
        if single_extensions:
            single["single_request_extensions"] = single_extensions
        single_requests.append(single)
    request: dict[str, object] = {"request_list": single_requests}
    if extensions:
        request["request_extensions"] = extensions
    der: bytes = asn1_ocsp.OCSPRequest({"tbs_request": request}).dump()
    return der


def nonce_extension(nonce: bytes, *, critical: bool = False) -> dict[str, object]:
    return {"extn_id": "nonce", "critical": critical, "extn_value": core.OctetString(nonce)}


def verify_signature(
    public_key: object, signature: bytes, message: bytes, algorithm: hashes.HashAlgorithm | None
) -> None:
    """Raise InvalidSignature unless `signature` is right."""
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        assert algorithm is not None
        public_key.verify(signature, message, ec.ECDSA(algorithm))
    else:
        assert isinstance(public_key, ed448.Ed448PublicKey)
        public_key.verify(signature, message)
