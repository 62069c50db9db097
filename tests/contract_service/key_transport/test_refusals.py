"""Keys, certificates and parts of messages that do not belong together."""

import os
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448

from contract_service.model.contract_delivery import (
    delivery_elements,
    installation_data,
    wrapped_key_of,
)
from contract_service.model.key_agreement import PrivateKey
from contract_service.model.key_transport import unwrap_contract_key, wrap_contract_key
from contract_service.model.wrapped_key import TransportCurve, WrappedKey
from exi import decode_fragment, encode_fragment
from exi.messages import iso15118_2
from exi.messages.iso15118_20 import ECDHCurve, SignedInstallationData
from foundation.errors import Kind, Refused, ServiceError
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.roles import KeyAlgorithm
from tests.contract_service.signatures.holders import EMAID, PCID, Holder, holder, kept
from tests.contract_service.signatures.messages import wrapped
from tests.pki.validation.vectors import foreign

CHAIN = [foreign("contractLeaf"), foreign("moSubCA2"), foreign("moSubCA1")]
NO_CERTIFICATE = b"\x30\x03\x02\x01\x01"


def refusal_of(
    contract: Holder,
    vehicle: Holder,
    *,
    key: PrivateKey | None = None,
    experimental: bool = True,
) -> str:
    outcome = wrap_contract_key(
        key or contract.key, contract.certificate, vehicle.certificate, experimental=experimental
    )
    assert isinstance(outcome, Refused)
    return outcome.code


def test_x448_is_flagged() -> None:
    contract, vehicle = kept(KeyAlgorithm.ED448, EMAID), kept(KeyAlgorithm.ED448)
    assert refusal_of(contract, vehicle, experimental=False) == "key_transport_experimental"
    outcome = wrap_contract_key(contract.key, contract.certificate, vehicle.certificate)
    assert isinstance(outcome, Refused)


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.P256, KeyAlgorithm.P521])
def test_the_others_are_not(algorithm: KeyAlgorithm) -> None:
    contract, vehicle = kept(algorithm, EMAID), kept(algorithm)
    outcome = wrap_contract_key(contract.key, contract.certificate, vehicle.certificate)
    assert isinstance(outcome, WrappedKey)


@pytest.mark.parametrize("algorithm", KeyAlgorithm)
def test_a_key_that_is_not_the_contracts(algorithm: KeyAlgorithm) -> None:
    contract, vehicle = kept(algorithm, EMAID), kept(algorithm)
    assert refusal_of(contract, vehicle, key=vehicle.key) == "contract_key_mismatch"


@pytest.mark.parametrize("vehicle", KeyAlgorithm)
@pytest.mark.parametrize("contract", KeyAlgorithm)
def test_curves_that_differ(contract: KeyAlgorithm, vehicle: KeyAlgorithm) -> None:
    if contract is vehicle:
        return
    assert refusal_of(kept(contract, EMAID), kept(vehicle)) == "key_transport_curves_differ"


def test_keys_on_other_curves() -> None:
    other = holder(key=ec.generate_private_key(ec.SECP384R1()))
    contract = kept(KeyAlgorithm.P256, EMAID)
    assert refusal_of(contract, other) == "recipient_key_unsuitable"
    assert refusal_of(other, kept(KeyAlgorithm.P256)) == "key_transport_curves_differ"


def test_what_is_no_certificate() -> None:
    contract, vehicle = kept(KeyAlgorithm.P256, EMAID), kept(KeyAlgorithm.P256)
    for octets in (b"", NO_CERTIFICATE, os.urandom(500)):
        for one in (
            wrap_contract_key(contract.key, octets, vehicle.certificate),
            wrap_contract_key(contract.key, contract.certificate, octets),
        ):
            assert isinstance(one, Refused)
            assert one.code == "certificate_unreadable"


NEWER = [KeyAlgorithm.P521, KeyAlgorithm.ED448]


@pytest.mark.parametrize("algorithm", NEWER)
def test_a_pcid_of_17_characters(algorithm: KeyAlgorithm) -> None:
    """How to fill it up is not said; ISO 15118-2 does not need it."""
    contract = kept(algorithm, EMAID)
    assert refusal_of(contract, holder(PCID[:17], algorithm)) == "pcid_length_ambiguous"
    older = kept(KeyAlgorithm.P256, EMAID)
    vehicle = holder(PCID[:17])
    assert isinstance(
        wrap_contract_key(older.key, older.certificate, vehicle.certificate), WrappedKey
    )


@pytest.mark.parametrize("name", ["", "WP0", "WP0-ABCDEFGH123456", PCID + "8", "ß" * 18])
def test_a_name_that_is_no_pcid(name: str) -> None:
    vehicle = holder(name or " ", KeyAlgorithm.P521)
    assert refusal_of(kept(KeyAlgorithm.P521, EMAID), vehicle) == "invalid_pcid"


def test_the_case_of_a_pcid() -> None:
    """Real ones are lower case; what is authenticated is upper case in any case."""
    contract, vehicle = kept(KeyAlgorithm.P521, EMAID), kept(KeyAlgorithm.P521)
    lower = holder(PCID.lower(), key=vehicle.key)
    key = wrap_contract_key(contract.key, contract.certificate, lower.certificate)
    assert isinstance(key, WrappedKey)
    unwrapped = unwrap_contract_key(key, vehicle.key, vehicle.certificate, contract.certificate)
    assert isinstance(unwrapped, ec.EllipticCurvePrivateKey)


@pytest.mark.parametrize("algorithm", NEWER)
def test_key_identifiers(algorithm: KeyAlgorithm) -> None:
    """As the certificate carries it: 20 octets are not those 8 of the same key."""
    vehicle = kept(algorithm)
    contract = holder(EMAID, algorithm)
    longer = holder(EMAID, key=contract.key, ski_octets=20)
    none = holder(EMAID, key=contract.key, ski_octets=0)
    assert refusal_of(none, vehicle) == "subject_key_id_missing"
    key = wrap_contract_key(
        contract.key, longer.certificate, vehicle.certificate, experimental=True
    )
    assert isinstance(key, WrappedKey)
    same = unwrap_contract_key(key, vehicle.key, vehicle.certificate, longer.certificate)
    assert not isinstance(same, Refused)
    other = unwrap_contract_key(key, vehicle.key, vehicle.certificate, contract.certificate)
    assert isinstance(other, Refused)


def test_a_contract_for_another_pcid() -> None:
    """The same vehicle key under another PCID: authenticated data differ."""
    contract, vehicle = kept(KeyAlgorithm.P521, EMAID), kept(KeyAlgorithm.P521)
    renamed = holder("WP0ZZZZZZZZZZZZZZZ", key=vehicle.key)
    key = wrap_contract_key(contract.key, contract.certificate, renamed.certificate)
    assert isinstance(key, WrappedKey)
    outcome = unwrap_contract_key(key, vehicle.key, vehicle.certificate, contract.certificate)
    assert isinstance(outcome, Refused)


@pytest.mark.parametrize("algorithm", NEWER)
def test_another_key_with_everything_authentic(algorithm: KeyAlgorithm) -> None:
    """Whoever wraps can wrap what it likes: only the scalar itself tells, not the tag."""
    vehicle, contract = kept(algorithm), kept(algorithm, EMAID)
    read = read_certificate(contract.certificate)
    assert isinstance(read, PathCertificate)
    other = holder(EMAID, algorithm, ski=read.subject_key_id)
    key = wrap_contract_key(other.key, other.certificate, vehicle.certificate, experimental=True)
    assert isinstance(key, WrappedKey)
    outcome = unwrap_contract_key(key, vehicle.key, vehicle.certificate, contract.certificate)
    assert isinstance(outcome, Refused)
    assert outcome.code == "wrapped_key_wrong"


def test_unwrapping_with_the_wrong_parts() -> None:
    contract, vehicle = kept(KeyAlgorithm.P256, EMAID), kept(KeyAlgorithm.P256)
    key = wrap_contract_key(contract.key, contract.certificate, vehicle.certificate)
    assert isinstance(key, WrappedKey)
    for wrapped_key, recipient, certificate, code in (
        (key, contract.key, contract.certificate, "recipient_key_mismatch"),
        (key, vehicle.key, NO_CERTIFICATE, "certificate_unreadable"),
        (
            replace(key, curve=TransportCurve.X448),
            vehicle.key,
            contract.certificate,
            "key_transport_curves_differ",
        ),
        (replace(key, dh_public_key=b""), vehicle.key, contract.certificate, "dh_public_key_size"),
        (
            replace(key, dh_public_key=bytes(65)),
            vehicle.key,
            contract.certificate,
            "dh_public_key_invalid",
        ),
        (
            replace(key, encrypted_private_key=bytes(47)),
            vehicle.key,
            contract.certificate,
            "encrypted_private_key_size",
        ),
        (
            replace(key, encrypted_private_key=bytes(48)),
            vehicle.key,
            contract.certificate,
            "wrapped_key_wrong",
        ),
    ):
        outcome = unwrap_contract_key(wrapped_key, recipient, vehicle.certificate, certificate)
        assert isinstance(outcome, Refused)
        assert outcome.code == code


@pytest.mark.parametrize("u", [0, 1, 2**448 - 2**224 - 1, 2**448 - 2**224 - 2])
def test_x448_keys_that_agree_on_nothing(u: int) -> None:
    """Points of low order make a secret that anybody knows (RFC 7748 section 6.2)."""
    contract, vehicle = kept(KeyAlgorithm.ED448, EMAID), kept(KeyAlgorithm.ED448)
    key = WrappedKey(TransportCurve.X448, u.to_bytes(56, "little"), bytes(84))
    outcome = unwrap_contract_key(key, vehicle.key, vehicle.certificate, contract.certificate)
    assert isinstance(outcome, Refused)
    assert outcome.code == "dh_public_key_invalid"


@pytest.mark.parametrize("y", [0, 1, 2, 2**448 - 2**224 - 2])
def test_ed448_keys_that_are_no_point_or_one_of_low_order(y: int) -> None:
    """A certificate can hold any octets as its key; these were chosen to leak the contract."""
    vehicle = kept(KeyAlgorithm.ED448)
    assert isinstance(vehicle.key, ed448.Ed448PrivateKey)
    spki_key = vehicle.key.public_key().public_bytes_raw()
    assert vehicle.certificate.count(spki_key) == 1
    forged = vehicle.certificate.replace(spki_key, y.to_bytes(57, "little"))
    contract = kept(KeyAlgorithm.ED448, EMAID)
    assert refusal_of(contract, Holder(vehicle.key, forged)) == "recipient_key_unsuitable"


def data_20(curve: TransportCurve) -> SignedInstallationData:
    return installation_data(CHAIN, wrapped(curve))


def on_curve(curve: TransportCurve) -> WrappedKey:
    algorithm = KeyAlgorithm.ED448 if curve is TransportCurve.X448 else KeyAlgorithm.P521
    contract, vehicle = kept(algorithm, EMAID), kept(algorithm)
    key = wrap_contract_key(
        contract.key, contract.certificate, vehicle.certificate, experimental=True
    )
    assert isinstance(key, WrappedKey)
    return key


@pytest.mark.parametrize("curve", [TransportCurve.SECP521, TransportCurve.X448])
def test_a_key_comes_out_of_an_answer_as_it_went_in(curve: TransportCurve) -> None:
    key = on_curve(curve)
    written = encode_fragment(installation_data(CHAIN, key))
    assert written.hex().startswith("80738")
    assert wrapped_key_of(decode_fragment(written, SignedInstallationData)) == key


def test_an_x448_key_with_filler() -> None:
    """The schema's 133 octets; the text says 56, which we send."""
    key = on_curve(TransportCurve.X448)
    data = installation_data(CHAIN, key)
    assert len(data.dh_public_key) == 56
    assert wrapped_key_of(replace(data, dh_public_key=key.dh_public_key + bytes(77))) == key
    for octets in (bytes(77) + key.dh_public_key, key.dh_public_key + bytes(76) + b"\1"):
        outcome = wrapped_key_of(replace(data, dh_public_key=octets))
        assert isinstance(outcome, Refused)
        assert outcome.code == "dh_public_key_size"


SECP521, X448 = data_20(TransportCurve.SECP521), data_20(TransportCurve.X448)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (replace(SECP521, ecdh_curve=ECDHCurve.X448), "key_transport_parts_differ"),
        (replace(X448, ecdh_curve=ECDHCurve.SECP521), "key_transport_parts_differ"),
        (
            replace(SECP521, x448_encrypted_private_key=X448.x448_encrypted_private_key),
            "key_transport_parts_differ",
        ),
        (
            replace(SECP521, secp521_encrypted_private_key=None),
            "key_transport_parts_differ",
        ),
        (replace(SECP521, dh_public_key=X448.dh_public_key), "dh_public_key_size"),
        (replace(X448, dh_public_key=b"\4" + os.urandom(132)), "dh_public_key_size"),
        (replace(SECP521, dh_public_key=bytes(133)), "dh_public_key_invalid"),
        (replace(SECP521, secp521_encrypted_private_key=bytes(93)), "encrypted_private_key_size"),
        (
            replace(
                SECP521,
                secp521_encrypted_private_key=None,
                tpm_encrypted_private_key=bytes(206),
            ),
            "tpm_key_transport_unsupported",
        ),
    ],
)
def test_parts_that_do_not_belong_together(data: SignedInstallationData, code: str) -> None:
    outcome = wrapped_key_of(data)
    assert isinstance(outcome, Refused)
    assert outcome.code == code


def test_placeholders_of_a_negative_response() -> None:
    """One octet each, as Hubject sends them: no key, and no crash."""
    delivery = iso15118_2.CertificateInstallationRes(
        response_code=iso15118_2.ResponseCode.FAILED_NO_CERTIFICATE_AVAILABLE,
        provisioning_service_chain=iso15118_2.CertificateChain(certificate=b"\0"),
        contract_chain=iso15118_2.CertificateChain(certificate=b"\0"),
        encrypted_private_key=iso15118_2.ContractSignatureEncryptedPrivateKey(id="0", value=b"\0"),
        dh_public_key=iso15118_2.DHPublicKey(id="0", value=b"\0"),
        emaid=iso15118_2.EMAID(id="0", value="0"),
    )
    outcome = wrapped_key_of(delivery)
    assert isinstance(outcome, Refused)
    assert outcome.code == "encrypted_private_key_size"


@pytest.mark.parametrize("count", [0, 1, 4, 5])
def test_chains_that_are_not_sent(count: int) -> None:
    chain = [NO_CERTIFICATE] * count
    with pytest.raises(ServiceError) as refusal:
        installation_data(chain, wrapped(TransportCurve.SECP521))
    assert (refusal.value.kind, refusal.value.code) == (Kind.INVALID, "contract_chain_length")
    with pytest.raises(ServiceError) as refusal:
        delivery_elements(chain, wrapped(TransportCurve.P256), EMAID)
    assert (refusal.value.kind, refusal.value.code) == (Kind.INVALID, "contract_chain_length")


def test_keys_for_the_other_standard() -> None:
    for curve in (TransportCurve.SECP521, TransportCurve.X448):
        with pytest.raises(ServiceError) as refusal:
            delivery_elements(CHAIN, wrapped(curve), EMAID)
        assert refusal.value.code == "wrapped_key_curve"
    with pytest.raises(ServiceError) as refusal:
        installation_data(CHAIN, wrapped(TransportCurve.P256))
    assert refusal.value.code == "wrapped_key_curve"


def test_no_key_shows_in_what_is_printed() -> None:
    contract, vehicle = kept(KeyAlgorithm.ED448, EMAID), kept(KeyAlgorithm.ED448)
    unwrapped = unwrap_contract_key(
        on_curve(TransportCurve.X448), vehicle.key, vehicle.certificate, contract.certificate
    )
    assert repr(unwrapped) == "Ed448Scalar()"
