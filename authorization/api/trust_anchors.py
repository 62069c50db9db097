"""`POST /v1/stations/{station_id}/trust-anchors/plan`: steps to the roots a station shall trust."""

from collections.abc import Callable
from typing import Annotated

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, Field

from authorization.api.ocpp_types import HashData
from authorization.api.schemas import RandomId, StationId, Strict
from authorization.api.station_call_payloads import (
    MAX_ANSWERED_CHAINS,
    GetInstalledCertificateIdsResponse,
)
from authorization.model.certificate_hash import CertificateHash
from authorization.model.ocpp_version import OcppVersion
from authorization.model.station_call import wire_message
from authorization.model.trust_anchors import AnchorUse, InstalledAnchor, TrustAnchor
from authorization.operations.plan_trust_anchors import FindRoot, PlanTrustAnchors
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from pki.model.chain_parser import parse_chain
from pki.model.path_certificate import read_certificate, signature_verifies
from pki.model.path_rules import may_sign_certificates
from pki.model.verdict import Reason

MAX_WANTED = 32

_TAG = Tag(name="Station calls", description="What a CPMS has to send to its stations")


class WantedAnchor(Strict):
    """A root for one use: `root` names one of the pool (UUID or SHA-256), or it is sent in PEM."""

    use: AnchorUse
    root: str | None = Field(None, min_length=36, max_length=64)
    certificate: str | None = Field(None, min_length=1, max_length=10_000)


class WantedAnchors(Strict):
    """What a station shall trust, and what it has."""

    ocpp_version: OcppVersion = Field(description="What the station speaks")
    wanted: Annotated[list[WantedAnchor], Field(max_length=MAX_WANTED)]
    installed: GetInstalledCertificateIdsResponse | None = Field(
        None, description="The station's GetInstalledCertificateIdsResponse; left out: ask it first"
    )
    remove_others: bool = Field(
        default=False, description="Also delete other roots of the uses that are wanted"
    )
    queue: bool = Field(
        default=False,
        description="Queue the steps as calls: what is to be installed, and once it is, the rest",
    )


class PlannedStepBody(BaseModel):
    """A request for the station, as it goes over the wire; `call_id` where it is queued."""

    action: str
    payload: dict[str, object]
    call_id: RandomId | None


class LeftAlone(BaseModel):
    """An anchor that the station has beside the wanted ones, and keeps."""

    use: AnchorUse
    certificate_hash_data: HashData = Field(serialization_alias="certificateHashData")


class PlanBody(BaseModel):
    """Steps to be taken in this order, up to the first that the station does not accept."""

    known: bool = Field(description="False: the one step asks the station what it has")
    steps: list[PlannedStepBody]
    left_alone: list[LeftAlone]


class TrustAnchorsPath(BaseModel):
    """Path of a station's trust anchors."""

    station_id: StationId


def trust_anchors_blueprint(
    plan_anchors: PlanTrustAnchors,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents errors that any route may answer."""
    blueprint = APIBlueprint(
        "trust_anchors", __name__, abp_responses=problem_responses, abp_tags=[_TAG]
    )

    @blueprint.post(
        "/v1/stations/<station_id>/trust-anchors/plan",
        summary="Plan the steps to the roots that a station shall trust",
        responses={200: PlanBody},
    )
    def plan_trust_anchors(path: TrustAnchorsPath, body: WantedAnchors) -> Response:
        """Installs before it deletes; nothing is changed here unless `queue` asks for calls."""
        version, who = body.ocpp_version, principal()
        wanted = [_anchor(plan_anchors.find_root, one) for one in body.wanted]
        installed = None if body.installed is None else _installed(body.installed)
        made = plan_anchors(
            who, path.station_id, version, wanted, installed, remove_others=body.remove_others
        )
        ids: list[str | None] = []
        if body.queue:
            calls = plan_anchors.queued(who, path.station_id, version, made)
            ids = [call.call_id for call in calls]  # of the first steps
        ids += [None] * (len(made.steps) - len(ids))
        messages = [wire_message(version, step.purpose, step.payload) for step in made.steps]
        answer = PlanBody(
            known=installed is not None,
            steps=[
                PlannedStepBody(
                    action=message.action, payload=dict(message.payload), call_id=call_id
                )
                for message, call_id in zip(messages, ids, strict=True)
            ],
            left_alone=[
                LeftAlone(use=one.use, certificate_hash_data=HashData.model_validate(one.told))
                for one in made.left_alone
            ],
        )
        text = answer.model_dump_json(by_alias=True, exclude_none=True)
        return Response(text, content_type="application/json")

    return blueprint


def _anchor(find_root: FindRoot, wanted: WantedAnchor) -> TrustAnchor:
    if (wanted.root is None) is (wanted.certificate is None):
        raise _wrong("name a root of the pool or send one certificate, and not both")
    if wanted.root is not None:
        found = find_root(wanted.root)
        if found is None:
            raise _wrong("the pool has no such root; GET /v1/root/rootCerts shows them")
        return TrustAnchor(wanted.use, found)
    try:
        chain = parse_chain(wanted.certificate or "")
    except ServiceError as failure:
        raise _wrong(failure.detail) from None
    if len(chain) != 1:
        raise _wrong("send one certificate, PEM")
    root = read_certificate(chain[0])
    if isinstance(root, Reason):
        raise _wrong(root.detail)
    if not signature_verifies(root, root.public_key) or root.issuer != root.subject:
        raise _wrong("a root has signed itself; this certificate is another authority's")
    if not root.is_ca or not may_sign_certificates(root):
        raise _wrong("a root is a CA whose key may sign certificates")
    return TrustAnchor(wanted.use, chain[0])


def _installed(answer: GetInstalledCertificateIdsResponse) -> list[InstalledAnchor]:
    """Read what the station has; chains of its own are no trust anchors."""
    found = []
    for chain in (answer.certificate_hash_data_chain or [])[:MAX_ANSWERED_CHAINS]:
        if chain.certificate_type not in set(AnchorUse):
            continue
        told = chain.certificate_hash_data
        named = CertificateHash.parse(
            told.hash_algorithm, told.issuer_name_hash, told.issuer_key_hash, told.serial_number
        )
        raw = told.model_dump(by_alias=True, exclude_none=True)
        found.append(InstalledAnchor(AnchorUse(chain.certificate_type), named, raw))
    return found


def _wrong(detail: str) -> ServiceError:
    return ServiceError(Kind.INVALID, "root_unusable", detail, {"wanted": detail})
