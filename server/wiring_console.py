"""Where the console is built: its pages over the operations of the others."""

from importlib.metadata import version
from urllib.parse import urlsplit

from flask import Flask, request

from authorization.operations.count_decisions import CountDecisions
from authorization.store.decision_counts import SqlDecisionCounts
from console.access.browser_sessions import BrowserSessions
from console.access.people import ConsolePeople
from console.access.signing_in import ConsoleSecret
from console.model.roles import Permission
from console.model.search import Form
from console.operations.find_anything import FindAnything
from console.pages.account import AccountPages, account_pages
from console.pages.app import ConsoleSettings, Entry, create_console
from console.pages.decisions import DecisionPages, decisions_pages
from console.pages.find import find_pages
from console.pages.overview import overview_pages
from console.pages.people import PeoplePages, people_pages
from console.store.passkeys import SqlPasskeys
from server.console import PATH
from server.console_search import decision_by_reference
from server.observability import ROUTE
from server.wiring_web import WebServices


def console_application(services: WebServices) -> Flask:
    """Return the console's application over `services`."""

    address = urlsplit(services.settings.public_url)
    secure = address.scheme == "https"
    people = ConsolePeople(
        services.console_accounts, SqlPasskeys(services.database), services.clock
    )
    app = create_console(
        ConsoleSettings(
            address.hostname or "localhost", secure, services.installation.demo, version("evtrust")
        ),
        people,
        BrowserSessions(services.console_sessions, services.clock, secure),
        ConsoleSecret.of(services.sealer),
        (
            overview_pages(
                CountDecisions(SqlDecisionCounts(services.database), services.clock), ()
            ),
            decisions_pages(
                DecisionPages(services.list_decisions, services.explain_decision, services.reveal)
            ),
            find_pages(
                FindAnything({Form.REFERENCE: (decision_by_reference(services.read_decision),)})
            ),
            account_pages(
                AccountPages(
                    services.console_accounts.sessions_of,
                    services.end_console_session,
                    services.clock,
                )
            ),
            people_pages(
                PeoplePages(
                    services.console_accounts, services.add_account, services.change_account
                )
            ),
        ),
        (
            Entry("Overview", "overview.show"),
            Entry("Decisions", "decisions.list"),
            Entry("People", "people.list", Permission.ADMINISTER),
        ),
    )

    @app.before_request
    def name_route() -> None:
        rule = request.url_rule
        request.environ[ROUTE] = "unmatched" if rule is None else f"{PATH}{rule.rule}"

    return app
