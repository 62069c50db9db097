"""Contracts and their certificates in the database."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, insert, select, update
from sqlalchemy import Row as ResultRow
from sqlalchemy.dialects.postgresql import insert as insert_or_skip
from sqlalchemy.exc import IntegrityError

from contract_service.model.contract import (
    Contract,
    ContractCertificate,
    ContractStatus,
    identity,
)
from contract_service.operations.create import contract_exists
from contract_service.operations.ports import UnitOfWork
from contract_service.store.der import split_der
from contract_service.store.tables import contract_certificates, contracts, endings, revocations_due
from foundation.database import Database, Row
from foundation.events import Event
from foundation.identifiers import Emaid, Pcid
from foundation.lookup import Lookup
from foundation.many_rows import is_one_of
from foundation.outbox import Outbox, SqlEventLog
from foundation.prepared import execute_in, fetch_in

AnyRow = ResultRow[*tuple[Any, ...]]

_columns = (
    contracts.c.contract_id,
    contracts.c.emaid,
    contracts.c.provider_id,
    contracts.c.pcid,
    contracts.c.status,
    contracts.c.allow_bare_emaid,
    contracts.c.valid_from,
    contracts.c.valid_until,
    contracts.c.created_at,
)
_certificate_columns = (
    contract_certificates.c.fingerprint,
    contract_certificates.c.serial,
    contract_certificates.c.certificate,
    contract_certificates.c.issuer_certificate,
    contract_certificates.c.not_before,
    contract_certificates.c.not_after,
    contract_certificates.c.upper_chain,
)
_by_identity = select(*_columns).where(contracts.c.identity == bindparam("identity"))
_by_identity_locked = _by_identity.with_for_update()  # SQLite's one writer needs no lock
_by_id = select(*_columns).where(contracts.c.contract_id == bindparam("contract_id"))
contract_id_of = (
    select(contracts.c.contract_id)
    .where(contracts.c.identity == bindparam("identity"))
    .scalar_subquery()
)
"""The id of the contract whose `identity` is bound; `server` hands it to other contexts' stores."""

_certificates = (
    select(*_certificate_columns)
    .join(contracts, contracts.c.contract_id == contract_certificates.c.contract_id)
    .where(contracts.c.identity == bindparam("identity"))
    .order_by(contract_certificates.c.not_after.desc(), contract_certificates.c.fingerprint)
)
IS_RECORDED = select(contract_certificates.c.fingerprint).where(
    contract_certificates.c.contract_id == bindparam("contract_id"),
    contract_certificates.c.fingerprint == bindparam("fingerprint"),
)
"""Finds something where a certificate is recorded for a contract."""

# a violated constraint would leave the EMAID in PostgreSQL's own log; both dialects compile this
_insert_contract = insert_or_skip(contracts).on_conflict_do_nothing()
_insert_certificate = insert(contract_certificates)


def _contract(row: AnyRow) -> Contract:
    return Contract(
        contract_id=row.contract_id,
        emaid=Emaid.parse(row.emaid),
        provider_id=row.provider_id,
        pcid=None if row.pcid is None else Pcid.parse(row.pcid),
        status=ContractStatus(row.status),
        allow_bare_emaid=row.allow_bare_emaid,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        created_at=row.created_at,
    )


def _first(rows: Sequence[Any]) -> Contract | None:
    return _contract(rows[0]) if rows else None


def _certificate(row: AnyRow) -> ContractCertificate:
    return ContractCertificate(
        fingerprint=row.fingerprint,
        serial=row.serial,
        certificate=row.certificate,
        issuer_certificate=row.issuer_certificate,
        not_before=row.not_before,
        not_after=row.not_after,
        upper_chain=split_der(row.upper_chain),
    )


def certificate_values(
    contract_id: str, issuer: str | None, certificate: ContractCertificate, at: datetime
) -> dict[str, Any]:
    """Return the row that records a certificate for a contract; `issuer` is our authority's."""
    return {
        "contract_id": contract_id,
        "fingerprint": certificate.fingerprint,
        "issuer": issuer,
        "serial": certificate.serial,
        "certificate": certificate.certificate,
        "issuer_certificate": certificate.issuer_certificate,
        "upper_chain": b"".join(certificate.upper_chain),
        "not_before": certificate.not_before,
        "not_after": certificate.not_after,
        "recorded_at": at,
    }


class SqlContractReader:
    """`ContractReader` on AUTOCOMMIT connections: each call sees what is committed by then."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, emaid: Emaid) -> Contract | None:
        """Return the contract that `emaid` names in any spelling, else None."""
        return self._one(_by_identity, {"identity": identity(emaid)})

    def find_many(self, emaids: Collection[Emaid]) -> tuple[Contract, ...]:
        """Return the contracts that these EMAIDs name in any spelling, in no order."""
        with self._database.read() as connection:
            which = is_one_of(connection, contracts.c.identity, {identity(one) for one in emaids})
            return tuple(
                _contract(row) for row in connection.execute(select(*_columns).where(which))
            )

    def by_id(self, contract_id: str) -> Contract | None:
        """Return the contract with this random id, else None."""
        return self._one(_by_id, {"contract_id": contract_id})

    def lookup(self, named: Emaid | str) -> Lookup[Contract | None]:
        """Look for the contract that an EMAID in any spelling, or its random id, names."""
        if isinstance(named, Emaid):
            return Lookup(_by_identity, {"identity": identity(named)}, _first)
        return Lookup(_by_id, {"contract_id": named}, _first)

    def by_ids(self, contract_ids: Collection[str]) -> tuple[Contract, ...]:
        """Return the contracts with these random ids, in no order; there may be fewer."""
        if not contract_ids:
            return ()
        with self._database.read() as connection:
            which = is_one_of(connection, contracts.c.contract_id, contract_ids)
            rows = connection.execute(select(*_columns).where(which)).all()
        return tuple(_contract(row) for row in rows)

    def certificates_of(
        self, contract_ids: Collection[str], now: datetime
    ) -> Mapping[str, Sequence[ContractCertificate]]:
        """Return the certificates of these contracts whose time has not ended, latest first."""
        found: dict[str, list[ContractCertificate]] = {}
        if contract_ids:
            own = contract_certificates.c
            with self._database.read() as connection:
                rows = connection.execute(
                    select(own.contract_id, *_certificate_columns)
                    .where(is_one_of(connection, own.contract_id, contract_ids))
                    .where(own.not_after > now)
                    .order_by(own.not_after.desc(), own.fingerprint)
                ).all()
            for row in rows:
                found.setdefault(row.contract_id, []).append(_certificate(row))
        return found

    def emaids_of(self, contract_ids: Collection[str]) -> Mapping[str, Emaid]:
        """Return the EMAIDs of the contracts with these random ids; there may be fewer."""
        if not contract_ids:
            return {}
        with self._database.read() as connection:
            which = is_one_of(connection, contracts.c.contract_id, contract_ids)
            rows = connection.execute(
                select(contracts.c.contract_id, contracts.c.emaid).where(which)
            ).all()
        return {row.contract_id: Emaid.parse(row.emaid) for row in rows}

    def _one(self, statement: Select[Any], values: dict[str, str]) -> Contract | None:
        return _first(self._database.fetch(statement, values))

    def certificates(self, emaid: Emaid) -> tuple[ContractCertificate, ...]:
        """Return the certificates recorded for that EMAID and no other, latest first."""
        rows = self._database.fetch(_certificates, {"identity": identity(emaid)})
        return tuple(_certificate(row) for row in rows)

    def of_vehicle(self, pcid: Pcid, limit: int) -> tuple[Contract, ...]:
        """Return up to `limit` contracts that are bound to the vehicle, in order of their id."""
        statement = (
            select(*_columns)
            .where(contracts.c.pcid_key == pcid.key)
            .order_by(contracts.c.contract_id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple(_contract(row) for row in connection.execute(statement))

    def page(
        self, provider_ids: frozenset[str] | None, after: str | None, limit: int
    ) -> tuple[Contract, ...]:
        """Return up to `limit` contracts of these providers (None: all) in order of their id."""
        statement = select(*_columns).order_by(contracts.c.contract_id).limit(limit)
        if provider_ids is not None:
            statement = statement.where(contracts.c.provider_id.in_(sorted(provider_ids)))
        if after is not None:
            statement = statement.where(contracts.c.contract_id > after)
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return tuple(_contract(row) for row in rows)

    def revocations_due(self, contract_id: str | None, limit: int) -> tuple[tuple[str, str], ...]:
        """Return authority and serial of certificates to revoke, of one contract or (None) all."""
        statement = select(revocations_due.c.issuer, revocations_due.c.serial).limit(limit)
        if contract_id is not None:
            statement = statement.where(revocations_due.c.contract_id == contract_id)
        with self._database.read() as connection:
            return tuple((issuer, serial) for issuer, serial in connection.execute(statement))


class SqlContractCertificates:
    """`ContractCertificates`, written by group commit."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    def is_recorded(self, contract_id: str, fingerprint: str) -> bool:
        """Whether the certificate is recorded for the contract already."""
        values = {"contract_id": contract_id, "fingerprint": fingerprint}
        return bool(self._database.fetch(IS_RECORDED, values))

    def record_foreign(
        self, contract_id: str, certificate: ContractCertificate, at: datetime, event: Event
    ) -> bool:
        """Record it durably together with the event; False where somebody was faster."""
        values = certificate_values(contract_id, None, certificate, at)
        try:
            self._database.append(Row(_insert_certificate, values), self._outbox.row(event))
        except IntegrityError:
            if self.is_recorded(contract_id, certificate.fingerprint):
                return False
            raise
        return True


class SqlContractRepository:
    """`ContractRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, contract: Contract) -> None:
        """Store a new contract; CONFLICT where its EMAID, in any spelling, has one already."""
        values = {
            "contract_id": contract.contract_id,
            "emaid": contract.emaid.canonical + (contract.emaid.check_digit or ""),
            "identity": identity(contract.emaid),
            "provider_id": contract.provider_id,
            **_vehicle(contract.pcid),
            "status": contract.status.value,
            "allow_bare_emaid": contract.allow_bare_emaid,
            "valid_from": contract.valid_from,
            "valid_until": contract.valid_until,
            "created_at": contract.created_at,
        }
        if not execute_in(self._connection, _insert_contract, values):
            raise contract_exists()

    def lock(self, emaid: Emaid) -> Contract | None:
        """Return the contract and keep others from changing it until the unit of work ends."""
        rows = fetch_in(self._connection, _by_identity_locked, {"identity": identity(emaid)})
        return _contract(rows[0]) if rows else None

    def set_status(self, contract_id: str, status: ContractStatus) -> None:
        """Store the contract's new status."""
        self._set(contract_id, {"status": status.value})

    def set_pcid(self, contract_id: str, pcid: Pcid | None) -> None:
        """Bind the contract to a vehicle, or to none."""
        self._set(contract_id, _vehicle(pcid))

    def set_term(
        self, contract_id: str, valid_from: datetime, valid_until: datetime | None
    ) -> None:
        """Store when the contract runs."""
        self._set(contract_id, {"valid_from": valid_from, "valid_until": valid_until})

    def _set(self, contract_id: str, values: Mapping[str, str | datetime | None]) -> None:
        self._connection.execute(
            update(contracts).where(contracts.c.contract_id == contract_id).values(**values)
        )

    def owe_revocations(self, contract_id: str) -> None:
        """Make the revocation of every own certificate of the contract due."""
        own = select(
            contract_certificates.c.issuer,
            contract_certificates.c.serial,
            contract_certificates.c.contract_id,
        ).where(
            contract_certificates.c.contract_id == contract_id,
            contract_certificates.c.issuer.is_not(None),
        )
        self._connection.execute(
            insert(revocations_due).from_select(["issuer", "serial", "contract_id"], own)
        )

    def announce_end(self, contract: Contract) -> None:
        """Have what hangs on the contract elsewhere removed."""
        self._connection.execute(
            insert(endings).values(contract_id=contract.contract_id, emaid=contract.emaid.canonical)
        )

    def settle_revocation(self, issuer: str, serial: str) -> None:
        """Note that a revocation that was due is done."""
        self._connection.execute(
            delete(revocations_due).where(
                revocations_due.c.issuer == issuer, revocations_due.c.serial == serial
            )
        )


def _vehicle(pcid: Pcid | None) -> dict[str, str | None]:
    if pcid is None:
        return {"pcid": None, "pcid_key": None}
    return {"pcid": pcid.value, "pcid_key": pcid.key}


@dataclass(frozen=True, slots=True)
class SqlUnitOfWork:
    """`UnitOfWork` on one transaction."""

    contracts: SqlContractRepository
    events: SqlEventLog
    connection: Connection

    def commit(self) -> None:
        """Make all of it durable and visible at once."""
        self.connection.commit()


@dataclass(frozen=True, slots=True)
class SqlUnitsOfWork:
    """Opens units of work; an instance is the port `OpenUnitOfWork`."""

    database: Database
    outbox: Outbox

    @contextmanager
    def __call__(self) -> Iterator[UnitOfWork]:
        """Yield a unit of work; without `commit()` everything in it is undone."""
        with self.database.write() as connection:
            yield SqlUnitOfWork(
                SqlContractRepository(connection), self.outbox.log(connection), connection
            )


class SqlEndings:
    """Contracts that ended, until whoever keeps something for them has removed it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, limit: int) -> Sequence[tuple[str, Emaid]]:
        """Return up to `limit` contracts, each by its id and EMAID."""
        with self._database.read() as connection:
            rows = connection.execute(select(endings).limit(limit)).all()
        return [(row.contract_id, Emaid.parse(row.emaid)) for row in rows]

    def settle(self, contract_id: str) -> None:
        """Note that nothing hangs on the contract any more."""
        with self._database.write() as connection:
            connection.execute(delete(endings).where(endings.c.contract_id == contract_id))
            connection.commit()
