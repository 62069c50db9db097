"""Installation: what a vehicle is answered, and that every refusal is a valid answer."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract_service.model.contract_data import PreparedAnswer
from contract_service.model.installation import Objection, StepName
from contract_service.model.negative_answer import negative_answer
from contract_service.operations.install import InstallationAction, InstallationRequest
from contract_service.operations.installation_limits import InstallationLimit
from exi import Facets, Schema, decode, encode
from exi.messages import iso15118_2
from foundation.errors import ServiceError
from foundation.identifiers import Pcid
from foundation.principal import ClientRole, Principal
from pki.keys.sealed import generate_key
from pki.model.roles import CertificateRole, KeyAlgorithm
from tests.contract_service.provisioning.refusals import NO_CONTRACT, pool_of, refused
from tests.contract_service.provisioning.works import (
    EMAID,
    OPERATOR,
    PROVIDER,
    SESSION,
    SUFFIXES,
    Car,
    Works,
    delivered,
    new_pcid,
    request,
    root_id,
    session_of,
)
from tests.exi.vectors import stream
from tests.pki.issuing.house import ADMIN, leaf_request, spki
from tests.pki.validation.vectors import foreign

TWENTY = pytest.mark.parametrize(
    "algorithm", [KeyAlgorithm.P256, KeyAlgorithm.P521], ids=["-2", "-20"]
)


def provisioned(works: Works, algorithm: KeyAlgorithm = KeyAlgorithm.P256) -> Car:
    car = works.found(algorithm).car(algorithm=algorithm)
    works.provisioned(car)
    return car


SIGNATURE = ("FAILED_SignatureError", "FAILED_SignatureError")
CHAIN = ("FAILED_CertChainError", "WARNING_CertificateValidationError")
FAILED = ("FAILED", "FAILED")


@TWENTY
def test_a_request_signed_by_another_key(works: Works, algorithm: KeyAlgorithm) -> None:
    car = provisioned(works, algorithm)
    forged = request(works, car, key=generate_key(algorithm))
    installed = refused(works, car, forged, SIGNATURE, StepName.SIGNATURE)
    assert session_of(installed.exi, car.published.schema) == SESSION
    assert installed.steps[-1].code == "signature_wrong"


@TWENTY
def test_a_swapped_certificate(works: Works, algorithm: KeyAlgorithm) -> None:
    """The certificate of another vehicle under a signature of one's own, both genuine."""
    car = provisioned(works, algorithm)
    other = works.car(new_pcid(), algorithm)
    swapped = request(works, replace(other, published=car.published))
    refused(works, car, swapped, SIGNATURE, StepName.SIGNATURE)


@TWENTY
def test_another_certificate_of_the_same_pcid_than_the_published(
    works: Works, algorithm: KeyAlgorithm
) -> None:
    car = provisioned(works, algorithm)
    other = works.car(algorithm=algorithm, publish=False)
    installed = refused(works, other, request(works, other), NO_CONTRACT, StepName.VEHICLE)
    assert installed.steps[-1].code == "certificate_not_published"
    works.publish(other)
    installed = refused(works, car, request(works, car), NO_CONTRACT, StepName.VEHICLE)
    installed = refused(works, other, request(works, other), NO_CONTRACT, StepName.CONTRACT)
    assert installed.steps[-1].code == "wrapped_for_another_key"
    works.provisioned(other)
    installed = works.ask(other)
    assert delivered(installed.exi, other.published.schema, other.key, other.certificate)


@TWENTY
def test_a_renewed_certificate_of_the_same_key_unwraps_what_is_there(
    works: Works, algorithm: KeyAlgorithm
) -> None:
    car = provisioned(works, algorithm)
    issued = works.house.issue(
        ADMIN,
        leaf_request(
            CertificateRole.OEM_PROVISIONING,
            suffix=SUFFIXES[algorithm],
            public_key=spki(car.key),
            common_name=car.published.pcid.value,
            subject_id=car.published.pcid.key,
        ),
    )
    renewed = replace(car, published=replace(car.published, certificate=issued.certificate))
    works.publish(renewed)
    installed = works.ask(renewed)
    assert installed.accepted
    assert delivered(installed.exi, car.published.schema, car.key, issued.certificate)


@TWENTY
def test_an_expired_certificate(works: Works, algorithm: KeyAlgorithm) -> None:
    works.found(algorithm)
    car = works.car(algorithm=algorithm, lifetime=timedelta(days=10))
    works.provisioned(car)
    works.now = car.published.not_after + timedelta(seconds=1)
    works.refresh()
    codes = ("FAILED_CertificateExpired", "WARNING_CertificateExpired")
    refused(works, car, request(works, car), codes, StepName.CHAIN)


@TWENTY
def test_a_revoked_certificate(works: Works, algorithm: KeyAlgorithm) -> None:
    car = provisioned(works, algorithm)
    works.revoke_certificate(car.certificate, f"oem-sub2{SUFFIXES[algorithm]}-g1")
    codes = ("FAILED_CertificateRevoked", "WARNING_CertificateRevoked")
    refused(works, car, request(works, car), codes, StepName.CHAIN)


@TWENTY
def test_an_unknown_vehicle(works: Works, algorithm: KeyAlgorithm) -> None:
    works.found(algorithm)
    car = works.car(algorithm=algorithm, publish=False)
    refused(works, car, request(works, car), NO_CONTRACT, StepName.VEHICLE)


def test_a_certificate_of_nobodys_authority(works: Works) -> None:
    """The foreign PKI's request, published with a chain that no anchor of ours ends."""
    car = provisioned(works)
    published = replace(
        car.published,
        pcid=Pcid.parse("WP0ZZZ99ZTS392124"),
        certificate=foreign("oemLeaf"),
        sub_certificates=(foreign("oemSubCA2"), foreign("oemSubCA1")),
    )
    theirs = replace(car, published=published)
    works.publish(theirs)
    installed = refused(works, theirs, stream("foreign/request.exi"), CHAIN, StepName.CHAIN)
    assert installed.steps[-1].code == "issuer_not_found"


@TWENTY
def test_a_vehicle_without_a_contract(works: Works, algorithm: KeyAlgorithm) -> None:
    works.found(algorithm)
    car = works.car(algorithm=algorithm)
    refused(works, car, request(works, car), NO_CONTRACT, StepName.CONTRACT)


@TWENTY
@pytest.mark.parametrize("end", ["suspend", "terminate"])
def test_a_contract_that_stands_no_more_is_not_delivered(
    works: Works, algorithm: KeyAlgorithm, end: str
) -> None:
    car = provisioned(works, algorithm)
    getattr(works, end)(PROVIDER, EMAID)
    installed = refused(works, car, request(works, car), NO_CONTRACT, StepName.CONTRACT)
    assert (
        installed.steps[-1].code
        == {
            "suspend": "contract_suspended",
            "terminate": "contract_terminated",
        }[end]
    )


@TWENTY
def test_a_contract_whose_certificate_was_revoked_is_not_delivered(
    works: Works, algorithm: KeyAlgorithm
) -> None:
    car = provisioned(works, algorithm)
    (pooled,) = works.pool.of_vehicle(car.published.pcid, None)
    works.revoke_certificate(pooled.data.chain[0], f"mo-sub2{SUFFIXES[algorithm]}-g1")
    refused(works, car, request(works, car), NO_CONTRACT, StepName.CONTRACT)


@TWENTY
def test_a_contract_that_has_run_out_is_not_delivered(
    works: Works, algorithm: KeyAlgorithm
) -> None:
    works.found(algorithm)
    car = works.car(algorithm=algorithm)
    works.provisioned(car, ends=works.now + timedelta(days=5))
    works.now += timedelta(days=5)
    works.refresh()
    refused(works, car, request(works, car), NO_CONTRACT, StepName.CONTRACT)


@TWENTY
def test_a_vehicle_that_trusts_none_of_our_roots(works: Works, algorithm: KeyAlgorithm) -> None:
    car = provisioned(works, algorithm)
    theirs = request(works, car, roots=[root_id(foreign("v2gRootCA"))])
    codes = ("FAILED_NoCertificateAvailable", "WARNING_NoCertificateAvailable")
    installed = refused(works, car, theirs, codes, StepName.ROOT)
    assert installed.steps[-1].code == "no_common_root"
    own = works.root_ids(car.published.schema)[0]
    renamed = replace(own, issuer_name=own.issuer_name.replace("CN=", "CN=x"))
    refused(works, car, request(works, car, roots=[renamed]), codes, StepName.ROOT)


@TWENTY
def test_a_rotated_cps_leaf_signs_what_an_old_one_prepared(
    works: Works, algorithm: KeyAlgorithm
) -> None:
    car = provisioned(works, algorithm)
    schema = car.published.schema
    (old,) = works.signers(schema).newest.values()
    works.revoke_certificate(old.certificate.chain[0], f"cps-sub2{SUFFIXES[algorithm]}-g1")
    # meanwhile there is no leaf: nothing that a revoked one signed goes out
    codes = ("FAILED_NoCertificateAvailable", "WARNING_NoCertificateAvailable")
    listed = [root_id(old.certificate.root)]
    refused(works, car, request(works, car, roots=listed), codes, StepName.ROOT)
    works.house.rollover(ADMIN, f"cps-sub2{SUFFIXES[algorithm]}")
    works.renew_signers()
    works.refresh()
    before = pool_of(works)
    installed = works.ask(car)
    assert installed.accepted
    assert delivered(installed.exi, schema, car.key, car.certificate)
    assert pool_of(works) == before


@TWENTY
def test_answering_again_changes_nothing(works: Works, algorithm: KeyAlgorithm) -> None:
    car = provisioned(works, algorithm)
    before = pool_of(works)
    answers = {works.ask(car).exi for _ in range(3)}
    assert len(answers) == 1
    assert pool_of(works) == before


def test_the_session_id_of_every_length_is_echoed(works: Works) -> None:
    car = provisioned(works)
    for length in (0, 1, 8):
        installed = works.ask(car, request(works, car, session=SESSION[:length]))
        assert session_of(installed.exi, Schema.ISO15118_2) == SESSION[:length]


@TWENTY
@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"\x80",
        b"\x00" * 64,
        b"\xff" * 64,
        os.urandom(1_000_000),
        b"\x80\x98" + b"\xff" * 8 + b"\x7f",  # a length of about 2^60
        stream("hubject/negative_response.exi"),
        stream("foreign/response.exi"),
    ],
    ids=["empty", "header", "zeros", "ones", "megabyte", "bomb", "negative", "response"],
)
def test_what_is_no_request(works: Works, algorithm: KeyAlgorithm, rubbish: bytes) -> None:
    car = provisioned(works, algorithm)
    refused(works, car, rubbish, FAILED, StepName.MESSAGE)


def test_an_installation_for_an_update_and_the_other_way_round(works: Works) -> None:
    car = provisioned(works)
    installed = works.ask(car, action=InstallationAction.UPDATE)
    assert (installed.response_code, installed.steps[-1].code) == ("FAILED", "message_type_wrong")
    answer = decode(installed.exi, Schema.ISO15118_2)
    assert isinstance(answer.body, iso15118_2.CertificateUpdateRes)
    assert answer.header.session_id == SESSION


def test_hubjects_request_is_read_and_its_vehicle_is_unknown(works: Works) -> None:
    car = provisioned(works)
    installed = refused(works, car, stream("hubject/request.exi"), NO_CONTRACT, StepName.VEHICLE)
    assert [one.name for one in installed.steps if one.passed] == ["message", "signature"]
    session = decode(stream("hubject/request.exi"), Schema.ISO15118_2).header.session_id
    assert session_of(installed.exi, Schema.ISO15118_2) == session


@settings(max_examples=60, deadline=None, suppress_health_check=[*HealthCheck])
@given(position=st.integers(0, 10_000), mask=st.integers(1, 255))
def test_a_changed_request_is_answered_and_delivers_nothing_to_another(
    works: Works, position: int, mask: int
) -> None:
    """Whatever is changed: an answer in EXI, and a key that only the car can unwrap."""
    if not works.vehicles.published:
        provisioned(works)
    car_message = _cars_request(works)
    changed = bytearray(car_message)
    changed[position % len(changed)] ^= mask
    installed = works.install(
        OPERATOR,
        InstallationRequest(bytes(changed), Schema.ISO15118_2, InstallationAction.INSTALL),
    )
    assert session_of(installed.exi, Schema.ISO15118_2) is not None
    if installed.accepted:  # the session id is not signed
        assert (
            decode(bytes(changed), Schema.ISO15118_2).body
            == decode(car_message, Schema.ISO15118_2).body
        )


_KEPT: dict[int, bytes] = {}


def _cars_request(works: Works) -> bytes:
    if id(works) not in _KEPT:
        _KEPT.clear()
        works.limit = InstallationLimit(per_vehicle=10_000)
        car = works.car("WP0ABCDEFGH7654321")
        works.provisioned(car, "DEABCC87654321")
        works.refresh()
        _KEPT[id(works)] = encode(request(works, car))
    return _KEPT[id(works)]


@pytest.mark.parametrize("schema", list(Schema))
@pytest.mark.parametrize("objection", list(Objection))
@pytest.mark.parametrize("action", list(InstallationAction))
def test_every_negative_answer_is_strictly_valid(
    schema: Schema, objection: Objection, action: InstallationAction
) -> None:
    for session in (None, SESSION):
        answer = negative_answer(schema, action, objection, session, seconds=1)
        message = decode(answer, schema, Facets.STRICT)
        assert encode(message) == answer
        assert message.header.session_id == (session or bytes(8))


def test_only_operators_may_ask(works: Works) -> None:
    car = provisioned(works)
    asked = InstallationRequest(
        encode(request(works, car)), Schema.ISO15118_2, InstallationAction.INSTALL
    )
    for role in set(ClientRole) - {ClientRole.CPO, ClientRole.ADMIN}:
        with pytest.raises(ServiceError, match="role_required"):
            works.install(Principal("x", frozenset({role})), asked)


class Replaced:
    """The pool of a process that looks into it just before and just after a replacement."""

    def __init__(self, works: Works, car: Car) -> None:
        self.works = works
        self.car = car
        self.replaced = 0

    def answers(
        self, data_id: str, action: InstallationAction, recipient_key: str
    ) -> Sequence[PreparedAnswer]:
        if not self.replaced:
            self.works.provisioned(self.car)
            self.replaced += 1
        return self.works.pool.answers(data_id, action, recipient_key)


def test_a_vehicle_that_asks_while_its_contract_is_provisioned_anew(works: Works) -> None:
    car = provisioned(works)
    pool = Replaced(works, car)
    choose = replace(works.choose, pool=pool)  # type: ignore[arg-type] # what choosing uses of it
    asked = InstallationRequest(
        encode(request(works, car)), Schema.ISO15118_2, InstallationAction.INSTALL
    )
    installed = replace(works.install, choose=choose)(OPERATOR, asked)
    assert (installed.accepted, pool.replaced) == (True, 1)
    assert [step.name for step in installed.steps] == list(StepName)[1:]
    _, chain = delivered(installed.exi, Schema.ISO15118_2, car.key, car.certificate)
    (pooled,) = works.pool.of_vehicle(car.published.pcid, None)
    assert chain == pooled.data.chain


def test_a_vehicle_and_a_station_that_ask_too_often(works: Works) -> None:
    works.limit = InstallationLimit(per_vehicle=2, per_station=4)
    car = provisioned(works)
    other = works.car(new_pcid())
    codes = [works.ask(car, station_id="s1").steps[-1].code for _ in range(3)]
    assert codes == [None, None, "too_many_requests"]
    assert works.ask(other, station_id="s1").steps[-1].code == "no_contract"
    assert works.ask(other, station_id="s1").steps[-1].code == "too_many_requests"
    assert works.ask(other, station_id="s2").steps[-1].code == "no_contract"
    works.now += timedelta(minutes=1)
    assert works.ask(car, station_id="s1").accepted


def test_nobody_uses_a_vehicles_limit_up_with_its_public_certificate(works: Works) -> None:
    works.limit = InstallationLimit(per_vehicle=1)
    car = provisioned(works)
    for _ in range(5):
        works.ask(car, request(works, car, key=generate_key(KeyAlgorithm.P256)))
    assert works.ask(car).accepted
