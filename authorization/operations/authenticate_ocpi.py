"""Find out which partner shows a credentials token."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from authorization.model.ocpi import presented_tokens
from authorization.model.ocpi_connection import GivenToken, OcpiConnection, OcpiPeer, digest_token
from authorization.operations.ocpi_ports import FindPartner
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError

Holder = tuple[GivenToken, OcpiConnection]

FindHolder = Callable[[bytes], Holder | None]
"""A token's digest -> the token as it is kept, and its partner's connection."""


@dataclass(frozen=True, slots=True)
class AuthenticateOcpi:
    """An Authorization header to the partner that may send it."""

    holder: FindHolder
    partner: FindPartner
    clock: Clock
    failed: Callable[[str], None]

    def __call__(self, header: str | None) -> OcpiPeer:
        """Return who asks; raises ServiceError UNAUTHENTICATED (`token_missing`, `invalid_token`).

        The same refusal for a token that nobody has, that ran out, and whose partner is removed.
        """
        shown = presented_tokens(header)
        if not shown:
            self.failed("ocpi_token_missing")
            raise ServiceError(
                Kind.UNAUTHENTICATED,
                "token_missing",
                "send `Authorization: Token` and the credentials token, encoded in base64",
            )
        for token in shown:
            peer = self._peer(token)
            if peer is not None:
                return peer
        self.failed("ocpi_invalid_token")
        raise ServiceError(
            Kind.UNAUTHENTICATED,
            "invalid_token",
            "this credentials token is not known, or no more; ask the administrator for a new one",
        )

    def _peer(self, token: str) -> OcpiPeer | None:
        digest = digest_token(token)
        found = self.holder(digest)
        if found is None:
            return None
        given, connection = found
        if not hmac.compare_digest(given.digest, digest) or not given.stands(self.clock()):
            return None
        partner = self.partner(given.partner_id)
        if partner is None or not partner.protocol.is_ocpi:
            return None
        return OcpiPeer(partner, given, connection, token)
