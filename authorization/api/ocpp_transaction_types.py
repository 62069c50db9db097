"""OCPP 2.0.1 and 2.1 TransactionEventRequest, member by member as their JSON schemas have it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, GetCoreSchemaHandler, StrictBool

from authorization.api.ocpp import IdToken
from authorization.api.ocpp_authorize_21 import IdToken21
from authorization.api.ocpp_types import CustomData, Integer, WithCustomData, a_number
from authorization.api.schemas import Strict


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these words, as an enumeration of the schema."""

    words: str

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> Any:
        """Return what reads it: pydantic's reader of a Literal of the words."""
        literal: Any = Literal
        return handler.generate_schema(literal[tuple(self.words.split())])


def _text(value: object) -> object:
    if not isinstance(value, str | datetime):
        raise ValueError("write an instant as 2026-12-01T00:00:00Z")  # noqa: TRY004 - pydantic's
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_text)]
"""RFC 3339 date-time of any year: whether it can be right is another question."""

Number = Annotated[float, BeforeValidator(a_number)]
Natural = Annotated[Integer, Field(ge=0)]

_CONTEXTS = (
    "Interruption.Begin Interruption.End Other Sample.Clock Sample.Periodic Transaction.Begin "
    "Transaction.End Trigger"
)
_PHASES = "L1 L2 L3 N L1-N L2-N L3-N L1-L2 L2-L3 L3-L1"
_LOCATIONS = "Body Cable EV Inlet Outlet"
_STATES = "Charging EVConnected SuspendedEV SuspendedEVSE Idle"
_MEASURANDS = (
    "Current.Export Current.Import Current.Offered Energy.Active.Export.Register "
    "Energy.Active.Import.Register Energy.Reactive.Export.Register "
    "Energy.Reactive.Import.Register Energy.Active.Export.Interval Energy.Active.Import.Interval "
    "Energy.Active.Net Energy.Reactive.Export.Interval Energy.Reactive.Import.Interval "
    "Energy.Reactive.Net Energy.Apparent.Net Energy.Apparent.Import Energy.Apparent.Export "
    "Frequency Power.Active.Export Power.Active.Import Power.Factor Power.Offered "
    "Power.Reactive.Export Power.Reactive.Import SoC Voltage"
)
_MORE_MEASURANDS = (
    " Current.Export.Offered Current.Export.Minimum Current.Import.Offered "
    "Current.Import.Minimum Display.PresentSOC Display.MinimumSOC Display.TargetSOC "
    "Display.MaximumSOC Display.RemainingTimeToMinimumSOC Display.RemainingTimeToTargetSOC "
    "Display.RemainingTimeToMaximumSOC Display.ChargingComplete Display.BatteryEnergyCapacity "
    "Display.InletHot Energy.Active.Import.CableLoss "
    "Energy.Active.Import.LocalGeneration.Register Energy.Active.Setpoint.Interval "
    "EnergyRequest.Target EnergyRequest.Minimum EnergyRequest.Maximum EnergyRequest.Minimum.V2X "
    "EnergyRequest.Maximum.V2X EnergyRequest.Bulk Power.Active.Setpoint Power.Active.Residual "
    "Power.Export.Minimum Power.Export.Offered Power.Import.Offered Power.Import.Minimum "
    "Voltage.Minimum Voltage.Maximum"
)
_REASONS = (
    "DeAuthorized EmergencyStop EnergyLimitReached EVDisconnected GroundFault ImmediateReset "
    "Local LocalOutOfCredit MasterPass Other OvercurrentFault PowerLoss PowerQuality Reboot "
    "Remote SOCLimitReached StoppedByEV TimeLimitReached Timeout"
)
_TRIGGERS = (
    "Authorized CablePluggedIn ChargingRateChanged ChargingStateChanged Deauthorized "
    "EnergyLimitReached EVCommunicationLost EVConnectTimeout MeterValueClock MeterValuePeriodic "
    "TimeLimitReached Trigger UnlockCommand StopAuthorized EVDeparted EVDetected RemoteStop "
    "RemoteStart AbnormalCondition SignedDataReceived ResetCommand"
)
_MORE_TRIGGERS = (
    " CostLimitReached LimitSet OperationModeChanged RunningCost SoCLimitReached TariffChanged "
    "TariffNotAccepted TxResumed"
)

EventTypeText = Annotated[str, OneOf("Ended Started Updated")]


class Evse201(WithCustomData):
    """OCPP 2.0.1 EVSEType."""

    id: Integer
    connector_id: Integer | None = Field(None, alias="connectorId")


class Evse21(WithCustomData):
    """OCPP 2.1 EVSEType."""

    id: Natural
    connector_id: Natural | None = Field(None, alias="connectorId")


class SignedMeterValue201(WithCustomData):
    """OCPP 2.0.1 SignedMeterValueType."""

    signed_meter_data: str = Field(alias="signedMeterData", max_length=2500)
    signing_method: str = Field(alias="signingMethod", max_length=50)
    encoding_method: str = Field(alias="encodingMethod", max_length=50)
    public_key: str = Field(alias="publicKey", max_length=2500)


class SignedMeterValue21(WithCustomData):
    """OCPP 2.1 SignedMeterValueType."""

    signed_meter_data: str = Field(alias="signedMeterData", max_length=32_768)
    signing_method: str | None = Field(None, alias="signingMethod", max_length=50)
    encoding_method: str = Field(alias="encodingMethod", max_length=50)
    public_key: str | None = Field(None, alias="publicKey", max_length=2500)


class UnitOfMeasure(WithCustomData):
    """OCPP 2.x UnitOfMeasureType: a value of 5, kWh and the multiplier 1 is 50 kWh."""

    unit: str = Field("Wh", max_length=20)
    multiplier: Integer = 0


class _SampledValue(WithCustomData):
    value: Number
    context: Annotated[str, OneOf(_CONTEXTS)] | None = None
    phase: Annotated[str, OneOf(_PHASES)] | None = None
    unit_of_measure: UnitOfMeasure | None = Field(None, alias="unitOfMeasure")


class SampledValue201(_SampledValue):
    """OCPP 2.0.1 SampledValueType."""

    measurand: Annotated[str, OneOf(_MEASURANDS)] = "Energy.Active.Import.Register"
    location: Annotated[str, OneOf(_LOCATIONS)] = "Outlet"
    signed_meter_value: SignedMeterValue201 | None = Field(None, alias="signedMeterValue")


class SampledValue21(_SampledValue):
    """OCPP 2.1 SampledValueType."""

    measurand: Annotated[str, OneOf(_MEASURANDS + _MORE_MEASURANDS)] = (
        "Energy.Active.Import.Register"
    )
    location: Annotated[str, OneOf(_LOCATIONS + " Upstream")] = "Outlet"
    signed_meter_value: SignedMeterValue21 | None = Field(None, alias="signedMeterValue")


class MeterValue201(WithCustomData):
    """OCPP 2.0.1 MeterValueType."""

    sampled_value: list[SampledValue201] = Field(alias="sampledValue", min_length=1)
    timestamp: Moment


class MeterValue21(WithCustomData):
    """OCPP 2.1 MeterValueType."""

    sampled_value: list[SampledValue21] = Field(alias="sampledValue", min_length=1)
    timestamp: Moment


class _Transaction(WithCustomData):
    transaction_id: str = Field(alias="transactionId", max_length=36)
    charging_state: Annotated[str, OneOf(_STATES)] | None = Field(None, alias="chargingState")
    time_spent_charging: Integer | None = Field(None, alias="timeSpentCharging")
    remote_start_id: Integer | None = Field(None, alias="remoteStartId")


class Transaction201(_Transaction):
    """OCPP 2.0.1 TransactionType."""

    stopped_reason: Annotated[str, OneOf(_REASONS)] | None = Field(None, alias="stoppedReason")


class TransactionLimit(WithCustomData):
    """OCPP 2.1 TransactionLimitType."""

    max_cost: Number | None = Field(None, alias="maxCost")
    max_energy: Number | None = Field(None, alias="maxEnergy")
    max_time: Integer | None = Field(None, alias="maxTime")
    max_soc: Annotated[Integer, Field(ge=0, le=100)] | None = Field(None, alias="maxSoC")


class Transaction21(_Transaction):
    """OCPP 2.1 TransactionType."""

    stopped_reason: Annotated[str, OneOf(_REASONS + " ReqEnergyTransferRejected")] | None = Field(
        None, alias="stoppedReason"
    )
    operation_mode: (
        Annotated[
            str,
            OneOf(
                "Idle ChargingOnly CentralSetpoint ExternalSetpoint ExternalLimits "
                "CentralFrequency LocalFrequency LocalLoadBalancing"
            ),
        ]
        | None
    ) = Field(None, alias="operationMode")
    tariff_id: str | None = Field(None, alias="tariffId", max_length=60)
    transaction_limit: TransactionLimit | None = Field(None, alias="transactionLimit")


class NamedDecision(CustomData):
    """CustomDataType of whoever asks: with our vendor id, `reference` names a decision."""

    reference: Any = None


class _Request(Strict):
    custom_data: NamedDecision | None = Field(None, alias="customData")
    event_type: EventTypeText = Field(alias="eventType")
    timestamp: Moment
    offline: StrictBool = False
    cable_max_current: Integer | None = Field(None, alias="cableMaxCurrent")


class TransactionEventRequest201(_Request):
    """OCPP 2.0.1 TransactionEventRequest."""

    trigger_reason: Annotated[str, OneOf(_TRIGGERS)] = Field(alias="triggerReason")
    seq_no: Integer = Field(alias="seqNo")
    number_of_phases_used: Integer | None = Field(None, alias="numberOfPhasesUsed")
    reservation_id: Integer | None = Field(None, alias="reservationId")
    meter_value: Annotated[list[MeterValue201], Field(min_length=1)] | None = Field(
        None, alias="meterValue"
    )
    transaction_info: Transaction201 = Field(alias="transactionInfo")
    evse: Evse201 | None = None
    id_token: IdToken | None = Field(None, alias="idToken")


class TotalPrice(WithCustomData):
    """OCPP 2.1 TotalPriceType."""

    excl_tax: Number | None = Field(None, alias="exclTax")
    incl_tax: Number | None = Field(None, alias="inclTax")


class TaxRate(WithCustomData):
    """OCPP 2.1 TaxRateType."""

    type: str = Field(max_length=20)
    tax: Number
    stack: Natural | None = None


class Price(TotalPrice):
    """OCPP 2.1 PriceType."""

    tax_rates: Annotated[list[TaxRate], Field(min_length=1, max_length=5)] | None = Field(
        None, alias="taxRates"
    )


class TotalCost(WithCustomData):
    """OCPP 2.1 TotalCostType."""

    currency: str = Field(max_length=3)
    type_of_cost: Annotated[str, OneOf("NormalCost MinCost MaxCost")] = Field(alias="typeOfCost")
    fixed: Price | None = None
    energy: Price | None = None
    charging_time: Price | None = Field(None, alias="chargingTime")
    idle_time: Price | None = Field(None, alias="idleTime")
    reservation_time: Price | None = Field(None, alias="reservationTime")
    reservation_fixed: Price | None = Field(None, alias="reservationFixed")
    total: TotalPrice


class TotalUsage(WithCustomData):
    """OCPP 2.1 TotalUsageType."""

    energy: Number
    charging_time: Integer = Field(alias="chargingTime")
    idle_time: Integer = Field(alias="idleTime")
    reservation_time: Integer | None = Field(None, alias="reservationTime")


class CostDimension(WithCustomData):
    """OCPP 2.1 CostDimensionType."""

    type: Annotated[
        str, OneOf("Energy MaxCurrent MinCurrent MaxPower MinPower IdleTIme ChargingTime")
    ]
    volume: Number


class ChargingPeriod(WithCustomData):
    """OCPP 2.1 ChargingPeriodType."""

    dimensions: Annotated[list[CostDimension], Field(min_length=1)] | None = None
    tariff_id: str | None = Field(None, alias="tariffId", max_length=60)
    start_period: Moment = Field(alias="startPeriod")


class CostDetails(WithCustomData):
    """OCPP 2.1 CostDetailsType: what a station that computes costs says."""

    charging_periods: Annotated[list[ChargingPeriod], Field(min_length=1)] | None = Field(
        None, alias="chargingPeriods"
    )
    total_cost: TotalCost = Field(alias="totalCost")
    total_usage: TotalUsage = Field(alias="totalUsage")
    failure_to_calculate: StrictBool | None = Field(None, alias="failureToCalculate")
    failure_reason: str | None = Field(None, alias="failureReason", max_length=500)


class TransactionEventRequest21(_Request):
    """OCPP 2.1 TransactionEventRequest."""

    trigger_reason: Annotated[str, OneOf(_TRIGGERS + _MORE_TRIGGERS)] = Field(alias="triggerReason")
    seq_no: Natural = Field(alias="seqNo")
    number_of_phases_used: Annotated[Integer, Field(ge=0, le=3)] | None = Field(
        None, alias="numberOfPhasesUsed"
    )
    reservation_id: Natural | None = Field(None, alias="reservationId")
    preconditioning_status: (
        Annotated[str, OneOf("Unknown Ready NotReady Preconditioning")] | None
    ) = Field(None, alias="preconditioningStatus")
    evse_sleep: StrictBool | None = Field(None, alias="evseSleep")
    cost_details: CostDetails | None = Field(None, alias="costDetails")
    meter_value: Annotated[list[MeterValue21], Field(min_length=1)] | None = Field(
        None, alias="meterValue"
    )
    transaction_info: Transaction21 = Field(alias="transactionInfo")
    evse: Evse21 | None = None
    id_token: IdToken21 | None = Field(None, alias="idToken")
