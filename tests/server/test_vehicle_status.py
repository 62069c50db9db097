"""A manufacturer's own OCSP responder decides, over HTTP, whether its vehicle is published."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from foundation.database import Database
from foundation.errors import ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.path_anchor import RevocationPolicy
from pki.model.roles import CertificateRole
from server.wiring_web import WebServices
from tests.contract_service.pools.manufacturer import manufacturer
from tests.databases import copy_sqlite
from tests.foundation.receivers import Receiver, receiver
from tests.pki.validation.authorities import Authority
from tests.pki.validation.responder import answer
from tests.server.assembly import Application, new_pcid

MAKER = manufacturer()
HOUR = timedelta(hours=1)


@dataclass
class Responder:
    """Answers about whichever certificate it is told of, and counts who asks."""

    wire: Receiver
    about: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.wire.port}/ocsp"

    def says(self, leaf: Authority, status: ocsp.OCSPCertStatus) -> None:
        now = datetime.now(UTC)
        self.about[:] = [
            answer(
                leaf,
                MAKER.sub_ca_2,
                status=status,
                this_update=now - HOUR,
                next_update=now + HOUR,
            )
        ]

    def vehicle(self) -> Authority:
        """Issue a vehicle's certificate that names this responder."""
        location = x509.UniformResourceIdentifier(self.url)
        access = x509.AuthorityInformationAccess(
            [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, location)]
        )
        return MAKER.vehicle(
            new_pcid(),
            without=frozenset({x509.AuthorityInformationAccess}),
            also=[(access, False)],
        )


@pytest.fixture
def responder() -> Iterator[Responder]:
    about: list[bytes] = []

    def behave(connection: socket.socket, _: bytes) -> None:
        body = about[0] if about else b""
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)

    with receiver(behave) as wire:
        yield Responder(wire, about)


@pytest.fixture
def services(sqlite_template: Path, tmp_path: Path, responder: Responder) -> Iterator[WebServices]:
    database = Database(copy_sqlite(sqlite_template, tmp_path / "evtrust.sqlite"))
    application = Application(database, tmp_path)
    settings = replace(
        application.services.settings,
        egress_networks=(ip_network("127.0.0.0/8"),),
        revocation_hosts=frozenset({f"127.0.0.1:{responder.wire.port}"}),
    )
    made = WebServices(settings, database=database, installation=application.services.installation)
    made.add_anchor(LOCAL_ADMINISTRATOR, MAKER.root.der, CertificateRole.OEM_ROOT)
    yield made
    database.close()


def publish(services: WebServices, leaf: Authority) -> str:
    """Return `published`, or why it was refused."""
    try:
        services.publish_vehicle(LOCAL_ADMINISTRATOR, MAKER.publication(leaf))
    except ServiceError as refusal:
        return refusal.code
    return "published"


def test_what_the_responder_says_decides(services: WebServices, responder: Responder) -> None:
    for status, expected in (
        (ocsp.OCSPCertStatus.GOOD, "published"),
        (ocsp.OCSPCertStatus.REVOKED, "certificate_revoked"),
        (ocsp.OCSPCertStatus.UNKNOWN, "published"),  # nothing is proven, and the policy is soft
    ):
        leaf = responder.vehicle()
        responder.says(leaf, status)
        assert publish(services, leaf) == expected
    assert len(responder.wire.requests) == 3
    request = responder.wire.requests[0]
    assert request.startswith(b"POST /ocsp HTTP/1.1\r\n")
    assert b"Content-Type: application/ocsp-request" in request


def test_every_vehicle_below_one_sub_ca_is_asked_about(
    services: WebServices, responder: Responder
) -> None:
    """A chain that was validated before must not spare the next leaf its question."""
    good = responder.vehicle()
    responder.says(good, ocsp.OCSPCertStatus.GOOD)
    assert publish(services, good) == "published"
    revoked = responder.vehicle()
    responder.says(revoked, ocsp.OCSPCertStatus.REVOKED)
    assert publish(services, revoked) == "certificate_revoked"


def test_an_answer_about_another_vehicle_is_no_evidence(
    services: WebServices, responder: Responder
) -> None:
    responder.says(responder.vehicle(), ocsp.OCSPCertStatus.REVOKED)
    assert publish(services, responder.vehicle()) == "published"


def test_under_hard_fail_silence_refuses(services: WebServices, responder: Responder) -> None:
    (standing,) = services.list_anchors(LOCAL_ADMINISTRATOR)
    services.remove_anchor(LOCAL_ADMINISTRATOR, standing.fingerprint)
    services.add_anchor(
        LOCAL_ADMINISTRATOR,
        MAKER.root.der,
        CertificateRole.OEM_ROOT,
        revocation=RevocationPolicy.HARD,
    )
    assert publish(services, responder.vehicle()) == "certificate_status_unknown"


def test_who_is_not_named_in_the_settings_is_not_asked(
    services: WebServices, responder: Responder
) -> None:
    others = WebServices(
        replace(services.settings, revocation_hosts=frozenset({"127.0.0.1:1"})),
        database=services.database,
        installation=services.installation,
    )
    leaf = responder.vehicle()
    responder.says(leaf, ocsp.OCSPCertStatus.REVOKED)
    assert publish(others, leaf) == "published"
    assert responder.wire.requests == []


def test_a_certificate_outside_of_a_trusted_chain_has_nobody_asked(
    services: WebServices, responder: Responder
) -> None:
    stranger = manufacturer("a stranger to the responder")
    location = x509.UniformResourceIdentifier(responder.url)
    access = x509.AuthorityInformationAccess(
        [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, location)]
    )
    leaf = stranger.vehicle(
        new_pcid(), without=frozenset({x509.AuthorityInformationAccess}), also=[(access, False)]
    )
    with pytest.raises(ServiceError, match="chain_not_valid"):
        services.publish_vehicle(LOCAL_ADMINISTRATOR, stranger.publication(leaf))
    assert responder.wire.requests == []
