"""CPS leaves: issued by us for ourselves, renewed with an overlap, and found when one signs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contract_service.model.cps_signer import CpsSigner, SignerCertificate, SignerSet
from contract_service.operations.cps_ports import (
    PROVISIONING_SERVICE,
    Authorities,
    Issue,
    SignerRows,
    ValidateChain,
)
from exi import Schema
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal
from foundation.short_cache import ShortCache
from pki.model.authority import Authority, AuthorityState, fingerprint
from pki.model.issued import OUR_OWN
from pki.model.roles import CertificateRole
from pki.operations.issue import IssueRequest
from pki.operations.ports import KeyStore

RENEWAL = timedelta(days=30)
"""Own judgement: a third of the 90 days that a CPS leaf lives. What the old leaf has signed is
signed again by the new one long before the old one ends."""

BACKDATING = timedelta(minutes=30)
"""Own judgement: a vehicle whose clock is slow gets what a new leaf signed as well."""


@dataclass(frozen=True, slots=True)
class IssueCpsSigner:
    """Makes a sealed key and has a Prov Sub-CA 2 of ours issue a CPS leaf for it."""

    keys: KeyStore
    issue: Issue
    signers: SignerRows
    clock: Clock

    def __call__(self, authority: Authority) -> SignerCertificate:
        """Return the new leaf, durable; what was signed before stays as it is.

        Raises CONFLICT `root_unknown` below somebody else's root that was not supplied: vehicles
        name roots by their serial number. Raises what issuing raises.
        """
        key_id = self.keys.generate(authority.algorithm, offline=False)
        public_key = self.keys.public_key(key_id).public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        common_name = f"CPS {authority.name}"
        issued = self.issue(
            PROVISIONING_SERVICE,
            IssueRequest(
                issuer=authority.name,
                role=CertificateRole.CPS_LEAF,
                common_name=common_name,
                subject_id=common_name,
                owner=OUR_OWN,
                organization=None,
                csr=None,
                public_key=public_key,
                not_before=self.clock() - BACKDATING,
                lifetime=None,
            ),
        )
        if issued.root is None:
            raise ServiceError(
                Kind.CONFLICT,
                "root_unknown",
                f"the root above {authority.name} is not known here; import it with the chain",
            )
        signer = SignerCertificate(
            fingerprint=issued.fingerprint,
            issuer=issued.issuer,
            serial=issued.serial,
            key_id=key_id,
            schema=Schema(authority.edition.value),
            chain=issued.chain,
            root=issued.root,
            root_fingerprint=fingerprint(issued.root),
            not_before=issued.not_before,
            not_after=issued.not_after,
        )
        self.signers.add(signer)
        return signer


@dataclass(frozen=True, slots=True)
class RenewCpsSigners:
    """Keeps a CPS leaf below every active Prov Sub-CA 2, with an overlap; safe to repeat."""

    authorities: Authorities
    signers: SignerRows
    issue_signer: IssueCpsSigner

    def __call__(self, now: datetime) -> tuple[str, ...]:
        """Renew what has less than a third of its life left; return the authorities' names.

        Where one cannot be renewed the others still are; then its ServiceError is raised.
        """
        due = [authority for authority in self.authorities.all() if self._is_due(authority, now)]
        failures = []
        for authority in due:
            try:
                self.issue_signer(authority)
            except ServiceError as failure:
                failures.append(failure)
        if failures:
            raise failures[0]
        return tuple(authority.name for authority in due)

    def _is_due(self, authority: Authority, now: datetime) -> bool:
        if (
            authority.role is not CertificateRole.CPS_SUB2
            or authority.state is not AuthorityState.ACTIVE
            or authority.not_after is None
            or authority.not_after <= now
        ):
            return False
        newest = self.signers.newest(authority.name, now)
        if newest is None:
            return True
        # a leaf never outlives its authority: renewing it then gains nothing
        return newest.not_after - now <= RENEWAL and newest.not_after < authority.not_after


class FindSigners:
    """Finds the CPS leaves that may sign now; what it knows is at most half a second old.

    Each leaf is validated as a vehicle would (path, profile, revocation), so that a leaf, or a
    Sub-CA above it, that was revoked signs and delivers nothing more.
    """

    def __init__(
        self, signers: SignerRows, keys: KeyStore, validate: ValidateChain, clock: Clock
    ) -> None:
        self._signers = signers
        self._keys = keys
        self._validate = validate
        self._clock = clock
        self._cache: ShortCache[Schema, SignerSet] = ShortCache(self._load, capacity=len(Schema))

    def __call__(self, schema: Schema) -> SignerSet:
        """Return the leaves of a schema that are in order."""
        return self._cache.get(schema)

    def _load(self, schema: Schema) -> SignerSet:
        now = self._clock()
        return SignerSet.of(
            [
                CpsSigner(certificate, self._keys.open(certificate.key_id))
                for certificate in self._signers.valid(schema, now)
                if self._validate(certificate.chain, CertificateRole.CPS_LEAF, now).valid
            ]
        )


@dataclass(frozen=True, slots=True)
class ListSigners:
    """Lists the CPS leaves in order, for providers that choose by which one is signed."""

    find: FindSigners

    def __call__(self, principal: Principal) -> Sequence[SignerCertificate]:
        """Return one leaf for each schema and V2G root: that which signs now."""
        principal.require_role(ClientRole.MO, ClientRole.CPS, ClientRole.AUDITOR)
        return [
            signer.certificate for schema in Schema for signer in self.find(schema).newest.values()
        ]
