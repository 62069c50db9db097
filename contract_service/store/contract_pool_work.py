"""The contract pool in the database, inside a unit of work."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from contract_service.model.contract import ContractCertificate, identity
from contract_service.model.contract_data import ContractData, PreparedAnswer
from contract_service.operations.pool_ports import PoolUnitOfWork
from contract_service.store.contract_pool import DATA_COLUMNS, data_of, prepared_answer
from contract_service.store.contract_pool_tables import (
    contract_data,
    default_contracts,
    prepared_answers,
)
from contract_service.store.contracts import SqlContractRepository, certificate_values
from contract_service.store.tables import contract_certificates, contracts
from exi import Schema
from foundation.database import Database
from foundation.identifiers import Emaid, Pcid
from foundation.outbox import Outbox, SqlEventLog
from foundation.prepared import execute_in, fetch_in

_data = (
    select(*DATA_COLUMNS)
    .join(contracts, contracts.c.contract_id == contract_data.c.contract_id)
    .order_by(contract_data.c.data_id)
)
_of_contract = _data.where(contract_data.c.identity == bindparam("identity"))
_of_vehicle = _data.where(contract_data.c.pcid_key == bindparam("pcid_key"))
_count = (
    select(func.count())
    .select_from(contract_data)
    .where(
        contract_data.c.pcid_key == bindparam("pcid_key"),
        contract_data.c.schema == bindparam("schema"),
    )
)
_in_the_place = select(contract_data.c.data_id).where(
    contract_data.c.identity == bindparam("identity"),
    contract_data.c.schema == bindparam("schema"),
)
_put = insert(contract_data)
# both dialects compile these; a violated constraint would show personal ids in PostgreSQL's log
_skip_certificate = insert_or_skip(contract_certificates).on_conflict_do_nothing()
_put_answer = insert_or_skip(prepared_answers).on_conflict_do_nothing()
_default_if_first = (
    insert_or_skip(default_contracts)
    .from_select(
        ["pcid_key", "identity"],
        select(
            bindparam("pcid_key", type_=default_contracts.c.pcid_key.type),
            bindparam("identity", type_=default_contracts.c.identity.type),
        ).where(
            ~select(contract_data.c.data_id)
            .where(contract_data.c.pcid_key == bindparam("pcid_key"))
            .exists()
        ),
    )
    .on_conflict_do_nothing()
)


class SqlContractPoolRepository:
    """`ContractPoolRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_contract(self, emaid: Emaid) -> Sequence[ContractData]:
        """Return what the pool has of a contract, for every schema."""
        return self._found(_of_contract, {"identity": identity(emaid)})

    def of_vehicle(self, pcid: Pcid) -> Sequence[ContractData]:
        """Return a vehicle's contracts, for every schema."""
        return self._found(_of_vehicle, {"pcid_key": pcid.key})

    def _found(self, statement: Select[Any], values: Mapping[str, str]) -> Sequence[ContractData]:
        return [data_of(row) for row in fetch_in(self._connection, statement, values)]

    def count(self, pcid: Pcid, schema: Schema) -> int:
        """Return how many contracts a vehicle has for a schema."""
        values = {"pcid_key": pcid.key, "schema": schema.value}
        [(found,)] = fetch_in(self._connection, _count, values)
        return int(found)

    def put(self, data: ContractData, answers: Sequence[PreparedAnswer]) -> None:
        """Store contract data in the place of what the contract had for this schema."""
        key = identity(data.emaid)
        execute_in(
            self._connection, _default_if_first, {"pcid_key": data.pcid.key, "identity": key}
        )
        place = {"identity": key, "schema": data.schema.value}
        old = [row.data_id for row in fetch_in(self._connection, _in_the_place, place)]
        if old:
            self._delete_rows(old)
        execute_in(
            self._connection,
            _put,
            {
                "data_id": data.data_id,
                "contract_id": data.contract_id,
                "identity": key,
                "pcid": data.pcid.value,
                "pcid_key": data.pcid.key,
                "schema": data.schema.value,
                "fingerprint": data.fingerprint,
                "issuer": data.issuer,
                "serial": data.serial,
                "chain": b"".join(data.chain),
                "recipient_key": data.recipient_key,
                "not_before": data.not_before,
                "not_after": data.not_after,
                "origin": data.origin.value,
                "client_id": data.client_id,
                "created_at": data.created_at,
            },
        )
        if answers:
            rows = [_row(data.data_id, answer) for answer in answers]
            execute_in(self._connection, _put_answer, *rows)

    def put_answers(self, data_id: str, answers: Sequence[PreparedAnswer]) -> bool:
        """Add answers, each in the place of another CPS leaf's below its root."""
        # locked, so that nobody deletes the entry meanwhile
        standing = self._connection.execute(
            select(contract_data.c.data_id)
            .where(contract_data.c.data_id == data_id)
            .with_for_update(read=True)
        ).first()
        if standing is None:
            return False
        for answer in answers:
            self._connection.execute(
                delete(prepared_answers).where(
                    prepared_answers.c.data_id == data_id,
                    prepared_answers.c.action == answer.action.value,
                    prepared_answers.c.recipient_key == answer.recipient_key,
                    prepared_answers.c.root == answer.root,
                )
            )
            execute_in(self._connection, _put_answer, _row(data_id, answer))
        return True

    def answers(self, data_id: str) -> Sequence[PreparedAnswer]:
        """Return every prepared answer of an entry."""
        statement = (
            select(prepared_answers)
            .where(prepared_answers.c.data_id == data_id)
            .order_by(prepared_answers.c.signer)
        )
        return [prepared_answer(row) for row in self._connection.execute(statement)]

    def claim_renewal(self, data_id: str, key: str, until: datetime, now: datetime) -> bool:
        """Claim the renewal of an entry for a vehicle's key, for oneself, until `until`."""
        claimed = self._connection.execute(
            update(contract_data)
            .where(
                contract_data.c.data_id == data_id,
                or_(
                    contract_data.c.renewal_claimed_until.is_(None),
                    contract_data.c.renewal_claimed_until <= now,
                    contract_data.c.renewal_claimed_for != key,
                ),
            )
            .values(renewal_claimed_until=until, renewal_claimed_for=key)
        )
        return claimed.rowcount == 1

    def delete(self, data_ids: Sequence[str]) -> None:
        """Delete entries with their answers; a contract that has none left is no default."""
        if not data_ids:
            return
        vehicles = self._connection.execute(
            select(contract_data.c.pcid_key, contract_data.c.identity).where(
                contract_data.c.data_id.in_(data_ids)
            )
        ).all()
        self._delete_rows(data_ids)
        for pcid_key, key in vehicles:
            left = select(contract_data.c.data_id).where(
                contract_data.c.pcid_key == pcid_key, contract_data.c.identity == key
            )
            self._connection.execute(
                delete(default_contracts).where(
                    and_(
                        default_contracts.c.pcid_key == pcid_key,
                        default_contracts.c.identity == key,
                        ~left.exists(),
                    )
                )
            )

    def _delete_rows(self, data_ids: Sequence[str]) -> None:
        for table in (prepared_answers, contract_data):
            self._connection.execute(delete(table).where(table.c.data_id.in_(data_ids)))

    def set_default(self, pcid: Pcid, emaid: Emaid) -> None:
        """Make a contract the vehicle's default."""
        key = identity(emaid)
        statement = insert_or_skip(default_contracts).values(pcid_key=pcid.key, identity=key)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[default_contracts.c.pcid_key], set_={"identity": key}
            )
        )

    def record_certificate(
        self, contract_id: str, issuer: str | None, certificate: ContractCertificate, at: datetime
    ) -> None:
        """Record a certificate for a contract, if it is not recorded yet."""
        values = certificate_values(contract_id, issuer, certificate, at)
        execute_in(self._connection, _skip_certificate, values)


def _row(data_id: str, answer: PreparedAnswer) -> dict[str, object]:
    return {
        "data_id": data_id,
        "action": answer.action.value,
        "recipient_key": answer.recipient_key,
        "signer": answer.signer,
        "root": answer.root,
        "message": answer.message,
    }


@dataclass(frozen=True, slots=True)
class SqlPoolUnitOfWork:
    """`PoolUnitOfWork` on one transaction."""

    contracts: SqlContractRepository
    pool: SqlContractPoolRepository
    events: SqlEventLog
    connection: Connection

    def commit(self) -> None:
        """Make all of it durable and visible at once."""
        self.connection.commit()


@dataclass(frozen=True, slots=True)
class SqlPoolUnitsOfWork:
    """Opens units of work; an instance is the port `OpenPoolUnitOfWork`."""

    database: Database
    outbox: Outbox

    @contextmanager
    def __call__(self) -> Iterator[PoolUnitOfWork]:
        """Yield a unit of work; without `commit()` everything in it is undone."""
        with self.database.write() as connection:
            yield SqlPoolUnitOfWork(
                SqlContractRepository(connection),
                SqlContractPoolRepository(connection),
                self.outbox.log(connection),
                connection,
            )
