"""What Autocharge's API takes and gives, as JSON. Identifiers travel in bodies, never in URLs."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from autocharge.model.enrolment import (
    Enrolment,
    EnrolmentSource,
    EnrolmentStatus,
    IdentifierKind,
)
from autocharge.model.enrolment_state import EnrolmentEvent, HistoryEntry, Reason
from autocharge.model.proposal import FirstSessionChoice
from autocharge.model.provider_choice import ProviderChoice
from autocharge.operations.list_enrolments import MAXIMUM_PAGE, EnrolmentPage, ListedEnrolment
from autocharge.operations.read_history import MAXIMUM_LINES, HistoryPage

EnrolmentId = Annotated[str, Field(pattern="^[0-9a-f-]{36}$", description="Random id")]
EmaidText = Annotated[str, Field(min_length=11, max_length=18, description="EMAID in any spelling")]


class Strict(BaseModel):
    """A request: members that nobody documented are refused."""

    model_config = ConfigDict(extra="forbid")


class EnrolmentPath(Strict):
    """Path of one enrolment."""

    enrolment_id: EnrolmentId


class NewEnrolment(Strict):
    """A vehicle's identifier and the contract that it shall stand for."""

    emaid: EmaidText
    type: Literal["mac", "evccid", "vin"] = Field(description="What `value` is")
    value: str = Field(min_length=12, max_length=259, description="In any spelling")
    beside_own: bool = Field(
        default=False,
        description="Add it to a vehicle that stands for another contract of the same provider",
    )


class NewIdentifier(Strict):
    """A vehicle's new identifier."""

    type: Literal["mac", "evccid", "vin"] = Field(description="What `value` is")
    value: str = Field(min_length=12, max_length=259, description="In any spelling")


class NewPosition(Strict):
    """Where an enrolment shall stand among those of its vehicle."""

    position: int = Field(ge=1, le=100, description="1 goes first; behind the last is the last")


class Switch(Strict):
    """Whether a provider wants Autocharge."""

    autocharge: Literal["on", "off"]


class Choice(Switch):
    """What a provider wants for all its contracts."""

    first_session: FirstSessionChoice | None = Field(
        None, description="What drivers' first sessions lead to; left out: as it is"
    )


class ProviderPath(Strict):
    """Path of one provider id."""

    provider_id: str = Field(
        pattern="^[A-Z]{2}[A-Z0-9]{3}$", description="Country and three characters"
    )


class ReasonQuery(Strict):
    """Why an enrolment is changed, for its history."""

    reason: Literal["requested", "customer_request", "vehicle_sold", "fraud_suspected"] = (
        "requested"
    )


class HistoryQuery(Strict):
    """Which lines of a history to show."""

    after: int = Field(0, ge=0, le=2**31 - 1, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=MAXIMUM_LINES)


class PageQuery(Strict):
    """Which enrolments to list."""

    emaid: EmaidText | None = None
    after: EnrolmentId | None = Field(None, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=MAXIMUM_PAGE)


class EnrolmentBody(BaseModel):
    """An enrolment."""

    enrolment_id: EnrolmentId
    type: IdentifierKind = Field(description="evccid20: an EVCCID of ISO 15118-20")
    emaid: str = Field(description="Canonical")
    provider_id: str
    status: EnrolmentStatus
    created_at: datetime
    precedence: int = Field(description="Of the vehicle's enrolments the lowest answers first")
    source: EnrolmentSource = Field(description="How it came about")
    switched_off: bool = Field(description="Its provider wants no Autocharge for this vehicle")
    provider_off: bool = Field(description="Its provider wants no Autocharge at all")

    @classmethod
    def of(cls, enrolment: Enrolment) -> "EnrolmentBody":
        """Return the enrolment as JSON shows it."""
        return cls(
            enrolment_id=enrolment.enrolment_id,
            type=enrolment.kind,
            emaid=enrolment.emaid.canonical,
            provider_id=enrolment.provider_id,
            status=enrolment.status,
            created_at=enrolment.created_at,
            precedence=enrolment.precedence,
            source=enrolment.source,
            switched_off=enrolment.switched_off,
            provider_off=enrolment.provider_off,
        )


class ListedEnrolmentBody(BaseModel):
    """An enrolment with what tells its vehicle from others."""

    enrolment: EnrolmentBody
    masked_identifier: str = Field(description="The last four characters")
    pseudonym: str = Field(description="The vehicle's name for this provider and nobody else")

    @classmethod
    def of(cls, listed: ListedEnrolment) -> "ListedEnrolmentBody":
        """Return the listed enrolment as JSON shows it."""
        return cls(
            enrolment=EnrolmentBody.of(listed.enrolment),
            masked_identifier=listed.masked_identifier,
            pseudonym=listed.pseudonym,
        )


class EnrolmentsBody(BaseModel):
    """A page of enrolments in order of their id."""

    enrolments: list[ListedEnrolmentBody]
    next: EnrolmentId | None = Field(description="`after` of the next page; null: no more")

    @classmethod
    def of(cls, page: EnrolmentPage) -> "EnrolmentsBody":
        """Return the page as JSON shows it."""
        return cls(
            enrolments=[ListedEnrolmentBody.of(listed) for listed in page.enrolments],
            next=page.next_after,
        )


class EnrolledVehicleBody(BaseModel):
    """A provider's enrolments of one vehicle."""

    enrolments: list[EnrolmentBody]


class ChoiceBody(BaseModel):
    """What a provider chose for all its contracts."""

    provider_id: str
    autocharge: Literal["on", "off"]
    first_session: FirstSessionChoice | None = Field(
        description="What drivers' first sessions lead to; null: what this service's policy says"
    )
    changed_at: datetime | None = Field(description="null: it never chose, which is on")

    @classmethod
    def of(cls, provider_id: str, choice: ProviderChoice | None) -> "ChoiceBody":
        """Return the choice as JSON shows it."""
        on = choice is None or choice.autocharge
        return cls(
            provider_id=provider_id,
            autocharge="on" if on else "off",
            first_session=None if choice is None else choice.first_session,
            changed_at=None if choice is None else choice.changed_at,
        )


class HistoryEntryBody(BaseModel):
    """One thing that happened to an enrolment."""

    at: datetime
    client_id: str | None = Field(description="Who did it; null: another provider's doing")
    event: EnrolmentEvent
    before: EnrolmentStatus | None = Field(description="null: there was none", alias="from")
    after: EnrolmentStatus = Field(alias="to")
    reason: Reason
    reference: str | None = Field(description="Id of the challenge, proposal or import behind it")

    @classmethod
    def of(cls, entry: HistoryEntry) -> "HistoryEntryBody":
        """Return the line as JSON shows it."""
        return cls.model_validate(
            {
                "at": entry.at,
                "client_id": entry.client_id,
                "event": entry.event,
                "from": entry.before,
                "to": entry.after,
                "reason": entry.reason,
                "reference": entry.reference,
            }
        )


class HistoryBody(BaseModel):
    """A page of an enrolment's history, oldest first."""

    entries: list[HistoryEntryBody]
    next: int | None = Field(description="`after` of the next page; null: no more")

    @classmethod
    def of(cls, page: HistoryPage) -> "HistoryBody":
        """Return the page as JSON shows it."""
        return cls(
            entries=[HistoryEntryBody.of(entry) for entry in page.entries], next=page.next_after
        )
