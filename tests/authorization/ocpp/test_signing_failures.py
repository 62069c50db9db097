"""SignCertificate at once, cut short, and where an authority gives no good certificate."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NoReturn

import pytest

from authorization.model.ocpp_version import LIMITS, OcppVersion
from authorization.model.signing import SigningRequest
from authorization.model.station_call import StationCall
from contract_service.model.pem import chain_pem
from foundation.errors import Kind, Refused, ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR, Principal
from pki.model.issued import IssuedCertificate
from pki.operations.enrol_station import StationEnrolment
from tests.authorization.ocpp.assembly import Csms, pem_csr
from tests.authorization.store.test_stations import at_once
from tests.pki.est.assembly import issued

DAY = timedelta(days=1)


def test_of_many_at_once_one_waits(csms: Csms) -> None:
    ends = at_once(*[lambda: csms.answered("2.0.1", "SignCertificate", {"csr": pem_csr()})] * 6)
    assert ends == ["done"] * 6
    assert len(csms.calls()) == 1
    assert len(csms.calls("replaced")) == 5


def test_a_crash_before_the_call_is_queued_leaves_a_record_and_no_call(csms: Csms) -> None:
    """The station, which was not answered, asks again; nothing was delivered unrecorded."""

    def crash() -> NoReturn:
        raise SystemExit

    services = csms.application.services
    request = SigningRequest(OcppVersion.V201, pem_csr())
    crashing = replace(services.sign_certificate, open_unit_of_work=crash)
    before = issued(csms.application)["pki_certificates"]
    with pytest.raises(SystemExit):
        crashing(LOCAL_ADMINISTRATOR, csms.station_id, request)
    assert csms.calls() == []
    assert issued(csms.application)["pki_certificates"] == before + 1
    services.sign_certificate(LOCAL_ADMINISTRATOR, csms.station_id, request)
    assert len(csms.calls()) == 1


@dataclass
class FakeEnrol:
    """Signs nothing: answers as told."""

    answer: IssuedCertificate | ServiceError

    def slot(self, principal: Principal, enrolment: StationEnrolment) -> str:
        return "cpo-sub2"

    def __call__(self, principal: Principal, enrolment: StationEnrolment) -> IssuedCertificate:
        if isinstance(self.answer, ServiceError):
            raise self.answer
        return self.answer


def test_a_chain_that_no_message_carries_is_not_queued(csms: Csms) -> None:
    services = csms.application.services
    now = services.clock()
    longest = LIMITS[OcppVersion.V201].certificate_chain
    request = SigningRequest(OcppVersion.V201, pem_csr())
    for octets, fits in ((2400, True), (2600, False)):
        chain = (bytes(octets),) * 3
        assert (len(chain_pem(chain)) <= longest) is fits
        made = IssuedCertificate("a", "1", "f" * 64, chain[0], chain, None, now, now + DAY)
        signing = replace(services.sign_certificate, enrol=FakeEnrol(made))
        answer = signing(LOCAL_ADMINISTRATOR, csms.station_id, replace(request, request_id=octets))
        if fits:
            assert isinstance(answer, StationCall)
            assert answer.expires_at == now + DAY  # no later than the certificate
        else:
            assert isinstance(answer, Refused)
            assert answer.code == "chain_too_long"
    assert len(csms.calls()) == 1


def test_what_cannot_be_issued_now_is_no_rejection(csms: Csms) -> None:
    """A station that is rejected may give up; one whose CSMS gets 503 is asked to try again."""
    services = csms.application.services
    failure = ServiceError(Kind.UNAVAILABLE, "issuing_took_too_long", "ask again")
    signing = replace(services.sign_certificate, enrol=FakeEnrol(failure))
    with pytest.raises(ServiceError) as caught:
        signing(LOCAL_ADMINISTRATOR, csms.station_id, SigningRequest(OcppVersion.V21, pem_csr()))
    assert caught.value.code == "issuing_took_too_long"
    failure = ServiceError(Kind.CONFLICT, "authority_revoked", "make a new generation")
    signing = replace(services.sign_certificate, enrol=FakeEnrol(failure))
    answer = signing(
        LOCAL_ADMINISTRATOR, csms.station_id, SigningRequest(OcppVersion.V21, pem_csr())
    )
    assert answer == Refused("authority_revoked", "make a new generation")
