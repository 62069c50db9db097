"""Give a client an access token for its secret."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from participants.model.audience import names_service
from participants.model.claims import Claims
from participants.model.client import may_be_client_id
from participants.model.secret import MAXIMUM_SECRET_LENGTH, matching_secret
from participants.operations.ports import ClientReader, FailureCounter, TokenCodec


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token as text, for how many whole seconds it is good, and what for (`cpo mo`)."""

    token: str
    expires_in: int
    scope: str


@dataclass(frozen=True, slots=True)
class IssueToken:
    """The client credentials grant (RFC 6749 section 4.4).

    `public_url` is issuer and audience of every token.
    """

    clients: ClientReader
    tokens: TokenCodec
    clock: Clock
    public_url: str
    lifetime: timedelta
    count_failure: FailureCounter

    def __call__(
        self, client_id: str, client_secret: str, audience: str | None = None
    ) -> AccessToken:
        """Return a token for the client; its scope names the client's roles in lower case.

        UNAUTHENTICATED, code `invalid_client`, for an unknown or withdrawn client, a wrong
        secret and one that has run out: the same answer after the same work. INVALID, code
        `invalid_target`, where `audience` is not this service (RFC 8693 section 2.2.2).
        """
        now = self.clock()
        secret = matching_secret(
            client_secret[:MAXIMUM_SECRET_LENGTH],
            self.clients.secrets(client_id) if may_be_client_id(client_id) else (),
            now,
        )
        # only who showed the secret makes us read the rest of the record: that takes time
        client = self.clients.find(client_id) if secret is not None else None
        if client is None or secret is None:
            self.count_failure("invalid_client")
            raise ServiceError(
                Kind.UNAUTHENTICATED,
                "invalid_client",
                "no client has this id and this secret; check both, or ask an administrator",
            )
        if audience is not None and not names_service(audience, self.public_url):
            raise ServiceError(
                Kind.INVALID,
                "invalid_target",
                f"tokens are given for the audience {self.public_url} only; name it, or none",
            )
        issued_at = now.replace(microsecond=0)
        # a token never outlives the secret that it was given for
        expires_at = min(issued_at + self.lifetime, secret.expires_at or now + self.lifetime)
        expires_at = expires_at.replace(microsecond=0)
        token = self.tokens.issue(
            Claims(
                issuer=self.public_url,
                audience=self.public_url,
                client_id=client.client_id,
                secret_id=secret.secret_id,
                token_id=str(uuid4()),
                issued_at=issued_at,
                expires_at=expires_at,
            )
        )
        return AccessToken(
            token,
            expires_in=max(0, int((expires_at - now).total_seconds())),
            scope=" ".join(sorted(role.lower() for role in client.principal.roles)),
        )
