"""Who is signed in, as the principal that operations know."""

from flask import abort, current_app

from console.access.people import ConsoleUser
from console.access.signing_in import signed_in_user
from console.model.roles import Permission, acting, reading
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal

STRONG = frozenset({Permission.CERTIFY, Permission.ADMINISTER})
"""What needs a second factor: whoever holds one password must not change a trust chain (CA/B Forum
Network and Certificate System Security Requirements 2.0, section 2.2.6)."""


def person() -> ConsoleUser:
    """Return who is signed in; pages are not reached otherwise."""
    user = signed_in_user()
    if user is None:
        abort(401)
    return user


def reader(permission: Permission = Permission.READ) -> Principal:
    """Return as whom the page reads; 403 where no role of the account allows it."""
    user = person()
    if not user.may(permission):
        abort(403)
    return reading(user.account.account_id)


def actor(permission: Permission) -> Principal:
    """Return as whom the form acts.

    403 where no role allows it; FORBIDDEN (`second_factor_needed`) where it needs one.
    """
    user = person()
    if not user.may(permission):
        abort(403)
    if permission in STRONG and not (user.tf_primary_method or user.webauthn) and not is_demo():
        raise ServiceError(
            Kind.FORBIDDEN,
            "second_factor_needed",
            "set up one-time codes or a passkey under your account first, then try again",
        )
    return acting(user.account.account_id)


def is_demo() -> bool:
    """Whether the installation is a demonstration."""
    return bool(current_app.config["EVTRUST_DEMO"])
