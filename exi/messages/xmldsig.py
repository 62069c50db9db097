"""The part of XML Signature that ISO 15118 messages carry (namespace .../2000/09/xmldsig#).

Read are the algorithms, references and the signature value. Productions that the schema has and
no message needs (KeyInfo, Object, HMAC lengths, XPath, any other namespace) are refused; text and
foreign elements in an algorithm as well. Whether an algorithm may be used is for whoever verifies.
"""

from dataclasses import dataclass
from typing import Annotated

from exi.datatypes import Integer, Octets, Text, up_to
from exi.particles import Attribute, Characters, Element, FullList, Items, Mixed, Refused

# the schema limits none of these; the longest met are 30, 51, 64 and 132
ID = Text(up_to(255))
URI = Text(up_to(256))
DIGEST = Octets(up_to(128))
SIGNATURE = Octets(up_to(512))

MOST_REFERENCES = 16  # our own judgement: four are needed
MOST_TRANSFORMS = 4  # our own judgement: one is allowed

# RFC 4514 names have no limit of their own; RFC 5280 (4.1.2.2) allows serials of 20 octets
ISSUER_NAME = Text(up_to(1024))
SERIAL_NUMBER = Integer(-(1 << 256), (1 << 256) - 1)

_ANY = Refused("an element of another namespace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """CanonicalizationMethodType and DigestMethodType, which have the same states."""

    algorithm: Annotated[str, Attribute("Algorithm", URI), _ANY, Mixed()]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureMethod:
    """SignatureMethodType."""

    algorithm: Annotated[
        str, Attribute("Algorithm", URI), Refused("HMACOutputLength"), _ANY, Mixed()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """TransformType."""

    algorithm: Annotated[str, Attribute("Algorithm", URI), Refused("XPath"), _ANY, Mixed()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One signed element: `uri` is `#` and its Id, `digest_value` that of its EXI fragment."""

    id: Annotated[str | None, Attribute("Id", ID)] = None
    type: Annotated[str | None, Attribute("Type", URI)] = None
    uri: Annotated[str | None, Attribute("URI", URI)] = None
    transforms: Annotated[
        tuple[Transform, ...],
        Element("Transforms", Items("Transform", Transform, MOST_TRANSFORMS, FullList.UNLIMITED)),
    ] = ()
    digest_method: Annotated[Method, Element("DigestMethod", Method)]
    digest_value: Annotated[bytes, Element("DigestValue", DIGEST)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInfo:
    """What the signature itself covers, as a fragment of this schema alone."""

    id: Annotated[str | None, Attribute("Id", ID)] = None
    canonicalization_method: Annotated[Method, Element("CanonicalizationMethod", Method)]
    signature_method: Annotated[SignatureMethod, Element("SignatureMethod", SignatureMethod)]
    references: Annotated[
        tuple[Reference, ...],
        Items("Reference", Reference, MOST_REFERENCES, FullList.UNLIMITED),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureValue:
    """The signature: in ISO 15118 the raw r and s, or an EdDSA signature."""

    id: Annotated[str | None, Attribute("Id", ID)] = None
    value: Annotated[bytes, Characters(SIGNATURE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """SignatureType without KeyInfo and Object."""

    id: Annotated[str | None, Attribute("Id", ID)] = None
    signed_info: Annotated[SignedInfo, Element("SignedInfo", SignedInfo)]
    signature_value: Annotated[
        SignatureValue,
        Element("SignatureValue", SignatureValue),
        Refused("KeyInfo"),
        Refused("Object"),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class X509IssuerSerial:
    """A root certificate that a vehicle trusts: its subject (RFC 4514) and serial number."""

    issuer_name: Annotated[str, Element("X509IssuerName", ISSUER_NAME)]
    serial_number: Annotated[int, Element("X509SerialNumber", SERIAL_NUMBER)]
