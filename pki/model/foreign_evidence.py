"""What foreign PKIs said of revocation, as it is kept: how long it counts, and what replaces it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pki.model.path_certificate import PathCertificate
from pki.model.roles import CertificateStatus


class EvidenceKind(StrEnum):
    """How a foreign PKI says what it revoked; the words are those of `Evidence.source`."""

    OCSP = "ocsp"
    CRL = "crl"


class Failure(StrEnum):
    """Why nothing that counts came of asking."""

    SILENT = "silent"  # no connection, no answer in time, or none that HTTP allows
    REFUSED = "refused"  # an HTTP status other than 200, redirects included
    NOT_ALLOWED = "not_allowed"  # its address is not one that may be called
    TOO_LARGE = "too_large"
    NOT_BELIEVED = "not_believed"  # it does not prove what was asked
    OLDER = "older"  # older than what is kept


@dataclass(frozen=True, slots=True)
class EvidenceKey:
    """What is asked about: one certificate of an issuer by OCSP, all of them by CRL.

    `issuer` is the SHA-256 (lower-case hex) of the issuer's subject and SubjectPublicKeyInfo, the
    same through its renewals. `serial` is upper-case hex without leading zeros, empty for a CRL.
    """

    kind: EvidenceKind
    issuer: str
    serial: str


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """How foreign PKIs are asked, and for how long their words count.

    A question takes `connect` to connect and `total` in all, a CRL `list_total`, and at most
    `list_bytes` bytes; one process has `at_once` questions open. Who was silent or wrong is asked
    again after `rest`. What is in use (asked for within `in_use`) is renewed after `refresh`, or
    when three quarters of its time are over. An OCSP response without nextUpdate counts for
    `unbounded`. Where nobody answers, what said good counts for `stale` beyond its end. What
    nobody asks for is kept for `kept`.
    """

    connect: timedelta
    total: timedelta
    list_total: timedelta
    list_bytes: int
    at_once: int
    rest: timedelta
    refresh: timedelta
    in_use: timedelta
    unbounded: timedelta
    stale: timedelta
    kept: timedelta


_POLICY = {  # name -> (unit in seconds, least, most)
    "connect_seconds": (1, 0.1, 30),
    "total_seconds": (1, 0.1, 30),
    "list_total_seconds": (1, 0.1, 120),
    "list_bytes": (None, 1024, 4 * 1024 * 1024),
    "at_once": (None, 1, 64),
    "rest_seconds": (1, 1, 3600),
    "refresh_minutes": (60, 1, 7 * 24 * 60),
    "in_use_hours": (3600, 1, 366 * 24),
    "unbounded_minutes": (60, 1, 7 * 24 * 60),
    "stale_hours": (3600, 0, 7 * 24),
    "kept_days": (86_400, 1, 366),
}


def parse_fetch_policy(raw: Mapping[str, Any]) -> FetchPolicy:
    """Parse the policy as TOML gives it; raises ValueError that says what is nonsense in it."""
    if set(raw) != set(_POLICY):
        raise ValueError(f"missing or unknown: {', '.join(sorted(set(raw) ^ set(_POLICY)))}")
    read: dict[str, Any] = {}
    for name, (unit, least, most) in _POLICY.items():
        value = raw[name]
        # a bool is a number to Python, and none here
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not least <= value <= most:
            raise ValueError(f"{name} is a number from {least} to {most}")
        if unit is None and not isinstance(value, int):
            raise ValueError(f"{name} is a whole number")
        meant = name.rpartition("_")[0] if unit is not None else name
        read[meant] = value if unit is None else timedelta(seconds=value * unit)
    if read["connect"] > read["total"]:
        raise ValueError("connect_seconds is a part of total_seconds")
    return FetchPolicy(**read)


@dataclass(frozen=True, slots=True)
class Statement:
    """A signed OCSP response or CRL that was verified, by the SHA-256 of its DER.

    `document` is that DER, empty where it was not loaded. `status` is what a response says of its
    certificate, None for a CRL, whose entries say it. It counts from `since` until `until`
    (thisUpdate and nextUpdate, as the policy bounds them).
    """

    status: CertificateStatus | None
    digest: str
    since: datetime
    until: datetime
    document: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """What is kept for a key: the newest statement that was verified, and the last failure.

    `url` is where to ask and `issuer` the DER of the certificate that verifies it. `used_at` is
    when a decision last asked for it, to the hour.
    """

    key: EvidenceKey
    url: str
    issuer: bytes
    used_at: datetime
    statement: Statement | None = None
    asked_at: datetime | None = None
    renew_at: datetime | None = None
    failure: Failure | None = None
    failed_at: datetime | None = None

    def rests(self, now: datetime, policy: FetchPolicy) -> bool:
        """Whether it failed so lately that nobody asks again."""
        return self.failed_at is not None and now < self.failed_at + policy.rest

    def counts(self, at: datetime, stale: timedelta = timedelta()) -> bool:
        """Whether the statement counts at that time, or up to `stale` after its end."""
        statement = self.statement
        return statement is not None and statement.since <= at <= statement.until + stale

    def after_answer(
        self, statement: Statement, now: datetime, policy: FetchPolicy
    ) -> "KeptEvidence":
        """Return what is kept once a verified statement came.

        A revocation stays: whoever says later that the certificate is good is not believed, save
        after a hold (RFC 5280 section 5.3.1). An older statement than the one that is kept
        replaces nothing, so that nobody on the way can bring back yesterday's.
        """
        known = self.statement
        if known is not None and known.status is CertificateStatus.REVOKED:
            return replace(self, asked_at=now, renew_at=None, failure=None, failed_at=None)
        if known is not None and statement.since < known.since:
            return self.after_failure(Failure.OLDER, now)
        soon = now + (statement.until - now) * 3 / 4
        revoked = statement.status is CertificateStatus.REVOKED
        return replace(
            self,
            statement=statement,
            asked_at=now,
            renew_at=None if revoked else min(now + policy.refresh, soon),
            failure=None,
            failed_at=None,
        )

    def after_failure(self, failure: Failure, now: datetime) -> "KeptEvidence":
        """Return what is kept once nothing that counts came."""
        return replace(self, failure=failure, failed_at=now)


def issuer_key(issuer: PathCertificate) -> str:
    """Return how an issuer is named in `EvidenceKey`."""
    return hashlib.sha256(issuer.frame.subject + issuer.frame.public_key).hexdigest()
