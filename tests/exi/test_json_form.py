"""The JSON edge: what is not of the form is refused with where it is."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exi import ExiError, Facets, Schema, encode
from exi.json_form import fragment_from_json, message_from_json
from exi.roots import fragment_roots
from tests.exi.vectors import rows

INSTALLATION = next(
    row.form
    for row in rows()
    if row.schema is Schema.ISO15118_20 and row.element == "CertificateInstallationReq"
)
PATH = ("CertificateInstallationReq", "ListOfRootCertificateIDs", "RootCertificateID")


def changed(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """A published request of ISO 15118-20 with one value replaced; ... removes it."""
    form: dict[str, Any] = copy.deepcopy(INSTALLATION)
    inner: Any = form
    for step in path[:-1]:
        inner = inner[step]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return form


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("CertificateInstallationReq", "Header"), ..., PATH[:1]),
        (
            ("CertificateInstallationReq", "Header", "SessionID"),
            "0G",
            (PATH[0], "Header", "SessionID"),
        ),
        (
            ("CertificateInstallationReq", "Header", "SessionID"),
            "00 11",
            (PATH[0], "Header", "SessionID"),
        ),
        (
            ("CertificateInstallationReq", "Header", "TimeStamp"),
            "1",
            (PATH[0], "Header", "TimeStamp"),
        ),
        (
            ("CertificateInstallationReq", "Header", "TimeStamp"),
            1.0,
            (PATH[0], "Header", "TimeStamp"),
        ),
        (
            ("CertificateInstallationReq", "Header", "TimeStamp"),
            True,
            (PATH[0], "Header", "TimeStamp"),
        ),
        (
            ("CertificateInstallationReq", "Header", "Signature"),
            None,
            (PATH[0], "Header", "Signature"),
        ),
        (
            (PATH[0], "OEMProvisioningCertificateChain", "Certificate"),
            "A===",
            (PATH[0], "OEMProvisioningCertificateChain", "Certificate"),
        ),
        (
            (PATH[0], "OEMProvisioningCertificateChain", "Id"),
            5,
            (PATH[0], "OEMProvisioningCertificateChain", "Id"),
        ),
        ((PATH[0], "Body"), {}, PATH[:1]),
        (PATH, {}, PATH[:2]),
        ((*PATH, 0), [], PATH),
        ((*PATH, 0, "X509SerialNumber"), None, (*PATH, "X509SerialNumber")),
        (("V2G_Message",), {}, ()),
    ],
)
def test_other_forms(path: tuple[str | int, ...], value: object, where: tuple[str, ...]) -> None:
    with pytest.raises(ExiError) as refusal:
        message_from_json(changed(path, value), Schema.ISO15118_20)
    assert (refusal.value.code, refusal.value.path) == ("exi_json", where)


@pytest.mark.parametrize("form", [None, [], 5, "x", {}, {"eMAID": {"Id": "a", "value": "b"}}])
def test_no_message(form: object) -> None:
    for schema in Schema:
        with pytest.raises(ExiError) as refusal:
            message_from_json(form, schema)
        assert refusal.value.code == "exi_json"
    with pytest.raises(ExiError):
        fragment_from_json(form, fragment_roots(Schema.ISO15118_2)["DHpublickey"])


def test_one_body() -> None:
    """None and several are refused; so is a message that is not about certificates."""
    row = next(row for row in rows() if row.element == "AuthorizationReq" and not row.fragment)
    bodies: tuple[dict[str, Any], ...] = (
        {},
        {"SessionSetupReq": {}},
        {"AuthorizationReq": {}, "PaymentDetailsReq": {}},
    )
    for body in bodies:
        form = {"V2G_Message": {**row.form["V2G_Message"], "Body": body}}
        with pytest.raises(ExiError) as refusal:
            message_from_json(form, Schema.ISO15118_2)
        assert (refusal.value.code, refusal.value.path) == ("exi_json", ("V2G_Message", "Body"))


def test_numbers_of_any_size_meet_their_limits_when_written() -> None:
    for value, fine in ((1 << 160, True), (1 << 300, False)):
        message = message_from_json(
            changed((*PATH, 0, "X509SerialNumber"), value), Schema.ISO15118_20
        )
        if fine:
            assert encode(message)
        else:
            with pytest.raises(ExiError) as refusal:
                encode(message)
            assert refusal.value.code == "exi_limit"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def _places(form: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = (
        form.items()
        if isinstance(form, dict)
        else enumerate(form)
        if isinstance(form, list)
        else ()
    )
    return [path] * bool(path) + [
        one for key, value in inner for one in _places(value, (*path, key))
    ]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(_places(INSTALLATION)), JSON)
def test_any_value_anywhere(path: tuple[str | int, ...], value: object) -> None:
    """Written, or refused as an ExiError: nothing else."""
    form = json.loads(json.dumps(changed(path, value)))
    try:
        assert encode(message_from_json(form, Schema.ISO15118_20), Facets.LENIENT)
    except ExiError as failure:
        assert failure.code in {"exi_json", "exi_limit", "exi_missing"}
