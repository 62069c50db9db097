"""The contract pool in the database, to read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row as ResultRow
from sqlalchemy import and_, bindparam, exists, or_, select

from contract_service.model.contract import Contract, ContractStatus, identity
from contract_service.model.contract_data import (
    ContractData,
    InstallationAction,
    Origin,
    PooledContract,
    PreparedAnswer,
)
from contract_service.operations.pool_ports import MOST_CONTRACTS
from contract_service.store.contract_pool_tables import (
    contract_data,
    default_contracts,
    prepared_answers,
)
from contract_service.store.der import split_der
from contract_service.store.tables import contracts
from exi import Schema
from foundation.database import Database
from foundation.identifiers import Emaid, Pcid

AnyRow = ResultRow[*tuple[Any, ...]]

DATA_COLUMNS = (
    contract_data.c.data_id,
    contract_data.c.contract_id,
    contract_data.c.pcid,
    contract_data.c.schema,
    contract_data.c.chain,
    contract_data.c.fingerprint,
    contract_data.c.issuer,
    contract_data.c.serial,
    contract_data.c.recipient_key,
    contract_data.c.not_before,
    contract_data.c.not_after,
    contract_data.c.origin,
    contract_data.c.client_id,
    contract_data.c.created_at,
    contracts.c.emaid,
)
_pooled = (
    select(
        *DATA_COLUMNS,
        contracts.c.provider_id,
        contracts.c.pcid.label("bound_pcid"),
        contracts.c.status,
        contracts.c.allow_bare_emaid,
        contracts.c.valid_from,
        contracts.c.valid_until,
        contracts.c.created_at.label("contract_created_at"),
        default_contracts.c.pcid_key.label("default_of"),
    )
    .join(contracts, contracts.c.contract_id == contract_data.c.contract_id)
    .outerjoin(
        default_contracts,
        and_(
            default_contracts.c.pcid_key == contract_data.c.pcid_key,
            default_contracts.c.identity == contract_data.c.identity,
        ),
    )
)
_in_order = (contract_data.c.created_at, contract_data.c.data_id)
_of_vehicle = (
    _pooled.where(contract_data.c.pcid_key == bindparam("pcid_key"))
    .order_by(*_in_order)
    .limit(MOST_CONTRACTS * len(Schema))
)
_of_vehicle_and_schema = _of_vehicle.where(contract_data.c.schema == bindparam("schema"))
_of_contract = _pooled.where(contract_data.c.identity == bindparam("identity")).order_by(*_in_order)
_answers = select(prepared_answers).where(
    prepared_answers.c.data_id == bindparam("data_id"),
    prepared_answers.c.action == bindparam("action"),
    prepared_answers.c.recipient_key == bindparam("recipient_key"),
)


class SqlContractPool:
    """`ContractPool` on AUTOCOMMIT connections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_vehicle(self, pcid: Pcid, schema: Schema | None) -> Sequence[PooledContract]:
        """Return a vehicle's contracts for one schema, or for all; first created first."""
        if schema is None:
            rows = self._database.fetch(_of_vehicle, {"pcid_key": pcid.key})
        else:
            values = {"pcid_key": pcid.key, "schema": schema.value}
            rows = self._database.fetch(_of_vehicle_and_schema, values)
        return [_pooled_contract(row) for row in rows]

    def of_contract(self, emaid: Emaid, schema: Schema | None) -> Sequence[PooledContract]:
        """Return what the pool has of a contract for one schema, or for all."""
        rows = self._database.fetch(_of_contract, {"identity": identity(emaid)})
        return [
            _pooled_contract(row) for row in rows if schema is None or row.schema == schema.value
        ]

    def answers(
        self, data_id: str, action: InstallationAction, recipient_key: str
    ) -> Sequence[PreparedAnswer]:
        """Return the answers prepared for the holder of a key, one for each CPS leaf."""
        values = {"data_id": data_id, "action": action.value, "recipient_key": recipient_key}
        return [prepared_answer(row) for row in self._database.fetch(_answers, values)]

    def after(self, data_id: str, limit: int) -> Sequence[PooledContract]:
        """Return up to `limit` entries whose id comes after `data_id`, in order of their id."""
        statement = (
            _pooled.where(contract_data.c.data_id > data_id)
            .order_by(contract_data.c.data_id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [_pooled_contract(row) for row in connection.execute(statement)]

    def ended(self, at: datetime, limit: int) -> Sequence[PooledContract]:
        """Return up to `limit` entries expired at `at`, or whose contract is terminated."""
        statement = _pooled.where(
            or_(
                contract_data.c.not_after <= at,
                contracts.c.status == ContractStatus.TERMINATED.value,
            )
        ).limit(limit)
        with self._database.read() as connection:
            return [_pooled_contract(row) for row in connection.execute(statement)]

    def without(self, schema: Schema, signer: str, at: datetime, limit: int) -> Sequence[str]:
        """Return ids of up to `limit` entries, valid at `at`, that this CPS leaf has not signed."""
        signed = exists().where(
            prepared_answers.c.data_id == contract_data.c.data_id,
            prepared_answers.c.signer == signer,
        )
        statement = (
            select(contract_data.c.data_id)
            .where(contract_data.c.schema == schema.value, contract_data.c.not_after > at, ~signed)
            .limit(limit)
        )
        with self._database.read() as connection:
            return list(connection.scalars(statement))


def data_of(row: AnyRow) -> ContractData:
    """Return contract data of a row with `DATA_COLUMNS`."""
    return ContractData(
        data_id=row.data_id,
        contract_id=row.contract_id,
        emaid=Emaid.parse(row.emaid),
        pcid=Pcid.parse(row.pcid),
        schema=Schema(row.schema),
        chain=split_der(row.chain),
        fingerprint=row.fingerprint,
        issuer=row.issuer,
        serial=row.serial,
        recipient_key=row.recipient_key,
        not_before=row.not_before,
        not_after=row.not_after,
        origin=Origin(row.origin),
        client_id=row.client_id,
        created_at=row.created_at,
    )


def prepared_answer(row: AnyRow) -> PreparedAnswer:
    """Return the answer of a row of its table."""
    return PreparedAnswer(
        action=InstallationAction(row.action),
        recipient_key=row.recipient_key,
        signer=row.signer,
        root=row.root,
        message=row.message,
    )


def _pooled_contract(row: AnyRow) -> PooledContract:
    data = data_of(row)
    return PooledContract(
        data=data,
        contract=Contract(
            contract_id=data.contract_id,
            emaid=data.emaid,
            provider_id=row.provider_id,
            pcid=None if row.bound_pcid is None else Pcid.parse(row.bound_pcid),
            status=ContractStatus(row.status),
            allow_bare_emaid=row.allow_bare_emaid,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            created_at=row.contract_created_at,
        ),
        default=row.default_of is not None,
    )
