"""Questions to foreign OCSP responders and CRL servers, through the one way out."""

from collections.abc import Sequence

from foundation.egress import Answer, Egress, Limits
from foundation.errors import Refused
from foundation.public_address import Network
from pki.model.foreign_evidence import EvidenceKind, Failure, FetchPolicy
from pki.model.ocsp_answer import MAXIMUM_ANSWER_BYTES

_FAILURES = {
    "no_public_address": Failure.NOT_ALLOWED,
    "bad_url": Failure.NOT_ALLOWED,
    "tls_required": Failure.NOT_ALLOWED,
    "answer_too_large": Failure.TOO_LARGE,
}


class AskResponders:
    """`Ask`: OCSP by POST (RFC 6960 appendix A), CRLs by GET (RFC 5280 section 4.2.1.13).

    Both over HTTP without TLS where the certificate says so: what comes is signed itself. To
    public addresses and to `networks` only; no redirect is followed.
    """

    def __init__(self, policy: FetchPolicy, networks: Sequence[Network]) -> None:
        connect = policy.connect.total_seconds()
        self._ocsp = Egress(
            networks,
            limits=Limits(connect, policy.total.total_seconds(), MAXIMUM_ANSWER_BYTES),
            without_tls=True,
        )
        self._lists = Egress(
            networks,
            limits=Limits(connect, policy.list_total.total_seconds(), policy.list_bytes),
            without_tls=True,
        )

    def __call__(self, kind: EvidenceKind, url: str, question: bytes) -> bytes | Failure:
        """Return the body of a 200, or why there is none."""
        answer: Answer | Refused
        if kind is EvidenceKind.OCSP:
            answer = self._ocsp.post(url, {"Content-Type": "application/ocsp-request"}, question)
        else:
            answer = self._lists.send("GET", url, {"Accept": "application/pkix-crl"})
        if isinstance(answer, Refused):
            return _FAILURES.get(answer.code, Failure.SILENT)
        return answer.body if answer.status == 200 else Failure.REFUSED
