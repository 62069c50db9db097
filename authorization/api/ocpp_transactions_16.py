"""OCPP 1.6 StartTransaction, MeterValues and StopTransaction, as their JSON schemas have them."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

import orjson
from pydantic import Field

from authorization.api.answer_table import AnswerTable
from authorization.api.ocpp import id_tag_claim, id_tag_info, no_parsers
from authorization.api.ocpp_answers import IdTagInfo
from authorization.api.ocpp_transaction_types import Moment, OneOf
from authorization.api.ocpp_transactions import in_reach
from authorization.api.ocpp_types import Absent, Answer, Integer, read_message
from authorization.api.schemas import Strict
from authorization.model.ocpp_version import OcppVersion
from authorization.model.transaction import (
    MAX_NUMBER,
    EventType,
    TransactionEvent,
    register_wh,
    transaction_key,
)
from authorization.operations.hear_transaction import HearTransaction
from autocharge.model.identity import ParserRule
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal

TRANSACTION_ID_HEADER = "X-OCPP-Transaction-Id"
"""In which a CSMS that numbers transactions itself says the number that it will answer with."""

_PHASES = "L1 L2 L3 N L1-N L2-N L3-N L1-L2 L2-L3 L3-L1"
_CONTEXTS = (
    "Interruption.Begin Interruption.End Sample.Clock Sample.Periodic Transaction.Begin "
    "Transaction.End Trigger Other"
)
_MEASURANDS = (
    "Energy.Active.Export.Register Energy.Active.Import.Register Energy.Reactive.Export.Register "
    "Energy.Reactive.Import.Register Energy.Active.Export.Interval Energy.Active.Import.Interval "
    "Energy.Reactive.Export.Interval Energy.Reactive.Import.Interval Power.Active.Export "
    "Power.Active.Import Power.Offered Power.Reactive.Export Power.Reactive.Import Power.Factor "
    "Current.Import Current.Export Current.Offered Voltage Frequency Temperature SoC RPM"
)
_UNITS = "Wh kWh varh kvarh W kW VA kVA var kvar A V K Celcius Celsius Fahrenheit Percent"
_REASONS = (
    "EmergencyStop EVDisconnected HardReset Local Other PowerLoss Reboot Remote SoftReset "
    "UnlockCommand DeAuthorized"
)


class _SampledValue16(Strict):
    value: str
    context: Annotated[str, OneOf(_CONTEXTS)] | None = None
    format: Annotated[str, OneOf("Raw SignedData")] = "Raw"
    measurand: Annotated[str, OneOf(_MEASURANDS)] = "Energy.Active.Import.Register"
    phase: Annotated[str, OneOf(_PHASES)] | None = None
    location: Annotated[str, OneOf("Cable EV Inlet Outlet Body")] = "Outlet"


class SampledValue16(_SampledValue16):
    """OCPP 1.6 SampledValue of StopTransaction; its value is a text."""

    unit: Annotated[str, OneOf(_UNITS)] = "Wh"


class MeterValue16(Strict):
    """OCPP 1.6 MeterValue, inside StopTransaction."""

    timestamp: Moment
    sampled_value: list[SampledValue16] = Field(alias="sampledValue")


class SampledMeterValue16(_SampledValue16):
    """OCPP 1.6 SampledValue of MeterValues, whose schema knows Hertz as well."""

    unit: Annotated[str, OneOf(_UNITS + " Hertz")] = "Wh"


class MeterValuesMeterValue16(Strict):
    """OCPP 1.6 MeterValue, inside MeterValues."""

    timestamp: Moment
    sampled_value: list[SampledMeterValue16] = Field(alias="sampledValue", min_length=1)


class StartTransactionRequest(Strict):
    """OCPP 1.6 StartTransaction.req."""

    connector_id: Integer = Field(alias="connectorId")
    id_tag: str = Field(alias="idTag", max_length=20)
    meter_start: Integer = Field(alias="meterStart", description="Wh")
    reservation_id: Integer | None = Field(None, alias="reservationId")
    timestamp: Moment


class StopTransactionRequest(Strict):
    """OCPP 1.6 StopTransaction.req."""

    id_tag: str | None = Field(None, alias="idTag", max_length=20)
    meter_stop: Integer = Field(alias="meterStop", description="Wh")
    timestamp: Moment
    transaction_id: Integer = Field(alias="transactionId")
    reason: Annotated[str, OneOf(_REASONS)] | None = None
    transaction_data: list[MeterValue16] | None = Field(None, alias="transactionData")


class MeterValuesRequest(Strict):
    """OCPP 1.6 MeterValues.req."""

    connector_id: Integer = Field(alias="connectorId")
    transaction_id: Integer | None = Field(None, alias="transactionId")
    meter_value: list[MeterValuesMeterValue16] = Field(alias="meterValue", min_length=1)


class StartTransactionResponse(Answer):
    """OCPP 1.6 StartTransaction.conf."""

    transaction_id: int = Field(alias="transactionId")
    id_tag_info: IdTagInfo = Field(alias="idTagInfo")


class StopTransactionResponse(Answer):
    """OCPP 1.6 StopTransaction.conf."""

    id_tag_info: IdTagInfo | Absent = Field(None, alias="idTagInfo")


class MeterValuesResponse(Answer):
    """OCPP 1.6 MeterValues.conf."""


def new_transaction_id() -> int:
    """Return a random transactionId: what a sequence would count is nobody's business."""
    return 1 + secrets.randbelow(MAX_NUMBER)


@dataclass(frozen=True, slots=True)
class AnswerTransactions16:
    """What the translators of OCPP 1.6 share; `parsers` as `AnswerAuthorize16` has them."""

    hear: HearTransaction
    table: AnswerTable
    parsers: Callable[[str], Sequence[ParserRule]] = no_parsers
    new_id: Callable[[], int] = field(default=new_transaction_id)

    def start(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Answer StartTransaction with the CSMS's number, where its header says one, or with ours.

        The same StartTransaction again is the same transaction: it keeps its number. Raises
        ServiceError for a payload off the schema, MALFORMED (`invalid_transaction_id`).
        """
        asked = read_message(StartTransactionRequest, body)
        station_id = parameters["station_id"]
        said = parameters.get(TRANSACTION_ID_HEADER)
        number = self._unused(principal, station_id) if said is None else _number(said)
        event = _event(
            EventType.STARTED, number, asked.timestamp, asked.connector_id, [asked.meter_start]
        )
        token = id_tag_claim(asked.id_tag, self.parsers(station_id))
        start_hash = None if said is not None else _hash(asked)
        heard = self.hear(principal, station_id, event, token, start_hash)
        info = id_tag_info(self.table, heard.said, heard.decision)
        payload = {"transactionId": int(heard.transaction.key), "idTagInfo": info}
        return 200, _json(payload)

    def _unused(self, principal: Principal, station_id: str) -> int:
        self.hear.require_station(principal, station_id)
        number = self.new_id()
        while self.hear.transactions.find(station_id, str(number)) is not None:
            number = self.new_id()
        return number

    def stop(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Answer StopTransaction, of an unknown transaction as well: a stop is a fact."""
        asked = read_message(StopTransactionRequest, body)
        station_id = parameters["station_id"]
        registers = [asked.meter_stop, *_registers(asked.transaction_data or ())]
        event = _event(EventType.ENDED, asked.transaction_id, asked.timestamp, None, registers)
        token = None
        if asked.id_tag is not None:
            token = id_tag_claim(asked.id_tag, self.parsers(station_id))
        heard = self.hear(principal, station_id, event, token)
        if heard.outcome is None:
            return 200, b"{}"
        return 200, _json({"idTagInfo": id_tag_info(self.table, heard.outcome, heard.decision)})

    def meter_values(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Answer MeterValues; those of no transaction are passed over."""
        asked = read_message(MeterValuesRequest, body)
        station_id = parameters["station_id"]
        self.hear.require_station(principal, station_id)
        if asked.transaction_id is not None and asked.meter_value:
            latest = max(one.timestamp for one in asked.meter_value)
            registers = _registers(asked.meter_value)
            event = _event(
                EventType.UPDATED, asked.transaction_id, latest, asked.connector_id, registers
            )
            self.hear(principal, station_id, event, None)
        return 200, b"{}"


def _event(
    type_: EventType, number: int, at: datetime, connector: int | None, registers: Iterable[int]
) -> TransactionEvent:
    # OCPP 1.6 knows no EVSEs: its connectors are numbered as 2.x numbers EVSEs
    return TransactionEvent(
        OcppVersion.V16,
        transaction_key(str(number)),
        type_,
        in_reach(at),
        evse=connector,
        registers_wh=tuple(registers),
    )


def _registers(values: Iterable[MeterValue16 | MeterValuesMeterValue16]) -> list[int]:
    """Return what the import register showed at the outlet, all phases together, in Wh."""
    found = []
    for one in (sampled for value in values for sampled in value.sampled_value):
        if (
            one.measurand == "Energy.Active.Import.Register"
            and one.location == "Outlet"
            and one.phase is None
            and one.format == "Raw"
        ):
            try:
                wh = register_wh(float(one.value), one.unit)
            except ValueError:
                continue
            if wh is not None:
                found.append(wh)
    return found


def _hash(asked: StartTransactionRequest) -> str:
    """Return what is the same for a StartTransaction that is sent again, without its idTag."""
    said = [asked.connector_id, asked.timestamp.isoformat(), asked.meter_start]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= MAX_NUMBER):
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_transaction_id",
            f"the header {TRANSACTION_ID_HEADER} holds a number from 0 to {MAX_NUMBER}",
            {TRANSACTION_ID_HEADER: "no such number"},
        )
    return int(text)


def _json(payload: Mapping[str, Any]) -> bytes:
    return orjson.dumps(payload, option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS)
