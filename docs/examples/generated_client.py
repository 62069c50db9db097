"""Ask evtrust with a client that was generated from its API description (docs/clients.md).

EVTRUST=http://127.0.0.1:8080 CLIENT_ID=… CLIENT_SECRET=… python generated_client.py STATION_ID MAC
"""

import os
import sys

from evtrust_client import AuthenticatedClient, Client
from evtrust_client.api.access_tokens import token
from evtrust_client.api.authorisation import authorize, read_authorization
from evtrust_client.models import (
    AuthorizationAnswer,
    AuthorizationRequest,
    Identifier,
    IdentifierType,
    Problem,
    RecordedAuthorization,
    TokenRequest,
    TokenRequestGrantType,
    TokenResponse,
)


def main(station_id: str, mac: str) -> None:
    """Get a token, ask whether a vehicle may charge, read the decision, ask at a wrong station."""
    base = os.environ["EVTRUST"]
    asked = TokenRequest(
        grant_type=TokenRequestGrantType.CLIENT_CREDENTIALS,
        client_id=os.environ["CLIENT_ID"],
        client_secret=os.environ["CLIENT_SECRET"],
    )
    with Client(base_url=base) as anybody:
        given = token.sync(client=anybody, body=asked)
    if not isinstance(given, TokenResponse):
        sys.exit(f"no token: {given}")
    with AuthenticatedClient(base_url=base, token=given.access_token) as client:
        vehicle = Identifier(type_=IdentifierType.MAC, value=mac)
        decided = authorize.sync(
            client=client, body=AuthorizationRequest(station_id=station_id, identification=vehicle)
        )
        if not isinstance(decided, AuthorizationAnswer) or decided.reference is None:
            sys.exit(f"no decision: {decided}")
        print(decided.outcome, "on", decided.evcoid)

        read = read_authorization.sync(decided.reference, client=client)
        if isinstance(read, RecordedAuthorization):
            print("decided at", read.decided_at)

        refused = authorize.sync(
            client=client, body=AuthorizationRequest(station_id="nobody", identification=vehicle)
        )
        if isinstance(refused, Problem):
            print("refused:", refused.code, "-", refused.detail)


if __name__ == "__main__":
    main(*sys.argv[1:])
