"""Which V2G roots a vehicle lists: names in whatever spelling, told apart by serial number first.

ISO 15118 carries `X509IssuerName` as text after RFC 4514. Vehicles write it forwards or backwards,
with or without spaces, with OIDs or as OpenSSL prints names; what is compared is which attributes
a name has, not how it is written. A serial number alone decides nothing: it is its issuer's.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509

from exi.messages.xmldsig import X509IssuerSerial
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.verdict import Reason

MOST_ATTRIBUTES = 32
"""Own judgement: the longest name met has six."""

_WRAPPED = ("<Name(", ")>")

NameParts = frozenset[tuple[str, str]]
"""The attributes of a name: type as dotted OID, value in lower case with single spaces."""

_OIDS = {
    "CN": "2.5.4.3",
    "SERIALNUMBER": "2.5.4.5",
    "C": "2.5.4.6",
    "L": "2.5.4.7",
    "ST": "2.5.4.8",
    "S": "2.5.4.8",
    "STREET": "2.5.4.9",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "UID": "0.9.2342.19200300.100.1.1",
    "DC": "0.9.2342.19200300.100.1.25",
    "DOMAINCOMPONENT": "0.9.2342.19200300.100.1.25",
    "COMMONNAME": "2.5.4.3",
    "COUNTRYNAME": "2.5.4.6",
    "ORGANIZATIONNAME": "2.5.4.10",
    "ORGANIZATIONALUNITNAME": "2.5.4.11",
    "EMAILADDRESS": "1.2.840.113549.1.9.1",
    "E": "1.2.840.113549.1.9.1",
}
_TYPE = re.compile(r"\s*(?:OID\.|oid\.)?([A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)\s*=\s*")
_ESCAPE = re.compile(r"\\([0-9A-Fa-f]{2})|\\(.)", re.DOTALL)
_DER_TEXT_TAGS = {0x0C: "utf-8", 0x13: "ascii", 0x16: "ascii", 0x1E: "utf-16-be"}


@dataclass(frozen=True, slots=True)
class ListedRoots:
    """V2G roots that can be asked for, prepared for comparison: fingerprints by serial and name."""

    by_serial: Mapping[int, Mapping[NameParts, str]]

    @classmethod
    def of(cls, roots: Iterable[bytes]) -> "ListedRoots":
        """Prepare roots (DER); one that cannot be read is left out."""
        prepared: dict[int, dict[NameParts, str]] = {}
        for der in roots:
            root = read_certificate(der)
            if isinstance(root, Reason):
                continue
            names = prepared.setdefault(root.serial_number, {})
            names[parts_of(root)] = root.fingerprint
        return cls(prepared)

    def chosen_by(self, listed: Sequence[X509IssuerSerial]) -> tuple[str, ...]:
        """Return the fingerprints of those that the vehicle lists, in its order."""
        found = dict.fromkeys(self._found(listed))
        return tuple(found)

    def _found(self, listed: Sequence[X509IssuerSerial]) -> Iterator[str]:
        for one in listed:
            names = self.by_serial.get(one.serial_number)
            parts = None if names is None else parse_name(one.issuer_name)
            if names is not None and parts is not None and parts in names:
                yield names[parts]


def parts_of(certificate: PathCertificate) -> NameParts:
    """Return the attributes of a certificate's subject."""
    return frozenset(
        (attribute.oid.dotted_string, _folded(_text_of(attribute)))
        for attribute in certificate.subject
    )


@lru_cache(maxsize=1024)  # a fleet lists the same few roots, and nothing in a name is secret
def parse_name(text: str) -> NameParts | None:
    """Return the attributes of a name as text, in any of the field's spellings; None for none.

    Read are RFC 4514 and its predecessors (`,` or `;` between attributes, `+` within one, quotes,
    escapes, `#` and hexadecimal DER), OpenSSL's one line (`/C=DE/CN=…`), and RFC 4514 as vehicles
    of the PyPI package `iso15118` wrap it (`<Name(CN=…)>`). Linear in the text.
    """
    if text.startswith(_WRAPPED[0]) and text.endswith(_WRAPPED[1]):
        text = text[len(_WRAPPED[0]) : -len(_WRAPPED[1])]
    separators = "/" if text.startswith("/") else ",;+"
    rest = text[1:] if separators == "/" else text
    parts: set[tuple[str, str]] = set()
    position = 0
    while position < len(rest):
        kind = _TYPE.match(rest, position)
        if kind is None or len(parts) >= MOST_ATTRIBUTES:
            return None
        value, position = _value(rest, kind.end(), separators)
        name = kind[1].upper()
        oid = name if name[0].isdigit() else _OIDS.get(name)
        if oid is None or value is None:
            return None
        parts.add((oid, _folded(value)))
    return frozenset(parts) or None


def _value(text: str, start: int, separators: str) -> tuple[str | None, int]:
    """Return the value that begins at `start`, and where the next attribute begins."""
    quoted = text[start : start + 1] == '"'
    position = start + quoted
    begun = position
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 2
        elif character == '"' if quoted else _ends(text, position, separators):
            break
        else:
            position += 1
    raw = text[begun:position]
    if quoted:
        end = position + 1
        while end < len(text) and text[end] == " ":
            end += 1
        broken = position >= len(text) or (end < len(text) and text[end] not in separators)
        return (None if broken else _unescaped(raw)), end + 1
    return _unescaped(raw.strip(" ")), position + 1


def _ends(text: str, position: int, separators: str) -> bool:
    """Whether an attribute ends here: OpenSSL writes a slash of a value as it stands."""
    if text[position] not in separators:
        return False
    return separators != "/" or _TYPE.match(text, position + 1) is not None


def _unescaped(raw: str) -> str | None:
    if raw.startswith("#"):
        try:
            der = bytes.fromhex(raw[1:])
            return der[2:].decode(_DER_TEXT_TAGS[der[0]])
        except (ValueError, KeyError, IndexError):
            return None
    if "\\" not in raw:
        return raw
    octets = bytearray()
    position = 0
    for escape in _ESCAPE.finditer(raw):
        octets += raw[position : escape.start()].encode("utf-8", "replace")
        octets += bytes.fromhex(escape[1]) if escape[1] else escape[2].encode("utf-8", "replace")
        position = escape.end()
    octets += raw[position:].encode("utf-8", "replace")
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return None


def _text_of(attribute: x509.NameAttribute[str | bytes]) -> str:
    value = attribute.value
    return value if isinstance(value, str) else value.hex()


def _folded(value: str | None) -> str:
    return " ".join((value or "").split()).casefold()
