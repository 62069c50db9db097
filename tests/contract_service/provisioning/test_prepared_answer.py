"""A prepared answer is finished without being decoded: the same as if it had been."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from contract_service.model.prepared_answer import finish
from exi import Schema, decode, encode
from exi.messages.iso15118_2 import CertificateInstallationRes
from tests.exi.vectors import stream

ANSWER = stream("foreign/response.exi")
MESSAGE = decode(ANSWER, Schema.ISO15118_2)


@given(st.binary(max_size=8))
def test_the_session_alone_changes(session_id: bytes) -> None:
    finished = finish(ANSWER, Schema.ISO15118_2, session_id, seconds=1)
    header = replace(MESSAGE.header, session_id=session_id)
    assert finished == encode(replace(MESSAGE, header=header))
    assert decode(finished, Schema.ISO15118_2).header.session_id == session_id


def test_it_is_a_delivery() -> None:
    assert isinstance(MESSAGE.body, CertificateInstallationRes)
