"""Ask foreign OCSP responders, those alone that the operator of this service has named."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from pki.model.ocsp_answer import question_about, read_answer, responder_url
from pki.model.ocsp_request import build_request
from pki.model.path_certificate import PathCertificate
from pki.model.path_revocation import Evidence, JudgedCertificate

Post = Callable[[str, bytes], bytes | None]
"""Send a DER OCSPRequest to a URL; the body of the answer, or None where the host is silent."""

REMEMBERED_SECONDS = 60.0
"""Own judgement: how long an answer, or a responder's silence, counts. A responder that hangs is
waited for once a minute, however many certificates name it."""

MOST_REMEMBERED = 20_000


@dataclass(slots=True)
class AskResponders:
    """`RevocationEvidence` from the responders at `hosts` (`ocsp.example:8080`, port included).

    A certificate says whom to ask, and anybody writes certificates: only hosts that are named here
    are asked, and only about certificates on a path that was verified up to a trust anchor.
    """

    hosts: frozenset[str]
    post: Post
    monotonic: Callable[[], float] = time.monotonic
    _answers: dict[tuple[str, str], tuple[float, Evidence | None]] = field(
        init=False, default_factory=dict
    )
    _silent: dict[str, float] = field(init=False, default_factory=dict)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def status(
        self, certificate: JudgedCertificate, issuer: PathCertificate, at: datetime
    ) -> Evidence | None:
        """Return what the certificate's responder proves; None where nobody may or can be asked."""
        if not isinstance(certificate, PathCertificate):
            return None
        url = responder_url(certificate)
        host = None if url is None else host_of(url)
        if url is None or host not in self.hosts:
            return None
        now = self.monotonic()
        key = (certificate.fingerprint, issuer.fingerprint)
        known = self._answers.get(key)
        if known is not None and now - known[0] < REMEMBERED_SECONDS:
            return known[1]
        if now - self._silent.get(host, -REMEMBERED_SECONDS) < REMEMBERED_SECONDS:
            return None
        asked = question_about(certificate, issuer)
        answer = self.post(url, build_request(asked))
        with self._lock:
            if answer is None:
                self._silent[host] = self.monotonic()
                return None
            evidence = read_answer(answer, asked, issuer, at)
            if len(self._answers) >= MOST_REMEMBERED:
                self._answers.clear()
            self._answers[key] = (now, evidence)
        return evidence


def host_of(url: str) -> str | None:
    """Return host and port of an http or https URL as the list of hosts has them, else None."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return None
    return f"{parts.hostname}:{port or (443 if parts.scheme == 'https' else 80)}"
