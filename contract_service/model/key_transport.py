"""A contract's private key on its way to a vehicle: wrapped so that one key alone unwraps it.

The recipient is the vehicle's provisioning certificate or, in a CertificateUpdate of ISO 15118-2,
its present contract certificate. ISO 15118-2 [V2G2-814] to [V2G2-823]: IV of 16 octets, then the
scalar under AES-128-CBC without padding. ISO 15118-20 [V2G20-2491] to [V2G20-2510]: IV of 12, the
scalar under AES-256-GCM, a tag of 16.

In ISO 15118-2 nothing but the provisioning service's signature protects the field from change:
hence the check that the unwrapped scalar generates the certificate's public key.

X448 is experimental. The field holds 56 octets, while an Ed448 private key is a seed of 57, and
Ed448 itself agrees on no secrets. Taken is the pruned scalar, little-endian as all of RFC 7748 and
RFC 8032, which serves both curves; [V2G20-2501] can be read as big-endian, and [V2G20-2510] as
asking for a scalar below the curve's order, which unwraps here as well. The standard's second
public key in the vehicle's certificate ([V2G20-2534]) is not read: its Ed448 key agrees.

Private keys pass through memory alone: nothing here stores or logs, and no refusal quotes one.
"""

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import CBC

from contract_service.model.edwards448 import public_of_scalar, scalar_of_seed
from contract_service.model.key_agreement import (
    PrivateKey,
    PublicKey,
    agree_as_recipient,
    agree_as_sender,
)
from contract_service.model.wrapped_key import (
    SCALAR_OCTETS,
    TransportCurve,
    WrappedKey,
    curve_of,
)
from foundation.errors import Refused
from foundation.identifiers import InvalidIdentifier, Pcid
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.verdict import Reason

_CBC_IV_OCTETS = 16
_GCM_IV_OCTETS = 12
_PCID_OCTETS = 18


@dataclass(frozen=True, slots=True)
class Ed448Scalar:
    """An unwrapped Ed448 private key: the scalar, 56 octets little-endian.

    The seed that it was made of is not transported; its holder signs with nonces of its own.
    """

    octets: bytes = field(repr=False)


def wrap_contract_key(
    contract_key: PrivateKey,
    contract_certificate: bytes,
    recipient_certificate: bytes,
    *,
    experimental: bool = False,
) -> WrappedKey | Refused:
    """As `wrap_for`, with certificates as DER; refused as well are those that cannot be read."""
    read = _read(contract_certificate, recipient_certificate)
    if isinstance(read, Refused):
        return read
    return wrap_for(contract_key, *read, experimental=experimental)


def wrap_for(
    contract_key: PrivateKey,
    contract_certificate: PathCertificate,
    recipient_certificate: PathCertificate,
    *,
    experimental: bool = False,
) -> WrappedKey | Refused:
    """Wrap a contract's private key for the holder of the recipient's key.

    Each call takes a fresh ephemeral key and a fresh random IV. X448 is refused
    (`key_transport_experimental`) unless `experimental` is set. Refused as well are keys that do
    not belong together (`contract_key_mismatch`, `key_transport_curves_differ`) and in ISO 15118-20
    what `_associated_data` names.
    """
    delivery = _delivery(contract_certificate, recipient_certificate)
    if isinstance(delivery, Refused):
        return delivery
    if delivery.curve is TransportCurve.X448 and not experimental:
        return Refused(
            "key_transport_experimental",
            "key transport for Ed448 is experimental, for the standard leaves its details open; "
            "allow it for vehicles that are known to agree",
        )
    if contract_key.public_key() != delivery.contract:
        return Refused(
            "contract_key_mismatch", "the private key is not that of the contract certificate"
        )
    agreed = agree_as_sender(delivery.recipient)
    if isinstance(agreed, Refused):
        return agreed
    dh_public_key, session_key = agreed
    scalar = _scalar(contract_key, SCALAR_OCTETS[delivery.curve])
    if delivery.curve is TransportCurve.P256:
        iv = os.urandom(_CBC_IV_OCTETS)
        encryptor = Cipher(AES128(session_key), CBC(iv)).encryptor()
        encrypted = encryptor.update(scalar) + encryptor.finalize()
    else:
        iv = os.urandom(_GCM_IV_OCTETS)
        encrypted = AESGCM(session_key).encrypt(iv, scalar, delivery.associated_data)
    return WrappedKey(delivery.curve, dh_public_key, iv + encrypted)


def unwrap_contract_key(
    wrapped: WrappedKey,
    recipient_key: PrivateKey,
    recipient_certificate: bytes,
    contract_certificate: bytes,
) -> EllipticCurvePrivateKey | Ed448Scalar | Refused:
    """Unwrap as the vehicle does, and check that the key is the contract certificate's.

    That check is [V2G2-823] and [V2G20-2510]. Certificates are DER. Refused: a key that is
    malformed, was wrapped for another recipient or contract, or was changed.
    """
    read = _read(contract_certificate, recipient_certificate)
    delivery = read if isinstance(read, Refused) else _delivery(*read)
    if isinstance(delivery, Refused):
        return delivery
    if recipient_key.public_key() != delivery.recipient:
        return Refused(
            "recipient_key_mismatch", "the private key is not that of the recipient's certificate"
        )
    if wrapped.curve is not delivery.curve:
        return Refused(
            "key_transport_curves_differ", "the key is wrapped for another curve than the vehicle's"
        )
    session_key = wrapped.flaw() or agree_as_recipient(wrapped, recipient_key)
    if isinstance(session_key, Refused):
        return session_key
    key = _decrypt(wrapped, session_key, delivery)
    return key or Refused(
        "wrapped_key_wrong",
        "what was unwrapped is not the contract certificate's private key: it was wrapped for "
        "another vehicle or contract, or changed on its way",
    )


@dataclass(frozen=True, slots=True)
class _Delivery:
    """The keys of the two certificates; `associated_data` is empty where the cipher has none."""

    curve: TransportCurve
    contract: PublicKey
    recipient: PublicKey
    associated_data: bytes


def _read(contract: bytes, recipient: bytes) -> tuple[PathCertificate, PathCertificate] | Refused:
    read_contract = read_certificate(contract)
    if isinstance(read_contract, Reason):
        return Refused(read_contract.code, f"contract certificate: {read_contract.detail}")
    read_recipient = read_certificate(recipient)
    if isinstance(read_recipient, Reason):
        return Refused(read_recipient.code, f"recipient's certificate: {read_recipient.detail}")
    return read_contract, read_recipient


def _delivery(contract: PathCertificate, recipient: PathCertificate) -> _Delivery | Refused:
    curve = curve_of(recipient.public_key)
    if curve is None or not isinstance(recipient.public_key, PublicKey):
        return Refused(
            "recipient_key_unsuitable", "the recipient's key must be on P-256, P-521 or Ed448"
        )
    if curve_of(contract.public_key) is not curve or not isinstance(contract.public_key, PublicKey):
        return Refused(
            "key_transport_curves_differ",
            "the contract's key is on another curve than the vehicle's; issue it on the vehicle's",
        )
    associated_data = b""
    if curve is not TransportCurve.P256:
        data = _associated_data(contract, recipient)
        if isinstance(data, Refused):
            return data
        associated_data = data
    return _Delivery(curve, contract.public_key, recipient.public_key, associated_data)


def _associated_data(contract: PathCertificate, recipient: PathCertificate) -> bytes | Refused:
    """Return PCID ‖ SKI of the contract certificate in ASCII, upper case: [V2G20-2492].

    Two things are open there, and are decided here alone:

    - The clause counts 16 characters of SKI, so it has identifiers of 8 octets in mind (RFC 5280
      section 4.2.1.2, method 2), while 20 are usual. The SKI is taken as the certificate carries
      it, whole: shortening it would be a rule of our own that no vehicle knows. Contracts that
      evtrust issues for ISO 15118-20 have 8 octets, on which every reading agrees.
    - The clause counts 18 characters of PCID, while one without its check character has 17. How to
      fill it is not said, and a wrong guess makes a contract that the vehicle cannot unwrap:
      refused (`pcid_length_ambiguous`).

    The PCID is the common name of the recipient's certificate, where the vehicle reads its own.
    """
    try:
        pcid = Pcid.parse(recipient.common_name or "")
    except InvalidIdentifier as wrong:
        return Refused(wrong.code, f"common name of the recipient's certificate: {wrong.detail}")
    if len(pcid.key) != _PCID_OCTETS:
        return Refused(
            "pcid_length_ambiguous",
            "key transport of ISO 15118-20 needs a PCID of 18 characters; certify the vehicle "
            "under one with its check character",
        )
    if not contract.subject_key_id:
        return Refused("subject_key_id_missing", "the contract certificate has no SKI; issue anew")
    return f"{pcid.key}{contract.subject_key_id.hex().upper()}".encode("ascii")


def _scalar(key: PrivateKey, octets: int) -> bytes:
    if isinstance(key, EllipticCurvePrivateKey):
        return key.private_numbers().private_value.to_bytes(octets)
    return scalar_of_seed(key.private_bytes_raw())


def _decrypt(
    wrapped: WrappedKey, session_key: bytes, delivery: _Delivery
) -> EllipticCurvePrivateKey | Ed448Scalar | None:
    """Return the contract's private key, None for anything else that decrypts or does not."""
    encrypted = wrapped.encrypted_private_key
    if wrapped.curve is TransportCurve.P256:
        iv, ciphertext = encrypted[:_CBC_IV_OCTETS], encrypted[_CBC_IV_OCTETS:]
        decryptor = Cipher(AES128(session_key), CBC(iv)).decryptor()
        scalar = decryptor.update(ciphertext) + decryptor.finalize()
    else:
        iv, ciphertext = encrypted[:_GCM_IV_OCTETS], encrypted[_GCM_IV_OCTETS:]
        try:
            scalar = AESGCM(session_key).decrypt(iv, ciphertext, delivery.associated_data)
        except InvalidTag:
            return None
    return _key_of_scalar(scalar, delivery.contract)


def _key_of_scalar(
    scalar: bytes, public_key: PublicKey
) -> EllipticCurvePrivateKey | Ed448Scalar | None:
    """Return the private key that `scalar` is, None where it does not generate `public_key`."""
    if isinstance(public_key, Ed448PublicKey):
        generated = public_of_scalar(scalar)
        return Ed448Scalar(scalar) if generated == public_key.public_bytes_raw() else None
    assert isinstance(public_key, EllipticCurvePublicKey)  # noqa: S101 - for mypy
    try:
        key = derive_private_key(int.from_bytes(scalar), public_key.curve)
    except ValueError:  # zero, or not below the order
        return None
    return key if key.public_key() == public_key else None
