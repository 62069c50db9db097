"""What every operation that signs certificates shares: serials, throwaway keys, issuers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from foundation.errors import Kind, ServiceError
from foundation.short_cache import ShortCache
from pki.model.authority import Authority, AuthorityState, fingerprint
from pki.model.build import SERIAL_BITS
from pki.model.roles import CertificateStatus, KeyAlgorithm
from pki.operations.ports import AuthorityDirectory, RandomBits, SigningKey

MAXIMUM_HEIGHT = 8
"""Own judgement: more authorities above each other than any ISO 15118 chain has."""


def new_serial(random_bits: RandomBits) -> int:
    """Return a serial number of exactly SERIAL_BITS bits, all but the highest random."""
    return 1 << (SERIAL_BITS - 1) | random_bits(SERIAL_BITS - 1)


@dataclass(frozen=True, slots=True)
class ThrowawayKeys:
    """One key per type that signs nothing but drafts; made on first use, never stored."""

    generate: Callable[[KeyAlgorithm], SigningKey]
    _keys: dict[KeyAlgorithm, SigningKey] = field(default_factory=dict, init=False)

    def __call__(self, algorithm: KeyAlgorithm) -> SigningKey:
        """Return the throwaway key of that type."""
        key = self._keys.get(algorithm)
        # two threads may both make one; either serves
        return self._keys.setdefault(algorithm, self.generate(algorithm)) if key is None else key


@dataclass(frozen=True, slots=True)
class Issuer:
    """An authority that stands, with what stands above it.

    `chain` is DER: its own certificate first, the root left out (nothing for a root itself);
    `root` is DER, None where somebody else's was not supplied. `not_after` is the earliest end
    in the chain.
    """

    authority: Authority
    certificate: x509.Certificate
    public_key: object
    key_id: str
    key_identifier: bytes
    chain: tuple[bytes, ...]
    root: bytes | None
    not_before: datetime
    not_after: datetime


class Issuers:
    """Finds issuers by slot or name; what it knows is at most half a second old.

    A retirement or revocation of an authority is so effective in every process within a second.
    """

    def __init__(self, directory: AuthorityDirectory) -> None:
        self._directory = directory
        self._cache: ShortCache[str, Issuer] = ShortCache(self._load, capacity=256)

    def __call__(self, slot_or_name: str) -> Issuer:
        """Return the active authority of a slot, or the one with that name.

        A retired one is found by its name, for its OCSP signers. Raises NOT_FOUND
        `authority_unknown`, CONFLICT `authority_pending` and `authority_revoked` (its own
        certificate or one above it).
        """
        return self._cache.get(slot_or_name)

    def current(self, slot_or_name: str) -> Issuer:
        """As a call, but as committed by now: a ceremony builds on what it made a moment ago."""
        return self._load(slot_or_name)

    def _load(self, slot_or_name: str) -> Issuer:
        directory = self._directory
        authority = directory.active(slot_or_name) or directory.get(slot_or_name)
        if authority is None:
            raise ServiceError(
                Kind.NOT_FOUND,
                "authority_unknown",
                f"there is no active authority {slot_or_name}; `evtrust ca list` shows them",
            )
        if authority.state is AuthorityState.PENDING or authority.key_id is None:
            raise ServiceError(
                Kind.CONFLICT,
                "authority_pending",
                f"authority {authority.name} waits for its certificate; give it one with "
                "`evtrust ca import-certificate`",
            )
        above = self._climb(authority)
        certificates = [x509.load_der_x509_certificate(der) for der in above]
        own = certificates[0]
        rooted = certificates[-1].subject == certificates[-1].issuer
        return Issuer(
            authority=authority,
            certificate=own,
            public_key=own.public_key(),
            key_id=authority.key_id,
            key_identifier=own.extensions.get_extension_for_class(
                x509.SubjectKeyIdentifier
            ).value.digest,
            chain=tuple(above[:-1] if rooted else above),
            root=above[-1] if rooted else None,
            not_before=max(c.not_valid_before_utc for c in certificates),
            not_after=min(c.not_valid_after_utc for c in certificates),
        )

    def _climb(self, authority: Authority) -> list[bytes]:
        above: list[bytes] = []
        current = authority
        while len(above) < MAXIMUM_HEIGHT and current.certificate is not None:
            self._require_standing(current)
            above.append(current.certificate)
            parent = None if current.parent is None else self._directory.get(current.parent)
            if parent is None:
                return [*above, *current.upper_chain]
            current = parent
        raise ServiceError(
            Kind.UNAVAILABLE,
            "authority_chain_broken",
            f"the authorities above {authority.name} are incomplete; check the database",
        )

    def _require_standing(self, authority: Authority) -> None:
        record = self._directory.record(fingerprint(authority.certificate or b""))
        if record is not None and record.status is not CertificateStatus.GOOD:
            raise ServiceError(
                Kind.CONFLICT,
                "authority_revoked",
                f"the certificate of authority {authority.name} is {record.status}; make a new "
                "generation with `evtrust ca rollover`",
            )
