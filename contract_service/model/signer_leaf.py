"""What of a certificate is needed to ask whether its key signed a message, and whose it is.

Whether it may be trusted is path validation's to say, which reads all of it.
"""

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from pki.model.path_certificate import UNREADABLE
from pki.model.path_frame import CertificateFrame, attribute_elements, element, frame_certificate
from pki.model.verdict import Reason

_COMMON_NAME = bytes.fromhex("0603550403")
_UTF8_STRING, _PRINTABLE_STRING = 0x0C, 0x13


@dataclass(frozen=True, slots=True, eq=False)
class SignerLeaf:
    """A certificate that a message carries; `public_key` is None where it cannot be read."""

    der: bytes
    frame: CertificateFrame
    public_key: CertificatePublicKeyTypes | None

    @property
    def common_name(self) -> str | None:
        """The subject's first commonName, if any."""
        plain = _plain_common_name(self.frame.subject)
        if plain is not None:
            return plain
        subject = x509.load_der_x509_certificate(self.der).subject
        names = subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return str(names[0].value) if names else None


def read_signer_leaf(der: bytes) -> SignerLeaf | Reason:
    """Read a certificate of bounded size, as `read_certificate` would; never raises.

    The Reasons are `certificate_unreadable` and `serial_not_positive`.
    """
    try:
        frame = frame_certificate(der)
        if not frame.serial_is_positive:
            return Reason("serial_not_positive", "a certificate's serial number is not positive")
        certificate = x509.load_der_x509_certificate(der)
        if _plain_common_name(frame.subject) is None:
            certificate.subject  # noqa: B018 - reading it is the check
    except (IndexError, *UNREADABLE):
        return Reason(
            "certificate_unreadable", "the certificate of the signer is not valid X.509 DER"
        )
    try:
        public_key = certificate.public_key()
    except UNREADABLE:
        public_key = None
    return SignerLeaf(der, frame, public_key)


def _plain_common_name(subject: bytes) -> str | None:
    """Return the one common name of a Name whose sets have one attribute each, in plain text.

    None for any other, which is the parser's to read. Raises IndexError like `element`.
    """
    names = [
        value
        for type_, value in attribute_elements(subject, 0) or ()
        if subject[type_:value] == _COMMON_NAME
    ]
    if len(names) != 1 or subject[names[0]] not in (_UTF8_STRING, _PRINTABLE_STRING):
        return None
    text = subject[slice(*element(subject, names[0]))]
    return text.decode("ascii") if text.isalnum() else None  # of bytes: ASCII alone
