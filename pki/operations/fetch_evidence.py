"""Ask a foreign PKI once, however many want to know, and keep what it proves."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from foundation.clock import Clock
from pki.model.foreign_evidence import (
    EvidenceKey,
    EvidenceKind,
    Failure,
    FetchPolicy,
    KeptEvidence,
    Statement,
)
from pki.model.ocsp_answer import question_about, read_answer
from pki.model.ocsp_request import build_request
from pki.model.path_certificate import PathCertificate
from pki.model.path_crl import read_list
from pki.operations.evidence_ports import Ask, EvidenceStore, Note

_MARGIN = timedelta(seconds=2)  # of a claim beyond the longest question
_LOOK_SECONDS = 0.05  # between two looks at what another process found


class Flights:
    """One question about a key at a time in this process; who comes meanwhile waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flying: dict[EvidenceKey, threading.Event] = {}

    @contextmanager
    def lead(self, key: EvidenceKey, seconds: float) -> Iterator[bool]:
        """Yield True where the caller asks, False once somebody else has asked (or took longer)."""
        with self._lock:
            landed = self._flying.get(key)
            leads = landed is None
            if landed is None:
                landed = self._flying[key] = threading.Event()
        if not leads:
            landed.wait(seconds)
            yield False
            return
        try:
            yield True
        finally:
            with self._lock:
                del self._flying[key]
            landed.set()


@dataclass(frozen=True, slots=True)
class FetchEvidence:
    """Asks for evidence and keeps it; safe to share among threads.

    Of threads of one process one asks, of processes one, by a claim in the database. At most
    `policy.at_once` questions of this process are open: who comes then is answered as if nobody
    had been there, so that responders that hang take no more than those threads.
    """

    store: EvidenceStore
    ask: Ask
    policy: FetchPolicy
    clock: Clock
    note: Note = lambda _kind, _result: None
    sleep: Callable[[float], None] = time.sleep
    flights: Flights = field(default_factory=Flights)
    slots: threading.BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "slots", threading.BoundedSemaphore(self.policy.at_once))

    def __call__(self, wanted: KeptEvidence, issuer: PathCertificate) -> KeptEvidence:
        """Return what is kept after asking at `wanted.url`; `issuer` verifies what comes.

        Never raises for what the other side does. Waits no longer than twice the policy's time.
        """
        bound = self._bound(wanted.key.kind)
        with self.flights.lead(wanted.key, bound.total_seconds()) as leads:
            if not leads:
                return self.store.one(wanted.key) or wanted
            if not self.slots.acquire(blocking=False):
                return wanted
            try:
                return self._asked(wanted, issuer, bound)
            finally:
                self.slots.release()

    def _asked(
        self, wanted: KeptEvidence, issuer: PathCertificate, bound: timedelta
    ) -> KeptEvidence:
        now = self.clock()
        if not self.store.claim(wanted, now, now + bound + _MARGIN):
            return self._found_by_another(wanted, bound)
        came = self._answer(wanted, issuer)
        now = self.clock()
        self.note(wanted.key.kind, _word(came))
        kept = self.store.settle(wanted.key, lambda known: self._after(known, came), now)
        return kept or wanted

    def _after(self, known: KeptEvidence, came: Statement | Failure) -> KeptEvidence:
        now = self.clock()
        if isinstance(came, Failure):
            return known.after_failure(came, now)
        return known.after_answer(came, now, self.policy)

    def _answer(self, wanted: KeptEvidence, issuer: PathCertificate) -> Statement | Failure:
        key = wanted.key
        if key.kind is EvidenceKind.CRL:
            data = self.ask(key.kind, wanted.url, b"")
            if isinstance(data, Failure):
                return data
            return read_list(data, issuer, self.clock()) or Failure.NOT_BELIEVED
        asked = question_about(int(key.serial, 16), issuer)
        data = self.ask(key.kind, wanted.url, build_request(asked))
        if isinstance(data, Failure):
            return data
        said = read_answer(data, asked, issuer, self.clock(), self.policy.unbounded)
        return said or Failure.NOT_BELIEVED

    def _found_by_another(self, wanted: KeptEvidence, bound: timedelta) -> KeptEvidence:
        """Wait for what another process finds, as long as it may take."""
        looks = int(bound.total_seconds() / _LOOK_SECONDS)
        for _ in range(max(1, looks)):
            self.sleep(_LOOK_SECONDS)
            kept = self.store.one(wanted.key)
            if kept is not None and (kept.asked_at, kept.failed_at) != (
                wanted.asked_at,
                wanted.failed_at,
            ):
                return kept
        return wanted

    def _bound(self, kind: EvidenceKind) -> timedelta:
        return self.policy.list_total if kind is EvidenceKind.CRL else self.policy.total


def _word(came: Statement | Failure) -> str:
    if isinstance(came, Failure):
        return came.value
    return "list" if came.status is None else came.status.value
