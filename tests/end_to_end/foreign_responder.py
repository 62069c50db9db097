"""The live OCSP responder of a foreign PKI: it answers about whatever its authorities issued."""

import datetime as dt
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from tests.end_to_end.foreign import DAY, NOW
from tests.foundation.receivers import Receiver, receiver
from tests.pki.validation.authorities import Authority, certify, name
from tests.pki.validation.responder import answer

WITHOUT = frozenset({x509.AuthorityInformationAccess})


@dataclass
class LivePki:
    """MO root, two sub-CAs and leaves that name a responder, and what it says of them."""

    wire: Receiver
    issued: dict[int, tuple[Authority, Authority]] = field(default_factory=dict)
    revoked: set[int] = field(default_factory=set)
    silent: bool = False

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.wire.port}"

    def made(self, common_name: str, issuer: Authority, path_length: int | None) -> Authority:
        location = x509.UniformResourceIdentifier(f"http://{self.host}/ocsp")
        access = x509.AuthorityInformationAccess(
            [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, location)]
        )
        made = certify(
            name(common_name, "MO"),
            issuer,
            ca=path_length is not None,
            path_length=path_length,
            start=NOW - DAY,
            end=NOW + 400 * DAY,
            without=WITHOUT,
            also=[(access, False)],
        )
        self.issued[made.certificate.serial_number] = (made, issuer)
        return made

    def respond(self, request: bytes) -> bytes:
        """Return the DER OCSPResponse to a DER OCSPRequest."""
        asked = ocsp.load_der_ocsp_request(request)
        certificate, issuer = self.issued[asked.serial_number]
        revoked = asked.serial_number in self.revoked
        now = dt.datetime.now(dt.UTC)
        return answer(
            certificate,
            issuer,
            status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
            reason=x509.ReasonFlags.key_compromise if revoked else None,
            this_update=now.replace(microsecond=0),
            next_update=now + dt.timedelta(hours=1),
            digest=hashes.SHA256(),
        )

    def hang_up(self) -> None:
        """Answer nobody from now on."""
        self.silent = True

    def asked_about(self) -> Sequence[int]:
        """Return the serial numbers that were asked about, in order."""
        bodies = (request.partition(b"\r\n\r\n")[2] for request in self.wire.requests)
        return [ocsp.load_der_ocsp_request(body).serial_number for body in bodies]


@contextmanager
def live_pki() -> Iterator[LivePki]:
    """Yield the PKI; its responder listens while the block runs."""
    pkis: list[LivePki] = []

    def behave(connection: socket.socket, request: bytes) -> None:
        if pkis[0].silent:
            return
        body = pkis[0].respond(request.partition(b"\r\n\r\n")[2])
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)

    with receiver(behave) as wire:
        pkis.append(LivePki(wire))
        yield pkis[0]
