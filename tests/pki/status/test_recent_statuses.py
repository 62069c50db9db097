"""Remembered statuses: never past a change, never for what was not issued, never too many."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.short_cache import LIFETIME_SECONDS
from pki.model.ocsp import StatusRecord
from pki.model.roles import CertificateStatus, RevocationReason
from pki.operations import recent_statuses
from pki.operations.recent_statuses import RecentStatuses

GOOD = StatusRecord(CertificateStatus.GOOD)
REVOKED = StatusRecord(
    CertificateStatus.REVOKED, datetime(2026, 11, 22, tzinfo=UTC), RevocationReason.SUPERSEDED
)


class Records:
    """A `StatusReader` in memory that counts how often it is asked."""

    def __init__(self) -> None:
        self.statuses: dict[tuple[str, str], StatusRecord] = {("a", "1"): GOOD, ("b", "1"): GOOD}
        self.changes: dict[str, int] = {}
        self.asked = 0

    def status(self, issuer: str, serial: str) -> StatusRecord | None:
        self.asked += 1
        return self.statuses.get((issuer, serial))

    def revisions(self) -> Mapping[str, int]:
        return dict(self.changes)


def test_asked_once_until_something_changes_below_the_same_issuer() -> None:
    records = Records()
    recent = RecentStatuses(records)
    assert [recent("a", 1), recent("a", 1), recent("b", 1)] == [GOOD, GOOD, GOOD]
    assert records.asked == 2
    records.statuses["a", "1"] = REVOKED
    records.changes["a"] = 1
    time.sleep(LIFETIME_SECONDS)
    assert [recent("a", 1), recent("a", 1), recent("b", 1)] == [REVOKED, REVOKED, GOOD]
    assert records.asked == 3


def test_a_change_between_the_two_reads_is_not_lost() -> None:
    """The count is read first: what is then read may be newer than it, never older."""

    class Racing(Records):
        def revisions(self) -> Mapping[str, int]:
            before = super().revisions()
            self.statuses["a", "1"] = REVOKED  # committed right after the count was read
            self.changes["a"] = 1
            return before

    recent = RecentStatuses(Racing())
    assert recent("a", 1) is REVOKED


def test_never_issued_is_not_remembered() -> None:
    records = Records()
    recent = RecentStatuses(records)
    assert recent("a", 2) is None
    records.statuses["a", "2"] = GOOD
    assert recent("a", 2) is GOOD


@given(st.integers(max_value=0) | st.integers(min_value=1 << 160))
def test_impossible_serials_ask_nobody(serial: int) -> None:
    records = Records()
    assert RecentStatuses(records)("a", serial) is None
    assert records.asked == 0


def test_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_statuses, "CAPACITY", 10)
    records = Records()
    records.statuses = {("a", f"{serial:X}"): GOOD for serial in range(1, 101)}
    recent = RecentStatuses(records)
    for serial in range(1, 101):
        assert recent("a", serial) is GOOD
    assert len(recent._kept) == 10
