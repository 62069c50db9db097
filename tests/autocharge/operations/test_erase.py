"""Erasure on request: what goes, what stays, and what proves it."""

import json
import signal
import threading
from datetime import timedelta

import pytest
from joserfc import jws as oracle
from joserfc.jwk import ECKey

from autocharge.model.erasure import ErasureScope
from autocharge.model.resolution import Resolved, Unknown
from autocharge.model.vault_key import KeyPurpose
from autocharge.operations.erase import ENROLMENTS
from autocharge.store.digest_tables import ADMINISTRATOR, LAST_HOLDER, OWNER, digest_tables
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Mac, Vin
from participants.tokens import (
    MAXIMUM_RECEIPT_LENGTH,
    key_of_jwk,
    public_jwk,
    sign_receipt,
    verify_receipt,
)
from tests.autocharge.assembly import (
    ADMIN,
    AUDITOR,
    EMAID,
    ISSUER,
    MAC_SPELLINGS,
    OPERATOR,
    PROVIDER,
    STRANGER,
    VIN_SPELLINGS,
    Autocharge,
)
from tests.autocharge.operations.test_rotate_keys import Rotation, line, process
from tests.autocharge.records import add_records, records_of
from tests.autocharge.rotation_process import vehicle

MAC = Mac.parse(MAC_SPELLINGS[0])
OTHER = Mac.parse("A453EE033156")
VIN = Vin.parse(VIN_SPELLINGS[0])
NAMES = set(digest_tables())


def erased_by(who: object) -> set[str]:
    return {name for name, of in digest_tables().items() if of.erased_by is who}


def test_an_administrator_erases_everything_and_nothing_else(autocharge: Autocharge) -> None:
    for identifier in (MAC, OTHER):
        autocharge.enrol(PROVIDER, EMAID, identifier)
        add_records(autocharge, identifier, "DEABC")
        add_records(autocharge, identifier, "DEXYZ")
    done = autocharge.erase(ADMIN, Mac.parse("VID:98ED5CB9BE31")).erasure
    assert done.scope is ErasureScope.EVERYTHING
    assert done.records.deleted == dict.fromkeys(NAMES, 2) | {ENROLMENTS: 1}
    assert done.records.kept == {}
    assert records_of(autocharge, MAC) == {}
    assert records_of(autocharge, OTHER) == dict.fromkeys(NAMES, 2) | {ENROLMENTS: 1}
    assert autocharge.resolve(MAC) == Unknown(())
    assert isinstance(autocharge.resolve(OTHER), Resolved)


def test_a_provider_erases_its_own_and_what_nobody_else_needs(autocharge: Autocharge) -> None:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    add_records(autocharge, MAC, "DEABC")
    add_records(autocharge, MAC, "DEXYZ")
    done = autocharge.erase(PROVIDER, MAC).erasure
    assert done.scope is ErasureScope.PROVIDER
    expected = dict.fromkeys(erased_by(OWNER), 1) | dict.fromkeys(erased_by(LAST_HOLDER), 2)
    assert done.records.deleted == expected
    assert done.records.kept == dict.fromkeys(erased_by(ADMINISTRATOR), 2)
    left = dict.fromkeys(erased_by(OWNER) - {ENROLMENTS}, 1)
    assert records_of(autocharge, MAC) == left | dict.fromkeys(erased_by(ADMINISTRATOR), 2)


def test_a_stranger_erases_nothing_and_learns_nothing(autocharge: Autocharge) -> None:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    add_records(autocharge, MAC, "DEABC")
    before = records_of(autocharge, MAC)
    of_held = autocharge.erase(STRANGER, MAC).erasure
    of_unknown = autocharge.erase(STRANGER, OTHER).erasure
    assert records_of(autocharge, MAC) == before
    assert of_held.records == of_unknown.records
    assert set(of_held.records.deleted.values()) | set(of_held.records.kept.values()) <= {0}
    assert isinstance(autocharge.resolve(MAC), Resolved)


@pytest.mark.parametrize("principal", [OPERATOR, AUDITOR])
def test_others_have_no_vehicles_to_erase(autocharge: Autocharge, principal: object) -> None:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    with pytest.raises(ServiceError) as refused:
        autocharge.erase(principal, MAC)  # type: ignore[arg-type] # of a parameter
    assert refused.value.kind is Kind.FORBIDDEN
    assert isinstance(autocharge.resolve(MAC), Resolved)


def test_doing_so_again_is_harmless_and_said(autocharge: Autocharge) -> None:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    first, again = (autocharge.erase(PROVIDER, MAC).erasure for _ in range(2))
    assert (first.records.deleted[ENROLMENTS], again.records.deleted[ENROLMENTS]) == (1, 0)
    assert first.subject == again.subject
    assert first.erasure_id != again.erasure_id
    assert sorted(autocharge.events()) == ["autocharge.enrolled", "autocharge.erased"]
    autocharge.enrol(PROVIDER, EMAID, MAC)  # and the vehicle may come back
    assert isinstance(autocharge.resolve(MAC), Resolved)


def test_both_peppers_are_looked_under(autocharge: Autocharge) -> None:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    add_records(autocharge, MAC, "DEABC")
    rotation = Rotation(autocharge)
    rotation.begin(ADMIN, KeyPurpose.PEPPER)
    for _ in range(3):
        rotation.step()
    add_records(autocharge, MAC, "DEABC")
    assert autocharge.erase(ADMIN, MAC).erasure.records.deleted[ENROLMENTS] == 1
    assert records_of(autocharge, MAC) == {}


def test_of_those_who_erase_at_once_one_deletes(autocharge: Autocharge) -> None:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    counts: list[int] = []

    def erase() -> None:
        counts.append(autocharge.erase(ADMIN, MAC).erasure.records.deleted[ENROLMENTS])

    threads = [threading.Thread(target=erase) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 0, 0, 0, 0, 1]


def test_a_receipt_says_what_went_and_names_nobody(autocharge: Autocharge) -> None:
    autocharge.enrol(PROVIDER, EMAID, VIN)
    done = autocharge.erase(PROVIDER, VIN)
    checked = autocharge.check_receipt(done.receipt)
    assert checked.recorded
    statement = checked.statement
    assert statement == done.erasure.statement(ISSUER)
    assert statement["deleted"] == dict(done.erasure.records.deleted)
    assert statement["sub"] == autocharge.vault.pseudonym("provider:DEABC", VIN)
    text = json.dumps(statement) + str(autocharge.events())
    for secret in (*VIN_SPELLINGS, VIN.key[-6:], EMAID, "DEABCC12345678"):
        assert secret not in text


def test_receipts_verify_elsewhere_with_the_published_key(autocharge: Autocharge) -> None:
    """An independent implementation of RFC 7515 reads them."""
    autocharge.enrol(PROVIDER, EMAID, MAC)
    receipt = autocharge.erase(PROVIDER, MAC).receipt
    [(key_id, public)] = autocharge.receipt_keys.public().items()
    published = public_jwk(key_id, public)
    opened = oracle.deserialize_compact(receipt, ECKey.import_key({**published}), ["ES256"])
    assert json.loads(opened.payload)["deleted"][ENROLMENTS] == 1
    assert opened.headers()["kid"] == key_id
    assert key_of_jwk(published) == (key_id, public)


def test_a_changed_receipt_is_none(autocharge: Autocharge) -> None:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    receipt = autocharge.erase(PROVIDER, MAC).receipt
    header, payload, signature = receipt.split(".")
    swapped = payload[:-3] + ("A" if payload[-3] != "A" else "B") + payload[-2:]
    for text in (
        f"{header}.{swapped}.{signature}",
        f"{header}.{payload}.{signature[:-4]}AAAA",
        f"{header}.{payload}.",
        f".{payload}.{signature}",
        receipt + "A",
        "",
        "a" * (MAXIMUM_RECEIPT_LENGTH + 1),
    ):
        with pytest.raises(ServiceError) as refused:
            autocharge.check_receipt(text)
        assert refused.value.code == "receipt_invalid"


def test_a_key_that_is_not_ours_signs_no_receipt(autocharge: Autocharge) -> None:
    ours = autocharge.receipt_keys.signing()
    statement = {"jti": "x", "iat": 1}
    signed = sign_receipt(statement, ours.key_id, ours.private_key)
    assert verify_receipt(signed, {ours.key_id: ours.public_key}) == statement
    assert verify_receipt(signed, {}) is None
    other = ECKey.generate_key("P-256")
    assert verify_receipt(signed, {ours.key_id: other.as_der(private=False)}) is None
    forged = sign_receipt(statement, ours.key_id, other.as_der(private=True))
    assert verify_receipt(forged, {ours.key_id: ours.public_key}) is None
    checked = autocharge.check_receipt(signed)
    assert not checked.recorded  # signed with our key, and no erasure of this database


def test_receipts_outlast_the_rotation_of_keys(autocharge: Autocharge) -> None:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    done = autocharge.erase(PROVIDER, MAC)
    rotation = Rotation(autocharge)
    for purpose in (KeyPurpose.PEPPER, KeyPurpose.SEALING):
        rotation.begin(ADMIN, purpose)
        rotation.finish()
    autocharge.now += timedelta(days=3650)
    assert autocharge.check_receipt(done.receipt).recorded
    again = autocharge.erase(PROVIDER, MAC)
    assert again.erasure.subject == done.erasure.subject


def test_a_vehicle_has_another_name_for_each_party(autocharge: Autocharge) -> None:
    parties = ("provider:DEABC", "provider:DEXYZ", "operator:DEABC")
    vehicles = (MAC, OTHER, VIN)
    names = {autocharge.vault.pseudonym(party, one) for party in parties for one in vehicles}
    assert len(names) == len(parties) * len(vehicles)
    for spelling in MAC_SPELLINGS:
        assert autocharge.vault.pseudonym(parties[0], Mac.parse(spelling)) in names
    assert all(len(name) == 26 and MAC.key.lower() not in name for name in names)


def test_a_killed_erasure_is_whole_or_not_at_all(autocharge: Autocharge) -> None:
    count = 40
    for number in range(count):
        autocharge.enrol(PROVIDER, EMAID, vehicle(number))
        add_records(autocharge, vehicle(number), "DEABC")
    with process("erase", autocharge, str(count)) as erasing:
        for _ in range(7):
            assert line(erasing)
        erasing.send_signal(signal.SIGKILL)
        erasing.wait()
    whole = 0
    for number in range(count):
        left = records_of(autocharge, vehicle(number))
        assert left in ({}, dict.fromkeys(NAMES, 1))
        whole += bool(left)
    assert 0 < whole <= count - 7
    for number in range(count):  # and is done again
        autocharge.erase(ADMIN, vehicle(number))
        assert records_of(autocharge, vehicle(number)) == {}
