"""What Autocharge's API takes and gives, as JSON. Identifiers travel in bodies, never in URLs."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from autocharge.model.enrolment import Enrolment, EnrolmentStatus, IdentifierKind
from autocharge.operations.list_enrolments import MAXIMUM_PAGE, EnrolmentPage, ListedEnrolment

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
        )


class ListedEnrolmentBody(BaseModel):
    """An enrolment with what tells its vehicle from others."""

    enrolment: EnrolmentBody
    masked_identifier: str = Field(description="The last four characters")

    @classmethod
    def of(cls, listed: ListedEnrolment) -> "ListedEnrolmentBody":
        """Return the listed enrolment as JSON shows it."""
        return cls(
            enrolment=EnrolmentBody.of(listed.enrolment),
            masked_identifier=listed.masked_identifier,
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
