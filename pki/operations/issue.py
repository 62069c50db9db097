"""Issue one certificate, in the order of public CAs: a crash loses nothing that was delivered."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.principal import Principal
from pki.model.authority import AuthorityState, fingerprint, serial_text
from pki.model.build import Plan, Publication, sign_draft
from pki.model.csr import key_of_csr, key_of_spki
from pki.model.draft_template import Leaf
from pki.model.issued import IN_FLIGHT, OUR_OWN, CertificateRecord, IssuedCertificate, Reservation
from pki.model.lint import algorithm_of
from pki.model.profile import Profile, Profiles
from pki.model.roles import CertificateRole
from pki.model.subject import (
    build_name,
    check_name,
    component_to_issue,
    first_value,
    read_common_name,
    require_ownership,
)
from pki.operations.certifying import Issuer, Issuers, ThrowawayKeys, new_serial
from pki.operations.leaf_drafts import LeafDrafts, Make
from pki.operations.ports import IssuanceLog, KeyStore, PublicKey, RandomBits

BACKDATING = timedelta(hours=1)
"""Own judgement: as much as clocks differ; more would outrun a revocation of the issuer."""


Record = Callable[[IssuedCertificate, CertificateRecord, Event], None]
"""Records a certificate and its event as `IssuanceLog.record` does, in the same transaction with
whatever else has to be recorded of it; raises where nothing of that was recorded."""


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """What to issue: `issuer` is a slot (`mo-sub2`) or the name of one generation.

    `subject_id` is the look-up key of `common_name`, `owner` a provider id, operator id or WMI,
    or `evtrust`. Exactly one of `csr` (DER PKCS#10) and `public_key` (DER SubjectPublicKeyInfo,
    possession shown elsewhere) is given. Without `organization`, `not_before` or `lifetime` the
    issuer's organization, the present and the profile's default are taken.
    """

    issuer: str
    role: CertificateRole
    common_name: str
    subject_id: str
    owner: str
    organization: str | None
    csr: bytes | None
    public_key: bytes | None
    not_before: datetime | None
    lifetime: timedelta | None


@dataclass(frozen=True, slots=True)
class IssueCertificate:
    """Issue a certificate: reserve its serial durably, lint, sign, record durably, deliver."""

    profiles: Profiles
    issuers: Issuers
    keys: KeyStore
    log: IssuanceLog
    throwaway: ThrowawayKeys
    random_bits: RandomBits
    publication: Publication
    clock: Clock
    _drafts: LeafDrafts = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_drafts", LeafDrafts(self.throwaway))

    def __call__(
        self, principal: Principal, request: IssueRequest, record: Record | None = None
    ) -> IssuedCertificate:
        """Return the certificate, recorded; by `record` where its asker has to record it, too.

        Raises FORBIDDEN where the subject is another participant's, MALFORMED, INVALID or
        TOO_LARGE for a request that breaks the role's profile, NOT_FOUND, CONFLICT or FORBIDDEN
        `key_is_offline` for an issuer that does not issue, UNAVAILABLE where it took over a
        minute. A refusal leaves at most a reserved serial.
        """
        issuer = self.issuers(request.issuer)
        _require_active(issuer, request.role)
        profile = self._profile(issuer, request.role)
        self._check_owner(principal, profile, request)
        public_key = self._public_key(issuer, request)
        now = self.clock()
        not_before, not_after = _validity(issuer, profile, request, now)
        key = self.keys.open(issuer.key_id)
        serial = new_serial(self.random_bits)
        leaf = Leaf(serial, request.common_name, public_key, not_before, not_after)
        _require_subject(request)
        reserved = serial_text(serial)
        self.log.reserve(
            Reservation(issuer.authority.name, reserved, request.role, now, principal.client_id)
        )
        linted = self._drafts(
            _make(issuer, request), leaf, lambda: self._plan(issuer, profile, request, leaf)
        )
        certificate = sign_draft(linted, key, issuer.authority.algorithm)
        der = certificate.public_bytes(Encoding.DER)
        own = CertificateRecord(
            issuer=issuer.authority.name,
            serial=reserved,
            fingerprint=fingerprint(der),
            role=request.role,
            subject_id=request.subject_id,
            owner=request.owner,
            certificate=der,
            not_before=not_before,
            not_after=not_after,
            issued_at=now,
        )
        issued = IssuedCertificate(
            issuer=own.issuer,
            serial=own.serial,
            fingerprint=own.fingerprint,
            certificate=der,
            chain=(der, *issuer.chain),
            root=issuer.root,
            not_before=not_before,
            not_after=not_after,
        )
        self._require_in_flight(now)
        event = certificate_issued(principal, own)
        if record is None:
            self.log.record(own, event)
        else:
            record(issued, own, event)
        return issued

    def _plan(self, issuer: Issuer, profile: Profile, request: IssueRequest, leaf: Leaf) -> Plan:
        return Plan(
            profile=profile,
            signature=issuer.authority.algorithm,
            serial=leaf.serial,
            issuer=issuer.certificate.subject,
            issuer_name=issuer.authority.name,
            issuer_key_identifier=issuer.key_identifier,
            subject=_subject(issuer, profile, request),
            public_key=leaf.public_key,
            not_before=leaf.not_before,
            not_after=leaf.not_after,
            publication=self.publication,
        )

    def _require_in_flight(self, reserved_at: datetime) -> None:
        """Refuse where the serial may have been reported as unfinished, and revoked, meanwhile."""
        if self.clock() - reserved_at > IN_FLIGHT:
            raise ServiceError(
                Kind.UNAVAILABLE,
                "issuing_took_too_long",
                "this process stood still while it issued; ask for the certificate again",
            )

    def _profile(self, issuer: Issuer, role: CertificateRole) -> Profile:
        edition = issuer.authority.edition
        profile = self.profiles.get((edition, role))
        if profile is None or issuer.authority.role not in profile.issuers.value:
            issuers = "none" if profile is None else ", ".join(sorted(profile.issuers.value))
            raise ServiceError(
                Kind.INVALID,
                "issuer_role_wrong",
                f"{issuer.authority.name} issues no {role} in {edition}; its issuers are: "
                f"{issuers or 'none, it signs itself'}",
            )
        return profile

    def _check_owner(self, principal: Principal, profile: Profile, request: IssueRequest) -> None:
        form = profile.common_name.value
        name = read_common_name(form, request.common_name)
        check_name(request.owner, "owner")
        owner = request.owner if name.owner is None else name.owner
        if (owner, name.subject_id) != (request.owner, request.subject_id):
            raise ServiceError(
                Kind.INVALID,
                "owner_mismatch",
                "the common name belongs to another owner or key than the request says; derive "
                "both from the identifier",
            )
        require_ownership(principal, form, request.owner)

    def _public_key(self, issuer: Issuer, request: IssueRequest) -> PublicKey:
        if request.csr is not None and request.public_key is None:
            key = key_of_csr(request.csr)
        elif request.public_key is not None and request.csr is None:
            key = key_of_spki(request.public_key)
        else:
            raise ServiceError(
                Kind.INVALID, "key_missing", "send either a CSR or a public key, not both"
            )
        if algorithm_of(key) is not issuer.authority.algorithm:
            raise ServiceError(
                Kind.INVALID,
                "key_algorithm_not_allowed",
                f"{issuer.authority.name} certifies keys on {issuer.authority.algorithm} only",
            )
        if key == issuer.public_key:
            raise ServiceError(
                Kind.INVALID, "key_is_the_issuers", "this is the issuer's own key; use another"
            )
        return key


def certificate_issued(principal: Principal, record: CertificateRecord) -> Event:
    """Return the event of a certificate that is recorded in the same transaction."""
    return Event(
        "certificate.issued",
        record.issued_at,
        principal.client_id,
        () if record.owner == OUR_OWN else (record.owner,),
        {
            "issuer": record.issuer,
            "serial": record.serial,
            "fingerprint": record.fingerprint,
            "role": record.role,
        },
    )


def _require_active(issuer: Issuer, role: CertificateRole) -> None:
    authority = issuer.authority
    if authority.state is AuthorityState.RETIRED and role is not CertificateRole.OCSP_SIGNER:
        raise ServiceError(
            Kind.CONFLICT,
            "authority_retired",
            f"authority {authority.name} is retired and issues nothing but OCSP signers; name "
            f"its slot {authority.slot} instead",
        )


def _require_subject(request: IssueRequest) -> None:
    """Refuse, before a serial is reserved, what `build_name` would refuse."""
    check_name(request.common_name, "common_name")
    if request.organization is not None:
        check_name(request.organization, "organization")


def _make(issuer: Issuer, request: IssueRequest) -> Make:
    authority = issuer.authority
    return Make(
        issuer=authority.certificate or b"",
        issuer_name=authority.name,
        edition=authority.edition,
        role=request.role,
        organization=request.organization,
        length=len(request.common_name),
    )


def _subject(issuer: Issuer, profile: Profile, request: IssueRequest) -> x509.Name:
    above = issuer.certificate.subject
    return build_name(
        request.common_name,
        organization=request.organization or first_value(above, NameOID.ORGANIZATION_NAME),
        country=first_value(above, NameOID.COUNTRY_NAME) if profile.authority else None,
        domain_component=component_to_issue(profile.domain_component.value, above),
    )


def _validity(
    issuer: Issuer, profile: Profile, request: IssueRequest, now: datetime
) -> tuple[datetime, datetime]:
    """Whole seconds (RFC 5280 section 4.1.2.5), clipped inside the issuer's own validity."""
    begin = request.not_before or now
    if begin < now - BACKDATING or begin >= issuer.not_after:
        raise ServiceError(
            Kind.CONFLICT,
            "validity_outside_issuer",
            f"a certificate begins now or later, and before {issuer.authority.name} ends; ask "
            "for another time, or roll the authority over",
        )
    life = profile.lifetime.value
    lifetime = life.default if request.lifetime is None else request.lifetime
    longest = life.maximum
    if issuer.authority.online and life.maximum_below_online is not None:
        longest = life.maximum_below_online
    if not timedelta(0) < lifetime <= longest:
        raise ServiceError(
            Kind.INVALID,
            "lifetime_not_allowed",
            f"it lives more than nothing and at most {longest.days} days "
            f"({profile.lifetime.clause})",
        )
    begin = max(begin, issuer.not_before)
    not_before = begin.replace(microsecond=0)
    not_after = min((begin + lifetime).replace(microsecond=0), issuer.not_after)
    if not_after <= not_before:
        raise ServiceError(
            Kind.INVALID, "lifetime_not_allowed", "it must live for a second at least"
        )
    return not_before, not_after
