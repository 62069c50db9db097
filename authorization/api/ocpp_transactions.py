"""OCPP TransactionEvent: request payload in, response payload out, for 2.0.1 and 2.1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from authorization.api.answer_table import AnswerTable
from authorization.api.ocpp import id_token_claim_201, id_token_info
from authorization.api.ocpp_authorize_21 import id_token_claim_21
from authorization.api.ocpp_transaction_types import (
    NamedDecision,
    SampledValue21,
    SampledValue201,
    TransactionEventRequest21,
    TransactionEventRequest201,
)
from authorization.api.ocpp_types import VENDOR_ID, read_message
from authorization.model.claim import Identification
from authorization.model.cost import Cost, cost_of
from authorization.model.ocpp_version import OcppVersion
from authorization.model.transaction import (
    EventType,
    TransactionEvent,
    register_wh,
    transaction_key,
)
from authorization.operations.hear_transaction import Heard, HearTransaction
from autocharge.model.sighting import Source
from foundation.principal import Principal

MAX_REFERENCE_CHARACTERS = 36

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)

Request = TransactionEventRequest201 | TransactionEventRequest21


@dataclass(frozen=True, slots=True)
class AnswerTransactionEvent:
    """The translator of `…/TransactionEvent` in one version."""

    hear: HearTransaction
    table: AnswerTable
    version: OcppVersion

    def __call__(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return 200 and the response, which tells of the token where the request names one.

        Raises ServiceError for a payload off the schema and as `HearTransaction` does.
        """
        asked: Request
        token: Identification | None = None
        cost: Cost | None = None
        if self.version is OcppVersion.V21:
            asked = newer = read_message(TransactionEventRequest21, body)
            token = None if newer.id_token is None else id_token_claim_21(newer.id_token)
            cost = _cost(newer)
        else:
            asked = older = read_message(TransactionEventRequest201, body)
            if older.id_token is not None:
                token = id_token_claim_201(older.id_token, Source.OCPP201_ID_TOKEN)
        heard = self.hear(principal, parameters["station_id"], self._event(asked, cost), token)
        return 200, self._response(heard)

    def _event(self, asked: Request, cost: Cost | None) -> TransactionEvent:
        return TransactionEvent(
            version=self.version,
            key=transaction_key(asked.transaction_info.transaction_id),
            type=EventType(asked.event_type),
            at=in_reach(asked.timestamp),
            seq_no=asked.seq_no,
            evse=None if asked.evse is None else asked.evse.id,
            registers_wh=tuple(
                wh
                for meter_value in asked.meter_value or ()
                for wh in _registers(meter_value.sampled_value)
            ),
            cost=cost,
            reference=_reference(asked.custom_data),
        )

    def _response(self, heard: Heard) -> bytes:
        payload: dict[str, Any] = {}
        if heard.outcome is not None:
            payload["idTokenInfo"] = id_token_info(self.table, heard.outcome, heard.decision)
        if heard.session is not None:
            payload["customData"] = {
                "vendorId": VENDOR_ID,
                "reference": heard.session.reference,
                "sessionId": heard.session.session_id,
            }
        return orjson.dumps(payload, option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS)


def in_reach(moment: datetime) -> datetime:
    """Return a moment in UTC; one of a clock that nobody ever set is bounded."""
    return min(max(moment, _EARLIEST), _LATEST).astimezone(UTC)


def _registers(values: Sequence[SampledValue201] | Sequence[SampledValue21]) -> list[int]:
    """Return what the import register showed at the outlet, all phases together, in Wh."""
    found = []
    for one in values:
        if (
            one.measurand == "Energy.Active.Import.Register"
            and one.location == "Outlet"
            and one.phase is None
        ):
            unit = one.unit_of_measure
            wh = register_wh(
                one.value,
                "Wh" if unit is None else unit.unit,
                0 if unit is None else unit.multiplier,
            )
            if wh is not None:
                found.append(wh)
    return found


def _cost(asked: TransactionEventRequest21) -> Cost | None:
    """Return what the station computed, with tax where it says so."""
    details = asked.cost_details
    if details is None or details.failure_to_calculate:
        return None
    total = details.total_cost.total
    amount = total.excl_tax if total.incl_tax is None else total.incl_tax
    return None if amount is None else cost_of(details.total_cost.currency, amount)


def _reference(custom: NamedDecision | None) -> str | None:
    """Return the decision's reference where whoever asks tells it back."""
    if custom is None or custom.vendor_id != VENDOR_ID:
        return None
    reference = custom.reference
    if not isinstance(reference, str) or not 1 <= len(reference) <= MAX_REFERENCE_CHARACTERS:
        return None
    return reference if reference.isascii() and reference.isprintable() else None
