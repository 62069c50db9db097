"""Sessions on the server: the browser holds 256 random bits, which name a row and nothing else."""

import hmac
import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from console.model.session import LONGEST, UNSIGNED, USE_NOTED_EVERY, ConsoleSession
from console.store.sessions import SqlSessions, StoredSession
from foundation.clock import Clock

COOKIE = "evtrust_console"
PATH = "/console"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_MAX_BROWSER, _MAX_ADDRESS = 200, 45


class BrowserSession(CallbackDict[str, Any], SessionMixin):
    """The mapping that pages and Flask-Security keep things in."""

    def __init__(self, token: str | None = None, stored: StoredSession | None = None) -> None:
        def note(changed: "BrowserSession") -> None:
            changed.modified = True

        super().__init__({} if stored is None else dict(stored.content), note)
        self.token = token
        self.stored = stored
        self.account_id = None if stored is None else stored.session.account_id
        self.anew = False
        self.modified = False
        self.new = stored is None

    def belong_to(self, account_id: str | None) -> None:
        """Begin anew, as the account's or as nobody's: the token of before names nothing then."""
        self.account_id = account_id
        self.anew = self.modified = True


@dataclass(frozen=True, slots=True)
class BrowserSessions(SessionInterface):
    """Flask's `SessionInterface` over `SqlSessions`; `secure` where browsers come by HTTPS."""

    sessions: SqlSessions
    clock: Clock
    secure: bool

    def open_session(self, app: Flask, request: Request) -> BrowserSession:
        """Return the browser's session; an empty one where it has none that counts.

        A token that another browser shows is ended: somebody copied it.
        """
        del app
        token = request.cookies.get(COOKIE, "")
        if _TOKEN.fullmatch(token) is None:
            return BrowserSession()
        stored = self.sessions.find(token, self.clock())
        if stored is None:
            return BrowserSession()
        if not hmac.compare_digest(stored.session.browser, _browser(request)):
            self.sessions.remove(token)
            return BrowserSession()
        return BrowserSession(token, stored)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep what changed, and tell the browser a new token."""
        del app
        if not isinstance(session, BrowserSession):
            raise TypeError("this session was not opened here")
        stored, now = session.stored, self.clock()
        if session.token is not None and stored is not None:
            if not session:
                self.sessions.remove(session.token)
                self._forget(response)
                return
            if not session.anew:
                used = replace(stored.session, used_at=now)
                if session.modified or now - stored.session.used_at >= USE_NOTED_EVERY:
                    self.sessions.change(session.token, StoredSession(used, dict(session)))
                return
            self.sessions.remove(session.token)
        if session:
            self._begin(session, response)

    def _begin(self, session: BrowserSession, response: Response) -> None:
        now, token = self.clock(), secrets.token_urlsafe(32)
        lasts = LONGEST if session.account_id is not None else UNSIGNED
        begun = ConsoleSession(
            session_id=str(uuid.uuid4()),
            account_id=session.account_id,
            created_at=now,
            used_at=now,
            ends_at=now + lasts,
            browser=_browser(request),
            address=(request.remote_addr or "")[:_MAX_ADDRESS],
        )
        content: Mapping[str, Any] = dict(session)
        self.sessions.put(token, StoredSession(begun, content))
        response.set_cookie(
            COOKIE, token, path=PATH, secure=self.secure, httponly=True, samesite="Lax"
        )

    def _forget(self, response: Response) -> None:
        response.delete_cookie(COOKIE, path=PATH, secure=self.secure, httponly=True, samesite="Lax")


def _browser(request: Request) -> str:
    return (request.user_agent.string or "")[:_MAX_BROWSER]
