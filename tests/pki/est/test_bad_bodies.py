"""Whatever is sent: a refusal in plain text, and nothing is stored."""

import base64

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pki.est.assembly import certificates_of, issued, new_csr
from tests.server.assembly import Application

OPERATIONS = ("simpleenroll", "simplereenroll", "serverkeygen")
GOOD = new_csr("DE*AAA*E4712")


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """A good request with one octet changed, and in base64 again."""
    position = draw(st.integers(0, len(GOOD) - 1))
    octet = draw(st.integers(1, 255))
    der = bytearray(GOOD)
    der[position] ^= octet
    return base64.b64encode(bytes(der))


BODIES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(str.encode),
    st.binary(max_size=300).map(base64.b64encode),
    st.integers(0, len(GOOD) - 1).map(lambda length: base64.b64encode(GOOD[:length])),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=BODIES, operation=st.sampled_from(OPERATIONS))
def test_any_body_is_refused_in_plain_text(
    application: Application, body: bytes, operation: str
) -> None:
    before = issued(application)
    answer = application.ask(
        "POST",
        f"/.well-known/est/cpo/{operation}",
        body,
        client="cpo",
        content_type="application/pkcs10",
    )
    assert 400 <= answer.status < 500
    assert answer.media_type == "text/plain; charset=utf-8"
    assert issued(application) == before


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=changed())
def test_a_changed_request_proves_nothing(application: Application, body: bytes) -> None:
    """No octet of a CSR may be another and still be signed."""
    before = issued(application)
    answer = application.ask(
        "POST", "/cpo/simpleenroll", body, client="cpo", content_type="application/pkcs10"
    )
    assert 400 <= answer.status < 500, certificates_of(answer)
    assert answer.media_type == "text/plain; charset=utf-8"
    assert issued(application) == before
    # with its signature ignored, a key may be made: but never for another's id
    answer = application.ask(
        "POST", "/cpo/serverkeygen", body, client="other_cpo", content_type="application/pkcs10"
    )
    assert 400 <= answer.status < 500
    assert issued(application) == before
