"""The bodies that webhooks send, in the two forms of OPCP 1.0.0 and some of ours."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid5

from foundation.events import Event
from participants.model.webhook_event import PING, Form, Rule

_ROOT = {
    "rootCertificateId": "root_id",
    "distinguishedName": "distinguished_name",
    "commonName": "common_name",
    "rootType": "root_type",
}
_ROOT_TYPES = frozenset({"MO", "OEM", "V2G"})  # a private environment's has no event in OPCP
_ROOT_IF_KNOWN = {
    "rootSerialNumber": "serial",
    "signatureAlgorithm": "signature_algorithm",
    "fingerprintSHA256": "fingerprint",
}


@dataclass(frozen=True, slots=True)
class Payload:
    """A body (JSON, UTF-8) and the `eventId` that it carries. It may name a driver."""

    event_id: str
    body: bytes = field(repr=False)


_NAMED = {
    Form.VEHICLE: ("pcid",),
    Form.VEHICLE_CONTRACT: ("emaid", "pcid"),
    Form.CONTRACT: ("emaid",),
    Form.RENEWAL: ("emaid", "pcid"),
    Form.STEP_UP: ("emaid",),
    Form.ENROLMENT: ("emaid",),
    Form.CLAIM: ("emaid",),
    Form.QUARANTINE: ("emaid",),
    Form.STEP_UP_ANSWER: (),  # an operator learns no EMAID from it
    Form.IMPORT: (),
}
_OF_SUBJECT = {
    Form.QUARANTINE: ("enrolment_id", "quarantine_id", "operator_id", "cause"),
    Form.RENEWAL: ("reason", "code"),
    Form.STEP_UP: ("reference", "enrolment_id", "station_id", "operator_id", "lapses_at"),
    Form.ENROLMENT: ("enrolment_id", "reason"),
    Form.CLAIM: ("challenge_id", "proposal_id", "role", "answer", "answer_by", "enrolment_id"),
    Form.STEP_UP_ANSWER: ("reference", "station_id", "operator_id", "answer"),
    Form.IMPORT: ("import_id", "enrolments"),
}


def payload(
    rule: Rule, event_id: str, part: int, event: Event, namespaces: Mapping[str, str]
) -> Payload | None:
    """Return what tells of an event, None where OPCP has no payload for it or it lacks a part.

    `part` counts what is told of one event to several parties (`Concerning`).
    `eventId` is the same for everybody who is told the same of an event, each time it is sent.
    """
    told = _told(rule.form, event)
    if told is None:
        return None
    namespace = namespaces.get((event.subject or {}).get("schema", ""))
    told_id = uuid5(UUID(event_id), f"{rule.tells}/{part}")
    body = _body(told_id, rule.tells, event.occurred_at, namespace, told)
    return Payload(str(told_id), body)


def ping_payload(event_id: UUID, now: datetime) -> bytes:
    """Return the body of a trial: an event of the type `ping` without anything to tell."""
    return _body(event_id, PING, now, None, {})


def _told(form: Form, event: Event) -> dict[str, str] | None:
    subject, personal = event.subject or {}, event.personal
    if form is Form.ROOT:
        if not subject.keys() >= set(_ROOT.values()) or subject["root_type"] not in _ROOT_TYPES:
            return None
        known = {name: of for name, of in _ROOT_IF_KNOWN.items() if of in subject}
        return {name: subject[of] for name, of in (_ROOT | known).items()}
    needed = _NAMED[form]
    if not personal.keys() >= set(needed):
        return None
    named = {name: personal[name] for name in ("emaid", "pcid") if name in personal and needed}
    also = {name: subject[name] for name in _OF_SUBJECT.get(form, ()) if name in subject}
    return named | also


def _body(
    event_id: UUID,
    event_type: str,
    at: datetime,
    namespace: str | None,
    told: Mapping[str, str],
) -> bytes:
    members: dict[str, object] = {
        "timestamp": at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        "eventId": str(event_id),
        "eventType": event_type,
    }
    if namespace is not None:
        members["xsdMsgDefNamespace"] = namespace
    members["payload"] = dict(told)
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()
