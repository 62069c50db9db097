"""Where everything is built, once: operations with the stores, keys and clocks behind their ports.

Each part is built when it is first asked for, so that a command opens only what it uses.
"""

from datetime import timedelta
from functools import cached_property

from authorization.operations.authorize import Authorize
from authorization.operations.change_access_method import ChangeAccessMethod
from authorization.operations.change_token import ChangeToken
from authorization.operations.close_stale_sessions import CloseStaleSessions
from authorization.operations.list_access_methods import ListAccessMethods
from authorization.operations.list_stations import ListStations
from authorization.operations.register_station import RegisterStation
from authorization.operations.remember_certificate import RememberCertificate
from authorization.store.ad_hoc_policy import load_ad_hoc_policy
from authorization.store.stations import SqlStationDirectory
from authorization.store.tokens import SqlTokens
from authorization.store.unit_of_work import OpenSqlUnitOfWork
from contract_service.operations.create import CreateContract
from contract_service.operations.find import FindContract
from contract_service.operations.issue_certificate import IssueContractCertificate
from contract_service.operations.record_foreign_certificate import RecordForeignCertificate
from contract_service.operations.resume import ResumeContract
from contract_service.operations.show import ShowContract
from contract_service.operations.suspend import SuspendContract
from contract_service.operations.terminate import TerminateContract
from contract_service.store.contracts import SqlContractCertificates
from contract_service.store.contracts import SqlUnitsOfWork as ContractUnitsOfWork
from contract_service.store.issued_certificates import SqlIssuedCertificates
from foundation.principal import LOCAL_ADMINISTRATOR, Principal
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
from pki.model.certificate_reference import ByFingerprint
from pki.model.roles import RevocationReason
from server.counted_decisions import CountedDecisions
from server.housekeeping import Chore, Housekeeping
from server.observability import count_failed_authentication
from server.wiring_imports import ImportServices
from server.wiring_lists import LocalListServices
from server.wiring_ocpi import OcpiServices
from server.wiring_people import PeopleServices
from server.wiring_places import PlaceServices
from server.wiring_privacy import PrivacyServices
from server.wiring_provisioning import CONTRACT_CERTIFICATE_LIFETIME, CONTRACT_ISSUER
from server.wiring_quarantines import QuarantineServices
from server.wiring_webhooks import WebhookServices

TOKEN_LIFETIME = timedelta(hours=1)
TOKEN_KEY_LIFETIME = timedelta(days=30)  # own judgement; a rotation costs nobody anything


class Services(
    WebhookServices,
    LocalListServices,
    PrivacyServices,
    ImportServices,
    QuarantineServices,
    OcpiServices,
    PlaceServices,
    PeopleServices,
):
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
        return CreateClient(
            participants_opener(self.database, self.sealer, self.outbox), self.clock
        )

    @cached_property
    def list_clients(self) -> ListClients:
        """Lists clients."""
        return ListClients(self._clients)

    @cached_property
    def withdraw_client(self) -> WithdrawClient:
        """Withdraws a client."""
        return WithdrawClient(
            participants_opener(self.database, self.sealer, self.outbox), self.clock
        )

    @cached_property
    def rotate_secret(self) -> RotateSecret:
        """Gives a client a new secret."""
        return RotateSecret(
            participants_opener(self.database, self.sealer, self.outbox), self.clock
        )

    @cached_property
    def rotate_token_key(self) -> RotateTokenKey:
        """Gives tokens a new signing key."""
        return RotateTokenKey(
            participants_opener(self.database, self.sealer, self.outbox), self.clock, TOKEN_LIFETIME
        )

    # contracts

    @cached_property
    def find_contract(self) -> FindContract:
        """EMAID -> contract, for the decision."""
        return FindContract(self.contract_reader)

    @cached_property
    def create_contract(self) -> CreateContract:
        """Creates a contract."""
        return CreateContract(ContractUnitsOfWork(self.database, self.outbox), self.clock)

    @cached_property
    def suspend_contract(self) -> SuspendContract:
        """Suspends a contract."""
        return SuspendContract(ContractUnitsOfWork(self.database, self.outbox), self.clock)

    @cached_property
    def resume_contract(self) -> ResumeContract:
        """Resumes a contract."""
        return ResumeContract(ContractUnitsOfWork(self.database, self.outbox), self.clock)

    @cached_property
    def terminate_contract(self) -> TerminateContract:
        """Terminates a contract and revokes its certificates."""
        return TerminateContract(
            ContractUnitsOfWork(self.database, self.outbox),
            self.contract_reader,
            self.revoke_certificate,
            self.clock,
        )

    @cached_property
    def show_contract(self) -> ShowContract:
        """Shows a contract with its certificates."""
        return ShowContract(self.contract_reader)

    @cached_property
    def issue_contract_certificate(self) -> IssueContractCertificate:
        """Issues a contract certificate from a CSR."""
        return IssueContractCertificate(
            SqlIssuedCertificates(self.database, self.outbox, self.issuance_log.record),
            self.contract_reader,
            self.issue_certificate,
            self.revoke_certificate,
            self.clock,
            CONTRACT_ISSUER,
            CONTRACT_CERTIFICATE_LIFETIME,
        )

    # the decision and its surroundings

    @cached_property
    def tokens(self) -> SqlTokens:
        """RFID and app tokens, to read."""
        return SqlTokens(self.database, self.token_vault)

    @cached_property
    def site_work(self) -> OpenSqlUnitOfWork:
        """Stations, tokens and sessions, to change."""
        return OpenSqlUnitOfWork(self.database, self.token_vault, self.outbox)

    @cached_property
    def list_access_methods(self) -> ListAccessMethods:
        """Shows every way to a contract."""
        return ListAccessMethods(
            self.find_contract,
            self.tokens,
            self.list_enrolments,
            self.validate_chain,
            self.clock,
        )

    @cached_property
    def change_token(self) -> ChangeToken:
        """Blocks, unblocks and removes cards and app accounts."""
        return ChangeToken(self.find_contract, self.site_work, self.clock)

    @cached_property
    def change_access_method(self) -> ChangeAccessMethod:
        """Blocks and unblocks one of them."""

        def hold(principal: Principal, certificate: ByFingerprint) -> object:
            return self.revoke_certificate(
                principal, certificate, RevocationReason.CERTIFICATE_HOLD
            )

        return ChangeAccessMethod(
            self.find_contract,
            self.tokens,
            self.change_token,
            self.list_enrolments.by_id,
            self.set_enrolment_state,
            hold,
            self.release_certificate,
        )

    @cached_property
    def decisions(self) -> CountedDecisions:
        """The decisions on record."""
        return CountedDecisions(self.decision_log)

    @cached_property
    def authorize(self) -> Authorize:
        """The decision."""
        foreign_certificates = SqlContractCertificates(self.database, self.outbox)
        return Authorize(
            stations=SqlStationDirectory(self.database),
            contracts=self.find_contract,
            tokens=self.tokens,
            vehicles=self.weigh_vehicles(self.resolve, self.find_contract, self.check_uniqueness),
            validate=self.validate_foreign_chain,
            decisions=self.decisions,
            remember=RememberCertificate(
                RecordForeignCertificate(foreign_certificates, self.clock),
                foreign_certificates.is_recorded,
            ),
            find=self.find_limited,
            clock=self.clock,
            site_access=self.check_site_access,
            ad_hoc=load_ad_hoc_policy(),
            roaming=self.ask_partners,
        )

    @cached_property
    def register_station(self) -> RegisterStation:
        """Registers a station."""
        return RegisterStation(self.site_work, self.clock)

    @cached_property
    def list_stations(self) -> ListStations:
        """Lists stations."""
        return ListStations(self.station_reader)

    @cached_property
    def housekeeping(self) -> Housekeeping:
        """Background work: renewed signers, lists and what a crash left unfinished."""
        return Housekeeping(
            self.database,
            (
                Chore(
                    "console_sessions",
                    timedelta(minutes=10),
                    lambda now: self.console_sessions.remove_ended(now, 1_000),
                ),
                Chore("webhooks", timedelta(minutes=10), self.clean_webhooks),
                Chore("ocsp_signers", timedelta(hours=1), self.renew_ocsp_signers),
                Chore("crls", timedelta(seconds=20), self.refresh_crls),
                Chore(
                    "terminations",
                    timedelta(minutes=1),
                    lambda _: self.terminate_contract.finish(LOCAL_ADMINISTRATOR),
                ),
                *self.provisioning_chores(),
                Chore("quarantines", timedelta(hours=6), lambda _: self.forget_quarantines()),
                Chore("expired_roots", timedelta(hours=1), self.withdraw_root.expired),
                Chore("vehicles", timedelta(minutes=1), self.cleanse_vehicles),
                Chore(
                    "vehicle_deletions",
                    timedelta(minutes=1),
                    lambda _: self.delete_vehicle.finish(),
                ),
                Chore(
                    "token_key",
                    timedelta(hours=1),
                    lambda _: self.rotate_token_key(
                        LOCAL_ADMINISTRATOR, only_if_older=TOKEN_KEY_LIFETIME
                    ),
                ),
                Chore("station_calls", timedelta(minutes=1), self.expire_calls),
                Chore(
                    "stale_sessions",
                    timedelta(minutes=10),
                    CloseStaleSessions(self.site_work, self.session_policy),
                ),
                *self.enrolment_chores(),
                *self.vehicle_chores(),
                *self.privacy_chores(),
                *self.import_chores(),
                *self.decision_chores(),
                *self.cache_chores(),
            ),
            self.clock,
        )

    @cached_property
    def errands(self) -> Housekeeping:
        """Background work that waits for partners: in a thread of its own, nothing else waits."""
        return Housekeeping(
            self.database,
            (
                *self.roaming_chores(),
                *self.revocation_chores(self.decision_reader.oldest),
                Chore("token_pushes", timedelta(seconds=5), lambda _: self.push_tokens()),
                Chore("token_pulls", timedelta(seconds=10), lambda _: self.pull_tokens()),
                *self.list_chores(),
            ),
            self.clock,
        )
