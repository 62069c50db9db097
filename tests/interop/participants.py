"""What participants do before the car comes: certificates by EST, vehicle and contract by OPCP."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from asn1crypto.cms import ContentInfo
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests.end_to_end.service import Service

EDITION = "ISO15118-2"
NAMESPACE = "urn:iso:15118:2:2013:MsgDef"


@dataclass(frozen=True)
class Holder:
    """A key made by its owner, and what evtrust delivered for it (DER; `above` nearest first)."""

    key: ec.EllipticCurvePrivateKey
    certificate: bytes
    above: Sequence[bytes]
    root: bytes

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The certificate and those above it, the root left out."""
        return (self.certificate, *self.above)


def enrol(service: Service, label: str, common_name: str) -> Holder:
    """Make a key, and get its certificate by EST as the demonstration's `label` (cpo, oem)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    csr = request.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    answer = service.ask(
        "POST",
        f"/.well-known/est/{label}/simpleenroll/{EDITION}",
        base64.encodebytes(csr),
        client=label,
        headers={"Content-Type": "application/pkcs10"},
    )
    assert answer.status == 200, answer.body
    (leaf,) = certificates_of(answer.body)
    authorities = service.ask("GET", f"/{label}/cacerts/{EDITION}/secp256r1/")
    assert authorities.status == 200, authorities.body
    *above, root = certificates_of(authorities.body)
    chain = [x509.load_der_x509_certificate(der) for der in (leaf, *above, root)]
    for below, issuer in pairwise(chain):
        below.verify_directly_issued_by(issuer)
    assert chain[0].public_key() == key.public_key()
    return Holder(key, leaf, above, root)


def certificates_of(body: bytes) -> list[bytes]:
    """Return the certificates (DER) of an EST answer, base64 of a certs-only PKCS#7."""
    # not `cryptography`, which warns of an order that is not DER's, and EST's clients rely on
    signed = ContentInfo.load(base64.b64decode(body))["content"]
    return [certificate.chosen.dump() for certificate in signed["certificates"]]


def publish_vehicle(service: Service, vehicle: Holder) -> None:
    """Put the vehicle's provisioning certificate into the pool, as its maker."""
    sub_ca_2, sub_ca_1 = vehicle.above
    answer = service.ask(
        "PUT",
        "/v1/oem/provCerts",
        {
            "vehicleCertificate": text(vehicle.certificate),
            "subCA2Certificate": text(sub_ca_2),
            "subCA1Certificate": text(sub_ca_1),
            "xsdMsgDefNamespace": NAMESPACE,
        },
        client="oem",
    )
    assert answer.status == 200, answer.body


def generate_contract(service: Service, emaid: str, pcid: str) -> None:
    """Have contract data for the vehicle generated, signed and pooled, as the provider."""
    begins = datetime.now(UTC).replace(microsecond=0)
    answer = service.ask(
        "PUT",
        "/v1/cps/generate/signedContractData",
        {
            "contractBegins": instant(begins),
            "contractEnds": instant(begins + timedelta(days=365)),
            "emaid": emaid,
            "pcid": pcid,
            "xsdMsgDefNamespace": NAMESPACE,
        },
        client="mo",
    )
    assert answer.status == 201, answer.body


def roots(service: Service, root_type: str) -> list[bytes]:
    """Return the roots (DER) that the pool tells a station's operator of."""
    answer = service.ask("GET", f"/v1/root/rootCerts?rootType={root_type}", client="cpo")
    assert answer.status == 200, answer.body
    collection = answer.json["RootCertificateCollection"]["rootCertificates"]
    return [base64.b64decode(root["caCertificate"]) for root in collection]


def recorded_chain(service: Service, emaid: str) -> list[bytes]:
    """Return the latest chain (DER, leaf first) that evtrust has on record for a contract."""
    answer = service.ask("GET", f"/v1/contracts/{emaid}/certificates", client="mo")
    assert answer.status == 200, answer.body
    latest = answer.json["certificates"][0]["certificate_chain"]
    certificates = x509.load_pem_x509_certificates(latest.encode())
    return [certificate.public_bytes(Encoding.DER) for certificate in certificates]


def installation(service: Service, reference: str) -> object:
    """Return how a vehicle's request was judged, step by step."""
    return service.ask("GET", f"/v1/installations/{reference}", client="cpo").json


def text(der: bytes) -> str:
    """Return DER as OPCP carries it."""
    return base64.b64encode(der).decode()


def instant(moment: datetime) -> str:
    """Return a UTC instant as OPCP writes it."""
    return moment.isoformat().replace("+00:00", "Z")
