"""Access tokens: good ones agree with an independent library, every other text is refused.

Attacks after RFC 8725 (JSON Web Token Best Current Practices) section 2.
"""

import base64
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey

from foundation.errors import Kind, ServiceError
from foundation.short_cache import ShortCache
from participants.model.claims import Claims, TokenError, TokenFault
from participants.model.client import Client
from participants.model.token_key import TokenKey
from participants.operations.authenticate import Authenticate
from participants.tokens import MAXIMUM_REMEMBERED, JoseTokenCodec
from tests.conftest import NOW
from tests.participants.assembly import LIFETIME, PUBLIC_URL, Time
from tests.participants.attacks import (
    KEY_ID,
    OTHER,
    OTHER_KEY_ID,
    PRIVATE,
    Attack,
    attacks,
    forged,
)
from tests.participants.forge import (
    dumps,
    good_claims,
    good_header,
    new_private_key,
    seconds,
    sign,
    token_key,
)


def _codec(keys: list[TokenKey], time: Time, loads: list[float] | None = None) -> JoseTokenCodec:
    def load() -> tuple[TokenKey, ...]:
        if loads is not None:
            loads.append(time.seconds)
        return tuple(keys)

    return JoseTokenCodec(
        load, issuer=PUBLIC_URL, lifetime=LIFETIME, clock=time.clock, monotonic=time.monotonic
    )


@pytest.fixture
def keys(now: datetime) -> list[TokenKey]:
    return [token_key(PRIVATE, KEY_ID, now)]


@pytest.fixture
def time(now: datetime) -> Time:
    return Time(now)


@pytest.fixture
def codec(keys: list[TokenKey], time: Time) -> JoseTokenCodec:
    return _codec(keys, time)


@pytest.fixture
def claims(now: datetime) -> Claims:
    return Claims(PUBLIC_URL, PUBLIC_URL, "client-1", "secret-1", "token-1", now, now + LIFETIME)


def _fault(codec: JoseTokenCodec, token: str) -> TokenFault:
    with pytest.raises(TokenError) as refused:
        codec.verify(token)
    assert (refused.value.kind, refused.value.code) == (Kind.UNAUTHENTICATED, "invalid_token")
    return refused.value.fault


def test_what_was_issued_is_verified(codec: JoseTokenCodec, claims: Claims) -> None:
    token = codec.issue(claims)
    assert codec.verify(token) == claims
    assert codec.verify(token) == claims  # from memory this time


def test_an_independent_library_verifies_our_tokens(codec: JoseTokenCodec, claims: Claims) -> None:
    read = jwt.decode(
        codec.issue(claims), ECKey.import_key(PRIVATE.public_key()), algorithms=["ES256"]
    )
    assert read.claims == claims.as_json()
    assert read.header == {"alg": "ES256", "typ": "JWT", "kid": KEY_ID}


def test_tokens_of_an_independent_library_under_our_key_are_verified(
    codec: JoseTokenCodec, claims: Claims
) -> None:
    token = jwt.encode(good_header(KEY_ID), claims.as_json(), ECKey.import_key(PRIVATE))
    assert codec.verify(token) == claims


def test_the_forge_makes_good_tokens_where_nothing_is_changed(codec: JoseTokenCodec) -> None:
    assert codec.verify(forged()).client_id == "client-1"
    assert codec.verify(forged(nbf=seconds(NOW))).client_id == "client-1"


@pytest.mark.parametrize("attack", attacks(), ids=lambda attack: attack.name)
def test_an_attack_is_refused(attack: Attack, now: datetime, time: Time) -> None:
    codec = _codec([token_key(PRIVATE, KEY_ID, now), token_key(OTHER, OTHER_KEY_ID, now)], time)
    assert _fault(codec, attack.token) is attack.fault
    assert _fault(codec, attack.token) is attack.fault  # a refusal is not remembered as good


def test_one_signature_has_one_spelling(codec: JoseTokenCodec) -> None:
    good = forged()
    codec.verify(good)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spellings = {good[:-1] + last for last in alphabet} - {good}
    for spelling in spellings:
        assert _fault(codec, spelling) in {TokenFault.MALFORMED, TokenFault.SIGNATURE}


REQUIRED = ("iss", "sub", "aud", "iat", "exp", "jti", "secret_id")


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, "", 1, 1.5, True, [], {}, ["x"], "x" * 256])
def test_a_claim_of_the_wrong_shape_is_refused(
    codec: JoseTokenCodec, name: str, value: object
) -> None:
    # an integer is an instant: 1970 is of the right shape, only long ago
    expired = name == "exp" and type(value) is int
    expected = TokenFault.EXPIRED if expired else TokenFault.CLAIMS
    assert _fault(codec, forged(**{name: value})) is expected


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"iss": "https://evil.example"}, TokenFault.CLAIMS),
        ({"aud": "https://evil.example"}, TokenFault.CLAIMS),
        ({"aud": f"{PUBLIC_URL}/"}, TokenFault.CLAIMS),
        ({"aud": [PUBLIC_URL]}, TokenFault.CLAIMS),
        ({"aud": [PUBLIC_URL, "https://evil.example"]}, TokenFault.CLAIMS),
        ({"roles": ["ADMIN"]}, TokenFault.CLAIMS),
        ({"exp": seconds(NOW)}, TokenFault.EXPIRED),
        ({"iat": seconds(NOW, -LIFETIME), "exp": seconds(NOW)}, TokenFault.EXPIRED),
        ({"exp": seconds(NOW, LIFETIME) + 1}, TokenFault.CLAIMS),
        ({"exp": 10**18}, TokenFault.CLAIMS),
        ({"exp": -1}, TokenFault.CLAIMS),
        ({"iat": seconds(NOW) + 6}, TokenFault.CLAIMS),
        ({"nbf": seconds(NOW) + 6}, TokenFault.CLAIMS),
        ({"nbf": "soon"}, TokenFault.CLAIMS),
    ],
)
def test_claims_of_another_service_or_time_are_refused(
    codec: JoseTokenCodec, changes: dict[str, Any], fault: TokenFault
) -> None:
    assert _fault(codec, forged(**changes)) is fault


def test_a_clock_that_is_a_little_ahead_is_forgiven(codec: JoseTokenCodec) -> None:
    ahead = seconds(NOW) + 5
    assert codec.verify(forged(iat=ahead, nbf=ahead, exp=ahead + 3600)).client_id == "client-1"


@pytest.mark.parametrize(
    "payload",
    [
        '{"iss":"x","iss":"https://id.example"}',
        dumps(good_claims(NOW))[:-1] + ',"sub":"client-2"}',
        "[]",
        "null",
        "1" * 2000,
        "[" * 2000,
        b"\xff\xfe",
        "",
    ],
)
def test_a_signed_payload_that_is_no_claims_set_is_refused(
    codec: JoseTokenCodec, payload: str | bytes
) -> None:
    token = sign(PRIVATE, dumps(good_header(KEY_ID)), payload)
    assert _fault(codec, token) in {TokenFault.SIGNATURE, TokenFault.MALFORMED}


def test_a_remembered_token_still_expires(
    codec: JoseTokenCodec, claims: Claims, time: Time
) -> None:
    token = codec.issue(claims)
    codec.verify(token)
    time.passes(LIFETIME.total_seconds() - 1)
    assert codec.verify(token) == claims
    time.passes(1)
    assert _fault(codec, token) is TokenFault.EXPIRED


def test_a_signature_is_verified_once(keys: list[TokenKey], claims: Claims, time: Time) -> None:
    codec = _codec(keys, time)
    token = codec.issue(claims)
    codec.verify(token)
    # the same key id now stands for another key: only what is remembered can still be good
    keys[0] = token_key(OTHER, KEY_ID, time.now)
    time.passes(1)
    assert codec.verify(token) == claims
    assert _fault(_codec(keys, time), token) is TokenFault.SIGNATURE


def test_remembered_tokens_have_a_bound(codec: JoseTokenCodec, claims: Claims) -> None:
    codec._remembered = {i.to_bytes(32, "big"): (KEY_ID, claims) for i in range(MAXIMUM_REMEMBERED)}
    token = codec.issue(claims)
    codec.verify(token)
    assert len(codec._remembered) == MAXIMUM_REMEMBERED
    assert (0).to_bytes(32, "big") not in codec._remembered


def test_a_destroyed_key_ends_its_remembered_tokens(
    keys: list[TokenKey], claims: Claims, time: Time
) -> None:
    codec = _codec(keys, time)
    token = codec.issue(claims)
    codec.verify(token)
    keys[:] = [token_key(OTHER, OTHER_KEY_ID, time.now)]
    time.passes(0.5)
    assert _fault(codec, token) is TokenFault.KEY


def test_a_retired_key_verifies_for_one_lifetime_more(
    keys: list[TokenKey], claims: Claims, time: Time
) -> None:
    codec = _codec(keys, time)
    old_token = codec.issue(claims)
    keys[:] = [replace(keys[0], retired_at=time.now), token_key(OTHER, OTHER_KEY_ID, time.now)]
    time.passes(1)
    new_token = codec.issue(replace(claims, token_id="token-2"))
    assert '"kid":"' + OTHER_KEY_ID in _header_of(new_token)
    assert codec.verify(old_token) == claims
    assert codec.verify(new_token).token_id == "token-2"
    time.passes(LIFETIME.total_seconds() + 60)
    codec_that_never_saw_it = _codec(keys, time)
    now = time.now
    late = sign(PRIVATE, dumps(good_header(KEY_ID)), dumps(good_claims(now)))
    assert _fault(codec_that_never_saw_it, late) is TokenFault.KEY
    assert _fault(codec, late) is TokenFault.KEY


def _header_of(token: str) -> str:
    head = token.split(".", maxsplit=1)[0]
    return base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)).decode()


def test_a_new_key_is_met_at_once_and_strange_ones_do_not_flood_the_database(
    keys: list[TokenKey], claims: Claims, time: Time
) -> None:
    loads: list[float] = []
    codec = _codec(keys, time, loads)
    codec.verify(codec.issue(claims))
    assert len(loads) == 1
    time.passes(0.1)
    for i in range(200):
        header = dumps(good_header(f"{i:032x}"))
        _fault(codec, sign(OTHER, header, dumps(good_claims(time.now))))
    assert len(loads) == 2
    keys.append(token_key(OTHER, OTHER_KEY_ID, time.now))
    time.passes(0.06)  # far less than the half second that keys are otherwise kept
    new = sign(OTHER, dumps(good_header(OTHER_KEY_ID)), dumps(good_claims(NOW)))
    assert codec.verify(new).client_id == "client-1"


def test_without_a_key_nothing_is_issued(time: Time, claims: Claims) -> None:
    with pytest.raises(ServiceError) as refused:
        _codec([], time).issue(claims)
    assert (refused.value.kind, refused.value.code) == (Kind.UNAVAILABLE, "no_token_key")


def test_a_key_of_another_curve_is_not_used(time: Time, claims: Claims) -> None:
    strange = token_key(new_private_key(ec.SECP384R1()), KEY_ID, time.now)
    with pytest.raises(ServiceError) as refused:
        _codec([strange], time).issue(claims)
    assert refused.value.code == "token_key_unusable"


_SEGMENT = st.text("ABCabc019-_", max_size=120)
_TOKENISH: st.SearchStrategy[str] = st.one_of(
    st.text(max_size=200),
    st.builds(lambda *parts: ".".join(parts), _SEGMENT, _SEGMENT, _SEGMENT),
    st.builds(
        lambda header, payload: sign(OTHER, header, payload), st.binary(), st.binary(max_size=50)
    ),
    st.builds(
        lambda header, claims: sign(PRIVATE, dumps({**good_header(KEY_ID), **header}), claims),
        st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "x"]), st.text() | st.none()),
        st.text(max_size=100),
    ),
    st.builds(
        lambda changes: sign(
            PRIVATE, dumps(good_header(KEY_ID)), dumps({**good_claims(NOW), **changes})
        ),
        st.dictionaries(
            st.sampled_from([*REQUIRED, "nbf"]),
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
            min_size=1,
        ),
    ),
)


def _mutated(at: int, by: str) -> str:
    good = forged()
    at %= len(good)
    return good[:at] + by + good[at + 1 :]


@given(token=_TOKENISH | st.builds(_mutated, st.integers(0, 500), st.characters()))
@settings(max_examples=300, deadline=None)
def test_arbitrary_text_is_refused_or_says_what_we_signed(token: str) -> None:
    """Nothing but TokenError ever comes out; what verifies carries our key's signature."""
    codec = _codec([token_key(PRIVATE, KEY_ID, NOW)], Time(NOW))
    try:
        claims = codec.verify(token)
    except TokenError:
        return
    read = jwt.decode(token, ECKey.import_key(PRIVATE.public_key()), algorithms=["ES256"])
    assert read.claims["sub"] == claims.client_id
    assert read.claims["aud"] == PUBLIC_URL


@given(token=_TOKENISH)
@settings(max_examples=100, deadline=None)
def test_whatever_is_presented_authenticates_nobody(token: str) -> None:
    """Arbitrary text raises UNAUTHENTICATED and nothing else, and is counted under a fixed word."""
    counted: list[str] = []
    codec = _codec([token_key(PRIVATE, KEY_ID, NOW)], Time(NOW))
    nobody: ShortCache[str, Client | None] = ShortCache(lambda _: None)
    with pytest.raises(ServiceError) as refused:
        Authenticate(codec, nobody, Time(NOW).clock, counted.append)(token)
    assert refused.value.kind is Kind.UNAUTHENTICATED
    assert counted
    assert set(counted) <= set(TokenFault)
