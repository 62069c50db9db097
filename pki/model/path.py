"""Finding the path from a leaf to a trust anchor, by names and by signatures.

Names say who claims to have issued a certificate, the signature says who did: several roots may
carry one name (up to ten V2G roots stand side by side, ISO 15118-2 [V2G2-878]), so every anchor
of the right name is tried and only a signature that verifies makes a step.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pki.model.path_anchor import Anchor, AnchorSet
from pki.model.path_certificate import PathCertificate, signature_verifies
from pki.model.path_names import CanonicalName, canonical_name
from pki.model.verdict import Fault, Objection, Reason

MAX_CANDIDATES = 8
"""How many paths are judged before the search gives up (our judgement; one is usual)."""

MAX_SIGNATURE_CHECKS = 48
"""How many signatures one search verifies at most: 48 of P-256 take about 5 ms."""


def choose_leaf(certificates: Sequence[PathCertificate]) -> PathCertificate:
    """Return which certificate of a chain in any order is the one presented.

    The first, unless it is a CA: then the first that is none; where all are CAs, the first that
    issued no other.
    """
    for certificate in certificates:
        if not certificate.is_ca:
            return certificate
    issuers = {c.issuer for c in certificates if c.issuer != c.subject}
    return next((c for c in certificates if c.subject not in issuers), certificates[0])


@dataclass(frozen=True, slots=True)
class CandidatePath:
    """Certificates from leaf to anchor, each signed by the next; names and signatures fit."""

    certificates: tuple[PathCertificate, ...]
    anchor: Anchor


@dataclass(slots=True)
class PathSearch:
    """One search among one chain's certificates; remembers which signatures it has verified.

    `others` are the chain's further certificates, each once, neither the leaf nor an anchor; the
    caller bounds their number. The leaf is no anchor either.
    """

    leaf: PathCertificate
    others: Sequence[PathCertificate]
    anchors: AnchorSet
    _checked: dict[tuple[str, str], bool] = field(init=False, default_factory=dict)
    _names: dict[str, tuple[CanonicalName, CanonicalName]] = field(init=False, default_factory=dict)

    def candidates(self) -> Iterator[CandidatePath]:
        """Yield up to MAX_CANDIDATES paths, each anchor's shortest first."""
        yield from islice(self._extend((self.leaf,)), MAX_CANDIDATES)

    def _extend(self, path: tuple[PathCertificate, ...]) -> Iterator[CandidatePath]:
        last = path[-1]
        wanted = self._names_of(last)[1]
        for anchor in self.anchors.named(wanted):
            if self._signed(last, anchor.certificate):
                yield CandidatePath((*path, anchor.certificate), anchor)
        for other in self.others:
            if (
                other not in path
                and self._names_of(other)[0] == wanted
                and self._signed(last, other)
            ):
                yield from self._extend((*path, other))

    def _signed(self, certificate: PathCertificate, issuer: PathCertificate) -> bool:
        key = (certificate.fingerprint, issuer.fingerprint)
        known = self._checked.get(key)
        if known is None:
            known = len(self._checked) < MAX_SIGNATURE_CHECKS and signature_verifies(
                certificate, issuer.public_key
            )
            self._checked[key] = known
        return known

    def _names_of(self, certificate: PathCertificate) -> tuple[CanonicalName, CanonicalName]:
        """Subject and issuer for comparison; a search compares each name many times."""
        names = self._names.get(certificate.fingerprint)
        if names is None:
            names = (canonical_name(certificate.subject), canonical_name(certificate.issuer))
            self._names[certificate.fingerprint] = names
        return names

    def dead_end(self) -> Objection:
        """Say why there is no candidate: follow claimed issuers up to where the trail ends.

        An issuer is claimed by its name, or by the key identifier where the name was changed.
        """
        mismatch: Reason | None = None
        reached = self.leaf
        visited: list[PathCertificate] = []
        while True:
            visited.append(reached)
            claimed = [c for c in self._claimed(reached) if c not in visited]
            if not claimed:
                return Objection(Fault.CHAIN, mismatch or _trail_ends(reached))
            signers = [c for c in claimed if self._signed(reached, c)]
            if not signers:
                detail = f"the signature on {reached.shown} does not verify with its issuer's key"
                return Objection(Fault.SIGNATURE, Reason("signature_invalid", detail))
            if mismatch is None and not _names_fit(reached, signers[0]):
                mismatch = Reason(
                    "issuer_name_mismatch",
                    f"{reached.shown} names another issuer than the one whose key signed it",
                )
            if any(a.certificate is signers[0] for a in self.anchors.anchors):
                return Objection(Fault.CHAIN, mismatch or _trail_ends(reached))
            reached = signers[0]

    def _claimed(self, certificate: PathCertificate) -> Iterator[PathCertificate]:
        key_id = certificate.authority_key_id
        for other in self.others:
            if other is not certificate and (
                _names_fit(certificate, other)
                or (key_id is not None and other.subject_key_id == key_id)
            ):
                yield other
        for anchor in self.anchors.anchors:
            anchor_key_id = anchor.certificate.subject_key_id
            if key_id is None or anchor_key_id is None:
                claimed = _names_fit(certificate, anchor.certificate)
            else:
                # another root of the same name makes it an unknown root, not a wrong signature
                claimed = key_id == anchor_key_id
            if claimed:
                yield anchor.certificate


def _names_fit(certificate: PathCertificate, issuer: PathCertificate) -> bool:
    return canonical_name(certificate.issuer) == canonical_name(issuer.subject)


def _trail_ends(certificate: PathCertificate) -> Reason:
    if canonical_name(certificate.issuer) == canonical_name(certificate.subject):
        return Reason(
            "unknown_root", f"{certificate.shown} is no trust anchor; an administrator adds one"
        )
    return Reason(
        "issuer_not_found",
        f"the issuer of {certificate.shown} is neither in the chain nor a trust anchor: "
        f"{certificate.issuer.rfc4514_string() or 'a name without content'}",
    )
