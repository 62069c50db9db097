"""A presented chain as it is kept: leaf first, each certificate followed by its issuer."""

from collections.abc import Sequence

from pki.model.path_certificate import PathCertificate, read_certificate, signature_verifies


def upwards(chain: Sequence[bytes], leaf_fingerprint: str) -> tuple[bytes, ...]:
    """Order a validated chain (DER) from the leaf upwards; the root is left out.

    What does not stand above the leaf is dropped, and so is whatever is self-issued: a root that
    a station sends along is not worth keeping. Empty where the leaf is not among the chain.
    """
    parsed = [
        certificate
        for certificate in map(read_certificate, chain)
        if isinstance(certificate, PathCertificate)
    ]
    current = next((one for one in parsed if one.fingerprint == leaf_fingerprint), None)
    path: list[PathCertificate] = []
    while current is not None:
        path.append(current)
        current = _issuer_of(current, [one for one in parsed if one not in path])
    return tuple(certificate.der for certificate in path)


def _issuer_of(
    certificate: PathCertificate, others: Sequence[PathCertificate]
) -> PathCertificate | None:
    for other in others:
        if (
            other.subject == certificate.issuer
            and other.subject != other.issuer
            and signature_verifies(certificate, other.public_key)
        ):
            return other
    return None
