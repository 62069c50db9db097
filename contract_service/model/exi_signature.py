"""XML signatures over EXI fragments, as ISO 15118 uses them: made and verified.

A digest covers the EXI fragment of one element; the signature covers the fragment of SignedInfo,
which holds the digests. Fragments are written from the decoded values, whose spelling they keep,
or are the bits that those were decoded from, which is the same (`exi.fragments`): what is judged
is what the caller then reads.

What a valid signature does not prove: that the vehicle stands at this station (nothing in a
request names one, so it can be relayed), nor that a CertificateInstallationReq is fresh (it holds
no nonce), nor that its certificate may be trusted (that is path validation's).
"""

import hmac
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from contract_service.model.signature_suite import (
    CANONICAL_EXI,
    SignatureSuite,
    SigningKey,
    suite_of_key,
)
from exi import Facets, encode_fragment
from exi.messages.xmldsig import (
    Method,
    Reference,
    Signature,
    SignatureMethod,
    SignatureValue,
    SignedInfo,
    Transform,
)
from exi.roots import fragment_of
from foundation.errors import Kind, ServiceError
from pki.model.verdict import Reason


class SignedElement(Protocol):
    """A value of `exi.messages` that is a signed fragment, named by its `id`."""

    @property
    def id(self) -> str | None:
        """The Id that references name, any spelling."""


FragmentOf = Callable[[Any], bytes]
"""A signed value of `exi.messages` -> its fragment."""


def written(element: Any) -> bytes:
    """Write a value's fragment, however its parts are spelled."""
    return encode_fragment(element, Facets.LENIENT)


@dataclass(frozen=True, slots=True)
class SignatureVerdict:
    """Whether a signature stands: both parts, and a reason for each that does not.

    `digests_valid`: the references cover the supplied elements, each once and nothing else, and
    every digest is right. `signature_valid`: the key signed these references.
    """

    digests_valid: bool
    signature_valid: bool
    reasons: tuple[Reason, ...]

    @property
    def valid(self) -> bool:
        """Whether the elements are what the key's owner signed."""
        return self.digests_valid and self.signature_valid


def sign_elements(elements: Sequence[SignedElement], key: SigningKey) -> Signature:
    """Return the signature of `key` over the elements, referenced in the given order.

    The key's type chooses the suite. Raises ServiceError INVALID for another type of key
    (`key_algorithm_not_allowed`) or elements without an Id of their own each
    (`signed_ids_unusable`), and ExiError for elements that cannot be written.
    """
    suite = suite_of_key(key.public_key())
    if suite is None:
        raise ServiceError(
            Kind.INVALID, "key_algorithm_not_allowed", "sign with a key on P-256, P-521 or Ed448"
        )
    if not all(element.id for element in elements) or _repeated(e.id for e in elements):
        raise ServiceError(
            Kind.INVALID, "signed_ids_unusable", "give every signed element an Id of its own"
        )
    info = SignedInfo(
        canonicalization_method=Method(algorithm=CANONICAL_EXI),
        signature_method=SignatureMethod(algorithm=suite.method),
        references=tuple(
            Reference(
                uri=f"#{element.id}",
                transforms=(Transform(algorithm=CANONICAL_EXI),),
                digest_method=Method(algorithm=suite.digest_method),
                digest_value=suite.digest(encode_fragment(element)),
            )
            for element in elements
        ),
    )
    value = suite.sign(key, encode_fragment(info))
    return Signature(signed_info=info, signature_value=SignatureValue(value=value))


def verify_signature(
    signature: Signature | None,
    elements: Sequence[SignedElement],
    public_key: object,
    suites: Collection[SignatureSuite],
    fragment: FragmentOf = written,
) -> SignatureVerdict:
    """Judge a message's signature over exactly these elements, in whatever order it names them.

    `public_key` is a key of `cryptography`, or None where there is none to verify with; `suites`
    are those that the caller allows. Algorithms, attributes and transforms outside of the profile
    are refused ([V2G2-771]); KeyInfo, Object and HMACOutputLength do not pass the codec. Raises
    ExiError for elements that no message can hold, which decoded ones never are. `fragment` gives
    the fragment of an element and of SignedInfo: writes it, or cuts it out of the message's stream.
    """
    if signature is None:
        return _refused("signature_missing", "the message has no signature; sign it")
    info = signature.signed_info
    suite = next((s for s in suites if s.method == info.signature_method.algorithm), None)
    if suite is None:
        return _refused(
            "signature_algorithm_not_allowed", "the signature method is not one allowed here"
        )
    digest_reasons = tuple(_digest_reasons(info.references, elements, suite, fragment))
    signature_reasons = tuple(_signature_reasons(signature, public_key, suite, fragment))
    return SignatureVerdict(
        not digest_reasons, not signature_reasons, digest_reasons + signature_reasons
    )


def _refused(code: str, detail: str) -> SignatureVerdict:
    return SignatureVerdict(
        digests_valid=False, signature_valid=False, reasons=(Reason(code, detail),)
    )


def _signature_reasons(
    signature: Signature, public_key: object, suite: SignatureSuite, fragment: FragmentOf
) -> Iterator[Reason]:
    info = signature.signed_info
    if info.id is not None or signature.signature_value.id is not None:
        yield Reason(
            "signature_id_barred", "SignedInfo and SignatureValue carry no Id ([V2G2-771])"
        )
    if info.canonicalization_method.algorithm != CANONICAL_EXI:
        yield Reason(
            "canonicalization_not_allowed", f"SignedInfo is canonicalized by {CANONICAL_EXI}"
        )
    if public_key is None:
        yield Reason("signer_unknown", "there is no key to verify the signature with")
        return
    if suite_of_key(public_key) is not suite:
        yield Reason(
            "signature_key_mismatch", "the signer's key is of another type than the signature"
        )
        return
    if not suite.verifies(public_key, signature.signature_value.value, fragment(info)):
        yield Reason("signature_wrong", "the signature over SignedInfo is not the signer's")


def _digest_reasons(
    references: Sequence[Reference],
    elements: Sequence[SignedElement],
    suite: SignatureSuite,
    fragment: FragmentOf,
) -> Iterator[Reason]:
    """Both directions: no reference to anything else, no element left out. That stops wrapping."""
    if _repeated(element.id for element in elements if element.id):
        yield Reason("signed_id_repeated", "two signed elements have one Id")
        return
    uncovered = {f"#{element.id}": element for element in elements if element.id}
    for reference in references:
        element = uncovered.pop(reference.uri or "", None)
        if element is None:
            yield Reason(
                "reference_unknown",
                "a reference names no element to be signed, or one that another names, too",
            )
            continue
        yield from _reference_reasons(reference, element, suite, fragment)
    missing = [*uncovered.values(), *(element for element in elements if not element.id)]
    for element in missing:
        yield Reason("element_not_signed", f"no reference covers {_name(element)}")


def _reference_reasons(
    reference: Reference, element: SignedElement, suite: SignatureSuite, fragment: FragmentOf
) -> Iterator[Reason]:
    name = _name(element)
    if reference.type is not None:
        yield Reason("reference_type_barred", f"{name}: references have no Type ([V2G2-771])")
    if [transform.algorithm for transform in reference.transforms] != [CANONICAL_EXI]:
        yield Reason("transforms_not_allowed", f"{name}: the one transform must be {CANONICAL_EXI}")
    if reference.digest_method.algorithm != suite.digest_method:
        yield Reason("digest_not_allowed", f"{name}: its digest must be {suite.digest_method}")
        return
    digest = suite.digest(fragment(element))
    if not hmac.compare_digest(digest, reference.digest_value):
        yield Reason("digest_wrong", f"{name} is not what was signed")


def _repeated(ids: Iterator[str | None]) -> bool:
    seen = list(ids)
    return len(set(seen)) != len(seen)


def _name(element: SignedElement) -> str:
    return fragment_of(type(element))[1].name
