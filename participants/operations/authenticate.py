"""Find out who presents an access token."""

from dataclasses import dataclass

from foundation.clock import Clock
from foundation.principal import Principal
from foundation.short_cache import ShortCache
from participants.model.claims import TokenError, TokenFault
from participants.model.client import Client
from participants.operations.ports import FailureCounter, TokenCodec


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Turns a token into who asks; on the path of every request.

    The token says which client and which of its secrets; `clients` (`ClientReader.find`, at
    most half a second old) says whether both still stand and what the client may do now.
    """

    tokens: TokenCodec
    clients: ShortCache[str, Client | None]
    clock: Clock
    count_failure: FailureCounter

    def __call__(self, token: str) -> Principal:
        """Return who presents `token`; TokenError (UNAUTHENTICATED) for any other text."""
        try:
            return self._who(token)
        except TokenError as refused:
            self.count_failure(refused.fault)
            raise

    def _who(self, token: str) -> Principal:
        claims = self.tokens.verify(token)
        client = self.clients.get(claims.client_id)
        if (
            client is None
            or not client.stands
            or not client.secret_stands(claims.secret_id, self.clock())
        ):
            raise TokenError(TokenFault.CLIENT)
        return client.principal
