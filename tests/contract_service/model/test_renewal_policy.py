"""When contract data are due, over any dates, statuses, vehicles and policies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from contract_service.model.contract import Contract, ContractStatus
from contract_service.model.contract_data import ContractData, Origin, PooledContract
from contract_service.model.renewal_policy import Due, RenewalPolicy, RenewalReason, due
from exi import Schema
from foundation.identifiers import Emaid, Pcid

NOW = datetime(2026, 12, 1, tzinfo=UTC)
EMAID, PCID = Emaid.parse("DEABCC12345678"), Pcid.parse("WP0ABCDEFGH1234567")
KEY, NEW_KEY = "a" * 64, "b" * 64
POLICY = RenewalPolicy(timedelta(days=30), 0.33, timedelta(hours=6), 200, 50)

DAYS = st.integers(1, 4000).map(lambda days: timedelta(days=days))
POLICIES = st.builds(
    lambda before, share: replace(POLICY, before_expiry=before, longest_share=share),
    DAYS,
    st.floats(0.01, 0.5),
)


def pooled(
    life: timedelta = timedelta(days=365),
    *,
    ends: datetime | None = None,
    status: ContractStatus = ContractStatus.ACTIVE,
    bound: Pcid | None = PCID,
    origin: Origin = Origin.GENERATED,
) -> PooledContract:
    """Contract data from `NOW` on."""
    data = ContractData(
        data_id="1",
        contract_id="2",
        emaid=EMAID,
        pcid=PCID,
        schema=Schema.ISO15118_2,
        chain=(b"",),
        fingerprint="",
        issuer="mo-sub2",
        serial="1",
        recipient_key=KEY,
        not_before=NOW,
        not_after=NOW + life,
        origin=origin,
        client_id="emp",
        created_at=NOW,
    )
    contract = Contract("2", EMAID, "DEABC", bound, status, False, NOW, ends, NOW)  # noqa: FBT003
    return PooledContract(data, contract, default=True)


@given(DAYS, POLICIES, st.floats(0, 0.999), st.sampled_from(Origin))
def test_it_is_due_from_its_day_on_and_never_before(
    life: timedelta, policy: RenewalPolicy, share: float, origin: Origin
) -> None:
    one = pooled(life, origin=origin)
    at = NOW + share * life
    found = due(one, KEY, policy, at)
    day = policy.due_at(NOW, NOW + life)
    ours = origin is Origin.GENERATED
    assert found == (Due(RenewalReason.EXPIRES, ours) if at >= day else None)
    assert NOW + life / 2 <= day < NOW + life  # whatever the policy: neither at once nor too late


@given(DAYS, POLICIES, st.floats(0, 0.999), st.sampled_from([None, KEY, NEW_KEY]), st.booleans())
def test_what_is_renewed_is_not_due_at_once_again(
    life: timedelta, policy: RenewalPolicy, share: float, key: str | None, ending: bool
) -> None:
    """Else a round would renew the same contracts for ever."""
    ends = NOW + 1.5 * life if ending else None
    at = NOW + share * life
    one = pooled(life, ends=ends)
    if due(one, key, policy, at) is None:
        return
    not_after = at + life if ends is None else min(at + life, ends)
    renewed = replace(
        one,
        data=replace(
            one.data,
            not_before=at,
            not_after=not_after.replace(microsecond=0),
            recipient_key=key or KEY,
        ),
    )
    assert due(renewed, key, policy, at) is None


@given(
    DAYS,
    POLICIES,
    st.floats(0, 2),
    st.sampled_from([None, KEY, NEW_KEY]),
    st.sampled_from([ContractStatus.SUSPENDED, ContractStatus.TERMINATED]),
)
def test_a_contract_that_rests_or_is_another_vehicles_is_left_alone(
    life: timedelta, policy: RenewalPolicy, share: float, key: str | None, status: ContractStatus
) -> None:
    at = NOW + share * life
    assert due(pooled(life, status=status), key, policy, at) is None
    assert due(pooled(life, ends=at), key, policy, at) is None
    assert due(pooled(life, bound=None), key, policy, at) is None
    assert due(pooled(life, bound=Pcid.parse("WP0OTHERXY1234567")), key, policy, at) is None


@given(DAYS, POLICIES, st.floats(0, 2), st.sampled_from(Origin))
def test_another_key_of_the_vehicle_makes_it_due_at_any_time(
    life: timedelta, policy: RenewalPolicy, share: float, origin: Origin
) -> None:
    found = due(pooled(life, origin=origin), NEW_KEY, policy, NOW + share * life)
    assert found == Due(RenewalReason.VEHICLE_CERTIFICATE, origin is Origin.GENERATED)


def test_a_certificate_that_lasts_as_long_as_its_contract_is_not_renewed() -> None:
    life = timedelta(days=100)
    late = NOW + life - timedelta(days=1)
    ends = NOW + life + timedelta(microseconds=999_999)
    assert due(pooled(life, ends=ends), KEY, POLICY, late) is None
    assert due(pooled(life, ends=ends + timedelta(days=1)), KEY, POLICY, late) is not None
