"""Put contract data into the pool: the one transaction in which all ways of provisioning end."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from contract_service.model.contract import Contract, ContractCertificate, ContractStatus
from contract_service.model.contract_data import ContractData, Origin, PreparedAnswer
from contract_service.model.renewal_policy import RenewalReason
from contract_service.operations.change_status import contract_event
from contract_service.operations.pool_ports import (
    MOST_CONTRACTS,
    OpenPoolUnitOfWork,
    PoolUnitOfWork,
)
from exi import Schema
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.identifiers import Emaid, Pcid
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class Term:
    """When a contract runs; None leaves an existing contract's as it is."""

    begins: datetime | None = None
    ends: datetime | None = None


CONTRACT_DATA_CHANGED = "contract_data_changed"


@dataclass(frozen=True, slots=True)
class Renewal:
    """That new contract data renew those with the id `data_id`, and no others, and why."""

    data_id: str
    reason: RenewalReason


@dataclass(frozen=True, slots=True)
class NewContractData:
    """Contract data on their way into the pool; the fields are those of `ContractData`."""

    emaid: Emaid
    pcid: Pcid
    schema: Schema
    certificate: ContractCertificate
    issuer: str | None
    recipient_key: str
    origin: Origin
    term: Term
    answers: Sequence[PreparedAnswer]
    renewal: Renewal | None = None


@dataclass(frozen=True, slots=True)
class PoolContractData:
    """Stores contract data with the contract, its certificate and the events, or nothing at all.

    A contract that does not exist is created: providers that speak OPCP know no other way. The
    contract is locked, so that one that was suspended or terminated meanwhile stays as it is.
    """

    open_unit_of_work: OpenPoolUnitOfWork
    clock: Clock

    def __call__(self, principal: Principal, new: NewContractData) -> ContractData:
        """Return what now stands in the pool, in the place of the contract's earlier data.

        Raises CONFLICT: `emaid_used_by_another_vehicle`, `contract_not_active`,
        `too_many_contracts`, and of a renewal `contract_data_changed`.
        """
        now = self.clock()
        with self.open_unit_of_work() as work:
            contract = work.contracts.lock(new.emaid)
            standing = work.pool.of_contract(new.emaid)
            require_same_vehicle(standing, new.pcid)
            replaced = next((data for data in standing if data.schema is new.schema), None)
            if new.renewal is not None:
                _require_unchanged(new.renewal, replaced, contract)
            if replaced is None:
                require_room(work.pool.count(new.pcid, new.schema))
            if contract is None:
                contract = _create(work, principal, new, now)
            else:
                contract = _adapt(work, principal, contract, new, now)
            data = _data(principal, contract, new, replaced, now)
            work.pool.record_certificate(contract.contract_id, new.issuer, new.certificate, now)
            work.pool.put(data, new.answers)
            work.events.append(
                contract_event(
                    "contract_certificate.issued"
                    if new.origin is Origin.GENERATED
                    else "contract_certificate.recorded",
                    contract,
                    principal,
                    now,
                    fingerprint=data.fingerprint,
                )
            )
            kind = "contract_data.created" if replaced is None else "contract_data.updated"
            work.events.append(data_event(kind, data, principal, now))
            if new.renewal is not None:
                reason = new.renewal.reason.value
                work.events.append(
                    data_event("contract_data.renewed", data, principal, now, reason=reason)
                )
            work.commit()
        return data


def require_same_vehicle(standing: Sequence[ContractData], pcid: Pcid) -> None:
    """Raise CONFLICT where a contract's data are another vehicle's: it has one at a time."""
    if any(data.pcid != pcid for data in standing):
        raise ServiceError(
            Kind.CONFLICT,
            "emaid_used_by_another_vehicle",
            "this EMAID's contract data are another vehicle's; delete them first",
        )


def require_room(count: int) -> None:
    """Raise CONFLICT where a vehicle with `count` contracts of a schema may have no other."""
    if count >= MOST_CONTRACTS:
        raise ServiceError(
            Kind.CONFLICT,
            "too_many_contracts",
            f"this vehicle has {MOST_CONTRACTS} contracts; delete one of them first",
        )


def require_active(contract: Contract | None, term: Term, now: datetime) -> None:
    """Raise INVALID or CONFLICT unless a contract, with its new term, is active and goes on."""
    if term.ends is not None and term.ends <= max(now, term.begins or now):
        raise ServiceError(
            Kind.INVALID,
            "contract_ends_too_early",
            "the contract has to end later than now, and than it begins",
        )
    if contract is None:
        return
    ends = term.ends or contract.valid_until
    if contract.status is not ContractStatus.ACTIVE or (ends is not None and ends <= now):
        raise ServiceError(
            Kind.CONFLICT,
            "contract_not_active",
            "only an active contract within its term gets contract data; resume it, give it a "
            "later end, or create another",
        )


def data_event(
    kind: str, data: ContractData, principal: Principal, now: datetime, **subject: str
) -> Event:
    """Return an event about contract data, for the provider and the vehicle's manufacturer."""
    return Event(
        kind,
        now,
        principal.client_id,
        (data.emaid.provider_id, data.pcid.wmi),
        {
            "contract_id": data.contract_id,
            "data_id": data.data_id,
            "schema": data.schema.value,
            "fingerprint": data.fingerprint,
            **subject,
        },
        {"emaid": data.emaid.canonical, "pcid": data.pcid.value},
    )


def _require_unchanged(
    renewal: Renewal, standing: ContractData | None, contract: Contract | None
) -> None:
    """Raise CONFLICT unless what is renewed still stands, and for the contract's own vehicle."""
    is_same = standing is not None and standing.data_id == renewal.data_id
    if not is_same or contract is None or standing is None or contract.pcid != standing.pcid:
        raise ServiceError(
            Kind.CONFLICT,
            CONTRACT_DATA_CHANGED,
            "the contract's data, or its vehicle, were changed by somebody else meanwhile; look "
            "at what stands now",
        )


def _create(
    work: PoolUnitOfWork, principal: Principal, new: NewContractData, now: datetime
) -> Contract:
    require_active(None, new.term, now)
    contract = Contract(
        contract_id=str(uuid.uuid4()),
        emaid=new.emaid,
        provider_id=new.emaid.provider_id,
        pcid=new.pcid,
        status=ContractStatus.ACTIVE,
        allow_bare_emaid=False,
        valid_from=new.term.begins or now,
        valid_until=new.term.ends,
        created_at=now,
    )
    work.contracts.add(contract)
    work.events.append(contract_event("contract.created", contract, principal, now))
    return contract


def _adapt(
    work: PoolUnitOfWork,
    principal: Principal,
    contract: Contract,
    new: NewContractData,
    now: datetime,
) -> Contract:
    require_active(contract, new.term, now)
    adapted = replace(
        contract,
        pcid=new.pcid,
        valid_from=new.term.begins or contract.valid_from,
        valid_until=new.term.ends or contract.valid_until,
    )
    if (adapted.valid_from, adapted.valid_until) != (contract.valid_from, contract.valid_until):
        work.contracts.set_term(contract.contract_id, adapted.valid_from, adapted.valid_until)
        work.events.append(contract_event("contract.term_changed", contract, principal, now))
    if contract.pcid != new.pcid:
        work.contracts.set_pcid(contract.contract_id, new.pcid)
        work.events.append(contract_event("contract.vehicle_bound", contract, principal, now))
    return adapted


def _data(
    principal: Principal,
    contract: Contract,
    new: NewContractData,
    replaced: ContractData | None,
    now: datetime,
) -> ContractData:
    certificate = new.certificate
    return ContractData(
        data_id=str(uuid.uuid4()),
        contract_id=contract.contract_id,
        emaid=contract.emaid,
        pcid=new.pcid,
        schema=new.schema,
        chain=certificate.chain,
        fingerprint=certificate.fingerprint,
        issuer=new.issuer,
        serial=certificate.serial,
        recipient_key=new.recipient_key,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        origin=new.origin,
        client_id=principal.client_id,
        created_at=now if replaced is None else replaced.created_at,
    )
