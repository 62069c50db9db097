"""A presented chain is kept from the leaf upwards, without root and strangers."""

from itertools import permutations

from authorization.model.presented_chain import upwards
from tests.authorization.chains import authorities, chain, leaf


def test_any_order_with_root_and_strangers_becomes_one() -> None:
    root, _, _ = authorities()
    leaf_der, sub2, sub1 = chain("DEABCC12345678")
    stranger = leaf("DEABCC87654321").der
    for presented in permutations([leaf_der, sub2, sub1, root.der, stranger]):
        assert upwards(presented, leaf("DEABCC12345678").fingerprint) == (leaf_der, sub2, sub1)


def test_without_the_leaf_there_is_nothing_to_keep() -> None:
    assert upwards(chain("DEABCC12345678"), "00" * 32) == ()
    assert upwards((b"rubbish",), "00" * 32) == ()


def test_a_repeated_certificate_is_kept_once() -> None:
    leaf_der, sub2, sub1 = chain("DEABCC12345678")
    fingerprint = leaf("DEABCC12345678").fingerprint
    assert upwards((leaf_der, leaf_der, sub2, sub2, sub1), fingerprint) == (leaf_der, sub2, sub1)
