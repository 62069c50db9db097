"""Where the console is built: its pages over the operations of the others."""

from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version

from flask import Blueprint, Flask, request

from authorization.operations.count_decisions import CountDecisions
from authorization.store.decision_counts import SqlDecisionCounts
from authorization.store.stations import SqlStationDirectory
from console.access.browser_sessions import BrowserSessions
from console.access.people import ConsolePeople
from console.access.signing_in import ConsoleSecret
from console.model.roles import Permission
from console.operations.find_anything import FindAnything
from console.pages.account import AccountPages, account_pages
from console.pages.app import ConsoleSettings, Entry, create_console
from console.pages.authorities import AuthorityPages, authorities_pages
from console.pages.autocharge import AutochargePages, autocharge_pages
from console.pages.certificates import CertificatePages, certificates_pages
from console.pages.contracts import ContractPages, contracts_pages
from console.pages.decisions import DecisionPages, decisions_pages
from console.pages.find import find_pages
from console.pages.overview import overview_pages
from console.pages.participants import ParticipantPages, participants_pages
from console.pages.people import PeoplePages, people_pages
from console.pages.stations import StationPages, stations_pages
from console.pages.tools import ToolPages, tools_pages
from console.pages.vehicles import VehiclePages, vehicles_pages
from console.store.passkeys import SqlPasskeys
from contract_service.operations.show import ListContracts
from foundation.principal import Principal
from pki.model.issued import CertificateRecord
from pki.model.profile import Profile
from pki.model.roles import CertificateRole
from pki.model.verdict import Verdict
from pki.operations.find_certificates import FindCertificates
from pki.store.certificate_records import SqlCertificateRecords
from pki.store.ocsp_signers import SqlOcspSigners
from server.console import PATH
from server.console_concerns import AuthorityConcerns, AutochargeConcerns
from server.console_search import (
    contract_id_of,
    of_certificates,
    of_decisions,
    of_drivers,
    of_places,
)
from server.observability import ROUTE
from server.problems import STATUS
from server.wiring_web import WebServices

MENU = (
    Entry("Overview", "overview.show"),
    Entry("Decisions", "decisions.list"),
    Entry("Contracts", "contracts.list"),
    Entry("Vehicles", "vehicles.list"),
    Entry("Autocharge", "autocharge.desk"),
    Entry("Stations", "stations.list"),
    Entry("Authorities", "authorities.list"),
    Entry("Participants", "participants.list"),
    Entry("Tools", "tools.show"),
    Entry("People", "people.list", Permission.ADMINISTER),
)


def console_application(services: WebServices) -> Flask:
    """Return the console's application over `services`."""
    public_url = services.settings.public_url
    secure = public_url.startswith("https://")
    app = create_console(
        ConsoleSettings(
            public_url,
            services.installation.demo,
            version("evtrust"),
            STATUS,
        ),
        ConsolePeople(services.console_accounts, SqlPasskeys(services.database), services.clock),
        BrowserSessions(services.console_sessions, services.clock, secure),
        ConsoleSecret.of(services.sealer),
        (*_people(services), *_things(services), *_desks(services)),
        MENU,
    )

    @app.before_request
    def name_route() -> None:
        rule = request.url_rule
        request.environ[ROUTE] = "unmatched" if rule is None else f"{PATH}{rule.rule}"

    return app


def _people(services: WebServices) -> Iterator[Blueprint]:
    accounts = services.console_accounts
    yield account_pages(
        AccountPages(accounts.sessions_of, services.end_console_session, services.clock)
    )
    yield people_pages(PeoplePages(accounts, services.add_account, services.change_account))


def _things(services: WebServices) -> Iterator[Blueprint]:
    contracts, enrolments = services.contract_operations, services.enrolment_operations
    surroundings, sites = services.surroundings_operations, services.site_operations
    decisions = services.list_decisions
    yield decisions_pages(DecisionPages(decisions, services.explain_decision, services.reveal))
    yield contracts_pages(
        ContractPages(
            list=ListContracts(services.contract_reader),
            find=services.find_contract,
            methods=surroundings.list_access_methods,
            budget=services.budget_operations.show,
            restrictions=sites.restrict.show,
            decisions=decisions,
            suspend=contracts.suspend,
            resume=contracts.resume,
            terminate=contracts.terminate,
            reveal=services.reveal,
        )
    )
    yield vehicles_pages(
        VehiclePages(
            enrolments.list,
            enrolments.history,
            decisions,
            contract_id_of(services.find_contract),
            enrolments.set_state,
            enrolments.remove,
        )
    )
    yield stations_pages(StationPages(services.list_stations, decisions))
    yield participants_pages(
        ParticipantPages(
            services.list_clients,
            services.create_client,
            services.rotate_secret,
            services.withdraw_client,
            services.clock,
        )
    )
    yield from _authorities(services)


def _authorities(services: WebServices) -> Iterator[Blueprint]:
    find = FindCertificates(SqlCertificateRecords(services.database))

    def profile_of(record: CertificateRecord) -> Profile | None:
        authority = services.authorities.get(record.issuer)
        return (
            None if authority is None else services.profiles.get((authority.edition, record.role))
        )

    def chain_of(principal: Principal, record: CertificateRecord) -> tuple[bytes, ...]:
        return (record.certificate, *services.show_authority(principal, record.issuer).chain)

    def judge(chain: tuple[bytes, ...], role: CertificateRole) -> Verdict:
        return services.validate_chain(chain, role, services.clock())

    yield certificates_pages(
        CertificatePages(
            find=find,
            profile_of=profile_of,
            chain_of=chain_of,
            judge=judge,
            revoke=services.revoke_certificate,
            release=services.release_certificate,
            reveal=services.reveal,
            clock=services.clock,
        )
    )
    yield authorities_pages(
        AuthorityPages(
            list=services.list_authorities,
            show=services.show_authority,
            find=find,
            newest_crl=services.crls.newest,
            newest_signer=_Signers(services),
            publish_crl=services.publish_crl,
            clock=services.clock,
        )
    )


class _Signers:
    """When an authority's newest OCSP signer ends."""

    def __init__(self, services: WebServices) -> None:
        self._signers = SqlOcspSigners(services.database)

    def __call__(self, name: str, at: datetime) -> datetime | None:
        signer = self._signers.newest(name, at)
        return None if signer is None else signer.not_after


def _desks(services: WebServices) -> Iterator[Blueprint]:
    claims, proposals = services.challenge_operations, services.proposal_operations
    quarantines = services.quarantine_operations
    yield overview_pages(
        CountDecisions(SqlDecisionCounts(services.database), services.clock),
        (
            AuthorityConcerns(
                services.list_authorities,
                services.crls.newest,
                _Signers(services),
                services.clock,
            ),
            AutochargeConcerns(proposals.list, claims.list, quarantines.list),
        ),
    )
    yield autocharge_pages(
        AutochargePages(
            proposals=proposals.list,
            decide=proposals.decide,
            challenges=claims.list,
            quarantines=quarantines.list,
            release=quarantines.release,
            imports=services.read_imports,
            undo=services.undo_import,
            clock=services.clock,
        )
    )
    yield tools_pages(ToolPages(services.validate_chain, services.clock))
    yield find_pages(
        FindAnything(
            (
                of_drivers(services.find_contract, services.enrolment_reader),
                of_decisions(services.read_decision, services.list_clients),
                of_places(services.list_stations, SqlStationDirectory(services.database)),
                of_certificates(FindCertificates(SqlCertificateRecords(services.database))),
            )
        )
    )
