"""CSR attributes (RFC 7030 section 4.5.2, RFC 8951 section 3.5, RFC 9908): what to put in a CSR."""

from asn1crypto import core

from pki.model.enrolment_rules import EnrolmentRule
from pki.model.lint import SIGNATURE_OIDS
from pki.model.profile import CommonNameForm
from pki.model.roles import KeyAlgorithm

_EC_PUBLIC_KEY = "1.2.840.10045.2.1"  # id-ecPublicKey, RFC 5480 section 2.1.1
_ED448 = "1.3.101.113"  # id-Ed448, RFC 8410 section 3
_CURVES = {
    KeyAlgorithm.P256: "1.2.840.10045.3.1.7",  # secp256r1, RFC 5480 section 2.1.1.1
    KeyAlgorithm.P521: "1.3.132.0.35",  # secp521r1
}
_COMMON_NAME = "2.5.4.3"
_REQUEST_INFO_TEMPLATE = "1.2.840.113549.1.9.16.2.61"  # id-aa-certificationRequestInfoTemplate


class _Values(core.SetOf):  # type: ignore[misc] # asn1crypto is untyped
    _child_spec = core.Any


class _Attribute(core.Sequence):  # type: ignore[misc] # asn1crypto is untyped
    _fields = [("type", core.ObjectIdentifier), ("values", _Values)]  # noqa: RUF012 - its way


class _AttributeOrOid(core.Choice):  # type: ignore[misc] # asn1crypto is untyped
    _alternatives = [("oid", core.ObjectIdentifier), ("attribute", _Attribute)]  # noqa: RUF012 - its way


class _CsrAttributes(core.SequenceOf):  # type: ignore[misc] # asn1crypto is untyped
    _child_spec = _AttributeOrOid


class _SubjectAttribute(core.Sequence):  # type: ignore[misc] # asn1crypto is untyped
    _fields = [  # noqa: RUF012 - its way
        ("type", core.ObjectIdentifier),
        ("value", core.Any, {"optional": True}),
    ]


class _RelativeName(core.SetOf):  # type: ignore[misc] # asn1crypto is untyped
    _child_spec = _SubjectAttribute


class _NameTemplate(core.SequenceOf):  # type: ignore[misc] # asn1crypto is untyped
    _child_spec = _RelativeName


class _AlgorithmIdentifier(core.Sequence):  # type: ignore[misc] # asn1crypto is untyped
    _fields = [  # noqa: RUF012 - its way
        ("algorithm", core.ObjectIdentifier),
        ("parameters", core.Any, {"optional": True}),
    ]


class _PublicKeyTemplate(core.Sequence):  # type: ignore[misc] # asn1crypto is untyped
    _fields = [("algorithm", _AlgorithmIdentifier)]  # noqa: RUF012 - its way


class _Attributes(core.SetOf):  # type: ignore[misc] # asn1crypto is untyped
    _child_spec = _Attribute


class _RequestInfoTemplate(core.Sequence):  # type: ignore[misc] # asn1crypto is untyped
    _fields = [  # noqa: RUF012 - its way
        ("version", core.Integer),
        ("subject", _NameTemplate, {"optional": True}),
        ("public_key", _PublicKeyTemplate, {"implicit": 0, "optional": True}),
        ("attributes", _Attributes, {"implicit": 1}),
    ]


def csr_attributes(rule: EnrolmentRule, algorithm: KeyAlgorithm) -> bytes:
    """Return the DER CsrAttrs for a key of that type: key, signature, and a common name.

    The same is said twice, as RFC 9908 section 4 advises: as single attributes for old clients,
    and as the template that new clients look at alone. A CPS is told of no name, because it gets
    its own from its token.
    """
    key: dict[str, object] = {"algorithm": _ED448}
    parameters: list[core.Asn1Value] = []
    if algorithm in _CURVES:
        parameters = [core.ObjectIdentifier(_CURVES[algorithm])]
        key = {"algorithm": _EC_PUBLIC_KEY, "parameters": parameters[0]}
    template: dict[str, object] = {"version": 0, "public_key": {"algorithm": key}, "attributes": []}
    if rule.form is not CommonNameForm.PROVISIONING:
        template["subject"] = [[{"type": _COMMON_NAME}]]
    attributes = _CsrAttributes(
        [
            _attribute(str(key["algorithm"]), parameters),
            _AttributeOrOid("oid", core.ObjectIdentifier(SIGNATURE_OIDS[algorithm].dotted_string)),
            _attribute(_REQUEST_INFO_TEMPLATE, [_RequestInfoTemplate(template)]),
        ]
    )
    encoded: bytes = attributes.dump()
    return encoded


def _attribute(kind: str, values: list[core.Asn1Value]) -> _AttributeOrOid:
    return _AttributeOrOid("attribute", _Attribute({"type": kind, "values": values}))
