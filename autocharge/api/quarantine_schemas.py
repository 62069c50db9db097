"""What the API of quarantines takes and gives, as JSON."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from autocharge.api.schemas import Strict
from autocharge.model.detection import Cause
from autocharge.model.enrolment import IdentifierKind
from autocharge.model.quarantine import MAX_DISBELIEVED, MAX_REASON_CHARACTERS, Quarantine
from autocharge.operations.list_quarantines import (
    MAXIMUM_PAGE,
    ListedQuarantine,
    QuarantinePage,
)

QuarantineId = Annotated[str, Field(pattern="^[0-9a-f-]{36}$", description="Random id")]
ReasonText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_REASON_CHARACTERS,
        description="In a person's words; name nobody and no vehicle, it is kept and shown",
    ),
]


class QuarantinePath(Strict):
    """Path of one quarantine."""

    quarantine_id: QuarantineId


class NewQuarantine(Strict):
    """A vehicle's identifier that shall not be accepted by itself."""

    type: Literal["mac", "evccid", "vin"] = Field(description="What `value` is")
    value: str = Field(min_length=12, max_length=259, description="In any spelling")
    reason: ReasonText


class ReleaseBody(Strict):
    """Why a quarantine ends."""

    reason: ReasonText
    disbelieve: list[Annotated[str, Field(min_length=3, max_length=8)]] = Field(
        default_factory=list,
        max_length=MAX_DISBELIEVED,
        description="Operators among `suspected` whose readings are known to be wrong",
    )


class QuarantinesQuery(Strict):
    """Which quarantines to list."""

    released: bool = Field(default=False, description="With those that were released")
    after: QuarantineId | None = Field(None, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=MAXIMUM_PAGE)


class QuarantineReasonBody(BaseModel):
    """One reason."""

    code: str
    detail: str


class QuarantineReleaseBody(BaseModel):
    """The end of a quarantine."""

    released_at: datetime
    released_by: str = Field(description="Client id")
    reason: str
    disbelieved: list[str]


class QuarantineBody(BaseModel):
    """An identifier that is answered with a step-up."""

    quarantine_id: QuarantineId
    type: IdentifierKind = Field(description="evccid20: an EVCCID of ISO 15118-20")
    provider_id: str | None = Field(description="Whose enrolments are affected; null: everybody's")
    operator_id: str | None = Field(description="At whose stations; null: everywhere")
    cause: Cause
    reasons: list[QuarantineReasonBody]
    suspected: list[str] = Field(description="Operators whose readings contradict others")
    rules_version: str | None = Field(description="Of the thresholds; null: a person decided")
    created_at: datetime
    created_by: str = Field(description="Client id; `detection`: found by itself")
    release: QuarantineReleaseBody | None

    @classmethod
    def of(cls, quarantine: Quarantine) -> "QuarantineBody":
        """Return the quarantine as JSON shows it."""
        ended = quarantine.release
        return cls(
            quarantine_id=quarantine.quarantine_id,
            type=quarantine.kind,
            provider_id=quarantine.provider_id,
            operator_id=quarantine.operator_id,
            cause=quarantine.cause,
            reasons=[
                QuarantineReasonBody(code=reason.code, detail=reason.detail)
                for reason in quarantine.reasons
            ],
            suspected=sorted(quarantine.suspected),
            rules_version=quarantine.rules_version,
            created_at=quarantine.created_at,
            created_by=quarantine.created_by,
            release=None
            if ended is None
            else QuarantineReleaseBody(
                released_at=ended.released_at,
                released_by=ended.released_by,
                reason=ended.reason,
                disbelieved=sorted(ended.disbelieved),
            ),
        )


class NewQuarantinesBody(BaseModel):
    """What stands now: one for everybody, or one for each of the client's providers."""

    quarantines: list[QuarantineBody]


class ListedQuarantineBody(BaseModel):
    """A quarantine with what tells its vehicle from others."""

    quarantine: QuarantineBody
    masked_identifier: str = Field(description="The last four characters")

    @classmethod
    def of(cls, listed: ListedQuarantine) -> "ListedQuarantineBody":
        """Return the listed quarantine as JSON shows it."""
        return cls(
            quarantine=QuarantineBody.of(listed.quarantine),
            masked_identifier=listed.masked_identifier,
        )


class QuarantinesBody(BaseModel):
    """A page of quarantines in order of their id."""

    quarantines: list[ListedQuarantineBody]
    next: QuarantineId | None = Field(description="`after` of the next page; null: no more")

    @classmethod
    def of(cls, page: QuarantinePage) -> "QuarantinesBody":
        """Return the page as JSON shows it."""
        return cls(
            quarantines=[ListedQuarantineBody.of(listed) for listed in page.quarantines],
            next=page.next_after,
        )
