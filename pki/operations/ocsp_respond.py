"""Answer OCSP requests (RFC 6960, RFC 5019) for every authority of ours.

Signing is most of the work, so a response without nonce is kept and given again while it is young
and every status in it is still the same, which `RecentStatuses` tells without delay.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509

from foundation.clock import Clock
from foundation.errors import ServiceError
from foundation.short_cache import ShortCache
from pki.model.ocsp import (
    RESPONSE_VALIDITY,
    CertId,
    IssuerHash,
    OcspFailure,
    OcspRequest,
    OcspSigner,
    StatusRecord,
)
from pki.model.ocsp_request import parse_request
from pki.model.ocsp_response import Answer, build_response, issuer_hashes
from pki.operations.ports import AuthorityDirectory, KeyStore
from pki.operations.recent_statuses import RecentStatuses
from pki.operations.status_ports import OcspSigners, StatusReader, StoredSigner, signs_at

REUSE = timedelta(minutes=10)
"""Own judgement: how long a signed response is given again; it stays valid for hours after."""

CAPACITY = 16_384
"""Own judgement: signed responses kept in one process, about a kilobyte and a half each."""


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """An OCSPResponse, DER. `this_update` and `next_update` are None for what must not be cached:

    failures, answers to a nonce, and `unknown`, which may become `good` when it is issued.
    """

    response: bytes
    this_update: datetime | None = None
    next_update: datetime | None = None


class _LoadedSigner(NamedTuple):
    signer: OcspSigner
    not_after: datetime


@dataclass(frozen=True, slots=True)
class _Signed:
    """A signed answer and what it was made of."""

    answer: OcspAnswer
    issuer: str
    request: OcspRequest
    records: tuple[StatusRecord | None, ...]
    revision: int
    reusable_until: datetime


_FAILURES = {failure: OcspAnswer(failure.response) for failure in OcspFailure}


class RespondToOcsp:
    """Answers requests; thread-safe. `issue_signer` makes a signer for the authority it is given.

    `keys` opens the signers' keys, which are online keys. `issue_signer` is asked only where an
    online authority has no valid signer.
    """

    def __init__(
        self,
        authorities: AuthorityDirectory,
        statuses: StatusReader,
        signers: OcspSigners,
        keys: KeyStore,
        issue_signer: Callable[[str], object],
        clock: Clock,
    ) -> None:
        self._authorities = authorities
        self._status = RecentStatuses(statuses)
        self._signers = signers
        self._keys = keys
        self._issue_signer = issue_signer
        self._clock = clock
        self._issuers: Mapping[IssuerHash, str] = {}
        self._known_issuers: ShortCache[None, Mapping[IssuerHash, str]] = ShortCache(
            lambda _: self._load_issuers()
        )
        self._loaded_signers: ShortCache[str, _LoadedSigner | None] = ShortCache(self._load_signer)
        self._signed: dict[bytes, _Signed] = {}
        self._lock = threading.Lock()
        self._issuing = threading.Lock()

    def __call__(self, der: bytes) -> OcspAnswer:
        """Return the answer to a DER OCSPRequest; never raises for what is in the request.

        malformedRequest for what `parse_request` refuses, unauthorized where not every CertID
        names one and the same authority of ours (a delegated signer speaks for its own issuer
        only, RFC 6960 section 4.2.2.2), tryLater where that authority has no valid signer.
        Raises what the stores raise when they cannot be reached.
        """
        kept = self.repeat(der)
        if kept is not None:
            return kept
        try:
            request = parse_request(der)
        except ServiceError:
            return _FAILURES[OcspFailure.MALFORMED_REQUEST]
        issuer = self._issuer_of(request.cert_ids)
        if issuer is None:
            return _FAILURES[OcspFailure.UNAUTHORIZED]
        return self._sign(der, request, issuer)

    def repeat(self, der: bytes) -> OcspAnswer | None:
        """Return the answer that was signed for the same request before, if it is still true."""
        kept = self._signed.get(der)
        if kept is None or kept.reusable_until <= self._clock():
            return None
        if kept.revision == self._status.revision(kept.issuer):
            return kept.answer
        return kept.answer if self._still_true(der, kept) else None

    def _still_true(self, der: bytes, kept: _Signed) -> bool:
        """Whether what changed below the issuer were other certificates' statuses."""
        revision = self._status.revision(kept.issuer)  # before the look-up, as when it was signed
        if self._look_up(kept.issuer, kept.request.cert_ids) != kept.records:
            return False
        self._keep(der, replace(kept, revision=revision))
        return True

    def _sign(self, der: bytes, request: OcspRequest, issuer: str) -> OcspAnswer:
        loaded = self._loaded_signers.get(issuer)
        now = self._clock()
        if loaded is None or loaded.not_after <= now:
            return _FAILURES[OcspFailure.TRY_LATER]
        revision = self._status.revision(issuer)  # before the look-up: a change is then seen
        records = self._look_up(issuer, request.cert_ids)
        answers: Sequence[Answer] = tuple(zip(request.cert_ids, records, strict=True))
        this_update = now.replace(microsecond=0)
        next_update = min(this_update + RESPONSE_VALIDITY, loaded.not_after)
        response = build_response(
            answers,
            loaded.signer,
            this_update=this_update,
            next_update=next_update,
            nonce=request.nonce,
        )
        if request.nonce is not None or None in records:
            return OcspAnswer(response)
        answer = OcspAnswer(response, this_update, next_update)
        until = min(now + REUSE, next_update)
        self._keep(der, _Signed(answer, issuer, request, records, revision, until))
        return answer

    def _keep(self, der: bytes, signed: _Signed) -> None:
        with self._lock:
            self._signed.pop(der, None)
            while len(self._signed) >= CAPACITY:
                del self._signed[next(iter(self._signed))]
            self._signed[der] = signed

    def _look_up(self, issuer: str, cert_ids: Sequence[CertId]) -> tuple[StatusRecord | None, ...]:
        return tuple(self._status(issuer, cert_id.serial) for cert_id in cert_ids)

    def _issuer_of(self, cert_ids: Sequence[CertId]) -> str | None:
        names = {self._issuer(cert_id.issuer) for cert_id in cert_ids}
        return names.pop() if len(names) == 1 else None

    def _issuer(self, issuer: IssuerHash) -> str | None:
        # authorities come but never go: only an unknown one is worth a look at the database
        return self._issuers.get(issuer) or self._known_issuers.get(None).get(issuer)

    def _load_issuers(self) -> Mapping[IssuerHash, str]:
        now = self._clock()
        self._issuers = {
            hashed: authority.name
            for authority in self._authorities.all()
            if signs_at(authority, now) and authority.certificate is not None
            for hashed in issuer_hashes(x509.load_der_x509_certificate(authority.certificate))
        }
        return self._issuers

    def _load_signer(self, issuer: str) -> _LoadedSigner | None:
        stored = self._signers.newest(issuer, self._clock()) or self._make_signer(issuer)
        if stored is None:
            return None
        signer = OcspSigner(
            x509.load_der_x509_certificate(stored.certificate), self._keys.open(stored.key_id)
        )
        return _LoadedSigner(signer, stored.not_after)

    def _make_signer(self, issuer: str) -> StoredSigner | None:
        authority = self._authorities.get(issuer)
        if authority is None or not authority.online:
            return None
        with self._issuing:  # of all threads that miss it, one makes it
            made = self._signers.newest(issuer, self._clock())
            if made is None:
                with suppress(ServiceError):  # such as an authority about to expire
                    self._issue_signer(issuer)
                made = self._signers.newest(issuer, self._clock())
        return made
