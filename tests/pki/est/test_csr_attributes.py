"""What a CSR shall hold, in the old form and as RFC 9908's template, read element by element."""

import base64
from collections.abc import Mapping

import pytest
from asn1crypto import core, parser

from pki.model.csr_attrs import csr_attributes
from pki.model.enrolment_rules import choose_target
from pki.model.roles import KeyAlgorithm
from tests.pki.est.assembly import refusal
from tests.server.assembly import Application

Element = tuple[int, int, bytes]
TEMPLATE = "1.2.840.113549.1.9.16.2.61"
EC, ED448 = "1.2.840.10045.2.1", "1.3.101.113"
CURVES = {KeyAlgorithm.P256: "1.2.840.10045.3.1.7", KeyAlgorithm.P521: "1.3.132.0.35"}
SIGNATURES = {
    KeyAlgorithm.P256: "1.2.840.10045.4.3.2",
    KeyAlgorithm.P521: "1.2.840.10045.4.3.4",
    KeyAlgorithm.ED448: ED448,
}


def children(contents: bytes) -> list[Element]:
    """The elements inside a constructed one; each as tag class, tag and contents."""
    found = []
    while contents:
        tag_class, _, tag, header, inner, _ = parser.parse(contents)
        found.append((tag_class, tag, inner))
        contents = contents[len(header) + len(inner) :]
    return found


def oid(element: Element) -> str:
    assert element[:2] == (0, 6), element
    dotted = core.ObjectIdentifier(contents=element[2]).dotted
    assert isinstance(dotted, str)
    return dotted


def read(der: bytes) -> tuple[dict[str, list[Element]], list[str]]:
    """Attributes (type -> values) and bare OIDs of a CsrAttrs (RFC 8951 section 3.5)."""
    (whole,) = children(der)
    assert whole[:2] == (0, 16)
    attributes, bare = {}, []
    for item in children(whole[2]):
        if item[1] == 6:
            bare.append(oid(item))
        else:
            kind, values = children(item[2])
            assert values[:2] == (0, 17)  # SET OF
            attributes[oid(kind)] = children(values[2])
    return attributes, bare


def template_of(
    attributes: Mapping[str, list[Element]],
) -> tuple[list[Element] | None, list[Element]]:
    """Subject (None where absent) and key algorithm of the one template."""
    (template,) = attributes[TEMPLATE]
    version, *rest = children(template[2])
    assert version == (0, 2, b"\x00")  # v1(0)
    subject = rest.pop(0) if rest[0][:2] == (0, 16) else None
    key, nothing = rest
    assert key[:2] == (2, 0)  # subjectPKInfo [0]
    assert nothing == (2, 1, b"")  # attributes [1], present and empty
    (algorithm,) = children(key[2])
    return (None if subject is None else children(subject[2])), children(algorithm[2])


@pytest.mark.parametrize("label", ["cpo", "mo", "oem", "veh", "cps"])
@pytest.mark.parametrize("algorithm", list(KeyAlgorithm))
def test_key_signature_and_name_are_said_in_both_forms(label: str, algorithm: KeyAlgorithm) -> None:
    rule = choose_target(label, None, None, None).rule
    attributes, bare = read(csr_attributes(rule, algorithm))
    assert bare == [SIGNATURES[algorithm]]
    subject, key = template_of(attributes)
    if algorithm is KeyAlgorithm.ED448:
        assert [oid(part) for part in key] == [ED448]
        assert attributes[ED448] == []
    else:
        assert [oid(part) for part in key] == [EC, CURVES[algorithm]]
        assert [oid(value) for value in attributes[EC]] == [CURVES[algorithm]]
    if label == "cps":  # named by its token
        assert subject is None
    else:
        assert subject is not None
        (relative,) = subject
        (attribute,) = children(relative[2])
        assert [oid(part) for part in children(attribute[2])] == ["2.5.4.3"]  # no value given


@pytest.mark.parametrize(
    ("path", "curve"),
    [
        ("/.well-known/est/csrattrs", KeyAlgorithm.P256),
        ("/.well-known/est/cpo/csrattrs", KeyAlgorithm.P256),
        ("/.well-known/est/cpo/csrattrs/ISO15118-20", KeyAlgorithm.P521),
        ("/.well-known/est/veh/csrattrs", KeyAlgorithm.P521),
        ("/.well-known/cpo/csrattrs", KeyAlgorithm.P256),
        ("/cpo/csrattrs/ISO15118-2/", KeyAlgorithm.P256),
    ],
)
def test_it_is_served_in_base64(application: Application, path: str, curve: KeyAlgorithm) -> None:
    answer = application.ask("GET", path, client="cpo")
    assert (answer.status, answer.media_type) == (200, "application/csrattrs")
    assert "Content-Transfer-Encoding" not in answer.headers
    attributes, _ = read(base64.b64decode(answer.body))
    assert [oid(value) for value in attributes[EC]] == [CURVES[curve]]


def test_refusals_are_plain_text(application: Application) -> None:
    for path, refused in (
        ("/.well-known/est/xyz/csrattrs", (404, "label_unknown")),
        ("/.well-known/est/cpo/csrattrs/ISO15118", (400, "edition_unknown")),
    ):
        assert refusal(application.ask("GET", path, client="cpo")) == refused
    answer = application.ask("GET", "/.well-known/est/csrattrs")
    assert refusal(answer) == (401, "token_missing")
