"""What a station's answer means, and the bounds of its calls."""

import tomllib
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization.model.call_policy import parse_call_policy
from authorization.model.ocpp_version import LIMITS, OcppVersion, TextLimits
from authorization.model.station_call import (
    CallPurpose,
    CallState,
    SignedCertificate,
    certificate_signed,
    slot_of,
    state_after,
    wire_message,
)
from authorization.store.call_policy import POLICY, load_call_policy
from tests.authorization.ocpp import published

RAW = tomllib.loads(POLICY.read_text())
words = st.text(max_size=20)


def test_the_shipped_policy() -> None:
    policy = load_call_policy()
    assert set(policy.waiting) == set(CallPurpose)
    assert policy.kept > max(policy.waiting.values()) > timedelta(0)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"more": 1}, "more"),
        ({"maximum_waiting": 0}, "maximum_waiting"),
        ({"maximum_waiting": True}, "maximum_waiting"),
        ({"maximum_signings_a_day": 1.5}, "maximum_signings_a_day"),
        ({"kept_days": 10**6}, "kept_days"),
        ({"waiting_days": 3}, "waiting_days"),
        ({"waiting_days": RAW["waiting_days"] | {"Reset": 1}}, "Reset"),
        ({"waiting_days": RAW["waiting_days"] | {"CertificateSigned": "1"}}, "CertificateSigned"),
    ],
)
def test_a_policy_of_nonsense_is_refused(change: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        parse_call_policy(RAW | change)


@given(st.sampled_from(OcppVersion), st.dictionaries(words, words, max_size=3))
def test_only_accepted_at_every_level_is_accepted(
    version: OcppVersion, answer: dict[str, Any]
) -> None:
    del version
    expected = CallState.ACCEPTED if answer.get("status") == "Accepted" else CallState.REJECTED
    assert state_after(answer) is expected
    inside = {"status": "Accepted", "data": answer}
    assert state_after(inside) is expected
    assert state_after({"status": "Rejected", "data": answer}) is CallState.REJECTED


@given(st.dictionaries(words, words, max_size=3), st.dictionaries(words, words, max_size=3))
def test_a_slot_is_what_a_call_says(one: dict[str, str], other: dict[str, str]) -> None:
    purpose = CallPurpose.DELETE_CERTIFICATE
    slots = [
        slot_of(wire_message(OcppVersion.V201, purpose, said), purpose) for said in (one, other)
    ]
    assert (slots[0] == slots[1]) is (one == other)
    assert all(len(slot) <= 128 for slot in slots)  # what the column holds


@pytest.mark.parametrize("version", OcppVersion)
def test_a_request_id_is_21s_alone(version: OcppVersion) -> None:
    payload = certificate_signed(version, SignedCertificate([b"0"], None, 5)).payload
    assert ("requestId" in payload) is (version is OcppVersion.V21)


@pytest.mark.parametrize("version", [OcppVersion.V201, OcppVersion.V21])
def test_the_limits_are_those_of_the_published_schemas(version: OcppVersion) -> None:
    def longest(action: str, member: str, *, response: bool = False, inside: str = "") -> int:
        found = published.schema(version, action, response=response)
        members = found["definitions"][inside] if inside else found
        return int(members["properties"][member]["maxLength"])

    assert LIMITS[version] == TextLimits(
        csr=longest("SignCertificate", "csr"),
        certificate_chain=longest("CertificateSigned", "certificateChain"),
        trust_anchor=longest("InstallCertificate", "certificate"),
        ocsp_result=longest("GetCertificateStatus", "ocspResult", response=True),
        exi_request=longest("Get15118EVCertificate", "exiRequest"),
        exi_response=longest("Get15118EVCertificate", "exiResponse", response=True),
        responder_url=longest("GetCertificateStatus", "responderURL", inside="OCSPRequestDataType"),
        additional_info=longest(
            "SignCertificate", "additionalInfo", response=True, inside="StatusInfoType"
        ),
    )
