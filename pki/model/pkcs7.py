"""PKCS#7 that holds certificates and nothing else (RFC 5652 section 5, "certs-only")."""

from collections.abc import Sequence

from asn1crypto import cms


def certs_only(certificates: Sequence[bytes]) -> bytes:
    """Return a certs-only ContentInfo with DER certificates in exactly the given order.

    DER would sort the SET, and clients take the last certificate for the root. RFC 5652 section
    5.1 asks for DER of signed parts only, so the order may stay; strict readers warn of it.
    """
    # joined beforehand, because asn1crypto would sort members that it is given one by one
    in_order = cms.CertificateSet(contents=b"".join(certificates))
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [],
            "encap_content_info": {"content_type": "data"},
            "certificates": in_order,
            "signer_infos": [],
        }
    )
    encoded: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    return encoded
