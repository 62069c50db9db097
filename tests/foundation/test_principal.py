"""Who may act for whom: the one place where ownership is judged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import Kind, ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole, Principal

IDS = ("DEABC", "DEXYZ", "WP0", "WEV")
principals = st.builds(
    Principal,
    st.just("somebody"),
    st.frozensets(st.sampled_from(ClientRole)),
    st.frozensets(st.sampled_from(IDS)),
    st.frozensets(st.sampled_from(IDS)),
    st.frozensets(st.sampled_from(IDS)),
)


@given(principals, st.sampled_from(IDS))
def test_an_id_counts_with_its_own_role_alone(somebody: Principal, owned: str) -> None:
    admin = ClientRole.ADMIN in somebody.roles
    assert somebody.acts_for_provider(owned) == (
        admin or (ClientRole.MO in somebody.roles and owned in somebody.provider_ids)
    )
    assert somebody.acts_for_wmi(owned) == (
        admin or (ClientRole.OEM in somebody.roles and owned in somebody.wmis)
    )
    assert somebody.acts_for_operator(owned) == (
        admin or (ClientRole.CPO in somebody.roles and owned in somebody.operator_ids)
    )


@given(principals)
def test_an_auditor_reads_and_never_acts(somebody: Principal) -> None:
    assert somebody.reads_everything == bool(
        somebody.roles & {ClientRole.ADMIN, ClientRole.AUDITOR}
    )
    reader = Principal("auditor", frozenset({ClientRole.AUDITOR}), *(frozenset(IDS),) * 3)
    assert not any(
        acts(owned)
        for acts in (reader.acts_for_provider, reader.acts_for_wmi, reader.acts_for_operator)
        for owned in IDS
    )


def test_a_role_that_is_not_held_is_forbidden() -> None:
    station_operator = Principal("cpo", frozenset({ClientRole.CPO}))
    station_operator.require_role(ClientRole.CPO, ClientRole.MO)
    LOCAL_ADMINISTRATOR.require_role(ClientRole.OEM)
    with pytest.raises(ServiceError) as refused:
        station_operator.require_role(ClientRole.MO, ClientRole.ADMIN)
    assert (refused.value.kind, refused.value.code) == (Kind.FORBIDDEN, "role_required")
