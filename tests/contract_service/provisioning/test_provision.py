"""Provisioning: what is stored, for whom, and what is refused without leaving anything."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from contract_service.model.contract_data import InstallationAction
from contract_service.operations.provision import ProvisioningRequest
from exi import Schema
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, Pcid
from foundation.principal import Principal
from pki.keys.sealed import generate_key
from pki.model.roles import CertificateStatus, KeyAlgorithm
from pki.store.tables import certificates
from tests.contract_service.assembly import at_once
from tests.contract_service.provisioning.works import (
    EMAID,
    MAKER,
    OPERATOR,
    PCID,
    PROVIDER,
    STRANGER,
    Car,
    Works,
    delivered,
    new_pcid,
    request,
    root_id,
)
from tests.pki.issuing.house import ADMIN
from tests.server.assembly import all_rows


@pytest.fixture
def car(works: Works) -> Car:
    return works.found().car()


def ask(works: Works, principal: Principal = PROVIDER, **changes: object) -> object:
    request = ProvisioningRequest(EMAID, PCID, Schema.ISO15118_2)
    return works.provision(principal, replace(request, **changes))  # type: ignore[arg-type]


def test_contract_certificate_data_and_answers_stand_with_their_events(
    works: Works, car: Car
) -> None:
    ends = works.now + timedelta(days=100)
    data = works.provisioned(car, "de-abc-C12345678", ends=ends)
    contract = works.contracts.find(Emaid.parse(EMAID))
    assert contract is not None
    assert (contract.pcid, contract.valid_from, contract.valid_until) == (
        Pcid.parse(PCID),
        works.now,
        ends,
    )
    (recorded,) = works.contracts.certificates(Emaid.parse(EMAID))
    assert (recorded.fingerprint, recorded.chain) == (data.fingerprint, data.chain)
    assert recorded.not_after == ends.replace(microsecond=0)
    (pooled,) = works.pool.of_vehicle(Pcid.parse(PCID.lower()), Schema.ISO15118_2)
    assert pooled.data == data
    assert pooled.default
    (answer,) = works.pool.answers(data.data_id, InstallationAction.INSTALL, data.recipient_key)
    assert answer.signer in works.signers(Schema.ISO15118_2).valid
    assert {"contract.created", "contract_certificate.issued", "contract_data.created"} <= set(
        works.events()
    )


def test_each_v2g_root_has_its_signature(works: Works, car: Car) -> None:
    works.house.rollover(ADMIN, "v2g-root", branch=True)
    works.renew_signers()
    works.refresh()
    data = works.provisioned(car)
    answers = works.pool.answers(data.data_id, InstallationAction.INSTALL, data.recipient_key)
    assert len({answer.root for answer in answers}) == len(answers) == 2
    for signer in works.signers(Schema.ISO15118_2).newest.values():
        roots = [root_id(signer.certificate.root)]
        installed = works.ask(car, request(works, car, roots=roots))
        assert installed.accepted
        key, _ = delivered(installed.exi, Schema.ISO15118_2, car.key, car.certificate)
        assert key is not None


def test_provisioning_again_replaces_what_was_there(works: Works, car: Car) -> None:
    first = works.provisioned(car)
    works.now += timedelta(days=1)
    ends = works.now + timedelta(days=30)
    second = works.provisioned(car, ends=ends)
    (pooled,) = works.pool.of_vehicle(car.published.pcid, None)
    assert pooled.data == second
    assert pooled.default
    assert pooled.contract.valid_until == ends
    assert second.created_at == first.created_at
    assert second.fingerprint != first.fingerprint
    assert len(works.contracts.certificates(Emaid.parse(EMAID))) == 2
    assert works.events().count("contract_data.updated") == 1


def test_the_private_key_is_stored_nowhere_and_logged_nowhere(
    works: Works, car: Car, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever can be read back later is useless without the vehicle's key."""
    works.provisioned(car)
    installed = works.ask(car)
    key, _ = delivered(installed.exi, Schema.ISO15118_2, car.key, car.certificate)
    secret = key.private_numbers().private_value.to_bytes(32)
    forms = {
        secret,
        secret.hex().encode(),
        secret.hex().upper().encode(),
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    }
    stored = b""
    with works.database.read() as connection:
        for table in sa.inspect(connection).get_table_names():
            for row in connection.execute(sa.text(f'SELECT * FROM "{table}"')):
                for value in row:
                    stored += value if isinstance(value, bytes) else repr(value).encode()
    assert len(stored) > 10_000
    assert not any(form in stored for form in forms)
    assert not any(form.decode("latin-1") in caplog.text for form in forms)
    with pytest.raises(AssertionError, match="recipient_key_mismatch"):
        delivered(
            installed.exi, Schema.ISO15118_2, generate_key(KeyAlgorithm.P256), car.certificate
        )
    other = works.car(new_pcid())
    with pytest.raises(AssertionError, match="wrapped_key_wrong"):
        delivered(installed.exi, Schema.ISO15118_2, other.key, other.certificate)


@pytest.mark.parametrize(
    ("principal", "changes", "kind", "code"),
    [
        (STRANGER, {}, Kind.FORBIDDEN, "not_your_provider"),
        (OPERATOR, {}, Kind.FORBIDDEN, "not_your_provider"),
        (MAKER, {}, Kind.FORBIDDEN, "not_your_provider"),
        (PROVIDER, {"emaid": "DEXYZC12345678"}, Kind.FORBIDDEN, "not_your_provider"),
        (PROVIDER, {"emaid": "nonsense"}, Kind.MALFORMED, "invalid_emaid"),
        (PROVIDER, {"pcid": "x"}, Kind.MALFORMED, "invalid_pcid"),
        (PROVIDER, {"pcid": "WP0NOBODYHASTHIS01"}, Kind.NOT_FOUND, "vehicle_unknown"),
        (PROVIDER, {"schema": Schema.ISO15118_20}, Kind.NOT_FOUND, "vehicle_unknown"),
        (PROVIDER, {"ends": 0}, Kind.INVALID, "contract_ends_too_early"),
        (PROVIDER, {"begins": 5, "ends": 4}, Kind.INVALID, "contract_ends_too_early"),
    ],
)
def test_what_is_refused_leaves_nothing(
    works: Works,
    car: Car,
    principal: Principal,
    changes: dict[str, object],
    kind: Kind,
    code: str,
) -> None:
    for name in ("begins", "ends"):
        if name in changes:
            changes = {**changes, name: works.now + timedelta(days=int(str(changes[name])))}
    before = all_rows(works.database)
    with pytest.raises(ServiceError) as refused:
        ask(works, principal, **changes)
    assert (refused.value.kind, refused.value.code) == (kind, code)
    assert all_rows(works.database) == before
    assert not re.search(f"{EMAID}|{PCID}", f"{refused.value} {dict(refused.value.fields)}")


def test_a_vehicle_whose_certificate_no_longer_stands_gets_no_contract(
    works: Works, car: Car
) -> None:
    works.revoke_certificate(car.certificate, "oem-sub2-g1")
    before = all_rows(works.database)
    with pytest.raises(ServiceError) as refused:
        ask(works)
    assert refused.value.code == "vehicle_certificate_invalid"
    assert all_rows(works.database) == before


def test_an_emaid_is_one_vehicles_at_a_time(works: Works, car: Car) -> None:
    works.provisioned(car)
    other = works.car(new_pcid())
    before = all_rows(works.database)
    with pytest.raises(ServiceError) as refused:
        works.provisioned(other)
    assert refused.value.code == "emaid_used_by_another_vehicle"
    assert all_rows(works.database) == before


@pytest.mark.parametrize("end", ["suspend", "terminate"])
def test_a_contract_that_is_not_active_gets_no_data(works: Works, car: Car, end: str) -> None:
    works.provisioned(car)
    getattr(works, end)(PROVIDER, EMAID)
    before = all_rows(works.database)
    with pytest.raises(ServiceError) as refused:
        ask(works)
    assert refused.value.code == "contract_not_active"
    assert all_rows(works.database) == before


def test_a_contract_suspended_while_its_certificate_is_issued_has_it_revoked(
    works: Works, car: Car
) -> None:
    first = works.provisioned(car)
    provision = works.provision

    def issue(principal: Principal, request: object) -> object:
        works.suspend(PROVIDER, EMAID)
        return provision.issue(principal, request)  # type: ignore[arg-type]

    with pytest.raises(ServiceError) as refused:
        replace(provision, issue=issue)(  # type: ignore[arg-type]
            PROVIDER, ProvisioningRequest(EMAID, PCID, Schema.ISO15118_2)
        )
    assert refused.value.code == "contract_not_active"
    with works.database.read() as connection:
        rows = connection.execute(
            sa.select(certificates.c.fingerprint, certificates.c.status).where(
                certificates.c.role == "contract"
            )
        ).all()
    assert {row.status for row in rows if row.fingerprint != first.fingerprint} == {
        CertificateStatus.REVOKED
    }
    (pooled,) = works.pool.of_vehicle(car.published.pcid, None)
    assert pooled.data == first


def test_without_a_cps_signer_nothing_is_issued(works: Works) -> None:
    works.house.create()
    works.refresh()
    works.car()
    before = all_rows(works.database)
    with pytest.raises(ServiceError) as refused:
        ask(works)
    assert refused.value.code == "no_cps_signer"
    assert all_rows(works.database) == before


def test_ed448_is_experimental_and_refused_unless_allowed(works: Works) -> None:
    car = works.found(KeyAlgorithm.ED448).car(algorithm=KeyAlgorithm.ED448)
    before = all_rows(works.database)
    with pytest.raises(ServiceError) as refused:
        works.provisioned(car)
    assert refused.value.code == "key_transport_experimental"
    assert all_rows(works.database) == before


def test_a_pcid_of_17_characters_has_no_key_transport_in_20(works: Works) -> None:
    """Found after issuing: the certificate is revoked, and nothing is pooled."""
    car = works.found(KeyAlgorithm.P521).car("WP0ABCDEFGH123456", KeyAlgorithm.P521)
    with pytest.raises(ServiceError) as refused:
        works.provisioned(car)
    assert refused.value.code == "pcid_length_ambiguous"
    assert works.pool.of_vehicle(car.published.pcid, None) == []
    assert works.contracts.find(Emaid.parse(EMAID)) is None
    with works.database.read() as connection:
        statement = sa.select(certificates.c.status).where(certificates.c.role == "contract")
        assert list(connection.scalars(statement)) == [CertificateStatus.REVOKED]


def test_two_that_provision_at_once_leave_one_whole_entry(works: Works, car: Car) -> None:
    works.provisioned(car)
    outcomes = at_once([lambda: works.provisioned(car) for _ in range(4)])
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    (pooled,) = works.pool.of_vehicle(car.published.pcid, None)
    assert pooled.data in outcomes
    installed = works.ask(car)
    _, chain = delivered(installed.exi, Schema.ISO15118_2, car.key, car.certificate)
    assert chain == pooled.data.chain
