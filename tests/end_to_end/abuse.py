"""A started service together with its database, to see what an abuse leaves behind."""

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from contract_service.store.tables import contracts
from foundation.database import Database
from server.observability import LINES_WAIT_SECONDS
from server.schema import metadata
from tests.end_to_end.service import Answer, Service

CHANGING_BY_THEMSELVES = frozenset({"leases", "pki_crls", "pki_keys", "pki_ocsp_signers"})
"""Tables that background work writes at any time."""

CLAIMS = frozenset(f"outbox.{name}" for name in ("attempts", "claim", "claimed_until", "done_at"))
"""Columns in which a process notes that it sees to an event."""

DECISIONS = "authorization_decisions"


@dataclass(frozen=True)
class Abused:
    service: Service
    database: Database

    @property
    def demo(self) -> Mapping[str, str]:
        demo: dict[str, str] = self.service.told["demo"]
        return demo

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        client: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; whatever it is, no trace and no 500 may come back."""
        answer = self.service.ask(method, path, body, client=client, headers=headers)
        assert answer.status != 500, answer
        assert b"Traceback" not in answer.body
        return answer

    def decide(self, identification: Mapping[str, object]) -> Any:
        """Return the decision at the demonstration's station; nothing but it may be written."""
        with self.unchanged(1):
            answer = self.ask(
                "POST",
                "/v1/authorizations",
                {"station_id": self.demo["station_id"], "identification": identification},
                client="cpo",
            )
            assert answer.status == 200, answer
        return answer.json

    def raw(self, sent: bytes, seconds: float = 10) -> bytes:
        """Send bytes that no HTTP client would, and return what comes until the end."""
        with socket.create_connection(("127.0.0.1", self.service.port), timeout=seconds) as talk:
            talk.sendall(sent)
            received = b""
            while chunk := talk.recv(65536):
                received += chunk
        return received

    def assert_nothing_leaked(self) -> None:
        """After all that was asked: no crash, and nothing personal or secret in log or metrics."""
        metrics = self.ask("GET", "/metrics").body.decode()
        time.sleep(2 * LINES_WAIT_SECONDS)
        log = self.service.log()
        assert '"event":"request"' in log  # whatever was asked, the metrics at least
        assert '"event":"unexpected"' not in log
        assert "Traceback" not in log
        with self.database.read() as connection:
            emaids = connection.execute(sa.select(contracts.c.emaid)).scalars().all()
        secrets = [one["client_secret"] for one in self.service.told["clients"].values()]
        held = [self.service.token(client) for client in ("cpo", "mo", "admin")]
        personal = [self.demo[name] for name in ("mac", "vin", "pcid", "emaid")]
        told = (log + metrics).upper()
        for text in (*emaids, *secrets, *held, *personal):
            assert text.upper() not in told, "something personal or secret was logged or counted"

    @contextmanager
    def unchanged(self, decisions: int = 0) -> Iterator[None]:
        """Assert that the block writes nothing but that many decisions."""
        before = self._rows()
        yield
        after = self._rows()
        assert len(after.pop(DECISIONS)) == len(before.pop(DECISIONS)) + decisions
        for table, rows in after.items():
            assert rows == before[table], table

    def _rows(self) -> dict[str, set[str]]:
        with self.database.read() as connection:
            return {
                table.name: {
                    repr(tuple(row))
                    for row in connection.execute(
                        sa.select(*(c for c in table.c if str(c) not in CLAIMS))
                    )
                }
                for table in metadata.sorted_tables
                if table.name not in CHANGING_BY_THEMSELVES
            }


def refusal(answer: Answer) -> tuple[int, str]:
    """Return status and code of a problem document (RFC 9457)."""
    assert answer.headers["content-type"] == "application/problem+json", answer
    problem = answer.json
    assert problem["status"] == answer.status
    assert problem["title"]
    assert problem["detail"]
    return answer.status, problem["code"]
