"""Roaming partners in the database: credentials sealed, the breaker's state shared by rows."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy import Row as ResultRow
from sqlalchemy.exc import IntegrityError

from authorization.model.circuit import Circuit
from authorization.model.partner import Partner, PartnerProtocol, SilencePolicy
from authorization.model.routes import KnownPartner
from authorization.operations.roaming_ports import Credentials
from authorization.store.authdata_tables import authdata, authdata_records
from authorization.store.foreign_token_tables import foreign_token_counts, foreign_tokens
from authorization.store.ocpi_tables import ocpi_connections, ocpi_tokens, token_pulls, token_pushes
from authorization.store.tables import partners
from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.outbox import Outbox, SqlEventLog
from foundation.sealing import Sealer
from foundation.short_cache import ShortCache

AnyRow = ResultRow[*tuple[Any, ...]]

_all = select(partners).order_by(partners.c.partner_id)


class SqlPartners:
    """`PartnerReader`, `PartnerCredentials` and `PartnerStates`."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def list(self) -> Sequence[KnownPartner]:
        """Return every partner, in order of its id."""
        with self._database.read() as connection:
            return tuple(_known(row) for row in connection.execute(_all))

    def find(self, partner_id: str) -> KnownPartner | None:
        """Return the partner."""
        with self._database.read() as connection:
            row = connection.execute(
                select(partners).where(partners.c.partner_id == partner_id)
            ).first()
        return None if row is None else _known(row)

    def credentials(self, partner_id: str) -> Credentials | None:
        """Return what was registered for the partner, None where nothing was."""
        with self._database.read() as connection:
            sealed = connection.scalar(
                select(partners.c.credentials_sealed).where(partners.c.partner_id == partner_id)
            )
        if sealed is None:
            return None
        opened = self._sealer.open(sealed, _context(partner_id))
        return Credentials(**orjson.loads(opened))

    def begin_trial(self, partner_id: str, seen: Circuit, to: Circuit) -> bool:
        """Put the circuit `to` on trial; False where it is no longer as `seen`."""
        with self._database.write() as connection:
            taken = connection.execute(
                update(partners)
                .where(
                    partners.c.partner_id == partner_id, partners.c.open_until == seen.open_until
                )
                .values(open_until=to.open_until)
            ).rowcount
            connection.commit()
        return taken == 1

    def change(self, partner_id: str, how: Callable[[Circuit], Circuit]) -> None:
        """Change the circuit as it stands now, one process after the other."""
        with self._database.write() as connection:
            row = _locked(connection, partner_id)
            if row is None:  # it was removed meanwhile
                return
            to = how(_circuit(row))
            connection.execute(
                update(partners)
                .where(partners.c.partner_id == partner_id)
                .values(failures=to.failures, failed_at=to.failed_at, open_until=to.open_until)
            )
            connection.commit()

    def take_silent(self, partner_id: str, day: str, most: int) -> bool:
        """Count one acceptance without the partner's word on a day (`2026-12-01`).

        False, and none is counted, where there were `most` already.
        """
        with self._database.write() as connection:
            row = _locked(connection, partner_id)
            taken = 0 if row is None or row.silent_day != day else row.silent_count
            if row is None or taken >= most:
                return False
            connection.execute(
                update(partners)
                .where(partners.c.partner_id == partner_id)
                .values(silent_day=day, silent_count=taken + 1)
            )
            connection.commit()
        return True


class CachedPartners:
    """`PartnerDirectory`: all partners, at most half a second old."""

    def __init__(self, partners: SqlPartners) -> None:
        self._cache: ShortCache[None, Sequence[KnownPartner]] = ShortCache(
            lambda _: partners.list()
        )

    def known(self) -> Sequence[KnownPartner]:
        """Return every partner and how its circuit stands."""
        return self._cache.get(None)


class SqlPartnerRepository:
    """`PartnerRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    def lock(self, partner_id: str) -> Partner | None:
        """Return the partner and keep others from changing it until the unit of work ends."""
        row = _locked(self._connection, partner_id)
        return None if row is None else _partner(row)

    def put(self, partner: Partner, credentials: Credentials | None, now: datetime) -> None:
        """Store the partner; without `credentials` those that are stored stay."""
        values: dict[str, Any] = {
            "protocol": partner.protocol.value,
            "base_url": partner.base_url,
            "provider_ids": sorted(partner.provider_ids),
            "operator_ids": sorted(partner.operator_ids),
            "is_default": partner.is_default,
            "priority": partner.priority,
            "silence_accepted_a_day": partner.silence.accepted_a_day,
            "silence_minutes": partner.silence.minutes,
            "silence_energy_wh": partner.silence.energy_wh,
            "client_id": partner.client_id,
            "own_provider_ids": sorted(partner.own_provider_ids),
            "authdata": partner.authdata,
        }
        if credentials is not None:
            plain = orjson.dumps(
                {
                    "token": credentials.token,
                    "certificate_chain": credentials.certificate_chain,
                    "private_key": credentials.private_key,
                }
            )
            sealed = self._sealer.seal(plain, _context(partner.partner_id))
            values["credentials_sealed"] = sealed
        try:
            self._put(partner.partner_id, values, now)
        except IntegrityError as failure:
            raise ServiceError(
                Kind.CONFLICT,
                "partner_client_taken",
                "another partner asks with this client; each needs one of its own",
                {"client_id": "taken"},
            ) from failure

    def _put(self, partner_id: str, values: dict[str, Any], now: datetime) -> None:
        changed = self._connection.execute(
            update(partners).where(partners.c.partner_id == partner_id).values(values)
        ).rowcount
        if not changed:
            self._connection.execute(
                insert(partners).values(
                    partner_id=partner_id, registered_at=now, failures=0, silent_count=0, **values
                )
            )

    def remove(self, partner_id: str) -> None:
        """Delete the partner, its credentials, its state, and all that it pushed or was told."""
        for table in (
            authdata_records,
            authdata,
            foreign_tokens,
            foreign_token_counts,
            ocpi_tokens,
            ocpi_connections,
            token_pushes,
            token_pulls,
        ):
            self._connection.execute(delete(table).where(table.c.partner_id == partner_id))
        self._connection.execute(delete(partners).where(partners.c.partner_id == partner_id))


@dataclass(frozen=True, slots=True)
class SqlPartnerUnitOfWork:
    """`authorization.operations.roaming_ports.PartnerUnitOfWork` on one connection."""

    connection: Connection
    partners: SqlPartnerRepository
    events: SqlEventLog

    def commit(self) -> None:
        """Make all of it durable and visible at once."""
        self.connection.commit()


@dataclass(frozen=True, slots=True)
class OpenSqlPartnerUnitOfWork:
    """Opens a transaction that ends with its block."""

    database: Database
    sealer: Sealer
    outbox: Outbox

    @contextmanager
    def __call__(self) -> Iterator[SqlPartnerUnitOfWork]:
        """Yield the unit of work; without `commit()` everything is undone."""
        with self.database.write() as connection:
            yield SqlPartnerUnitOfWork(
                connection,
                SqlPartnerRepository(connection, self.sealer),
                self.outbox.log(connection),
            )


def _locked(connection: Connection, partner_id: str) -> AnyRow | None:
    return connection.execute(
        select(partners).where(partners.c.partner_id == partner_id).with_for_update()
    ).first()


def _known(row: AnyRow) -> KnownPartner:
    return KnownPartner(_partner(row), _circuit(row))


def _partner(row: AnyRow) -> Partner:
    return Partner(
        row.partner_id,
        PartnerProtocol(row.protocol),
        row.base_url,
        frozenset(row.provider_ids),
        frozenset(row.operator_ids),
        row.is_default,
        row.priority,
        SilencePolicy(row.silence_accepted_a_day, row.silence_minutes, row.silence_energy_wh),
        row.client_id,
        frozenset(row.own_provider_ids),
        row.authdata,
    )


def _circuit(row: AnyRow) -> Circuit:
    return Circuit(row.failures, row.failed_at, row.open_until)


def _context(partner_id: str) -> str:
    return f"authorization.partner:{partner_id}"
