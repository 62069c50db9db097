"""Generate a key and its certificate for somebody without randomness (RFC 7030 section 4.4)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from pki.model.enrolment_request import read_enrolment_request
from pki.model.enrolment_rules import EnrolmentTarget, certified_name
from pki.model.roles import KeyAlgorithm
from pki.operations.enrol import leaf_request
from pki.operations.est_ports import Issue
from pki.operations.ports import SigningKey


@dataclass(frozen=True, slots=True)
class GeneratedKey:
    """A certificate (DER) and its private key (PKCS#8 DER), which exists nowhere else."""

    certificate: bytes
    private_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServerKeygen:
    """Makes a key for a station or a CPS, certifies it and hands it over; it is never stored."""

    issue: Issue
    generate: Callable[[KeyAlgorithm], SigningKey]

    def __call__(self, principal: Principal, target: EnrolmentTarget, csr: bytes) -> GeneratedKey:
        """Return key and certificate for the name in a DER PKCS#10.

        Its own key and signature count for nothing (section 4.4.1), save that the new key is of
        that type where the edition has it. Raises FORBIDDEN `server_keygen_refused` for contracts
        and vehicles, INVALID `key_encryption_unsupported`, and what `Enrol` raises.
        """
        if not target.rule.server_keygen:
            raise ServiceError(
                Kind.FORBIDDEN,
                "server_keygen_refused",
                "keys of contracts and vehicles are made by their owners alone; enrol with a CSR",
            )
        request = read_enrolment_request(csr)
        name = certified_name(target.rule, principal, request)
        if request.wants_encrypted_key:
            raise ServiceError(
                Kind.INVALID,
                "key_encryption_unsupported",
                "the key is protected by TLS alone; leave the key identifier attributes out",
            )
        wished = request.algorithm
        algorithm = wished if wished in target.algorithms else target.algorithms[0]
        slot = target.slot(algorithm)
        key = self.generate(algorithm)
        public_key = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        issued = self.issue(principal, leaf_request(target, name, slot, public_key=public_key))
        private_key = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return GeneratedKey(issued.certificate, private_key)
