"""Flask-Security, set up for the console: passwords, one-time codes, passkeys, throttling."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask, abort, current_app, request, session
from flask_login import current_user, user_logged_in, user_logged_out
from flask_security.core import Security, UserMixin
from flask_security.forms import LoginForm
from flask_security.mail_util import MailUtil
from flask_security.totp import Totp
from flask_security.utils import hash_password
from flask_wtf import CSRFProtect
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from console.access.browser_sessions import BrowserSession, BrowserSessions
from console.access.people import ConsolePeople, ConsoleUser
from foundation.sealing import Sealer

ATTEMPTS_PER_ADDRESS = "30/5 minutes"
"""Forms that one address may send before anybody signed in: an office behind one address signs in
in the morning, and a list of stolen passwords takes days. Counted in each process."""

MINIMUM_PASSWORD = 12
"""NIST SP 800-63B-4 section 3.1.1.2 asks for 8 beside a second factor, and 15 without one."""

MAXIMUM_PASSWORD = 256
"""Own judgement; NIST SP 800-63B-4 section 3.1.1.2 asks for 64 at least."""

NO_MATCH = (
    "E-mail address and password do not match. After five attempts in a row none counts for a "
    "quarter of an hour."
)
"""One answer to wrong passwords, unknown names and locked accounts."""

_THROTTLED = frozenset(
    {
        "security.login",
        "security.two_factor_token_validation",
        "security.mf_recovery",
        "security.wan_signin",
        "security.wan_signin_response",
        "security.verify",
    }
)


@dataclass(frozen=True, slots=True)
class ConsoleSecret:
    """What the console signs forms and seals one-time secrets with; the same in all processes."""

    forms: bytes
    one_time: str

    @classmethod
    def of(cls, sealer: Sealer) -> "ConsoleSecret":
        """Derive both from the installation's key."""
        return cls(sealer.derive("console.forms"), sealer.derive("console.one-time").hex())


class ConsoleLogin(LoginForm):
    """The login form; a locked account is told nothing about the password that was tried."""

    def validate(self, **kwargs: Any) -> bool:
        """Return whether the person may go on to the second factor, or in."""
        password = self.password.data or ""
        if len(password) > MAXIMUM_PASSWORD:
            self.form_errors.append("The password has too many characters.")
            return False
        people: ConsolePeople = _people()
        found = people.find_user(email=(self.email.data or "").strip())
        if found is not None and found.is_locked():
            hash_password(password)  # as long as a wrong one takes
            self.form_errors.append(NO_MATCH)  # as where there is no account
            return False
        return bool(super().validate(**kwargs))


class OneTimeCodes(Totp):
    """Time-based codes of which none counts twice (RFC 6238 section 5.2)."""

    def get_last_counter(self, user: UserMixin) -> int | None:
        """Return the period of the last code that was taken."""
        return _people().accounts.totp_counter(_account_id(user))

    def set_last_counter(self, user: UserMixin, tmatch: Any) -> None:
        """Take this code's period; two requests with one code do not both get in."""
        if not _people().accounts.take_totp_counter(_account_id(user), tmatch.counter):
            abort(409)


class NoMail(MailUtil):
    """E-mail addresses are names here: nothing is sent to them."""

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send nothing."""


def add_signing_in(
    app: Flask, people: ConsolePeople, sessions: BrowserSessions, secret: ConsoleSecret
) -> None:
    """Add the forms by which people sign in, and what keeps others out, to the console's app."""
    app.config.update(_settings(secret))
    app.session_interface = sessions
    CSRFProtect(app)
    app.extensions["console_people"] = people
    Security(
        app,
        people,
        login_form=ConsoleLogin,
        totp_cls=OneTimeCodes,
        mail_util_cls=NoMail,
    )
    _throttle(app)

    @user_logged_in.connect_via(app)  # type: ignore[untyped-decorator] # blinker's
    def signed_in(_sender: Flask, user: ConsoleUser, **_more: Any) -> None:
        people.accounts.note_success(user.account.account_id, people.clock())
        _session().belong_to(user.account.account_id)

    @user_logged_out.connect_via(app)  # type: ignore[untyped-decorator] # blinker's
    def signed_out(_sender: Flask, **_more: Any) -> None:
        _session().belong_to(None)


def _settings(secret: ConsoleSecret) -> Mapping[str, Any]:
    return {
        "SECRET_KEY": secret.forms,
        "WTF_CSRF_TIME_LIMIT": None,  # the session's end is the form's
        "WTF_CSRF_SSL_STRICT": False,  # proxies that end TLS; the token itself is checked
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_DEPRECATED_PASSWORD_SCHEMES": [],
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        "SECURITY_PASSWORD_LENGTH_MIN": MINIMUM_PASSWORD,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_MSG_GENERIC_AUTHN_FAILED": (NO_MATCH, "error"),
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_CHANGEABLE": True,
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TOTP_SECRETS": {"1": secret.one_time},
        "SECURITY_TOTP_ISSUER": "evtrust",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_WEBAUTHN": True,
        "SECURITY_WAN_RP_NAME": "evtrust",
        "SECURITY_WAN_ALLOW_USER_HINTS": False,
        "SECURITY_FRESHNESS": timedelta(minutes=30),
        "SECURITY_FRESHNESS_GRACE_PERIOD": timedelta(minutes=5),
        "SECURITY_POST_LOGIN_VIEW": "/console/",
        "SECURITY_POST_LOGOUT_VIEW": "/console/login",
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_STATIC_FOLDER_URL": "/fs-static",
        "SECURITY_DEFAULT_REMEMBER_ME": False,
        "REMEMBER_COOKIE_DURATION": timedelta(0),
    }


def _throttle(app: Flask) -> None:
    limiter, limit = FixedWindowRateLimiter(MemoryStorage()), parse(ATTEMPTS_PER_ADDRESS)

    @app.before_request
    def throttle() -> None:
        attempt = request.method == "POST" and request.endpoint in _THROTTLED
        if not attempt:
            return
        if not limiter.hit(limit, request.remote_addr or "unknown"):
            abort(429)
        # the package looks at locks beside the password alone: codes could be guessed for hours
        half_way = session.get("tf_user_id")
        user = None if half_way is None else _people().find_user(fs_uniquifier=half_way)
        if user is not None and user.is_locked():
            session.clear()
            abort(429)


def signed_in_user() -> ConsoleUser | None:
    """Return who is signed in in the running request."""
    user = current_user._get_current_object()  # noqa: SLF001 - how a proxy says what it stands for
    return user if isinstance(user, ConsoleUser) else None


def _account_id(user: UserMixin) -> str:
    if not isinstance(user, ConsoleUser):
        raise TypeError("codes belong to accounts of the console")
    return user.account.account_id


def _people() -> ConsolePeople:
    people = current_app.extensions["console_people"]
    if not isinstance(people, ConsolePeople):
        raise TypeError("the console's people are not set up")
    return people


def _session() -> BrowserSession:
    own = session._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
    if not isinstance(own, BrowserSession):
        raise TypeError("this session was not opened here")
    return own
