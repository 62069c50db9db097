"""Where everything is built, once: operations with the stores, keys and clocks behind their ports.

Each part is built when it is first asked for, so that a command opens only what it uses.
"""

from datetime import timedelta
from functools import cached_property

from authorization.api.answer_table import load_answer_table
from authorization.api.authorizations import AnswerAuthorization
from authorization.api.decisions import DecisionOperations
from authorization.api.ocpp import AnswerAuthorize16, AnswerAuthorize201
from authorization.api.surroundings import SurroundingsOperations
from authorization.operations.add_token import AddToken
from authorization.operations.authorize import Authorize
from authorization.operations.change_token import ChangeToken
from authorization.operations.end_session import EndSession
from authorization.operations.list_stations import ListStations
from authorization.operations.list_tokens import ListTokens
from authorization.operations.read_decision import ReadDecision
from authorization.operations.register_station import RegisterStation
from authorization.operations.remember_certificate import RememberCertificate
from authorization.operations.resolve_identifier import ResolveIdentifier
from authorization.operations.show_session import ShowSession
from authorization.operations.start_session import StartSession
from authorization.store.decisions import SqlDecisionLog
from authorization.store.sessions import SqlSessionReader
from authorization.store.stations import SqlStationDirectory, SqlStationReader
from authorization.store.tokens import SqlTokens, TokenVault, open_token_hash
from authorization.store.unit_of_work import OpenSqlUnitOfWork
from autocharge.api.enrolments import EnrolmentOperations
from autocharge.operations.enrol import Enrol
from autocharge.operations.erase import EraseEnrolment
from autocharge.operations.list_enrolments import ListEnrolments
from autocharge.operations.remove import RemoveEnrolment
from autocharge.operations.resolve import Resolve
from autocharge.operations.set_enrolment_state import SetEnrolmentState
from autocharge.store.enrolments import SqlEnrolmentReader
from autocharge.store.enrolments import SqlUnitsOfWork as EnrolmentUnitsOfWork
from autocharge.store.identifier_vault import IdentifierVault, open_vault
from contract_service.api.contracts import ContractOperations
from contract_service.operations.bind_pcid import BindPcid
from contract_service.operations.create import CreateContract
from contract_service.operations.find import FindContract
from contract_service.operations.issue_certificate import IssueContractCertificate
from contract_service.operations.record_foreign_certificate import RecordForeignCertificate
from contract_service.operations.resume import ResumeContract
from contract_service.operations.show import ListContracts, ShowContract
from contract_service.operations.suspend import SuspendContract
from contract_service.operations.terminate import TerminateContract
from contract_service.store.contracts import SqlContractReader, SqlForeignCertificates
from contract_service.store.contracts import SqlUnitsOfWork as ContractUnitsOfWork
from foundation.principal import LOCAL_ADMINISTRATOR
from foundation.short_cache import ShortCache
from participants.operations.authenticate import Authenticate
from participants.operations.create_client import CreateClient
from participants.operations.issue_token import IssueToken
from participants.operations.list_clients import ListClients
from participants.operations.rotate_secret import RotateSecret
from participants.operations.rotate_token_key import RotateTokenKey
from participants.operations.withdraw_client import WithdrawClient
from participants.store.clients import SqlClientReader
from participants.store.token_keys import load_token_keys
from participants.store.unit_of_work import unit_of_work_opener as participants_opener
from participants.tokens import JoseTokenCodec
from server.housekeeping import Chore, Housekeeping
from server.observability import count_failed_authentication
from server.wiring_pki import PkiServices

TOKEN_LIFETIME = timedelta(hours=1)
CONTRACT_CERTIFICATE_LIFETIME = timedelta(days=365)
CONTRACT_ISSUER = "mo-sub2"


class Services(PkiServices):
    """The wired operations of one process."""

    # participants

    @cached_property
    def _clients(self) -> SqlClientReader:
        return SqlClientReader(self.database)

    @cached_property
    def _token_codec(self) -> JoseTokenCodec:
        return JoseTokenCodec(
            lambda: load_token_keys(self.database, self.sealer),
            issuer=self.settings.public_url,
            lifetime=TOKEN_LIFETIME,
            clock=self.clock,
        )

    @cached_property
    def authenticate(self) -> Authenticate:
        """Token -> principal."""
        return Authenticate(
            self._token_codec,
            ShortCache(self._clients.find),
            self.clock,
            count_failed_authentication,
        )

    @cached_property
    def issue_token(self) -> IssueToken:
        """Client credentials -> access token."""
        return IssueToken(
            self._clients,
            self._token_codec,
            self.clock,
            self.settings.public_url,
            TOKEN_LIFETIME,
            count_failed_authentication,
        )

    @cached_property
    def create_client(self) -> CreateClient:
        """Registers a client."""
        return CreateClient(participants_opener(self.database, self.sealer), self.clock)

    @cached_property
    def list_clients(self) -> ListClients:
        """Lists clients."""
        return ListClients(self._clients)

    @cached_property
    def withdraw_client(self) -> WithdrawClient:
        """Withdraws a client."""
        return WithdrawClient(participants_opener(self.database, self.sealer), self.clock)

    @cached_property
    def rotate_secret(self) -> RotateSecret:
        """Gives a client a new secret."""
        return RotateSecret(participants_opener(self.database, self.sealer), self.clock)

    @cached_property
    def rotate_token_key(self) -> RotateTokenKey:
        """Gives tokens a new signing key."""
        return RotateTokenKey(
            participants_opener(self.database, self.sealer), self.clock, TOKEN_LIFETIME
        )

    # contracts

    @cached_property
    def _contract_reader(self) -> SqlContractReader:
        return SqlContractReader(self.database)

    @cached_property
    def find_contract(self) -> FindContract:
        """EMAID -> contract, for the decision."""
        return FindContract(self._contract_reader)

    @cached_property
    def create_contract(self) -> CreateContract:
        """Creates a contract."""
        return CreateContract(ContractUnitsOfWork(self.database), self.clock)

    @cached_property
    def suspend_contract(self) -> SuspendContract:
        """Suspends a contract."""
        return SuspendContract(ContractUnitsOfWork(self.database), self.clock)

    @cached_property
    def resume_contract(self) -> ResumeContract:
        """Resumes a contract."""
        return ResumeContract(ContractUnitsOfWork(self.database), self.clock)

    @cached_property
    def terminate_contract(self) -> TerminateContract:
        """Terminates a contract and revokes its certificates."""
        return TerminateContract(
            ContractUnitsOfWork(self.database),
            self._contract_reader,
            self.revoke_certificate,
            self.clock,
        )

    @cached_property
    def show_contract(self) -> ShowContract:
        """Shows a contract with its certificates."""
        return ShowContract(self._contract_reader)

    @cached_property
    def issue_contract_certificate(self) -> IssueContractCertificate:
        """Issues a contract certificate from a CSR."""
        return IssueContractCertificate(
            ContractUnitsOfWork(self.database),
            self._contract_reader,
            self.issue_certificate,
            self.revoke_certificate,
            self.clock,
            CONTRACT_ISSUER,
            CONTRACT_CERTIFICATE_LIFETIME,
        )

    @cached_property
    def contract_operations(self) -> ContractOperations:
        """What `/v1/contracts` translates for."""
        return ContractOperations(
            create=self.create_contract,
            list=ListContracts(self._contract_reader),
            show=self.show_contract,
            suspend=self.suspend_contract,
            resume=self.resume_contract,
            terminate=self.terminate_contract,
            bind_pcid=BindPcid(ContractUnitsOfWork(self.database), self.clock),
            issue_certificate=self.issue_contract_certificate,
        )

    # autocharge

    @cached_property
    def vault(self) -> IdentifierVault:
        """Keyed hashes and ciphertexts of vehicle identifiers; made with its first pepper."""
        return open_vault(self.database, self.sealer, self.clock)

    @cached_property
    def _enrolment_work(self) -> EnrolmentUnitsOfWork:
        return EnrolmentUnitsOfWork(self.database, self.vault)

    @cached_property
    def _enrolment_reader(self) -> SqlEnrolmentReader:
        return SqlEnrolmentReader(self.database, self.vault)

    @cached_property
    def enrol(self) -> Enrol:
        """Enrols an identifier for a contract."""
        return Enrol(self._enrolment_work, self.find_contract.standing, self.clock)

    @cached_property
    def resolve(self) -> Resolve:
        """Identifier -> contract."""
        return Resolve(self._enrolment_reader)

    @cached_property
    def erase_enrolment(self) -> EraseEnrolment:
        """Erases what is stored of an identifier."""
        return EraseEnrolment(self._enrolment_work, self.clock)

    @cached_property
    def enrolment_operations(self) -> EnrolmentOperations:
        """What `/v1/autocharge/enrolments` translates for."""
        return EnrolmentOperations(
            enrol=self.enrol,
            list=ListEnrolments(self._enrolment_reader),
            set_state=SetEnrolmentState(self._enrolment_work, self.clock),
            remove=RemoveEnrolment(self._enrolment_work, self.clock),
        )

    # the decision and its surroundings

    @cached_property
    def token_vault(self) -> TokenVault:
        """Keyed hashes and ciphertexts of RFID and app tokens; made with its pepper."""
        return TokenVault(open_token_hash(self.database, self.sealer, self.clock), self.sealer)

    @cached_property
    def _site_work(self) -> OpenSqlUnitOfWork:
        return OpenSqlUnitOfWork(self.database, self.token_vault)

    @cached_property
    def _tokens(self) -> SqlTokens:
        return SqlTokens(self.database, self.token_vault)

    @cached_property
    def _decisions(self) -> SqlDecisionLog:
        return SqlDecisionLog(self.database, self.sealer)

    @cached_property
    def authorize(self) -> Authorize:
        """The decision."""
        return Authorize(
            stations=SqlStationDirectory(self.database),
            contracts=self.find_contract,
            tokens=self._tokens,
            resolve=self.resolve,
            validate=self.validate_chain,
            decisions=self._decisions,
            remember=RememberCertificate(
                RecordForeignCertificate(SqlForeignCertificates(self.database), self.clock)
            ),
            clock=self.clock,
        )

    @cached_property
    def register_station(self) -> RegisterStation:
        """Registers a station."""
        return RegisterStation(self._site_work, self.clock)

    @cached_property
    def list_stations(self) -> ListStations:
        """Lists stations."""
        return ListStations(SqlStationReader(self.database))

    @cached_property
    def decision_operations(self) -> DecisionOperations:
        """What the authorise routes translate for."""
        table = load_answer_table()
        return DecisionOperations(
            authorize_json=AnswerAuthorization(self.authorize),
            authorize_201=AnswerAuthorize201(self.authorize, table),
            authorize_16=AnswerAuthorize16(self.authorize, table),
            read=ReadDecision(self._decisions, self.find_contract),
            resolve=ResolveIdentifier(self.resolve),
        )

    @cached_property
    def surroundings_operations(self) -> SurroundingsOperations:
        """What the routes of stations, sessions and access methods translate for."""
        return SurroundingsOperations(
            register_station=self.register_station,
            list_stations=self.list_stations,
            add_token=AddToken(self.find_contract, self._site_work, self.clock),
            list_tokens=ListTokens(self.find_contract, self._tokens),
            change_token=ChangeToken(self.find_contract, self._site_work, self.clock),
            start_session=StartSession(self._decisions, self._site_work, self.clock),
            end_session=EndSession(self._site_work, self.clock),
            show_session=ShowSession(SqlSessionReader(self.database)),
        )

    @cached_property
    def housekeeping(self) -> Housekeeping:
        """Background work: renewed signers, lists and what a crash left unfinished."""
        return Housekeeping(
            self.database,
            (
                Chore("ocsp_signers", timedelta(hours=1), self.renew_ocsp_signers),
                Chore("crls", timedelta(seconds=20), self.refresh_crls),
                Chore(
                    "terminations",
                    timedelta(minutes=1),
                    lambda _: self.terminate_contract.finish(LOCAL_ADMINISTRATOR),
                ),
            ),
            self.clock,
        )
