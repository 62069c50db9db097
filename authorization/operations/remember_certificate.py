"""Have foreign chains recorded once they were validated here, off the path of the answer.

Only a recorded certificate's hashes count later. Whoever asks does not wait for the record, and a
process asks for each certificate once.
"""

import logging
import queue
import threading
from collections.abc import Sequence

from authorization.model.presented_chain import upwards
from authorization.operations.ports import IsRecorded, RecordCertificate
from contract_service.model.contract import Contract
from foundation.errors import ServiceError
from foundation.principal import Principal
from pki.model.verdict import Verdict

CAPACITY = 65_536  # remembered fingerprints a process
WAITING = 1_024  # jobs; past that a chain waits for its next use

_Job = tuple[Principal, Contract, tuple[bytes, ...], str]

log = logging.getLogger(__name__)


class RememberCertificate:
    """Passes each validated chain to `record` once, from a thread of its own.

    `is_recorded` (contract id, leaf's fingerprint) is asked first: most chains are our own and
    on record since they were issued, and putting one in order costs more than that question.
    """

    def __init__(self, record: RecordCertificate, is_recorded: IsRecorded) -> None:
        self._record = record
        self._is_recorded = is_recorded
        self._seen: set[str] = set()
        self._jobs: queue.Queue[_Job] = queue.Queue(WAITING)
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None

    def __call__(
        self, principal: Principal, contract: Contract, chain: Sequence[bytes], verdict: Verdict
    ) -> None:
        """Queue the chain (DER, root left out or not) unless this process did so before.

        Never raises and never waits: when the queue is full, the next use tries again.
        """
        fingerprint = verdict.leaf_fingerprint
        if fingerprint is None or fingerprint in self._seen:
            return
        with self._lock:
            if len(self._seen) >= CAPACITY:
                self._seen.clear()
            self._seen.add(fingerprint)
            if self._worker is None:
                # not before the first job: a thread would not survive the fork of a worker
                self._worker = threading.Thread(
                    target=self._work, name="remember-certificates", daemon=True
                )
                self._worker.start()
        try:
            self._jobs.put_nowait((principal, contract, tuple(chain), fingerprint))
        except queue.Full:
            self._seen.discard(fingerprint)

    def drain(self) -> None:
        """Wait until everything queued so far is recorded or given up."""
        self._jobs.join()

    def _work(self) -> None:
        while True:
            principal, contract, chain, fingerprint = self._jobs.get()
            try:
                if not self._is_recorded(contract.contract_id, fingerprint):
                    self._record(principal, contract, upwards(chain, fingerprint))
            except ServiceError as refusal:
                log.info("a validated chain is not recorded: %s", refusal.code)
            except Exception as failure:  # noqa: BLE001 - the thread must outlive a lost database
                self._seen.discard(fingerprint)
                log.warning("recording a validated chain failed: %s", type(failure).__name__)
            finally:
                self._jobs.task_done()
