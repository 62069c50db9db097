"""Import what was made elsewhere: a requested certificate, or a whole authority with its key."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_pem_private_key,
)

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal
from pki.model.authority import OFFLINE_ROLES, Authority, AuthorityState
from pki.model.finding import Finding
from pki.model.import_chain import ImportedChain, check_imported_chain
from pki.model.lint import algorithm_of
from pki.model.profile import Profiles
from pki.model.roles import CertificateRole, Edition
from pki.operations.found import AfterCreate, authority_event, retire
from pki.operations.ports import AuthorityDirectory, KeyStore, OpenUnitOfWork, SigningKey
from pki.operations.slots import newest_in_slot, next_generation

MAXIMUM_KEY_BYTES = 8192
"""Own judgement: an encrypted PKCS#8 of a P-521 key has under 1,000 octets."""


@dataclass(frozen=True, slots=True)
class ImportedAuthority:
    """The authority as it stands now, and the departures from its profile put up with."""

    authority: Authority
    tolerances: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ImportAuthorityCertificate:
    """Give a pending authority its certificate; the generation before it stops issuing."""

    profiles: Profiles
    directory: AuthorityDirectory
    keys: KeyStore
    open_unit_of_work: OpenUnitOfWork
    clock: Clock
    after_create: Sequence[AfterCreate] = ()

    def __call__(
        self, principal: Principal, name: str, chain: Sequence[bytes]
    ) -> ImportedAuthority:
        """Return the authority, active now.

        `name` is its slot or name; `chain` is DER, its own certificate first, then those above
        it, nearest first, the root last where it is at hand. Raises FORBIDDEN, NOT_FOUND
        `authority_not_pending` and what `check_imported_chain` raises.
        """
        principal.require_role(ClientRole.ADMIN)
        pending = [
            a
            for a in self.directory.all()
            if name in {a.slot, a.name} and a.state is AuthorityState.PENDING
        ]
        if not pending:
            raise ServiceError(
                Kind.NOT_FOUND,
                "authority_not_pending",
                f"no authority {name} waits for a certificate; `evtrust ca csr` requests one",
            )
        authority = pending[-1]
        profile = self.profiles[authority.edition, authority.role]
        public_key = self.keys.public_key(authority.key_id or "")
        now = self.clock()
        imported = check_imported_chain(chain, public_key, profile, now)
        stands = _standing(authority, imported, self.directory)
        with self.open_unit_of_work() as work:
            retire(work, principal, work.authorities.active(authority.slot), now)
            work.authorities.replace(stands)
            work.events.append(authority_event("authority.imported", principal, stands, now))
            work.commit()
        for follow in self.after_create:
            follow(principal, stands)
        return ImportedAuthority(stands, imported.tolerances)


@dataclass(frozen=True, slots=True)
class KeyImport:
    """An existing authority: its slot, what it is, its private key and its chain.

    `key` is PKCS#8 or the older EC form, PEM or DER, encrypted under `passphrase` or not;
    `chain` as in `ImportAuthorityCertificate`.
    """

    slot: str
    role: CertificateRole
    edition: Edition
    key: bytes
    passphrase: bytes | None
    chain: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class ImportAuthorityKey:
    """Take over an existing authority with its key; a root becomes a trust anchor of ours.

    What it issued before is unknown here: OCSP answers `unknown` for it.
    """

    profiles: Profiles
    directory: AuthorityDirectory
    keys: KeyStore
    open_unit_of_work: OpenUnitOfWork
    clock: Clock
    after_create: Sequence[AfterCreate] = ()

    def __call__(self, principal: Principal, request: KeyImport) -> ImportedAuthority:
        """Return the authority, active now, as the next generation of its slot.

        Raises FORBIDDEN, MALFORMED `private_key_malformed`, INVALID and CONFLICT
        `authority_imported_already`, and what `check_imported_chain` raises.
        """
        principal.require_role(ClientRole.ADMIN)
        profile = self.profiles.get((request.edition, request.role))
        if profile is None or not profile.authority:
            raise ServiceError(
                Kind.INVALID, "role_invalid", f"{request.role} is no authority's role"
            )
        key = _load_key(request.key, request.passphrase)
        algorithm = algorithm_of(key.public_key())
        if algorithm is None:
            raise _malformed_key()
        newest = newest_in_slot(self.directory, request.slot, profile, algorithm)
        now = self.clock()
        imported = check_imported_chain(request.chain, key.public_key(), profile, now)
        if any(imported.der == authority.certificate for authority in self.directory.all()):
            raise ServiceError(
                Kind.CONFLICT,
                "authority_imported_already",
                "this authority is here already; `evtrust ca list` shows it",
            )
        key_id = self.keys.add(key, offline=request.role in OFFLINE_ROLES)
        pending = next_generation(request.slot, newest, profile, algorithm, key_id, now)
        stands = _standing(pending, imported, self.directory)
        with self.open_unit_of_work() as work:
            retire(work, principal, work.authorities.active(request.slot), now)
            work.authorities.add(stands)
            if stands.is_root:
                work.own_anchors.add(imported.der, stands, now)
            work.events.append(authority_event("authority.imported", principal, stands, now))
            work.commit()
        for follow in self.after_create:
            follow(principal, stands)
        return ImportedAuthority(stands, imported.tolerances)


def _standing(
    authority: Authority, imported: ImportedChain, directory: AuthorityDirectory
) -> Authority:
    """The authority with its certificate, below one of ours where the chain says so."""
    above = imported.upper[:1]
    parents = [a.name for a in directory.all() if a.certificate in above]
    return replace(
        authority,
        state=AuthorityState.ACTIVE,
        parent=parents[0] if parents else None,
        certificate=imported.der,
        upper_chain=() if parents else imported.upper,
        not_before=imported.certificate.not_valid_before_utc,
        not_after=imported.certificate.not_valid_after_utc,
    )


def _load_key(key: bytes, passphrase: bytes | None) -> SigningKey:
    if len(key) > MAXIMUM_KEY_BYTES:
        raise ServiceError(
            Kind.TOO_LARGE,
            "private_key_too_large",
            f"a private key has at most {MAXIMUM_KEY_BYTES} octets",
        )
    load = load_pem_private_key if b"-----BEGIN" in key else load_der_private_key
    try:
        loaded = load(key, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as failure:
        raise _malformed_key() from failure
    if not isinstance(loaded, EllipticCurvePrivateKey | Ed448PrivateKey):
        raise _malformed_key()
    return loaded


def _malformed_key() -> ServiceError:
    return ServiceError(
        Kind.MALFORMED,
        "private_key_malformed",
        "send the private key as PKCS#8 in PEM or DER, on P-256, P-521 or Ed448, with its "
        "passphrase if it is encrypted and without one if it is not",
    )
