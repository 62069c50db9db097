"""The application with authorities of both editions, and clients that speak EST with it."""

import base64
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

import sqlalchemy as sa
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole
from pki.keys.sealed import generate_key
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.operations.create_hierarchy import HierarchyRequest
from pki.operations.issue import IssueRequest
from pki.operations.ports import SigningKey
from pki.operations.request_certificate import AuthorityRequest
from server.schema import metadata
from server.wiring_web import WebServices
from tests.server.assembly import OURS, WMI, Answer, Application

PKCS7 = "application/pkcs7-mime; smime-type=certs-only"
KINDS = (
    (Edition.ISO15118_2, KeyAlgorithm.P256),
    (Edition.ISO15118_20, KeyAlgorithm.P521),
    (Edition.ISO15118_20, KeyAlgorithm.ED448),
)


def found_authorities(application: Application) -> None:
    """Make every hierarchy, as the ceremony does, and one authority of a prefix of its own."""
    ceremony = at(application, application.services.clock, offline_keys=True)
    for edition, algorithm in KINDS:
        ceremony.create_hierarchy(
            LOCAL_ADMINISTRATOR, HierarchyRequest(edition, algorithm, "Example", "DE")
        )
    _found_partner(ceremony)


def _found_partner(ceremony: WebServices) -> None:
    """Make a partner's CPO Sub-CA 2, in a slot beside the house's own."""
    slot, common_name = "acme-cpo-sub2", "Acme CPO Sub-CA 2"
    pending = ceremony.request_certificate(
        LOCAL_ADMINISTRATOR,
        AuthorityRequest(
            slot,
            CertificateRole.CPO_SUB2,
            Edition.ISO15118_2,
            KeyAlgorithm.P256,
            common_name,
            "Acme",
            "DE",
        ),
    )
    request = IssueRequest(
        issuer="cpo-sub1",
        role=CertificateRole.CPO_SUB2,
        common_name=common_name,
        subject_id=common_name,
        owner="evtrust",
        organization="Acme",
        csr=pending.csr,
        public_key=None,
        not_before=None,
        lifetime=None,
    )
    issued = ceremony.issue_certificate(LOCAL_ADMINISTRATOR, request)
    assert issued.root is not None
    ceremony.import_authority_certificate(LOCAL_ADMINISTRATOR, slot, (*issued.chain, issued.root))


def at(
    application: Application, clock: Callable[[], datetime], *, offline_keys: bool = False
) -> WebServices:
    """The operations over the same database at another time, or with offline keys."""
    services = application.services
    return WebServices(
        services.settings,
        database=application.database,
        installation=services.installation,
        clock=clock,
        offline_keys=offline_keys,
    )


@dataclass(frozen=True)
class Asker:
    """A client of the application with a secret of its own, which speaks as its kind does."""

    application: Application
    client_id: str
    client_secret: str

    @property
    def base_url(self) -> str:
        return self.application.services.settings.public_url

    def token_by_json(self) -> str:
        body = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        return self._token(json.dumps(body).encode(), "application/json")

    def token_by_form(self) -> str:
        body = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "audience": self.base_url,
        }
        return self._token(urlencode(body).encode(), "application/x-www-form-urlencoded")

    def _token(self, body: bytes, content_type: str) -> str:
        answer = self.application.ask("POST", "/oauth/token", body, content_type=content_type)
        assert answer.status == 200, answer
        assert answer.json["token_type"] == "Bearer"
        assert answer.json["expires_in"] > 0
        return str(answer.json["access_token"])


def new_asker(application: Application, role: ClientRole = ClientRole.CPO) -> Asker:
    made = application.services.create_client(
        LOCAL_ADMINISTRATOR,
        f"asker {secrets.token_hex(4)}",
        [role],
        provider_ids=[OURS] if role is ClientRole.MO else [],
        wmis=[WMI] if role is ClientRole.OEM else [],
        operator_ids=[OURS] if role is ClientRole.CPO else [],
    )
    return Asker(application, made.client.client_id, made.client_secret)


def new_evse_id(operator: str = OURS) -> str:
    return f"{operator[:2]}*{operator[2:]}*E{secrets.token_hex(5).upper()}"


def new_pcid(wmi: str = WMI) -> str:
    return wmi + secrets.token_hex(7).upper()


def new_csr(
    common_name: str | None,
    *,
    key: SigningKey | None = None,
    algorithm: KeyAlgorithm = KeyAlgorithm.P256,
    subject: x509.Name | None = None,
    more: Sequence[x509.NameAttribute[str]] = (),
    extensions: Sequence[x509.ExtensionType] = (),
    attributes: Mapping[str, bytes] | None = None,
) -> bytes:
    """A DER PKCS#10, of a fresh key unless one is given."""
    key = key or generate_key(algorithm)
    if subject is None:
        names = (
            [] if common_name is None else [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
        )
        subject = x509.Name([*more, *names])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    for oid, value in (attributes or {}).items():
        builder = builder.add_attribute(x509.ObjectIdentifier(oid), value)
    return signed(builder, key)


def signed(builder: x509.CertificateSigningRequestBuilder, key: SigningKey) -> bytes:
    if isinstance(key, ed448.Ed448PrivateKey):
        return builder.sign(key, None).public_bytes(Encoding.DER)
    strength = SHA512() if key.curve.key_size > 500 else SHA256()
    return builder.sign(key, strength).public_bytes(Encoding.DER)


def enrol(
    application: Application,
    path: str,
    csr: bytes,
    *,
    client: str | None = "cpo",
    content_type: str | None = "application/pkcs10",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send a CSR in base64."""
    return application.ask(
        "POST",
        path,
        base64.b64encode(csr),
        client=client,
        content_type=content_type,
        headers=headers,
    )


def issued(application: Application) -> dict[str, int]:
    """How many rows each table has, those of the clients that tests make left out."""
    with application.database.read() as connection:
        return {
            table.name: connection.execute(
                sa.select(sa.func.count()).select_from(table)
            ).scalar_one()
            for table in metadata.sorted_tables
            if not table.name.startswith("participants")
        }


def certificates_of(answer: Answer) -> list[bytes]:
    """The DER certificates of a certs-only answer, in its order."""
    assert answer.status == 200, answer
    assert answer.media_type == PKCS7
    assert b"-----" not in answer.body
    return certificates_in(base64.b64decode(answer.body.replace(b"\n", b""), validate=True))


def certificates_in(der: bytes) -> list[bytes]:
    """The DER certificates of a certs-only ContentInfo, in its order, read without our code."""
    content = cms.ContentInfo.load(der, strict=True)
    assert content["content_type"].native == "signed_data"
    signed_data = content["content"]
    assert signed_data["encap_content_info"]["content_type"].native == "data"
    assert len(signed_data["signer_infos"]) == 0
    return [choice.chosen.dump() for choice in signed_data["certificates"]]


def leaf_of(answer: Answer) -> x509.Certificate:
    """The one certificate that an enrolment answers."""
    (der,) = certificates_of(answer)
    return x509.load_der_x509_certificate(der)


def refusal(answer: Answer) -> tuple[int, str]:
    """Status and code of a refusal, which EST says in plain text."""
    assert answer.media_type == "text/plain; charset=utf-8", answer
    code, _, detail = answer.body.decode().partition(": ")
    assert detail.strip()
    return answer.status, code


def value_of(name: x509.Name, oid: x509.ObjectIdentifier) -> str | None:
    values = [str(attribute.value) for attribute in name.get_attributes_for_oid(oid)]
    assert len(values) <= 1
    return values[0] if values else None


def p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())
