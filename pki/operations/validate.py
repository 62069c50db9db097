"""Validate a chain: RFC 5280 to an explicit anchor, the role's profile, revocation; at a time."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from foundation.errors import ServiceError
from pki.model.chain_parser import MAX_CHAIN_CERTIFICATES, check_framing
from pki.model.path import PathSearch, choose_leaf
from pki.model.path_anchor import Anchor, AnchorSet, RevocationPolicy
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.path_judgement import Judgement, date_objections, judge_path, rule_objections
from pki.model.path_repeat import (
    IssuerPath,
    fit_repeated_leaf,
    issuer_path_of,
    judge_repeated_leaf,
    learn_from,
)
from pki.model.path_revocation import (
    REVOCATION_UNKNOWN,
    Evidence,
    JudgedCertificate,
    weigh_evidence,
)
from pki.model.profile import Profiles
from pki.model.roles import CertificateRole
from pki.model.tolerance import TolerancePolicies, TolerancePolicy
from pki.model.verdict import FAULT_PRECEDENCE, Fault, Objection, Reason, Verdict, worst_fault
from pki.operations.validation_ports import AnchorSource, RevocationEvidence

_NO_TOLERANCE = TolerancePolicy("none", ())


class IssuerPathMemory:
    """Validated ways from a set of sub-CAs to an anchor, for many leaves below few of them.

    Holds no verdict: dates, revocation and everything about the leaf are judged each time.
    """

    def __init__(self, capacity: int = 512) -> None:
        self._capacity = capacity
        self._paths: dict[tuple[frozenset[bytes], CertificateRole | None], IssuerPath] = {}
        self._lock = threading.Lock()

    def find(
        self, above: frozenset[bytes], role: CertificateRole | None, anchors: AnchorSet
    ) -> IssuerPath | None:
        """Return the way that was validated for these very certificates and anchors."""
        path = self._paths.get((above, role))
        return path if path is not None and path.anchors is anchors else None

    def remember(
        self, above: frozenset[bytes], role: CertificateRole | None, path: IssuerPath
    ) -> None:
        """Keep a validated way; everything is forgotten where there is no room."""
        with self._lock:
            if len(self._paths) >= self._capacity:
                self._paths.clear()
            self._paths[above, role] = path


@dataclass(frozen=True, slots=True)
class ValidateChain:
    """Judges certificate chains; safe to share among threads.

    `evidence` is asked in order, the first source that knows a certificate speaks for it.
    """

    anchors: AnchorSource
    evidence: Sequence[RevocationEvidence]
    profiles: Profiles
    policies: TolerancePolicies
    memory: IssuerPathMemory = field(default_factory=IssuerPathMemory)

    def __call__(
        self, chain: Sequence[bytes], role: CertificateRole | None, at: datetime
    ) -> Verdict:
        """Return the verdict on a chain of DER certificates, leaf first or in any order.

        With `role` None RFC 5280 alone is applied, else the profiles of the role and of the
        authorities above it too. `at` is an aware instant. Roots in the chain are never trusted
        for being there. Bad input of any kind is a verdict (MALFORMED), never an exception.
        Source: RFC 5280 section 6.1, ISO 15118-2:2014 annex F, ISO 15118-20:2022 annex B.
        """
        anchors = self.anchors()
        if len(chain) > 1:
            known = self.memory.find(frozenset(chain[1:]), role, anchors)
            verdict = None if known is None else self._repeated(chain[0], known, role, at)
            if verdict is not None:
                return verdict
        return self._whole(chain, role, at, anchors)

    def _repeated(
        self, leaf: bytes, known: IssuerPath, role: CertificateRole | None, at: datetime
    ) -> Verdict | None:
        """Accept a leaf below a validated way; None for any doubt, which the whole way settles."""
        fitted = None
        if role is not None:
            fitted = fit_repeated_leaf(leaf, known, role, at, self.profiles)
        if fitted is not None:
            certificate, tolerances = fitted
            verdict = self._verdict(
                certificate, known.certificates, known.anchor, known.roles, (), tolerances, at
            )
            if verdict.tolerances and _in_doubt(verdict):
                return None
            return verdict if verdict.valid else None
        judgement = judge_repeated_leaf(leaf, known, role, at, self.profiles)
        if judgement is None:
            return None
        if role is not None:
            learn_from(judgement, known, role, self.profiles)
        verdict = self._verdict_on(judgement, at)
        return verdict if verdict.valid else None

    def _whole(
        self,
        chain: Sequence[bytes],
        role: CertificateRole | None,
        at: datetime,
        anchors: AnchorSet,
    ) -> Verdict:
        read = _read(chain)
        if isinstance(read, Objection):
            return _refused([read], role)
        leaf = choose_leaf(read)
        if anchors.holds(leaf):
            detail = "a trust anchor was presented as the certificate to check"
            return _refused([Objection(Fault.CHAIN, Reason("anchor_as_leaf", detail))], role, leaf)
        others = [c for c in read if c is not leaf and not anchors.holds(c)]
        search = PathSearch(leaf, others, anchors)
        best: tuple[Judgement, Verdict] | None = None
        for candidate in search.candidates():
            policy = self.policies.get(candidate.anchor.tolerance_policy, _NO_TOLERANCE)
            judgement = judge_path(candidate, role, at, self.profiles, policy)
            verdict = self._verdict_on(judgement, at)
            if verdict.valid:
                self._remember(chain, judgement, policy, role, anchors)
                return verdict
            if best is None or _came_nearer(verdict, best[1]):
                best = (judgement, verdict)
        if best is not None:
            return best[1]
        objections = [
            search.dead_end(),
            *rule_objections(leaf, anchor=False),
            *date_objections(leaf, at),
        ]
        return _refused(objections, role, leaf)

    def _remember(
        self,
        chain: Sequence[bytes],
        judgement: Judgement,
        policy: TolerancePolicy,
        role: CertificateRole | None,
        anchors: AnchorSet,
    ) -> None:
        leaf, *above = (c.der for c in judgement.path.certificates)
        sent = frozenset(chain[1:])
        # a leaf first, and nothing else but its path: else one path could fill the whole memory
        if sent and chain[0] == leaf and sent <= set(above):
            path = issuer_path_of(judgement, policy, anchors, self.profiles)
            if path is not None:
                self.memory.remember(sent, role, path)

    def _verdict_on(self, judgement: Judgement, at: datetime) -> Verdict:
        leaf, *above = judgement.path.certificates
        return self._verdict(
            leaf,
            above,
            judgement.path.anchor,
            judgement.roles,
            judgement.objections,
            judgement.tolerances,
            at,
        )

    def _verdict(
        self,
        leaf: JudgedCertificate,
        above: Sequence[PathCertificate],
        anchor: Anchor,
        roles: Sequence[CertificateRole | None],
        found: Sequence[Objection],
        tolerated: Sequence[str],
        at: datetime,
    ) -> Verdict:
        """Ask for revocation along the path, and say what all of it amounts to."""
        certificates: tuple[JudgedCertificate, ...] = (leaf, *above)
        objections = list(found)
        tolerances = set(tolerated)
        digests: list[str] = []
        if anchor.revocation is not RevocationPolicy.NONE:
            for certificate, issuer, its_role in zip(certificates, above, roles, strict=False):
                evidence = self._ask(certificate, issuer, at)
                if evidence is not None and evidence.digest is not None:
                    digests.append(evidence.digest)
                weighed = weigh_evidence(certificate, its_role, evidence, anchor.revocation)
                if isinstance(weighed, Objection):
                    objections.append(weighed)
                elif weighed is not None:
                    tolerances.add(weighed)
        return Verdict(
            valid=not objections,
            fault=worst_fault(objections),
            role=roles[0],
            subject_cn=leaf.common_name,
            leaf_fingerprint=leaf.fingerprint,
            anchor=anchor.fingerprint,
            path=tuple(c.name for c in certificates),
            reasons=tuple(dict.fromkeys(o.reason for o in objections)),
            tolerances=tuple(sorted(tolerances)),
            valid_until=min(c.not_after for c in certificates),
            own_anchor=anchor.own,
            evidence=tuple(dict.fromkeys(digests)),
        )

    def _ask(
        self, certificate: JudgedCertificate, issuer: PathCertificate, at: datetime
    ) -> Evidence | None:
        for source in self.evidence:
            found = source.status(certificate, issuer, at)
            if found is not None:
                return found
        return None


def _read(chain: Sequence[bytes]) -> list[PathCertificate] | Objection:
    """Parse the chain within its bounds, each certificate once."""
    if not 1 <= len(chain) <= MAX_CHAIN_CERTIFICATES:
        return _malformed(
            "chain_too_long" if chain else "chain_empty",
            f"a chain has 1 to {MAX_CHAIN_CERTIFICATES} certificates, not {len(chain)}",
        )
    certificates: list[PathCertificate] = []
    for der in dict.fromkeys(chain):
        try:
            check_framing(der)
        except ServiceError as refusal:
            return _malformed(refusal.code, refusal.detail)
        read = read_certificate(der)
        if isinstance(read, Reason):
            return Objection(Fault.MALFORMED, read)
        certificates.append(read)
    return certificates


def _malformed(code: str, detail: str) -> Objection:
    return Objection(Fault.MALFORMED, Reason(code, detail))


def _refused(
    objections: Sequence[Objection],
    role: CertificateRole | None,
    leaf: PathCertificate | None = None,
) -> Verdict:
    """A refusal without a path to an anchor."""
    return Verdict(
        valid=False,
        fault=worst_fault(objections),
        role=role,
        subject_cn=None if leaf is None else leaf.common_name,
        leaf_fingerprint=None if leaf is None else leaf.fingerprint,
        anchor=None,
        path=(),
        reasons=tuple(dict.fromkeys(o.reason for o in objections)),
        tolerances=(),
        valid_until=None,
    )


def _in_doubt(verdict: Verdict) -> bool:
    """Whether a leaf was accepted although nothing is known of its revocation: reading it wholly
    may show whom to ask."""
    return any(tolerance.endswith(REVOCATION_UNKNOWN) for tolerance in verdict.tolerances)


def _came_nearer(verdict: Verdict, best: Verdict) -> bool:
    """Whether the lesser fault is the former's: the path that failed last says most."""
    if verdict.fault is None or best.fault is None:
        return verdict.fault is None
    return FAULT_PRECEDENCE.index(verdict.fault) > FAULT_PRECEDENCE.index(best.fault)
