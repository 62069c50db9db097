"""What partners are to be told of our tokens, written in the transaction of the change itself."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import insert  # SQLite compiles it as well

from authorization.model.ocpi import OcpiRole
from authorization.store.ocpi_tables import ocpi_connections, token_pushes
from authorization.store.tables import tokens

_told = select(ocpi_connections.c.partner_id, ocpi_connections.c.own_roles).where(
    ocpi_connections.c.version.is_not(None)
)
_token = select(tokens).where(tokens.c.token_id == bindparam("token_id"))
_insert = insert(token_pushes)
_put = _insert.on_conflict_do_update(
    index_elements=[token_pushes.c.partner_id, token_pushes.c.token_id],
    set_={
        name: _insert.excluded[name]
        for name in ("valid", "changed_at", "attempts", "next_attempt_at")
    },
)


def announce(connection: Connection, token_id: str, now: datetime, *, valid: bool) -> None:
    """Have every partner told that sees the token's provider; in the change's own transaction."""
    partners = connection.execute(_told).all()
    if not partners:
        return
    token = connection.execute(_token, {"token_id": token_id}).one()
    for partner in partners:
        emsps = {
            country + party
            for role, country, party, _ in partner.own_roles
            if role == OcpiRole.EMSP
        }
        if token.provider_id in emsps:
            connection.execute(
                _put,
                {
                    "partner_id": partner.partner_id,
                    "token_id": token_id,
                    "kind": token.kind,
                    "uid_sealed": token.uid_sealed,
                    "contract_id": token.contract_id,
                    "provider_id": token.provider_id,
                    "valid": valid,
                    "changed_at": now,
                    "attempts": 0,
                    "next_attempt_at": now,
                },
            )
