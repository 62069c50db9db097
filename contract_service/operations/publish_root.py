"""Publish a foreign root in the pool: what an administrator does after an audit."""

from dataclasses import dataclass

from contract_service.model.root_pool import (
    ROLE_OF_TYPE,
    PooledRoot,
    RootType,
    distinguished_name,
)
from contract_service.operations.list_roots import ListRoots
from contract_service.operations.root_pool_ports import OpenRootUnitOfWork
from foundation.clock import Clock
from foundation.errors import Kind, Refused, ServiceError
from foundation.events import Event
from foundation.principal import ClientRole, Principal
from pki.model.chain_parser import check_framing
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.profile import Profiles
from pki.model.roles import KeyAlgorithm
from pki.model.root_rules import refuse_root, refuse_root_profile
from pki.model.tolerance import TolerancePolicy
from pki.model.verdict import Reason

_CURVES = {KeyAlgorithm.P256: "secp256r1", KeyAlgorithm.P521: "secp521r1"}
"""The key types that OPCP's events have a name for."""

INPUT = "caCertificate"
"""What OPCP calls the certificate; errors name it so."""


@dataclass(frozen=True, slots=True)
class PublishRoot:
    """Puts a root into the pool. That makes nobody here trust it: `AddAnchor` does."""

    open_unit_of_work: OpenRootUnitOfWork
    pool: ListRoots
    profiles: Profiles
    policy: TolerancePolicy
    clock: Clock

    def __call__(self, principal: Principal, certificate: bytes, root_type: RootType) -> PooledRoot:
        """Publish a self-signed CA certificate (DER); doing so again changes nothing.

        Raises FORBIDDEN (not ADMIN), MALFORMED or TOO_LARGE (no certificate), INVALID
        (`root_of_a_lab`, `root_not_self_signed`, `root_not_a_ca`, `root_breaks_rules`,
        `root_not_tolerated`, `root_expired`) and CONFLICT `root_of_another_type`.
        """
        principal.require_role(ClientRole.ADMIN)
        now = self.clock()
        root = PooledRoot(self._read(certificate, root_type), root_type, own=False)
        if now > root.certificate.not_after:
            raise _refused(Refused("expired", "this root has expired"))
        standing = self.pool.find(root.fingerprint)
        if standing is not None:
            _require_type(standing.root_type, root_type)
            return standing
        with self.open_unit_of_work() as work:
            if not work.roots.add(root, principal.client_id, now):
                _require_type(work.roots.type_of(root.fingerprint), root_type)
                return root
            work.events.append(
                Event("root.added", now, principal.client_id, subject=root_subject(root))
            )
            work.commit()
        return root

    def _read(self, der: bytes, root_type: RootType) -> PathCertificate:
        try:
            check_framing(der)
        except ServiceError as refusal:
            raise ServiceError(
                refusal.kind, refusal.code, refusal.detail, {INPUT: refusal.detail}
            ) from refusal
        read = read_certificate(der)
        if isinstance(read, Reason):
            raise ServiceError(Kind.MALFORMED, read.code, read.detail, {INPUT: read.detail})
        refused = refuse_root(read)
        if refused is None and root_type in ROLE_OF_TYPE:
            role = ROLE_OF_TYPE[root_type]
            refused = refuse_root_profile(read, role, self.profiles, self.policy)
        if refused is not None:
            raise _refused(refused)
        return read


def _require_type(standing: RootType | None, asked: RootType) -> None:
    if standing is not asked:
        raise ServiceError(
            Kind.CONFLICT,
            "root_of_another_type",
            f"this root is in the pool as {standing}; delete it there first",
            {"rootType": "another than in the pool"},
        )


def _refused(refused: Refused) -> ServiceError:
    fields = {INPUT: refused.detail} | dict(refused.fields)
    return ServiceError(Kind.INVALID, f"root_{refused.code}", refused.detail, fields)


def root_subject(root: PooledRoot, **more: str) -> dict[str, str]:
    """Return what an event tells of a root: all that a webhook says, as the pool may forget it."""
    certificate = root.certificate
    full_name = distinguished_name(certificate.subject)
    subject = {
        "fingerprint": root.fingerprint,
        "root_id": root.root_id,
        "root_type": root.root_type.value,
        "schema": root.edition.value,
        "distinguished_name": full_name,
        "common_name": certificate.common_name or full_name,
        "serial": f"{certificate.serial_number:x}",
    }
    curve = _CURVES.get(root.algorithm) if root.algorithm is not None else None
    return subject | ({} if curve is None else {"signature_algorithm": curve}) | more
