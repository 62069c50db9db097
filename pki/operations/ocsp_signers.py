"""Delegated OCSP signers: issued by each authority for itself (RFC 6960 section 4.2.2.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal
from pki.model.authority import Authority
from pki.model.issued import OUR_OWN
from pki.model.roles import CertificateRole
from pki.operations.issue import IssueCertificate, IssueRequest
from pki.operations.ports import AuthorityDirectory, KeyStore
from pki.operations.status_ports import OcspSigners, StoredSigner, signs_at

STATUS_SERVICE = Principal("status-service", frozenset({ClientRole.ADMIN}))
"""Who has signers issued, in the audit trail."""

RENEWAL = timedelta(days=3, hours=12)
"""Own judgement: half of the week that a signer lives below an online authority."""

OFFLINE_LIFETIME = timedelta(days=396)
"""Below an offline authority a signer lasts from one yearly ceremony to the next."""

BACKDATING = timedelta(minutes=30)
"""Own judgement: a new signer is used at once, also towards a station whose clock is slow."""


@dataclass(frozen=True, slots=True)
class IssueOcspSigner:
    """Makes an online key and has an authority of ours issue a signer for it.

    For an offline authority `issue` must open offline keys, as the `ca` commands' does; for a
    retired one `issue` must let retired authorities issue: they answer until they expire.
    """

    authorities: AuthorityDirectory
    keys: KeyStore
    issue: IssueCertificate
    signers: OcspSigners
    clock: Clock

    def __call__(self, authority: str) -> StoredSigner:
        """Return the new signer of the authority with that name, durable.

        Raises NOT_FOUND for an unknown authority and what `IssueCertificate` raises.
        """
        found = self.authorities.get(authority)
        if found is None:
            raise ServiceError(
                Kind.NOT_FOUND,
                "authority_unknown",
                "there is no such authority; `evtrust ca list` names them",
            )
        key_id = self.keys.generate(found.algorithm, offline=False)
        public_key = self.keys.public_key(key_id).public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        common_name = f"{found.name} OCSP"
        issued = self.issue(
            STATUS_SERVICE,
            IssueRequest(
                issuer=found.name,
                role=CertificateRole.OCSP_SIGNER,
                common_name=common_name,
                subject_id=common_name,
                owner=OUR_OWN,
                organization=None,
                csr=None,
                public_key=public_key,
                not_before=self.clock() - BACKDATING,
                lifetime=None if found.online else OFFLINE_LIFETIME,
            ),
        )
        signer = StoredSigner(
            issuer=issued.issuer,
            serial=issued.serial,
            key_id=key_id,
            certificate=issued.certificate,
            not_before=issued.not_before,
            not_after=issued.not_after,
        )
        self.signers.add(signer)
        return signer


@dataclass(frozen=True, slots=True)
class RenewOcspSigners:
    """Keeps a valid signer for every authority, old and new overlapping; safe to repeat.

    A call renews below online authorities, for background work; `at_ceremony` below offline ones,
    where `issue_signer` can open their keys.
    """

    authorities: AuthorityDirectory
    signers: OcspSigners
    issue_signer: IssueOcspSigner

    def __call__(self, now: datetime) -> tuple[str, ...]:
        """Renew what has less than half its week left; return the authorities' names.

        Where one cannot be renewed the others still are; then its ServiceError is raised.
        """
        return self._renew([a for a in self.authorities.all() if a.online], RENEWAL, now)

    def at_ceremony(self, now: datetime) -> tuple[str, ...]:
        """Renew below offline authorities what has less than half its thirteen months left."""
        offline = [a for a in self.authorities.all() if not a.online]
        return self._renew(offline, OFFLINE_LIFETIME / 2, now)

    def _renew(
        self, authorities: Sequence[Authority], left: timedelta, now: datetime
    ) -> tuple[str, ...]:
        due = [
            authority.name
            for authority in authorities
            if signs_at(authority, now) and self._is_due(authority, left, now)
        ]
        failures = []
        for name in due:
            try:
                self.issue_signer(name)
            except ServiceError as failure:
                failures.append(failure)
        if failures:
            raise failures[0]
        return tuple(due)

    def _is_due(self, authority: Authority, left: timedelta, now: datetime) -> bool:
        newest = self.signers.newest(authority.name, now)
        if newest is None:
            return True
        # a signer never outlives its authority: renewing it then gains nothing
        ends_with_authority = newest.not_after == authority.not_after
        return newest.not_after - now <= left and not ends_with_authority
