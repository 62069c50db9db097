"""The versions of OCPP that stations speak, and how much text their messages carry."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class OcppVersion(StrEnum):
    """A version, as its WebSocket subprotocol and our paths name it."""

    V16 = "1.6"
    V201 = "2.0.1"
    V21 = "2.1"


@dataclass(frozen=True, slots=True)
class TextLimits:
    """The longest texts, in characters, of the messages about certificates.

    `trust_anchor` is InstallCertificate's certificate, `additional_info` that of a statusInfo.
    """

    csr: int
    certificate_chain: int
    trust_anchor: int
    ocsp_result: int
    exi_request: int
    exi_response: int
    responder_url: int
    additional_info: int


_OCPP_201 = TextLimits(
    csr=5500,
    certificate_chain=10_000,
    trust_anchor=5500,
    ocsp_result=5500,
    exi_request=5600,
    exi_response=7500,
    responder_url=512,
    additional_info=512,
)

LIMITS: Mapping[OcppVersion, TextLimits] = MappingProxyType(
    {
        # "Using ISO 15118 Plug & Charge with OCPP 1.6" carries the messages of 2.0.1
        OcppVersion.V16: _OCPP_201,
        OcppVersion.V201: _OCPP_201,
        OcppVersion.V21: TextLimits(
            csr=5500,
            certificate_chain=10_000,
            trust_anchor=10_000,
            ocsp_result=18_000,
            exi_request=11_000,
            exi_response=17_000,
            responder_url=2000,
            additional_info=1024,
        ),
    }
)
"""Those of the schemas of OCPP 2.0.1 (edition 3, errata 2024-11) and 2.1."""

PNC_VENDOR_ID = "org.openchargealliance.iso15118pnc"
"""`vendorId` of Plug & Charge over OCPP 1.6 DataTransfer."""

HAS2BE_VENDOR_ID = "iso15118"
"""`vendorId` of the older extension of has·to·be, in the words of OCPP 2.0."""

VENDOR_IDS = frozenset({PNC_VENDOR_ID, HAS2BE_VENDOR_ID})
