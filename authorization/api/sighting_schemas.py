"""What the routes of sightings and step-ups take and give, as JSON."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from authorization.api.schemas import FurtherIdentifier, Instant, RandomId, StationId, Strict
from authorization.operations.list_sightings import MAXIMUM_PAGE, ShownSighting
from autocharge.model.noted import MAX_IDENTIFIERS
from autocharge.model.sighting import Source
from autocharge.model.step_up import StepUp, StepUpAnswer, StepUpState


class NewSighting(Strict):
    """A vehicle at a station: every identifier that the station read of it."""

    station_id: StationId
    identifiers: list[FurtherIdentifier] = Field(
        min_length=1, max_length=MAX_IDENTIFIERS, description="All of one vehicle"
    )
    source: Literal["slac", "json_api"] = Field(
        "slac", description="slac: the MAC of the vehicle's modem, before any message"
    )


class ReportedSighting(BaseModel):
    """A sighting that was noted; whose vehicle it is, is not told."""

    report_id: str
    station_id: str
    seen_at: datetime


class SightingsQuery(Strict):
    """Which sightings to list: give either `enrolment_id` or `station_id`."""

    enrolment_id: RandomId | None = None
    station_id: StationId | None = None
    before: Instant | None = Field(None, description="`next_before` of the page before")
    limit: int = Field(50, ge=1, le=MAXIMUM_PAGE)


class SightingBody(BaseModel):
    """An identifier was read at a place."""

    vehicle: str = Field(
        description="The enrolment's id towards its provider; towards an operator a pseudonym "
        "that nobody else has for that vehicle"
    )
    seen_at: datetime
    operator_id: str
    station_id: str
    evse_id: str | None
    source: Source
    accepted: bool = Field(description="The vehicle was let charge for it")
    enrolled: bool = Field(description="Somebody had enrolled the identifier by then")
    reference: str | None = Field(description="Of the decision, where one was asked for")

    @classmethod
    def of(cls, shown: ShownSighting) -> "SightingBody":
        """Return the sighting as JSON shows it."""
        sighting = shown.seen.sighting
        return cls(
            vehicle=shown.vehicle,
            seen_at=sighting.seen_at,
            operator_id=sighting.place.operator_id,
            station_id=sighting.place.station_id,
            evse_id=sighting.place.evse_id,
            source=sighting.source,
            accepted=sighting.accepted,
            enrolled=shown.seen.enrolment_id is not None,
            reference=sighting.reference,
        )


class SightingsBody(BaseModel):
    """Some sightings, newest first."""

    sightings: list[SightingBody]
    next_before: datetime | None = Field(description="null: there are no earlier ones")


class StepUpPath(BaseModel):
    """Path of one step-up."""

    reference: RandomId


class StepUpAnswerBody(Strict):
    """What the driver says: that it is his vehicle that wants to charge there, or not."""

    answer: StepUpAnswer


class StepUpBody(BaseModel):
    """A question to a driver. `reference` is that of the decision that asked it."""

    reference: str
    state: StepUpState
    enrolment_id: str
    provider_id: str
    operator_id: str
    station_id: str
    asked_at: datetime
    lapses_at: datetime
    answered_at: datetime | None

    @classmethod
    def of(cls, step_up: StepUp, state: StepUpState) -> "StepUpBody":
        """Return the step-up as JSON shows it."""
        return cls(
            reference=step_up.reference,
            state=state,
            enrolment_id=step_up.enrolment_id,
            provider_id=step_up.provider_id,
            operator_id=step_up.operator_id,
            station_id=step_up.station_id,
            asked_at=step_up.asked_at,
            lapses_at=step_up.lapses_at,
            answered_at=step_up.answered_at,
        )
