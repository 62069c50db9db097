"""What each operator calls enrolled vehicles: names that lead back here and nowhere else."""

import base64
import binascii
import uuid

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from foundation.sealing import KeyedHash

_KIND = "authorization.vehicle-name"
_NAME_BYTES = 32  # the synthetic nonce and an enrolment's 16 bytes


class SealedVehicleNames:
    """`VehicleNames`: an enrolment's random id, sealed under a key of each operator.

    Sealing is deterministic (AES-SIV, RFC 5297), so that a vehicle has one name for an operator
    and that name can be opened again without a table. Two operators cannot compare their names.
    The name stands for the enrolment, not the identifier: whoever holds a MAC cannot compute it,
    and of an erased enrolment it leads to a random id that is nobody's.
    """

    def __init__(self, keyed_hash: KeyedHash) -> None:
        self._keyed_hash = keyed_hash

    def name(self, operator_id: str, enrolment_id: str) -> str:
        """Return the enrolment's name for the operator: 43 characters, base64url."""
        sealed = self._cipher(operator_id).encrypt(uuid.UUID(enrolment_id).bytes, None)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def enrolment(self, operator_id: str, name: str) -> str | None:
        """Return the enrolment that the operator calls so, None for anything else."""
        try:
            sealed = base64.urlsafe_b64decode(name.encode() + b"=")
            if len(sealed) != _NAME_BYTES:
                return None
            return str(uuid.UUID(bytes=self._cipher(operator_id).decrypt(sealed, None)))
        except (binascii.Error, ValueError, InvalidTag):
            return None

    def _cipher(self, operator_id: str) -> AESSIV:
        return AESSIV(self._keyed_hash.digest(_KIND, operator_id))
