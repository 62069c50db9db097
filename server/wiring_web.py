"""What the web's translators need beyond the operations themselves; commands do without."""

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from authorization.api.answer_table import load_answer_table
from authorization.api.authorizations import AnswerAuthorization
from authorization.api.decisions import DecisionOperations
from authorization.api.ocpp import AnswerAuthorize16, AnswerAuthorize201
from authorization.api.surroundings import SurroundingsOperations
from authorization.operations.add_token import AddToken
from authorization.operations.change_token import ChangeToken
from authorization.operations.end_session import EndSession
from authorization.operations.list_tokens import ListTokens
from authorization.operations.read_decision import ReadDecision
from authorization.operations.resolve_identifier import ResolveIdentifier
from authorization.operations.show_session import ShowSession
from authorization.operations.start_session import StartSession
from authorization.store.sessions import SqlSessionReader
from autocharge.api.enrolments import EnrolmentOperations
from autocharge.operations.list_enrolments import ListEnrolments
from autocharge.operations.remove import RemoveEnrolment
from autocharge.operations.set_enrolment_state import SetEnrolmentState
from contract_service.api.contracts import ContractOperations
from contract_service.operations.bind_pcid import BindPcid
from contract_service.operations.show import ListContracts
from contract_service.store.contracts import SqlUnitsOfWork as ContractUnitsOfWork
from foundation.principal import Principal
from pki.api.est import EstOperations
from pki.api.status_app import StatusApplication
from pki.operations.enrol import Enrol as EnrolCertificate
from pki.operations.re_enrol import ReEnrol
from pki.store.standing_certificates import SqlStandingCertificates
from server.wiring_ocpp import OcppServices

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class WebServices(OcppServices):
    """The wired operations of a process that serves."""

    @cached_property
    def contract_operations(self) -> ContractOperations:
        """What `/v1/contracts` translates for."""
        return ContractOperations(
            create=self.create_contract,
            list=ListContracts(self.contract_reader),
            show=self.show_contract,
            suspend=self.suspend_contract,
            resume=self.resume_contract,
            terminate=self.terminate_contract,
            bind_pcid=BindPcid(ContractUnitsOfWork(self.database, self.outbox), self.clock),
            issue_certificate=self.issue_contract_certificate,
        )

    @cached_property
    def enrolment_operations(self) -> EnrolmentOperations:
        """What `/v1/autocharge/enrolments` translates for."""
        return EnrolmentOperations(
            enrol=self.enrol,
            list=ListEnrolments(self.enrolment_reader),
            set_state=SetEnrolmentState(self.enrolment_work, self.clock),
            remove=RemoveEnrolment(self.enrolment_work, self.clock),
        )

    @cached_property
    def decision_operations(self) -> DecisionOperations:
        """What the authorise routes translate for."""
        table = load_answer_table()
        return DecisionOperations(
            authorize_json=AnswerAuthorization(self.authorize),
            authorize_201=AnswerAuthorize201(self.authorize, table),
            authorize_16=AnswerAuthorize16(self.authorize, table),
            read=ReadDecision(self.decisions, self.find_contract),
            resolve=ResolveIdentifier(self.resolve),
        )

    @cached_property
    def surroundings_operations(self) -> SurroundingsOperations:
        """What the routes of stations, sessions and access methods translate for."""
        return SurroundingsOperations(
            register_station=self.register_station,
            list_stations=self.list_stations,
            add_token=AddToken(self.find_contract, self.site_work, self.clock),
            list_tokens=ListTokens(self.find_contract, self.tokens),
            change_token=ChangeToken(self.find_contract, self.site_work, self.clock),
            start_session=StartSession(self.decisions, self.site_work, self.clock),
            end_session=EndSession(self.site_work, self.clock),
            show_session=ShowSession(SqlSessionReader(self.database)),
        )

    @cached_property
    def est_operations(self) -> EstOperations:
        """What the EST routes translate for."""
        enrol = EnrolCertificate(self.issue_certificate, self._enrol_contract)
        return EstOperations(
            enrol=enrol,
            re_enrol=ReEnrol(enrol, SqlStandingCertificates(self.database), self.clock),
            server_keygen=self.server_keygen,
        )

    def _enrol_contract(self, principal: Principal, emaid: str, csr: bytes, issuer: str) -> bytes:
        issue = replace(self.issue_contract_certificate, issuer=issuer)
        return issue(principal, emaid, csr).certificate

    def status_application(self, fallback: "WSGIApplication") -> StatusApplication:
        """The public status routes, in front of `fallback`."""
        return StatusApplication(
            respond=lambda der: self.batches.run(lambda: self.respond_to_ocsp(der)),
            find_crl=self.crls.newest,
            find_certificate=self._certificate_of,
            fallback=fallback,
            clock=self.clock,
        )

    def _certificate_of(self, name: str) -> bytes | None:
        authority = self.authorities.get(name)
        return None if authority is None else authority.certificate
