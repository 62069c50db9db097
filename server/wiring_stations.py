"""Stations' calls: what is signed for stations, and what waits for them."""

from functools import cached_property

from authorization.model.call_policy import CallPolicy
from authorization.operations.certificate_status import CertificateStatusOf
from authorization.operations.expire_calls import ExpireCalls
from authorization.operations.get_ev_certificate import GetEvCertificate
from authorization.operations.sign_certificate import SignCertificate
from authorization.store.call_policy import load_call_policy
from authorization.store.station_calls import OpenSqlCallUnitOfWork, SqlCallReader
from authorization.store.stations import SqlStationReader
from pki.operations.enrol_station import EnrolStation
from server.wiring_provisioning import ProvisioningServices


class StationServices(ProvisioningServices):
    """Registered stations to read, their certificates and their calls."""

    @cached_property
    def station_reader(self) -> SqlStationReader:
        """Registered stations, to read."""
        return SqlStationReader(self.database)

    @cached_property
    def call_policy(self) -> CallPolicy:
        """How long, and how many, calls wait."""
        return load_call_policy()

    @cached_property
    def call_work(self) -> OpenSqlCallUnitOfWork:
        """Stations' calls, to change."""
        return OpenSqlCallUnitOfWork(self.database, self.outbox)

    @cached_property
    def sign_certificate(self) -> SignCertificate:
        """Signs for stations."""
        return SignCertificate(
            self.station_reader,
            EnrolStation(self.issue_certificate, self.ca_certificates),
            SqlCallReader(self.database),
            self.call_work,
            self.call_policy,
            self.clock,
        )

    @cached_property
    def certificate_status(self) -> CertificateStatusOf:
        """Asks our responder for stations."""
        return CertificateStatusOf(self.station_reader, self.respond_to_ocsp)

    @cached_property
    def get_ev_certificate(self) -> GetEvCertificate:
        """Passes vehicles' requests for contracts on."""
        return GetEvCertificate(self.station_reader, self.install_contract)

    @cached_property
    def expire_calls(self) -> ExpireCalls:
        """Gives up calls that nobody answered."""
        return ExpireCalls(self.call_work, self.call_policy)
