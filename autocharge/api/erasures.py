"""`/v1/autocharge/erasures`: identifiers deleted on request, with a receipt."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, Field

from autocharge.api.schemas import Strict
from autocharge.model.enrolment import parse_identifier
from autocharge.model.erasure import ErasureScope, ReceiptedErasure
from autocharge.operations.erase import EraseIdentifier
from autocharge.operations.erasure_ports import PublishedKeys
from foundation.principal import Principal

_TAG = Tag(name="Autocharge", description="Vehicle identifiers that stand for contracts")


class NewErasure(Strict):
    """The identifier of which nothing shall stay."""

    type: Literal["mac", "evccid", "vin"] = Field(description="What `value` is")
    value: str = Field(min_length=12, max_length=259, description="In any spelling")


class ErasureBody(BaseModel):
    """What was deleted, and the receipt."""

    erasure_id: str
    erased_at: datetime
    scope: ErasureScope = Field(description="provider: what the client's providers held")
    subject: str = Field(description="The vehicle's pseudonym for the client")
    deleted: dict[str, int] = Field(description="Records by table")
    kept: dict[str, int] = Field(description="Records that protect others and stay, by table")
    receipt: str = Field(description="Compact JWS (ES256) that says the same")

    @classmethod
    def of(cls, done: ReceiptedErasure) -> "ErasureBody":
        """Return the erasure as JSON shows it."""
        erasure = done.erasure
        return cls(
            erasure_id=erasure.erasure_id,
            erased_at=erasure.erased_at,
            scope=erasure.scope,
            subject=erasure.subject,
            deleted=dict(erasure.records.deleted),
            kept=dict(erasure.records.kept),
            receipt=done.receipt,
        )


class ReceiptKeyBody(BaseModel):
    """A P-256 public key as a JWK (RFC 7517)."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    alg: str
    use: str


class ReceiptKeysBody(BaseModel):
    """Every key that ever signed a receipt, as a JWK set."""

    keys: list[ReceiptKeyBody]


@dataclass(frozen=True, slots=True)
class ErasureOperations:
    """What the blueprint translates for."""

    erase: EraseIdentifier
    published_keys: PublishedKeys


def erasures_blueprint(
    operations: ErasureOperations,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents the errors that every route may answer.

    A provider is answered alike whether others hold the vehicle or not.
    """
    blueprint = APIBlueprint("erasures", __name__, abp_tags=[_TAG], abp_responses=problem_responses)

    @blueprint.post(
        "/v1/autocharge/erasures",
        summary="Erase a vehicle identifier",
        responses={201: ErasureBody},
    )
    def create_erasure(body: NewErasure) -> Response:
        """Doing so again deletes nothing more and is receipted as such. Contracts stay."""
        done = operations.erase(principal(), parse_identifier(body.type, body.value))
        return _json(ErasureBody.of(done), 201)

    @blueprint.get(
        "/v1/autocharge/erasures/keys",
        summary="Keys that verify receipts",
        responses={200: ReceiptKeysBody},
    )
    def show_receipt_keys() -> Response:
        """A receipt names its key in `kid`."""
        keys = [ReceiptKeyBody.model_validate(key) for key in operations.published_keys()]
        return _json(ReceiptKeysBody(keys=keys))

    return blueprint


def _json(body: BaseModel, status: int = 200) -> Response:
    return Response(body.model_dump_json(), status, content_type="application/json")
