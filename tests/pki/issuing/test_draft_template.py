"""Drafts written into a template are those that building gives, and those that lint lets pass."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foundation.errors import ServiceError
from pki.keys.sealed import generate_key
from pki.model.build import SERIAL_BITS, Plan, build_draft, largest_size
from pki.model.draft_template import DraftTemplate, Leaf, learn_draft_template
from pki.model.lint import lint
from pki.model.profile import Profile
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.operations.certifying import ThrowawayKeys
from pki.operations.leaf_drafts import LeafDrafts, Make
from tests.conftest import NOW
from tests.pki.issuing.test_lint import CONTRACT, KEY, PROFILES, plan

P256 = KeyAlgorithm.P256
NAME = "DEABCC12345678"
LEAVES = [
    profile
    for profile in PROFILES.values()
    if not profile.authority and P256 in profile.algorithms.value
]
KEYS = [generate_key(P256).public_key() for _ in range(4)]
SERIAL = 1 << (SERIAL_BITS - 1)
LATE = datetime(2049, 6, 1, tzinfo=UTC)  # what ends in 2050 has dates of another form


def named(planned: Plan, common_name: str) -> Plan:
    attributes = [a for a in planned.subject if a.oid != NameOID.COMMON_NAME]
    attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return replace(planned, subject=x509.Name(attributes))


def first(profile: Profile = CONTRACT) -> Plan:
    return replace(named(plan(profile), NAME), serial=SERIAL | 1)


def learn(planned: Plan) -> DraftTemplate | None:
    return learn_draft_template(planned, build_draft(planned, KEY), KEY)


def leaf_of(planned: Plan, **changes: object) -> Leaf:
    leaf = Leaf(planned.serial, NAME, planned.public_key, planned.not_before, planned.not_after)
    return replace(leaf, **changes)  # type: ignore[arg-type] # the fields' own types


def with_leaf(planned: Plan, leaf: Leaf) -> Plan:
    return replace(
        named(planned, leaf.common_name),
        serial=leaf.serial,
        public_key=leaf.public_key,
        not_before=leaf.not_before,
        not_after=leaf.not_after,
    )


PLANNED = first()
TEMPLATE = learn(PLANNED)


@pytest.mark.parametrize("profile", LEAVES, ids=lambda profile: profile.role)
def test_every_leaf_on_p256_has_a_template(profile: Profile) -> None:
    planned = first(profile)
    template = learn(planned)
    assert template is not None
    later = leaf_of(
        planned, serial=SERIAL | 12345, common_name="DEABCC87654321", public_key=KEYS[0]
    )
    built = build_draft(with_leaf(planned, later), KEY)
    assert template.draft(later) == built.tbs_certificate_bytes
    assert lint(built, profile, der_bytes=largest_size(built, P256)) == ()


seconds = st.integers(-(10**9), 10**9)


@given(
    serial=st.integers(1, (1 << 159) - 1) | st.integers(SERIAL, 2 * SERIAL - 1),
    common_name=st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=14)
    | st.from_regex("[A-Z0-9 *.:-]{14}", fullmatch=True),
    key=st.sampled_from(KEYS),
    begins=seconds,
    life=seconds | st.integers(1, 2 * 365 * 86_400 + 10),
)
@example(SERIAL, NAME, KEYS[1], 0, 0)
@example(SERIAL, NAME, KEYS[1], 0, int(CONTRACT.lifetime.value.maximum.total_seconds()))
@example(SERIAL, NAME, KEYS[1], 0, int(CONTRACT.lifetime.value.maximum.total_seconds()) + 1)
@example(SERIAL >> 7, NAME, KEYS[1], 0, 1)
@example(SERIAL, "DEÄBC123456789", KEYS[1], 0, 1)
@settings(max_examples=400, deadline=None)
def test_the_template_says_what_building_and_the_whole_lint_say(
    serial: int, common_name: str, key: object, begins: int, life: int
) -> None:
    not_before = NOW + timedelta(seconds=begins)
    leaf = leaf_of(
        PLANNED,
        serial=serial,
        common_name=common_name,
        public_key=key,
        not_before=not_before,
        not_after=not_before + timedelta(seconds=life),
    )
    assert TEMPLATE is not None
    written = TEMPLATE.draft(leaf)
    try:
        built = build_draft(with_leaf(PLANNED, leaf), KEY)
    except ValueError:  # `cryptography` builds no such name or life
        assert written is None
        return
    clean = lint(built, CONTRACT, der_bytes=largest_size(built, P256)) == ()
    signed = built.tbs_certificate_bytes
    if written is not None:
        assert clean
        assert written == signed
    ordinary = common_name.isascii() and common_name.isprintable() and leaf.not_after.year < 2050
    if ordinary and clean and len(signed) == len(build_draft(PLANNED, KEY).tbs_certificate_bytes):
        assert (written is None) == (serial.bit_length() // 8 + 1 != 17)


@pytest.mark.parametrize(
    "changes",
    [
        {"serial": 0},
        {"serial": -SERIAL},
        {"serial": 1},
        {"serial": 1 << 200},
        {"common_name": ""},
        {"common_name": NAME[:-1]},
        {"common_name": NAME[:-2] + "ä"},  # as many octets
        {"common_name": NAME[:-1] + "\n"},
        {"public_key": generate_key(KeyAlgorithm.P521).public_key()},
        {"public_key": generate_key(KeyAlgorithm.ED448).public_key()},
        {"not_before": LATE, "not_after": LATE + timedelta(days=300)},
        {"not_before": NOW.replace(tzinfo=None)},
        {"not_before": NOW.astimezone(timezone(timedelta(hours=2)))},
        {"not_before": NOW + timedelta(microseconds=1)},
        {"not_after": NOW},
        {"not_after": NOW - timedelta(seconds=1)},
        {"not_after": NOW + CONTRACT.lifetime.value.maximum + timedelta(seconds=1)},
    ],
)  # fmt: skip
def test_what_another_template_or_the_linter_must_see_is_not_written(
    changes: dict[str, object],
) -> None:
    assert TEMPLATE is not None
    assert TEMPLATE.draft(leaf_of(PLANNED, **changes)) is None


@pytest.mark.parametrize(
    "planned",
    [
        plan(PROFILES[Edition.ISO15118_20, CertificateRole.CONTRACT], KeyAlgorithm.P521),
        named(PLANNED, "DEÄBCC1234567"),
        replace(PLANNED, subject=x509.Name([*PLANNED.subject, *PLANNED.subject])),
        replace(PLANNED, not_after=datetime(2051, 1, 1, tzinfo=UTC)),
    ],
    ids=["P-521", "not ASCII", "two common names", "GeneralizedTime"],
)
def test_a_draft_of_another_make_teaches_nothing(planned: Plan) -> None:
    throwaway = generate_key(planned.signature)
    assert learn_draft_template(planned, build_draft(planned, throwaway), KEY) is None


def test_bytes_that_building_would_not_give_teach_nothing() -> None:
    """A draft of one plan is no template for another: the second draft tells."""
    draft = build_draft(replace(PLANNED, issuer_key_identifier=b"\x01" * 20), KEY)
    assert learn_draft_template(PLANNED, draft, KEY) is None


def make(length: int = len(NAME)) -> Make:
    return Make(b"issuer", "issuer-g1", Edition.ISO15118_2, CertificateRole.CONTRACT, None, length)


def never() -> Plan:
    raise AssertionError("built, although there is a template")


def test_the_second_leaf_of_a_make_is_not_built() -> None:
    drafts = LeafDrafts(ThrowawayKeys(generate_key))
    assert drafts(make(), leaf_of(PLANNED), lambda: PLANNED) == build_draft(
        PLANNED, KEY
    ).tbs_certificate_bytes  # fmt: skip
    second = leaf_of(PLANNED, serial=SERIAL | 2, public_key=KEYS[2])
    expected = build_draft(with_leaf(PLANNED, second), KEY).tbs_certificate_bytes
    assert drafts(make(), second, never) == expected
    with pytest.raises(AssertionError):
        drafts(make(15), second, never)


def test_a_finding_of_a_later_leaf_is_told_like_the_first_ones() -> None:
    drafts = LeafDrafts(ThrowawayKeys(generate_key))
    drafts(make(), leaf_of(PLANNED), lambda: PLANNED)
    long = leaf_of(PLANNED, not_after=PLANNED.not_after.replace(year=2049))
    with pytest.raises(ServiceError) as refused:
        drafts(make(), long, lambda: with_leaf(PLANNED, long))
    assert set(refused.value.fields) == {"lifetime_too_long"}


def test_what_the_linter_refuses_teaches_nothing() -> None:
    drafts = LeafDrafts(ThrowawayKeys(generate_key))
    long = leaf_of(PLANNED, not_after=PLANNED.not_after.replace(year=2049))
    for _ in range(2):
        with pytest.raises(ServiceError):
            drafts(make(), long, lambda: with_leaf(PLANNED, long))
    with pytest.raises(AssertionError):
        drafts(make(), leaf_of(PLANNED), never)


def test_makes_are_forgotten_before_they_are_too_many() -> None:
    drafts = LeafDrafts(ThrowawayKeys(generate_key))
    for length in range(257):
        drafts(make(length), leaf_of(PLANNED), lambda: PLANNED)
    with pytest.raises(AssertionError):
        drafts(make(0), leaf_of(PLANNED), never)
    drafts(make(256), leaf_of(PLANNED), never)
