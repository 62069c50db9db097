"""CertificateUpdate of ISO 15118-2: the next certificate, wrapped for the present one's key."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from contract_service.operations.install import InstallationAction
from exi import Schema
from foundation.outbox import outbox
from pki.keys.sealed import generate_key
from pki.model.roles import KeyAlgorithm
from tests.contract_service.provisioning.works import (
    EMAID,
    PROVIDER,
    SESSION,
    Car,
    Works,
    code_of,
    delivered,
    session_of,
    update_request,
)
from tests.pki.issuing.house import leaf_request, spki


class Driving:
    """A car that has installed its contract."""

    def __init__(self, works: Works) -> None:
        self.works = works
        self.car: Car = works.found().car()
        works.provisioned(self.car)
        self.key, self.chain = self.install()

    def install(self) -> Any:
        return self.unwrap(self.works.ask(self.car), self.car.key, self.car.certificate)

    def unwrap(self, installed: Any, key: Any, certificate: bytes) -> Any:
        assert installed.accepted, installed.steps
        return delivered(installed.exi, Schema.ISO15118_2, key, certificate)

    def update(self, **changes: Any) -> Any:
        asked = {"chain": self.chain, "key": self.key, "emaid": EMAID} | changes
        message = update_request(self.works, **asked)
        return self.works.ask(self.car, message, action=InstallationAction.UPDATE)


@pytest.fixture
def driving(works: Works) -> Driving:
    return Driving(works)


def stopped(installed: Any) -> tuple[str, str | None]:
    assert not installed.accepted
    assert code_of(installed.exi, Schema.ISO15118_2) == installed.response_code
    return installed.response_code, installed.steps[-1].code


def test_what_the_provider_has_prepared_is_fetched_with_the_old_key(driving: Driving) -> None:
    driving.works.now += timedelta(days=2)
    renewed = driving.works.provisioned(driving.car)
    installed = driving.update()
    assert session_of(installed.exi, Schema.ISO15118_2) == SESSION
    key, chain = driving.unwrap(installed, driving.key, driving.chain[0])
    assert chain == renewed.chain != driving.chain
    assert driving.update().exi == installed.exi
    # and the key that came by update asks for the next one
    driving.works.provisioned(driving.car)
    again = driving.update(chain=chain, key=key)
    assert driving.unwrap(again, key, chain[0])[1] not in (chain, driving.chain)


def test_near_its_end_the_next_certificate_is_made_once(driving: Driving) -> None:
    installed = driving.update()
    assert stopped(installed) == ("FAILED_NoCertificateAvailable", "renewal_too_early")
    driving.works.now += timedelta(days=365 * 2 / 3 + 1)
    driving.works.renew_signers()
    driving.works.refresh()
    first = driving.update()
    _, chain = driving.unwrap(first, driving.key, driving.chain[0])
    assert chain != driving.chain
    assert driving.update().exi == first.exi
    with driving.works.database.read() as connection:
        made = connection.execute(
            sa.select(outbox.c.client_id).where(outbox.c.type == "contract_data.updated")
        ).all()
    assert [row.client_id for row in made] == ["provisioning-service"]


def test_who_holds_another_key_gets_nothing(driving: Driving) -> None:
    driving.works.provisioned(driving.car)
    installed = driving.update(key=generate_key(KeyAlgorithm.P256))
    assert stopped(installed) == ("FAILED_SignatureError", "signature_wrong")


def test_a_certificate_that_merely_names_the_emaid_is_not_enough(driving: Driving) -> None:
    """Of a trusted authority even: it is not one of those recorded for the contract."""
    works = driving.works
    works.provisioned(driving.car)
    key = generate_key(KeyAlgorithm.P256)
    issued = works.house.issue(PROVIDER, leaf_request(public_key=spki(key)))
    installed = driving.update(chain=issued.chain, key=key)
    assert stopped(installed) == ("FAILED_NoCertificateAvailable", "certificate_unknown")


def test_the_emaid_of_the_request_is_the_certificates(driving: Driving) -> None:
    installed = driving.update(emaid="DEABCC87654321")
    assert stopped(installed) == ("FAILED_NoCertificateAvailable", "emaid_mismatch")


def test_a_revoked_certificate_is_no_way_to_the_next(driving: Driving) -> None:
    driving.works.provisioned(driving.car)
    driving.works.revoke_certificate(driving.chain[0], "mo-sub2-g1")
    assert stopped(driving.update())[0] == "FAILED_CertificateRevoked"


def test_an_expired_certificate_neither(driving: Driving) -> None:
    driving.works.now += timedelta(days=366)
    driving.works.renew_signers()
    driving.works.refresh()
    assert stopped(driving.update())[0] == "FAILED_CertificateExpired"


@pytest.mark.parametrize("end", ["suspend", "terminate"])
def test_a_contract_that_stands_no_more_is_not_renewed(driving: Driving, end: str) -> None:
    driving.works.now += timedelta(days=300)
    driving.works.renew_signers()
    driving.works.refresh()
    getattr(driving.works, end)(PROVIDER, EMAID)
    driving.works.refresh()
    code, _ = stopped(driving.update())
    assert code in {"FAILED_NoCertificateAvailable", "FAILED_CertificateRevoked"}


def test_without_the_vehicle_the_next_one_is_not_made(driving: Driving) -> None:
    driving.works.now += timedelta(days=300)
    driving.works.renew_signers()
    driving.works.refresh()
    driving.works.vehicles.published.clear()
    assert stopped(driving.update()) == ("FAILED_NoCertificateAvailable", "vehicle_unknown")
