"""Payloads of stations' calls: whatever comes is read within its schema, or refused by name."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization.api.station_call_payloads import read_answer, read_queued
from authorization.model.ocpp_version import OcppVersion
from authorization.model.station_call import (
    CallPurpose,
    CallState,
    StationCall,
    state_after,
    wire_message,
)
from foundation.errors import Kind, ServiceError
from tests.authorization.fakes import NOW
from tests.authorization.ocpp import published

OURS_ALONE = {
    CallPurpose.CERTIFICATE_SIGNED,
    CallPurpose.SEND_LOCAL_LIST,
    CallPurpose.CLEAR_CACHE,
}
"""Calls that nobody else queues."""

QUEUEABLE = [purpose for purpose in CallPurpose if purpose not in OURS_ALONE]
NAMES = [
    "status",
    "statusInfo",
    "data",
    "customData",
    "errorCode",
    "certificateHashDataChain",
    "certificateHashData",
    "certificateType",
    "certificate",
]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("Accepted"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
payloads = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), values, max_size=4)


def call(version: OcppVersion, purpose: CallPurpose) -> StationCall:
    return StationCall(
        "c",
        "CS-1",
        version,
        purpose,
        wire_message(version, purpose, {}),
        "slot",
        CallState.WAITING,
        "cpo",
        NOW,
        NOW,
    )


@given(st.sampled_from(OcppVersion), st.sampled_from(CallPurpose), payloads)
def test_any_answer_is_read_or_refused(
    version: OcppVersion, purpose: CallPurpose, given_answer: dict[str, Any]
) -> None:
    try:
        answer = read_answer(call(version, purpose), given_answer)
    except ServiceError as refusal:
        assert (refusal.kind, refusal.code) == (Kind.MALFORMED, "invalid_request")
        assert refusal.fields
        return
    assert state_after(answer) in {CallState.ACCEPTED, CallState.REJECTED}
    if version is not OcppVersion.V16 and "errorCode" not in answer:
        assert published.errors(version.value, purpose.value, answer, response=True) == []


@given(st.sampled_from(OcppVersion), st.sampled_from(QUEUEABLE), payloads)
def test_only_what_the_published_schema_allows_is_queued(
    version: OcppVersion, purpose: CallPurpose, payload: dict[str, Any]
) -> None:
    try:
        queued = read_queued(version, purpose, payload)
    except ServiceError as refusal:
        assert (refusal.kind, refusal.code) == (Kind.MALFORMED, "invalid_request")
        assert all(name.startswith("payload") for name in refusal.fields)
        return
    judge = "2.1" if version is OcppVersion.V21 else "2.0.1"
    assert published.errors(judge, purpose.value, queued) == []


@pytest.mark.parametrize("purpose", CallPurpose)
def test_the_oldest_and_the_newest_say_accepted_alike(purpose: CallPurpose) -> None:
    said = {"status": "Accepted"}
    transferred = {"status": "Accepted", "data": '{"status":"Accepted"}'}
    for version in OcppVersion:
        given_answer = transferred if version is OcppVersion.V16 else said
        answer = read_answer(call(version, purpose), given_answer)
        assert state_after(answer) is CallState.ACCEPTED
    silent = {"status": "Accepted"}
    with pytest.raises(ServiceError):
        read_answer(call(OcppVersion.V16, purpose), silent)


def test_a_vendors_own_members_are_not_kept() -> None:
    given_answer = {
        "status": "Accepted",
        "customData": {"vendorId": "x", "secret": "y"},
        "statusInfo": {"reasonCode": "z", "customData": {"vendorId": "x", "secret": "y"}},
    }
    answer = read_answer(
        replace(call(OcppVersion.V21, CallPurpose.DELETE_CERTIFICATE)), given_answer
    )
    assert "secret" not in str(answer)
