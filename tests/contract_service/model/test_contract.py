"""A contract's states, and which spellings name one contract."""

from hypothesis import given
from hypothesis import strategies as st

from contract_service.model.contract import (
    ContractStatus,
    Transition,
    identity,
    names_contract,
    transit,
)
from foundation.errors import Refused
from foundation.identifiers import Emaid

statuses = st.sampled_from(ContractStatus)
transitions = st.sampled_from(Transition)


@given(statuses, transitions)
def test_repeating_a_transition_changes_nothing(
    status: ContractStatus, transition: Transition
) -> None:
    after = transit(status, transition)
    if not isinstance(after, Refused):
        assert transit(after, transition) is after


@given(st.lists(transitions, max_size=8))
def test_termination_is_final(later: list[Transition]) -> None:
    status = transit(ContractStatus.SUSPENDED, Transition.TERMINATE)
    assert status is ContractStatus.TERMINATED
    for transition in later:
        after = transit(status, transition)
        if transition is Transition.TERMINATE:
            assert after is ContractStatus.TERMINATED
        else:
            assert isinstance(after, Refused)
            assert after.code == "contract_terminated"


@given(st.sampled_from([ContractStatus.ACTIVE, ContractStatus.SUSPENDED]), transitions)
def test_a_standing_contract_allows_every_transition(
    status: ContractStatus, transition: Transition
) -> None:
    assert (
        transit(status, transition)
        == {
            Transition.SUSPEND: ContractStatus.SUSPENDED,
            Transition.RESUME: ContractStatus.ACTIVE,
            Transition.TERMINATE: ContractStatus.TERMINATED,
        }[transition]
    )


alphanumeric = st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@given(st.text(alphanumeric, min_size=6, max_size=6), st.text(alphanumeric, min_size=3, max_size=3))
def test_every_conversion_of_a_din_id_names_one_contract(instance: str, provider: str) -> None:
    din = Emaid.parse(f"DE*{provider}*{instance}")
    spellings = [din, din.to_emi3(), din.to_deprecated_iso(), Emaid.parse(din.to_din().canonical)]
    assert len({identity(spelling) for spelling in spellings}) == 1
    assert identity(din) == din.to_emi3().key


@given(st.text(alphanumeric, min_size=9, max_size=9), st.text(alphanumeric, min_size=9, max_size=9))
def test_two_ids_are_one_contract_only_as_conversions_of_one_din_id(one: str, two: str) -> None:
    first, second = Emaid.parse("DEABC" + one), Emaid.parse("DEABC" + two)
    converted = one[2:] == two[2:] and {one[:2], two[:2]} <= {"C0", "00"}
    assert names_contract(first, second) == (one == two or (converted and _from_din(first)))


def _from_din(emaid: Emaid) -> bool:
    return bool(emaid.alternative_keys)


def test_a_wrong_check_digit_names_another_contract() -> None:
    assert not names_contract(Emaid.parse("EMP99CQATEST001"), Emaid.parse("EMP99CQATEST002"))
    assert not names_contract(Emaid.parse("EMP99CQATEST001"), Emaid.parse("EMP99CQATEST00"))
    assert names_contract(Emaid.parse("EMP99CQATEST00Z"), Emaid.parse("em-p99-cqatest00"))
