"""Where the parts of a DER certificate lie (RFC 5280 section 4.1), found without decoding them.

The parser's own answers for what is signed are re-encoded copies; these are the bytes themselves,
which is what a signature covers, and names compare by them at once.
"""

from dataclasses import dataclass

_VERSION_TAG = 0xA0


@dataclass(frozen=True, slots=True)
class CertificateFrame:
    """Slices of one certificate: elements with their headers, save `signature` and `serial`.

    `serial` is the content of the INTEGER, `signature` that of the BIT STRING without the octet
    that counts unused bits; it is empty where that octet is not zero, because it is not signed
    and one certificate must not have two spellings.
    """

    signed: bytes
    signature: bytes
    serial: bytes
    inner_algorithm: bytes
    outer_algorithm: bytes
    issuer: bytes
    subject: bytes
    public_key: bytes

    @property
    def serial_is_positive(self) -> bool:
        """RFC 5280 section 4.1.2.2; the parser lets the others pass with a warning."""
        return bool(self.serial) and self.serial[0] < 0x80 and any(self.serial)

    @property
    def algorithms_agree(self) -> bool:
        """Whether the signed and the unsigned algorithm are the same (RFC 5280 section 4.1.1.2).

        Without this the unsigned one could choose how the signature is checked.
        """
        return self.inner_algorithm == self.outer_algorithm


def frame_certificate(der: bytes) -> CertificateFrame:
    """Slice a certificate; whether its parts are well-formed is the parser's to say.

    Raises IndexError where the bytes end too early.
    """
    signed_start, _ = element(der, 0)
    position, signed_end = element(der, signed_start)
    _, algorithm_end = element(der, signed_end)
    signature_start, signature_end = element(der, algorithm_end)
    if der[position] == _VERSION_TAG:
        _, position = element(der, position)
    serial_start, serial_end = element(der, position)
    _, inner_end = element(der, serial_end)
    _, issuer_end = element(der, inner_end)
    _, validity_end = element(der, issuer_end)
    _, subject_end = element(der, validity_end)
    _, public_key_end = element(der, subject_end)
    return CertificateFrame(
        signed=der[signed_start:signed_end],
        signature=b"" if der[signature_start] else der[signature_start + 1 : signature_end],
        serial=der[serial_start:serial_end],
        inner_algorithm=der[serial_end:inner_end],
        outer_algorithm=der[signed_end:algorithm_end],
        issuer=der[inner_end:issuer_end],
        subject=der[validity_end:subject_end],
        public_key=der[subject_end:public_key_end],
    )


def attribute_elements(der: bytes, name: int) -> list[tuple[int, int]] | None:
    """Return where the type and the value of each attribute of the Name at `name` begin.

    None where a set holds more than one attribute. Raises IndexError like `element`.
    """
    found = []
    position, end = element(der, name)
    while position < end:
        attribute, set_end = element(der, position)
        content, attribute_end = element(der, attribute)
        if attribute_end != set_end:
            return None
        found.append((content, element(der, content)[1]))
        position = set_end
    return found


def element(der: bytes, position: int) -> tuple[int, int]:
    """Return start of the content, and end, of the DER element at `position`.

    Raises IndexError where the bytes end before the content begins.
    """
    length = der[position + 1]
    if length < 0x80:
        return position + 2, position + 2 + length
    content = position + 2 + (length & 0x7F)
    return content, content + int.from_bytes(der[position + 2 : content])
