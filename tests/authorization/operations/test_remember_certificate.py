"""Foreign chains are recorded once, in order, off the path of the answer, and never in its way."""

import threading
from collections.abc import Sequence
from dataclasses import replace

from authorization.operations.remember_certificate import WAITING, RememberCertificate
from contract_service.model.contract import Contract
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from tests.authorization.chains import chain, leaf
from tests.authorization.fakes import CONTRACT, CPO, VALID

CHAIN = chain("DEABCC12345678")
VERDICT = replace(VALID, leaf_fingerprint=leaf("DEABCC12345678").fingerprint)


def nothing_recorded(_contract_id: str, _fingerprint: str) -> bool:
    return False


class Recorder:
    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls: list[tuple[Principal, Contract, tuple[bytes, ...]]] = []

    def __call__(self, principal: Principal, contract: Contract, chain: Sequence[bytes]) -> bool:
        self.calls.append((principal, contract, tuple(chain)))
        if self.failures:
            raise self.failures.pop(0)
        return True


def test_a_chain_is_recorded_once_and_in_order() -> None:
    record = Recorder()
    remember = RememberCertificate(record, nothing_recorded)
    for _ in range(3):
        remember(CPO, CONTRACT, tuple(reversed(CHAIN)), VERDICT)
    remember.drain()
    assert record.calls == [(CPO, CONTRACT, CHAIN)]


def test_what_is_on_record_is_left_alone() -> None:
    record, asked = Recorder(), []

    def is_recorded(contract_id: str, fingerprint: str) -> bool:
        asked.append((contract_id, fingerprint))
        return True

    remember = RememberCertificate(record, is_recorded)
    for _ in range(3):
        remember(CPO, CONTRACT, CHAIN, VERDICT)
    remember.drain()
    assert asked == [(CONTRACT.contract_id, VERDICT.leaf_fingerprint)]
    assert not record.calls


def test_a_refusal_is_final_and_a_failure_is_not() -> None:
    refused = Recorder(ServiceError(Kind.INVALID, "chain_incomplete", "give the issuer"))
    failed = Recorder(OSError("the database went away"))
    for record, calls in ((refused, 1), (failed, 2)):
        remember = RememberCertificate(record, nothing_recorded)
        for _ in range(2):
            remember(CPO, CONTRACT, CHAIN, VERDICT)
            remember.drain()
        assert len(record.calls) == calls


def test_a_full_queue_makes_nobody_wait() -> None:
    release, calls = threading.Event(), []

    def record(principal: Principal, contract: Contract, chain: Sequence[bytes]) -> bool:
        calls.append(chain)
        return release.wait(30)

    remember = RememberCertificate(record, nothing_recorded)
    verdicts = [replace(VERDICT, leaf_fingerprint=f"{i:064x}") for i in range(WAITING + 10)]
    for verdict in verdicts:
        remember(CPO, CONTRACT, CHAIN, verdict)
    release.set()
    remember.drain()
    assert WAITING <= len(calls) < WAITING + 10
    for verdict in verdicts:
        remember(CPO, CONTRACT, CHAIN, verdict)
    remember.drain()
    assert len(calls) == WAITING + 10


def test_a_leaf_without_fingerprint_is_left_alone() -> None:
    record = Recorder()
    remember = RememberCertificate(record, nothing_recorded)
    remember(CPO, CONTRACT, CHAIN, replace(VERDICT, leaf_fingerprint=None))
    remember.drain()
    assert not record.calls
