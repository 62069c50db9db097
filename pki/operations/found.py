"""Found authorities of our own: keys, serials, certificates and anchors in one ceremony."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.principal import ClientRole, Principal
from pki.model.authority import (
    OFFLINE_ROLES,
    Authority,
    AuthorityState,
    authority_name,
    fingerprint,
    serial_text,
)
from pki.model.build import Plan, Publication, certify, key_identifier
from pki.model.issued import OUR_OWN, CertificateRecord, Reservation
from pki.model.lab import refuse_lab_organization
from pki.model.profile import Profile, Profiles
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.model.subject import build_name, component_to_issue
from pki.operations.certifying import Issuers, ThrowawayKeys, new_serial
from pki.operations.issue import certificate_issued
from pki.operations.ports import KeyStore, OpenUnitOfWork, RandomBits, SigningKey, UnitOfWork
from pki.operations.slots import check_slot

Progress = Callable[[str], None]
"""Told one line about each step of long work."""

AfterCreate = Callable[[Principal, Authority], None]
"""What follows once an authority stands: its CRL, its OCSP signer."""


def silent(_: str) -> None:
    """A `Progress` that tells nobody."""


@dataclass(frozen=True, slots=True)
class Founding:
    """One authority to found.

    `parent` is the slot above, of this ceremony or active already; None for a root. `replaces`
    is the generation that stops issuing, if any.
    """

    slot: str
    generation: int
    role: CertificateRole
    edition: Edition
    algorithm: KeyAlgorithm
    common_name: str
    organization: str
    country: str
    parent: str | None
    replaces: Authority | None = None

    @property
    def name(self) -> str:
        """The new authority's name."""
        return authority_name(self.slot, self.generation)


@dataclass(frozen=True, slots=True)
class _Founded:
    """An authority whose certificate is signed and not yet recorded."""

    founding: Founding
    authority: Authority
    record: CertificateRecord


@dataclass(frozen=True, slots=True)
class _Signer:
    """Who signs in the ceremony: an authority's name, subject, key and end."""

    name: str
    subject: x509.Name
    key: SigningKey
    key_identifier: bytes
    not_after: datetime


@dataclass(frozen=True, slots=True)
class FoundAuthorities:
    """Found authorities together: all of them stand, or none does.

    Keys come first and serials are reserved durably; then everything is signed in the order of
    `IssueCertificate` and recorded in one transaction, roots as trust anchors with it. `keys`
    must open offline keys. `after_create` runs for each authority once they all stand.
    """

    profiles: Profiles
    issuers: Issuers
    keys: KeyStore
    open_unit_of_work: OpenUnitOfWork
    throwaway: ThrowawayKeys
    random_bits: RandomBits
    publication: Publication
    clock: Clock
    after_create: Sequence[AfterCreate] = ()

    def __call__(
        self, principal: Principal, foundings: Sequence[Founding], progress: Progress
    ) -> tuple[Authority, ...]:
        """Return the new authorities in the order given; each parent must stand before.

        Raises FORBIDDEN for everyone but administrators, INVALID for a subject or profile that
        does not hold, CONFLICT where an authority exists already.
        """
        principal.require_role(ClientRole.ADMIN)
        for founding in foundings:
            self._check(founding)
        signers = self._standing_parents(foundings)
        now = self.clock()
        key_ids = {}
        for founding in foundings:
            progress(f"making the key of {founding.name}")
            offline = founding.role in OFFLINE_ROLES
            key_ids[founding.name] = self.keys.generate(founding.algorithm, offline=offline)
        serials = self._reserve(principal, foundings, signers, now)
        founded = []
        for founding in foundings:
            progress(f"signing {founding.name}")
            key_id = key_ids[founding.name]
            founded.append(self._sign(founding, key_id, serials[founding.name], signers, now))
        with self.open_unit_of_work() as work:
            for one in founded:
                _store(work, principal, one, now)
            work.commit()
        authorities = tuple(one.authority for one in founded)
        for authority in authorities:
            for follow in self.after_create:
                progress(f"publishing the status of {authority.name}")
                follow(principal, authority)
        return authorities

    def _check(self, founding: Founding) -> None:
        check_slot(founding.slot)
        refuse_lab_organization(founding.organization)
        profile = self.profiles.get((founding.edition, founding.role))
        if profile is None or not profile.authority:
            raise ServiceError(
                Kind.INVALID, "role_invalid", f"{founding.role} is no authority's role"
            )
        if founding.algorithm not in profile.algorithms.value:
            allowed = " or ".join(sorted(profile.algorithms.value))
            raise ServiceError(
                Kind.INVALID,
                "key_algorithm_not_allowed",
                f"{founding.edition} wants keys on {allowed}",
            )
        build_name(
            founding.common_name,
            organization=founding.organization,
            country=founding.country,
            domain_component=None,
        )

    def _standing_parents(self, foundings: Sequence[Founding]) -> dict[str, _Signer]:
        """By slot, the parents that are no part of this ceremony."""
        ours = {founding.slot for founding in foundings}
        parents = {founding.parent for founding in foundings} - ours
        return {slot: self._existing_signer(slot) for slot in parents if slot is not None}

    def _reserve(
        self,
        principal: Principal,
        foundings: Sequence[Founding],
        standing: Mapping[str, _Signer],
        now: datetime,
    ) -> dict[str, int]:
        serials = {}
        names = {slot: signer.name for slot, signer in standing.items()}
        names |= {founding.slot: founding.name for founding in foundings}
        with self.open_unit_of_work() as work:
            for founding in foundings:
                serial = serials[founding.name] = new_serial(self.random_bits)
                issuer = names[founding.parent or founding.slot]
                client = principal.client_id
                work.reservations.add(
                    Reservation(issuer, serial_text(serial), founding.role, now, client)
                )
            work.commit()
        return serials

    def _sign(
        self,
        founding: Founding,
        key_id: str,
        serial: int,
        signers: dict[str, _Signer],
        now: datetime,
    ) -> _Founded:
        profile = self.profiles[founding.edition, founding.role]
        key = self.keys.open(key_id)
        signer = None if founding.parent is None else signers[founding.parent]
        subject = build_name(
            founding.common_name,
            organization=founding.organization,
            country=founding.country,
            domain_component=component_to_issue(
                profile.domain_component.value, None if signer is None else signer.subject
            ),
        )
        not_before = now.replace(microsecond=0)
        not_after = not_before + profile.lifetime.value.default
        if signer is not None:
            not_after = min(not_after, signer.not_after)
        public_key = key.public_key()
        certificate = certify(
            Plan(
                profile=profile,
                signature=founding.algorithm,
                serial=serial,
                issuer=subject if signer is None else signer.subject,
                issuer_name=founding.name if signer is None else signer.name,
                issuer_key_identifier=None if signer is None else signer.key_identifier,
                subject=subject,
                public_key=public_key,
                not_before=not_before,
                not_after=not_after,
                publication=self.publication,
            ),
            key if signer is None else signer.key,
            self.throwaway(founding.algorithm),
        )
        identifier = key_identifier(public_key, profile.ski_lengths.value[0])
        signers[founding.slot] = _Signer(founding.name, subject, key, identifier, not_after)
        der = certificate.public_bytes(Encoding.DER)
        record = CertificateRecord(
            issuer=founding.name if signer is None else signer.name,
            serial=serial_text(serial),
            fingerprint=fingerprint(der),
            role=founding.role,
            subject_id=None,
            owner=OUR_OWN,
            certificate=der,
            not_before=not_before,
            not_after=not_after,
            issued_at=now,
        )
        parent = None if signer is None else signer.name
        return _Founded(founding, _authority(founding, profile, key_id, parent, record), record)

    def _existing_signer(self, slot: str) -> _Signer:
        issuer = self.issuers.current(slot)
        return _Signer(
            issuer.authority.name,
            issuer.certificate.subject,
            self.keys.open(issuer.key_id),
            issuer.key_identifier,
            issuer.not_after,
        )


def _authority(
    founding: Founding,
    profile: Profile,
    key_id: str,
    parent: str | None,
    record: CertificateRecord,
) -> Authority:
    return Authority(
        name=founding.name,
        slot=founding.slot,
        generation=founding.generation,
        role=profile.role,
        edition=profile.edition,
        algorithm=founding.algorithm,
        state=AuthorityState.ACTIVE,
        online=profile.role not in OFFLINE_ROLES,
        key_id=key_id,
        parent=parent,
        certificate=record.certificate,
        upper_chain=(),
        not_before=record.not_before,
        not_after=record.not_after,
        created_at=record.issued_at,
    )


def _store(work: UnitOfWork, principal: Principal, founded: _Founded, now: datetime) -> None:
    retire(work, principal, founded.founding.replaces, now)
    work.authorities.add(founded.authority)
    work.certificates.add(founded.record)
    if founded.authority.is_root:
        work.own_anchors.add(founded.record.certificate, founded.authority, now)
    work.events.append(certificate_issued(principal, founded.record))
    work.events.append(authority_event("authority.created", principal, founded.authority, now))


def retire(
    work: UnitOfWork, principal: Principal, authority: Authority | None, now: datetime
) -> None:
    """Let an authority issue no more; it goes on signing its CRL and OCSP answers."""
    if authority is not None:
        work.authorities.replace(replace(authority, state=AuthorityState.RETIRED))
        work.events.append(authority_event("authority.retired", principal, authority, now))


def authority_event(kind: str, principal: Principal, authority: Authority, now: datetime) -> Event:
    """Return an event about an authority, named by its name and role."""
    subject = {"authority": authority.name, "role": str(authority.role)}
    return Event(kind, now, principal.client_id, (), subject)
