"""Calls to partners: each to its own host, with our credentials for it, and in bounds."""

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from authorization.clients.client_identity import client_context
from authorization.model.circuit import RoamingPolicy
from authorization.model.partner import Partner
from authorization.model.partner_answer import Silence, SilenceReason
from authorization.operations.roaming_ports import Credentials, PartnerCredentials
from foundation.egress import Answer, Egress, Limits
from foundation.errors import Refused, ServiceError
from foundation.public_address import Network
from foundation.short_cache import ShortCache

SILENCE_OF = {
    "timed_out": SilenceReason.TIMED_OUT,
    "not_connected": SilenceReason.NOT_CONNECTED,
    "no_public_address": SilenceReason.NOT_CONNECTED,
    "tls_required": SilenceReason.NOT_CONNECTED,
    "bad_url": SilenceReason.NOT_CONNECTED,
    "tls_failed": SilenceReason.NOT_CONNECTED,
    "broken_answer": SilenceReason.UNREADABLE,
    "answer_too_large": SilenceReason.UNREADABLE,
}
"""A refusal of the one way out -> what it is here."""

JSON = "application/json"


def silence_of(status: int) -> Silence:
    """Return what an HTTP status other than success means: no answer, and whose fault."""
    if status in {401, 403}:
        return Silence(SilenceReason.NOT_AUTHENTICATED)
    if status >= 500 or status == 429:
        return Silence(SilenceReason.FAILED)
    return Silence(SilenceReason.UNREADABLE)  # a redirect, too: nobody is followed elsewhere


@dataclass(frozen=True, slots=True)
class _Identity:
    """What a call for a partner goes out with."""

    egress: Egress
    headers: Mapping[str, str]


class PartnerCalls:
    """Posts to partners. `networks` are addresses that are allowed although not public."""

    def __init__(
        self,
        credentials: PartnerCredentials,
        policy: RoamingPolicy,
        networks: Sequence[Network] = (),
        context: Callable[[Credentials], ssl.SSLContext | None] | None = None,
    ) -> None:
        self._credentials = credentials
        self._networks = tuple(networks)
        self._limits = Limits(
            policy.connect.total_seconds(), policy.total.total_seconds(), policy.answer_bytes
        )
        self._context = context or _context_of
        self._identities: ShortCache[str, _Identity] = ShortCache(self._identity, lifetime=5.0)

    def post(
        self, partner: Partner, url: str, body: bytes, headers: Mapping[str, str] = {}
    ) -> Answer | Silence:
        """Return the partner's answer, whatever its status, or why there is none; never raises.

        No call goes to another host than the partner's own.
        """
        if not partner.allows(url):
            return Silence(SilenceReason.NOT_ASKABLE)
        try:
            identity = self._identities.get(partner.partner_id)
        except (ServiceError, ValueError, TypeError, ssl.SSLError):
            return Silence(SilenceReason.NOT_ASKABLE)  # our own credentials cannot be opened
        answer = identity.egress.post(
            url,
            {"Content-Type": JSON, "Accept": JSON, **identity.headers, **headers},
            body,
        )
        if isinstance(answer, Refused):
            return Silence(SILENCE_OF.get(answer.code, SilenceReason.UNREADABLE))
        return answer

    def _identity(self, partner_id: str) -> _Identity:
        credentials = self._credentials.credentials(partner_id) or Credentials()
        token = credentials.token
        return _Identity(
            Egress(self._networks, context=self._context(credentials), limits=self._limits),
            {} if token is None else {"Authorization": f"Bearer {token}"},
        )


def _context_of(credentials: Credentials) -> ssl.SSLContext | None:
    if credentials.certificate_chain is None or credentials.private_key is None:
        return None
    return client_context(credentials.certificate_chain, credentials.private_key)
