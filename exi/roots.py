"""Where a stream begins: the elements that may be a document or a signed fragment, and their codes.

A document's first code is the place of its root among the global elements of the schema, sorted
by name (EXI 1.0, section 8.5.1). A fragment's is the place of its element among all element
names of the schema set; End Fragment has the place behind the last (section 8.5.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exi.emaid_fragment import EMAIDFragment
from exi.grammar import Content, grammar_of
from exi.messages import iso15118_2, iso15118_20, xmldsig
from exi.schema import Schema


@dataclass(frozen=True, slots=True)
class Root:
    """One such element: its name, the class of its content and that content's codec."""

    name: str
    cls: type[Any]
    code: int
    content: Content


@dataclass(frozen=True, slots=True)
class Roots:
    """The roots known of a schema, whose codes have `width` bits; `end` is End Fragment's."""

    width: int
    known: tuple[Root, ...]
    end: int | None = None

    def by_code(self, code: int) -> Root | None:
        """Return the root with this code, if it is known."""
        return next((root for root in self.known if root.code == code), None)


def _root(code: int, cls: type[Any], name: str | None = None) -> Root:
    return Root(name or cls.__name__, cls, code, grammar_of(cls))


DOCUMENTS: Mapping[Schema, Roots] = {
    Schema.ISO15118_2: Roots(7, (_root(76, iso15118_2.V2GMessage, "V2G_Message"),)),
    Schema.ISO15118_20: Roots(
        6,
        (
            _root(7, iso15118_20.CertificateInstallationReq),
            _root(8, iso15118_20.CertificateInstallationRes),
        ),
    ),
}

# the XML Signature schema alone, in both standards: what is signed is coded without the rest
_SIGNED_INFO = Roots(6, (_root(32, xmldsig.SignedInfo),), end=46)

FRAGMENTS: Mapping[Schema, tuple[Roots, ...]] = {
    Schema.ISO15118_2: (
        Roots(
            8,
            (
                _root(4, iso15118_2.AuthorizationReq),
                _root(15, iso15118_2.CertificateInstallationReq),
                _root(17, iso15118_2.CertificateUpdateReq),
                _root(33, iso15118_2.CertificateChain, "ContractSignatureCertChain"),
                _root(34, iso15118_2.ContractSignatureEncryptedPrivateKey),
                _root(45, iso15118_2.DHPublicKey, "DHpublickey"),
                Root("eMAID", iso15118_2.EMAID, 236, EMAIDFragment()),
            ),
            end=244,
        ),
        _SIGNED_INFO,
    ),
    Schema.ISO15118_20: (
        Roots(
            9,
            (
                _root(128, iso15118_20.OEMProvisioningCertificateChain),
                _root(151, iso15118_20.PnCAReqAuthorizationMode, "PnC_AReqAuthorizationMode"),
                _root(231, iso15118_20.SignedInstallationData),
            ),
            end=282,
        ),
        _SIGNED_INFO,
    ),
}

_DOCUMENT_OF = {root.cls: (roots, root) for roots in DOCUMENTS.values() for root in roots.known}
_FRAGMENT_OF = {
    root.cls: (roots, root)
    for several in FRAGMENTS.values()
    for roots in several
    for root in roots.known
}


for _cls in _FRAGMENT_OF:
    if _cls is not iso15118_2.EMAID:  # whose fragment is of another grammar than its element
        grammar_of(_cls).signed = True


def document_of(cls: type[Any]) -> tuple[Roots, Root]:
    """Return where documents of this class begin. Raises KeyError where it is no message."""
    return _DOCUMENT_OF[cls]


def fragment_of(cls: type[Any]) -> tuple[Roots, Root]:
    """Return where fragments of this class begin. Raises KeyError where it is never signed."""
    return _FRAGMENT_OF[cls]


def fragment_roots(schema: Schema) -> Mapping[str, Root]:
    """Return the signed elements of a schema by name."""
    return {root.name: root for roots in FRAGMENTS[schema] for root in roots.known}
