"""The signed parts of an answer that brings a contract to a vehicle: made, and read again.

Chains are DER, leaf first, without the root.
"""

from collections.abc import Sequence

from contract_service.model.wrapped_key import PUBLIC_OCTETS, TransportCurve, WrappedKey
from exi.messages import iso15118_2, iso15118_20
from exi.messages.iso15118_20 import ECDHCurve, SignedInstallationData
from foundation.errors import Kind, Refused, ServiceError

MAXIMUM_SUB_CERTIFICATES = 2
"""ISO 15118-2 [V2G2-009]: three below the root, the leaf among them. The schemas have room for
more, but each codec of the field codes a full list in a way of its own."""

DeliveryElements = tuple[
    iso15118_2.CertificateChain,
    iso15118_2.ContractSignatureEncryptedPrivateKey,
    iso15118_2.DHPublicKey,
    iso15118_2.EMAID,
]


def delivery_elements(chain: Sequence[bytes], key: WrappedKey, emaid: str) -> DeliveryElements:
    """Return the four elements that ISO 15118-2 signs, with the Ids `id1` to `id4`.

    `emaid` is written as given, 14 or 15 characters. Raises ServiceError INVALID for a chain that
    may not be sent (`contract_chain_length`) or a key not wrapped on P-256 (`wrapped_key_curve`).
    """
    if key.curve is not TransportCurve.P256:
        raise _wrong_curve("ISO 15118-2 carries keys wrapped on P-256")
    leaf, *subs = _checked(chain)
    return (
        iso15118_2.CertificateChain(id="id1", certificate=leaf, sub_certificates=tuple(subs)),
        iso15118_2.ContractSignatureEncryptedPrivateKey(id="id2", value=key.encrypted_private_key),
        iso15118_2.DHPublicKey(id="id3", value=key.dh_public_key),
        iso15118_2.EMAID(id="id4", value=emaid),
    )


def installation_data(chain: Sequence[bytes], key: WrappedKey) -> SignedInstallationData:
    """Return the element that ISO 15118-20 signs, with the Id `id1`.

    An X448 public key is sent as its 56 octets, without filler ([V2G20-2495]). Raises ServiceError
    INVALID as `delivery_elements` does.
    """
    if key.curve is TransportCurve.P256:
        raise _wrong_curve("ISO 15118-20 carries keys wrapped on P-521 or X448")
    leaf, *subs = _checked(chain)
    x448 = key.curve is TransportCurve.X448
    return SignedInstallationData(
        id="id1",
        contract_chain=iso15118_20.ContractCertificateChain(
            certificate=leaf, sub_certificates=tuple(subs)
        ),
        ecdh_curve=ECDHCurve.X448 if x448 else ECDHCurve.SECP521,
        dh_public_key=key.dh_public_key,
        secp521_encrypted_private_key=None if x448 else key.encrypted_private_key,
        x448_encrypted_private_key=key.encrypted_private_key if x448 else None,
    )


def wrapped_key_of(
    delivery: iso15118_2.ContractDelivery | SignedInstallationData,
) -> WrappedKey | Refused:
    """Return the wrapped key that an answer carries, of the sizes that its cryptography needs.

    Refused: curve, public key and kind of private key that do not belong together
    (`key_transport_parts_differ`), what `WrappedKey.flaw` names, and keys wrapped for a TPM
    (`tpm_key_transport_unsupported`).
    """
    if isinstance(delivery, SignedInstallationData):
        key = _wrapped_key_20(delivery)
    else:
        key = WrappedKey(
            TransportCurve.P256, delivery.dh_public_key.value, delivery.encrypted_private_key.value
        )
    return key if isinstance(key, Refused) else key.flaw() or key


def _wrapped_key_20(delivery: SignedInstallationData) -> WrappedKey | Refused:
    secp521 = delivery.secp521_encrypted_private_key
    x448 = delivery.x448_encrypted_private_key
    if delivery.tpm_encrypted_private_key is not None:
        return Refused(
            "tpm_key_transport_unsupported",
            "keys wrapped for a vehicle's TPM are not supported: they need its storage key, in an "
            "extension of the provisioning certificate that no manufacturer has published",
        )
    public = delivery.dh_public_key
    match delivery.ecdh_curve, secp521, x448:
        case ECDHCurve.SECP521, bytes(encrypted), None:
            return WrappedKey(TransportCurve.SECP521, public, encrypted)
        case ECDHCurve.X448, None, bytes(encrypted):
            return WrappedKey(TransportCurve.X448, _without_filler(public), encrypted)
    return Refused(
        "key_transport_parts_differ",
        f"with ECDHCurve {delivery.ecdh_curve} comes one private key, encrypted for that curve",
    )


def _without_filler(public: bytes) -> bytes:
    """Take the filler off an X448 key of 133 octets, the one length that the schema allows.

    Zeros behind it: they leave a little-endian number what it is.
    """
    octets = PUBLIC_OCTETS[TransportCurve.X448]
    filled = len(public) == PUBLIC_OCTETS[TransportCurve.SECP521] and not any(public[octets:])
    return public[:octets] if filled else public


def _checked(chain: Sequence[bytes]) -> Sequence[bytes]:
    if not 2 <= len(chain) <= 1 + MAXIMUM_SUB_CERTIFICATES:
        raise ServiceError(
            Kind.INVALID,
            "contract_chain_length",
            "a contract is sent with its leaf and one or two sub-CAs, without the root",
        )
    return chain


def _wrong_curve(detail: str) -> ServiceError:
    return ServiceError(Kind.INVALID, "wrapped_key_curve", f"{detail}; wrap it anew")
