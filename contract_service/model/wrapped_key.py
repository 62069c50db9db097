"""A contract's private key in the form in which messages carry it to a vehicle."""

from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP521R1,
    EllipticCurvePublicKey,
)

from foundation.errors import Refused
from pki.model.lint import algorithm_of
from pki.model.roles import KeyAlgorithm


class TransportCurve(StrEnum):
    """The curve on which a secret is agreed: P-256 in ISO 15118-2, the others in -20."""

    P256 = "P-256"
    SECP521 = "SECP521"
    X448 = "X448"


_CURVE_OF_KEY = {
    KeyAlgorithm.P256: TransportCurve.P256,
    KeyAlgorithm.P521: TransportCurve.SECP521,
    KeyAlgorithm.ED448: TransportCurve.X448,
}

PUBLIC_OCTETS = {TransportCurve.P256: 65, TransportCurve.SECP521: 133, TransportCurve.X448: 56}
"""An uncompressed point `04‖X‖Y`, or the u-coordinate of X448."""

SCALAR_OCTETS = {TransportCurve.P256: 32, TransportCurve.SECP521: 66, TransportCurve.X448: 56}

FIELD_OCTETS = {TransportCurve.P256: 48, TransportCurve.SECP521: 94, TransportCurve.X448: 84}
"""IV and ciphertext, in ISO 15118-20 with the tag."""


def curve_of(public_key: object) -> TransportCurve | None:
    """Return the curve on which a certificate's key agrees, None for other than our three."""
    algorithm = algorithm_of(public_key)
    return None if algorithm is None else _CURVE_OF_KEY[algorithm]


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A wrapped key: of no use without the private key that it was wrapped for.

    `dh_public_key` is the ephemeral public key, `encrypted_private_key` the whole field.
    """

    curve: TransportCurve
    dh_public_key: bytes
    encrypted_private_key: bytes

    def flaw(self) -> Refused | None:
        """Return what is wrong with it as far as anyone can see who cannot unwrap it."""
        if len(self.encrypted_private_key) != FIELD_OCTETS[self.curve]:
            return Refused(
                "encrypted_private_key_size",
                f"an encrypted private key for {self.curve} has {FIELD_OCTETS[self.curve]} octets",
            )
        if len(self.dh_public_key) != PUBLIC_OCTETS[self.curve]:
            return Refused(
                "dh_public_key_size",
                f"a DH public key for {self.curve} has {PUBLIC_OCTETS[self.curve]} octets",
            )
        if self.curve is not TransportCurve.X448:
            try:
                self.point()
            except ValueError:
                return Refused(
                    "dh_public_key_invalid", f"the DH public key is no point of {self.curve}"
                )
        return None

    def point(self) -> EllipticCurvePublicKey:
        """Return `dh_public_key` as a point of P-256 or P-521. Raises ValueError for none."""
        curve = SECP256R1() if self.curve is TransportCurve.P256 else SECP521R1()
        return EllipticCurvePublicKey.from_encoded_point(curve, self.dh_public_key)
