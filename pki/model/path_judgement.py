"""Judging one path by everything but revocation: dates, RFC 5280, the role's profile."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from pki.model.path import CandidatePath
from pki.model.path_certificate import PathCertificate
from pki.model.path_openssl import openssl_objection
from pki.model.path_profile import (
    RoleFinding,
    certificate_findings,
    edition_of,
    path_roles,
    shape_findings,
)
from pki.model.path_rules import has_name_constraints, rule_breaks
from pki.model.profile import Profiles
from pki.model.roles import CertificateRole
from pki.model.tolerance import TolerancePolicy
from pki.model.verdict import Fault, Objection, Reason

_UNREADABLE_CODES = frozenset({"extensions_unreadable", "public_key_unreadable"})


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found on a path.

    `roles` are those of the certificates below the anchor, leaf first. `tolerances_above` are
    those of `tolerances` that another leaf below the same issuers would share.
    """

    path: CandidatePath
    roles: tuple[CertificateRole | None, ...]
    objections: tuple[Objection, ...]
    tolerances: tuple[str, ...]
    tolerances_above: tuple[str, ...]


def judge_path(
    path: CandidatePath,
    role: CertificateRole | None,
    at: datetime,
    profiles: Profiles,
    policy: TolerancePolicy,
) -> Judgement:
    """Judge a found path at the aware instant `at`.

    With a `role` its profiles are applied along the path, less what `policy` tolerates; without,
    RFC 5280 alone. OpenSSL is asked where our own rules have nothing against the path but dates.
    """
    certificates = path.certificates
    dates = [o for c in certificates for o in date_objections(c, at)]
    objections = [o for c in certificates for o in rule_objections(c, anchor=c is certificates[-1])]
    objections += _wildcards_below_constraints(path)
    if not objections:
        found = openssl_objection(certificates, at, check_time=not dates)
        objections += [] if found is None else [found]
    objections += dates
    if role is None:
        roles: tuple[CertificateRole | None, ...] = (None,) * (len(certificates) - 1)
        return Judgement(path, roles, tuple(objections), (), ())
    edition = edition_of(certificates[0], role, profiles)
    roles = path_roles(role, edition, len(certificates) - 1, profiles)
    of_leaf = certificate_findings(certificates[0], profiles[edition, role])
    of_others = list(shape_findings(path, role, edition, profiles))
    for certificate, its_role in zip(certificates[1:], (*roles[1:], path.anchor.role), strict=True):
        profile = None if its_role is None else profiles.get((edition, its_role))
        if profile is not None:
            of_others += certificate_findings(certificate, profile)
    refusing_leaf, tolerances_leaf = policy.judge(of_leaf)
    refusing_others, tolerances_above = policy.judge(of_others)
    objections += [finding_objection(f) for f in (*refusing_leaf, *refusing_others)]
    tolerances = (*tolerances_leaf, *tolerances_above)
    return Judgement(path, roles, tuple(objections), tolerances, tolerances_above)


def date_objections(certificate: PathCertificate, at: datetime) -> Iterator[Objection]:
    """Yield EXPIRED or NOT_YET_VALID; both ends are inside (RFC 5280 section 4.1.2.5)."""
    moment = at.replace(microsecond=0)  # certificates know whole seconds
    shown = certificate.shown
    if moment > certificate.not_after:
        detail = f"{shown} expired at {certificate.not_after:%Y-%m-%dT%H:%M:%SZ}"
        yield Objection(Fault.EXPIRED, Reason("expired", detail))
    if moment < certificate.not_before:
        detail = f"{shown} is not valid before {certificate.not_before:%Y-%m-%dT%H:%M:%SZ}"
        yield Objection(Fault.NOT_YET_VALID, Reason("not_yet_valid", detail))


def rule_objections(certificate: PathCertificate, *, anchor: bool) -> Iterator[Objection]:
    """Yield what the certificate alone breaks in RFC 5280."""
    for reason in rule_breaks(certificate, anchor=anchor):
        fault = Fault.MALFORMED if reason.code in _UNREADABLE_CODES else Fault.CHAIN
        yield Objection(fault, reason)


def finding_objection(finding: RoleFinding) -> Objection:
    """Turn a finding that no policy tolerates into an objection."""
    detail = f"{finding.role} certificate: {finding.detail} ({finding.clause})"
    return Objection(Fault.CHAIN, Reason(finding.code, detail))


def _wildcards_below_constraints(path: CandidatePath) -> Iterator[Objection]:
    """A wildcard may stand for an excluded name, which OpenSSL does not see (CVE-2025-61727)."""
    if not any(has_name_constraints(c) for c in path.certificates[1:]):
        return
    for certificate in path.certificates[:-1]:
        names = certificate.extension(x509.SubjectAlternativeName)
        if names is not None and any(
            "*" in n for n in names.value.get_values_for_type(x509.DNSName)
        ):
            detail = f"{certificate.shown} has a wildcard name below name constraints"
            yield Objection(Fault.CHAIN, Reason("wildcard_below_name_constraints", detail))
