"""The sizes that the schemas allow, stated here a second time: one past each is refused."""

from dataclasses import replace
from typing import Any

import pytest

from exi import ExiError, Facets, encode, encode_fragment
from exi.messages import iso15118_2 as t2
from exi.messages import iso15118_20 as t20
from exi.messages.xmldsig import X509IssuerSerial

ROOT = X509IssuerSerial(issuer_name="CN=x", serial_number=1)
REQUEST_2 = t2.CertificateInstallationReq(
    id="id1", oem_provisioning_certificate=b"\x30", root_certificate_ids=(ROOT,)
)
CHAIN_2 = t2.CertificateChain(id="id1", certificate=b"\x30")
MESSAGE_2 = t2.V2GMessage(
    header=t2.Header(session_id=bytes(8)), body=t2.AuthorizationReq(gen_challenge=bytes(16))
)
OEM_CHAIN_20 = t20.OEMProvisioningCertificateChain(id="id1", certificate=b"\x30")
REQUEST_20 = t20.CertificateInstallationReq(
    header=t20.Header(session_id=bytes(8), timestamp=0),
    oem_provisioning_chain=OEM_CHAIN_20,
    root_certificate_ids=(ROOT,),
    maximum_contract_chains=1,
)
CONTRACT_20 = t20.SignedInstallationData(
    id="id1",
    contract_chain=t20.ContractCertificateChain(certificate=b"\x30", sub_certificates=(b"\x30",)),
    ecdh_curve=t20.ECDHCurve.SECP521,
    dh_public_key=bytes(133),
    secp521_encrypted_private_key=bytes(94),
)
OTHER_KEYS: dict[str, Any] = {"secp521_encrypted_private_key": None}


def _fault(text: str) -> t2.V2GMessage:
    fault = t2.Notification(fault_code=t2.FaultCode.UNKNOWN_ERROR, fault_msg=text)
    return replace(MESSAGE_2, header=replace(MESSAGE_2.header, notification=fault))


def _refusal(value: Any, facets: Facets = Facets.STRICT) -> str | None:
    whole = isinstance(value, t2.V2GMessage | t20.CertificateInstallationReq)
    try:
        encode(value, facets) if whole else encode_fragment(value, facets)
    except ExiError as failure:
        return failure.code
    return None


FINE = [
    replace(REQUEST_2, oem_provisioning_certificate=bytes(800)),
    replace(REQUEST_2, root_certificate_ids=(ROOT,) * 20),
    replace(CHAIN_2, certificate=bytes(800), sub_certificates=(bytes(800),) * 4),
    t2.ContractSignatureEncryptedPrivateKey(id="a", value=bytes(48)),
    t2.DHPublicKey(id="a", value=bytes(65)),
    t2.EMAID(id="a", value="D" * 14),
    t2.EMAID(id="a", value="D" * 15),
    t2.AuthorizationReq(gen_challenge=bytes(16)),
    replace(MESSAGE_2, header=t2.Header(session_id=b"")),
    _fault("x" * 64),
    replace(OEM_CHAIN_20, certificate=bytes(1600), sub_certificates=(bytes(1600),) * 3),
    replace(REQUEST_20, root_certificate_ids=(ROOT,) * 20),
    replace(REQUEST_20, prioritized_emaids=("x" * 255,) * 8),
    replace(REQUEST_20, maximum_contract_chains=255),
    replace(REQUEST_20, header=t20.Header(session_id=bytes(8), timestamp=(1 << 64) - 1)),
    CONTRACT_20,
    replace(CONTRACT_20, dh_public_key=bytes(56)),
    replace(CONTRACT_20, x448_encrypted_private_key=bytes(84), **OTHER_KEYS),
    replace(CONTRACT_20, tpm_encrypted_private_key=bytes(206), **OTHER_KEYS),
]

TOO_MUCH = [
    replace(REQUEST_2, oem_provisioning_certificate=bytes(801)),
    replace(REQUEST_2, root_certificate_ids=(ROOT,) * 21),
    replace(CHAIN_2, sub_certificates=(b"\x30",) * 5),
    replace(CHAIN_2, sub_certificates=(bytes(801),)),
    t2.ContractSignatureEncryptedPrivateKey(id="a", value=bytes(49)),
    t2.DHPublicKey(id="a", value=bytes(66)),
    t2.EMAID(id="a", value="D" * 16),
    t2.AuthorizationReq(gen_challenge=bytes(17)),
    replace(MESSAGE_2, header=t2.Header(session_id=bytes(9))),
    _fault("x" * 65),
    replace(OEM_CHAIN_20, certificate=bytes(1601)),
    replace(OEM_CHAIN_20, sub_certificates=(b"\x30",) * 4),
    replace(REQUEST_20, root_certificate_ids=(ROOT,) * 21),
    replace(REQUEST_20, prioritized_emaids=("x",) * 9),
    replace(REQUEST_20, prioritized_emaids=("x" * 256,)),
    replace(REQUEST_20, maximum_contract_chains=256),
    replace(REQUEST_20, header=t20.Header(session_id=bytes(8), timestamp=1 << 64)),
    replace(REQUEST_20, header=t20.Header(session_id=bytes(8), timestamp=-1)),
    replace(REQUEST_20, header=t20.Header(session_id=bytes(9), timestamp=0)),
    replace(CONTRACT_20, dh_public_key=bytes(134)),
    replace(CONTRACT_20, secp521_encrypted_private_key=bytes(95)),
    replace(CONTRACT_20, x448_encrypted_private_key=bytes(85), **OTHER_KEYS),
    replace(CONTRACT_20, tpm_encrypted_private_key=bytes(207), **OTHER_KEYS),
]

TOO_LITTLE = [
    t2.EMAID(id="a", value="D" * 13),
    t2.AuthorizationReq(gen_challenge=bytes(15)),
    replace(REQUEST_20, header=t20.Header(session_id=bytes(7), timestamp=0)),
    replace(CONTRACT_20, dh_public_key=bytes(57)),
    replace(CONTRACT_20, secp521_encrypted_private_key=bytes(93)),
    replace(CONTRACT_20, x448_encrypted_private_key=bytes(83), **OTHER_KEYS),
    replace(CONTRACT_20, tpm_encrypted_private_key=bytes(205), **OTHER_KEYS),
]


@pytest.mark.parametrize("value", FINE, ids=lambda value: type(value).__name__)
def test_what_is_allowed(value: Any) -> None:
    assert _refusal(value) is None


@pytest.mark.parametrize("value", TOO_MUCH, ids=lambda value: type(value).__name__)
def test_what_is_too_much(value: Any) -> None:
    for facets in Facets:
        assert _refusal(value, facets) == "exi_limit"


@pytest.mark.parametrize("value", TOO_LITTLE, ids=lambda value: type(value).__name__)
def test_what_is_too_little(value: Any) -> None:
    assert _refusal(value) == "exi_limit"
    assert _refusal(value, Facets.LENIENT) is None


def test_the_counter_of_days() -> None:
    """xs:short."""
    delivery: dict[str, Any] = {
        "response_code": t2.ResponseCode.FAILED,
        "provisioning_service_chain": CHAIN_2,
        "contract_chain": CHAIN_2,
        "encrypted_private_key": t2.ContractSignatureEncryptedPrivateKey(id="b", value=b"\0"),
        "dh_public_key": t2.DHPublicKey(id="c", value=b"\0"),
        "emaid": t2.EMAID(id="d", value="D" * 14),
    }
    for days, code in ((-32768, None), (32767, None), (-32769, "exi_limit"), (32768, "exi_limit")):
        body = t2.CertificateUpdateRes(**delivery, retry_counter=days)
        assert _refusal(replace(MESSAGE_2, body=body)) == code
