"""What the web's translators need beyond the operations themselves; commands do without."""

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from authorization.api.answer_table import load_answer_table
from authorization.api.authorizations import AnswerAuthorization
from authorization.api.decisions import DecisionOperations
from authorization.api.ocpi_answers import load_ocpi_answers
from authorization.api.ocpi_sender import SendTokens
from authorization.api.ocpp import AnswerAuthorize16, AnswerAuthorize201
from authorization.api.oicp import AnswerAuthorizeStart, AnswerAuthorizeStop, OicpOperations
from authorization.api.oicp_answers import load_oicp_table
from authorization.api.sightings import SightingOperations
from authorization.api.surroundings import SurroundingsOperations
from authorization.operations.add_token import AddToken
from authorization.operations.answer_hub import AnswerHub
from authorization.operations.attribute_session import AttributeSession
from authorization.operations.authorize_for_partner import AuthorizeForPartner
from authorization.operations.end_session import EndSession
from authorization.operations.list_sightings import ListSightings
from authorization.operations.publish_tokens import ListOwnTokens
from authorization.operations.report_sighting import ReportSighting
from authorization.operations.resolve_identifier import ResolveIdentifier
from authorization.operations.show_session import ShowSession
from authorization.store.partner_references import SqlPartnerReferences
from authorization.store.sessions import SqlSessionReader
from autocharge.api.enrolments import EnrolmentOperations
from autocharge.api.imports import ImportOperations
from autocharge.operations.answer_step_up import AnswerStepUp, ShowStepUp
from autocharge.operations.read_history import ReadHistory
from autocharge.operations.set_precedence import SetPrecedence
from autocharge.operations.switch_autocharge import ChooseForProvider, SwitchVehicle
from autocharge.store.choices import SqlChoiceReader
from autocharge.store.history import SqlHistoryReader
from autocharge.store.sightings import SqlSightingLog
from autocharge.store.step_ups import OpenSqlStepUpUnitOfWork
from contract_service.api.contracts import ContractOperations
from contract_service.api.issuing import AnswerCertificateRequest
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
            issue_certificate=AnswerCertificateRequest(self.issue_contract_certificate),
        )

    @cached_property
    def enrolment_operations(self) -> EnrolmentOperations:
        """What `/v1/autocharge/enrolments` translates for."""
        return EnrolmentOperations(
            enrol=self.enrol,
            list=self.list_enrolments,
            set_state=self.set_enrolment_state,
            remove=self.remove_enrolment,
            replace=self.replace_identifier,
            set_precedence=SetPrecedence(self.enrolment_work, self.clock),
            switch_vehicle=SwitchVehicle(self.enrolment_work, self.clock),
            choose=ChooseForProvider(
                self.enrolment_work, SqlChoiceReader(self.database), self.clock
            ),
            history=ReadHistory(SqlHistoryReader(self.database)),
        )

    @cached_property
    def import_operations(self) -> ImportOperations:
        """What `/v1/autocharge/imports` translates for."""
        return ImportOperations(self.receive_import, self.read_imports, self.undo_import)

    @cached_property
    def decision_operations(self) -> DecisionOperations:
        """What the authorise routes translate for."""
        table = load_answer_table()
        return DecisionOperations(
            authorize_json=AnswerAuthorization(self.authorize),
            authorize_201=AnswerAuthorize201(self.authorize, table),
            authorize_16=AnswerAuthorize16(self.authorize, table, self.station_parsers),
            read=self.read_decision,
            resolve=ResolveIdentifier(self.resolve, self.enrolment_reader, self.sighting_reader),
        )

    @cached_property
    def oicp_operations(self) -> OicpOperations:
        """What `/api/oicp` translates for."""
        hub = AnswerHub(
            self.authorize,
            self._station_directory,
            self.find_contract,
            self.tokens,
            self.partner_of_client,
            SqlPartnerReferences(self.database, self.decisions),
        )
        table = load_oicp_table()
        return OicpOperations(AnswerAuthorizeStart(hub, table), AnswerAuthorizeStop(hub, table))

    @cached_property
    def send_tokens(self) -> SendTokens:
        """What OCPI's tokens module translates for as its sender."""
        contract_of = self.find_contract.by_id
        return SendTokens(
            AuthorizeForPartner(self.authorize, self._station_directory, contract_of),
            ListOwnTokens(self.own_tokens, contract_of),
            load_ocpi_answers(),
            self.ocpi_url,
        )

    @cached_property
    def surroundings_operations(self) -> SurroundingsOperations:
        """What the routes of stations, sessions and access methods translate for."""
        return SurroundingsOperations(
            register_station=self.register_station,
            list_stations=self.list_stations,
            add_token=AddToken(self.find_contract, self.site_work, self.clock),
            list_access_methods=self.list_access_methods,
            change_access_method=self.change_access_method,
            change_token=self.change_token,
            start_session=self.start_session,
            end_session=EndSession(self.site_work, self.clock),
            show_session=ShowSession(SqlSessionReader(self.database)),
            attribute_session=AttributeSession(SqlSessionReader(self.database), self.read_decision),
        )

    @cached_property
    def sighting_operations(self) -> SightingOperations:
        """What `/v1/autocharge/sightings` and `/v1/autocharge/step-ups` translate for."""
        return SightingOperations(
            report=ReportSighting(
                self.station_reader,
                self.resolve,
                self.sighting_limit,
                SqlSightingLog(self.database, self.vault),
                self.clock,
            ),
            list=ListSightings(
                self.sighting_reader, self.enrolment_reader, self.station_reader, self.pseudonym
            ),
            show_step_up=ShowStepUp(self.step_up_reader, self.clock),
            answer_step_up=AnswerStepUp(
                OpenSqlStepUpUnitOfWork(self.database, self.outbox), self.clock
            ),
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
            respond=self.respond_to_ocsp,
            find_crl=self.crls.newest,
            find_certificate=self._certificate_of,
            fallback=fallback,
            clock=self.clock,
        )

    def _certificate_of(self, name: str) -> bytes | None:
        authority = self.authorities.get(name)
        return None if authority is None else authority.certificate
