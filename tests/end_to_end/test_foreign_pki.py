"""Contracts of a foreign PKI at a started service, whose responder lives, tells and dies."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.demonstrations import Demonstrations, on_either_database
from tests.end_to_end.foreign import authority, pem
from tests.end_to_end.foreign_responder import LivePki, live_pki
from tests.end_to_end.service import Service, eventually
from tests.end_to_end.test_bad_input import hash_data
from tests.foundation.receivers import OK, answering, receiver
from tests.pki.validation.authorities import Authority


@dataclass(frozen=True)
class Foreign:
    """A started service of two processes that trusts the PKI under hard fail."""

    service: Service
    pki: LivePki
    sub1: Authority
    sub2: Authority

    def contract(self) -> tuple[str, Authority]:
        """Create a contract here whose certificate is the foreign PKI's; return EMAID and leaf."""
        emaid = f"DEEVTC{secrets.token_hex(4).upper()}"
        created = self.service.ask("POST", "/v1/contracts", {"emaid": emaid}, client="mo")
        assert created.status == 201, created
        return emaid, self.pki.made(emaid, self.sub2, None)

    def authorize(self, emaid: str, leaf: Authority, **more: object) -> tuple[str, str]:
        """Ask in OCPP 2.0.1; return the two statuses of its answer."""
        body = {
            "idToken": {"idToken": emaid, "type": "eMAID"},
            "certificate": pem(leaf, self.sub2, self.sub1),
            **more,
        }
        answer = self.service.ask(
            "POST",
            f"/ocpp/2.0.1/{self.service.told['demo']['station_id']}/Authorize",
            {name: value for name, value in body.items() if value is not None},
            client="cpo",
        )
        assert answer.status == 200, answer
        return answer.json["idTokenInfo"]["status"], answer.json["certificateStatus"]


@pytest.fixture(params=on_either_database("foreign"))
def demonstration(
    request: pytest.FixtureRequest, demonstrations: Demonstrations, tmp_path: Path
) -> Iterator[Service]:
    with demonstrations.copied(request.param, tmp_path) as service:
        yield service


@contextmanager
def serving(service: Service, pki: LivePki, folder: Path) -> Iterator[Foreign]:
    """Trust the PKI under hard fail, name its responder, and serve."""
    service.environment["EVTRUST_EGRESS_NETWORKS"] = "127.0.0.0/8"
    service.environment["EVTRUST_REVOCATION_HOSTS"] = pki.host
    root = authority("Live Root")
    sub1 = pki.made("Live Sub1", root, 1)
    (folder / "root.pem").write_text(pem(root))
    trust = ("--role", "mo_root", "--revocation", "hard")
    service.run("anchor", "add", str(folder / "root.pem"), *trust)
    with service.serving():
        yield Foreign(service, pki, sub1, pki.made("Live Sub2", sub1, 0))


def test_accepted_then_revoked_and_what_is_known_outlives_the_responder(
    demonstration: Service, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        pki = stack.enter_context(live_pki())
        stranger = stack.enter_context(receiver(answering(OK)))
        foreign = stack.enter_context(serving(demonstration, pki, tmp_path))
        (emaid, leaf), (known_emaid, known) = foreign.contract(), foreign.contract()
        for one, certificate in ((emaid, leaf), (known_emaid, known)):
            for _ in range(4):  # whichever process answers
                assert foreign.authorize(one, certificate) == ("Accepted", "Accepted")
        asked = pki.asked_about()
        assert len(asked) == len(set(asked)) == 4  # sub-CAs and leaves, each once

        hashed = hash_data(leaf.certificate, foreign.sub2.certificate) | {
            "responderURL": f"http://127.0.0.1:{stranger.port}/ocsp"
        }
        by_hash = {"certificate": None, "iso15118CertificateHashData": [hashed]}
        eventually(  # its chain is recorded off the path of the answer
            lambda: foreign.authorize(emaid, leaf, **by_hash) == ("Accepted", "Accepted"), 10
        )

        pki.revoked.add(leaf.certificate.serial_number)
        told = demonstration.run("revocation", "refresh")["evidence"]
        assert sorted(one["status"] for one in told) == ["good", "good", "good", "revoked"]
        for _ in range(4):
            assert foreign.authorize(emaid, leaf) == ("Invalid", "CertificateRevoked")
            assert foreign.authorize(emaid, leaf, **by_hash) == ("Invalid", "CertificateRevoked")
        assert stranger.requests == []  # whatever a station names as the responder

        late_emaid, late = foreign.contract()
        pki.hang_up()
        assert foreign.authorize(known_emaid, known) == ("Accepted", "Accepted")
        assert foreign.authorize(emaid, leaf) == ("Invalid", "CertificateRevoked")
        assert foreign.authorize(late_emaid, late) == ("Invalid", "CertChainError")
        told = demonstration.run("revocation", "list")["evidence"]
        assert [one["failure"] for one in told if one["status"] is None] == ["silent"]
