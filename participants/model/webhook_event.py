"""What webhooks tell of, whom they tell, and in which form."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from foundation.events import Event
from foundation.principal import ClientRole, Principal


class WebhookEvent(StrEnum):
    """What an endpoint may ask to be told of.

    The first block is OPCP 1.0.0's, with the two that its description of payloads has and its
    registration lacks. The second is ours.
    """

    ROOT_ADDED = "root.cert.added"
    ROOT_EXPIRED = "root.cert.expired"
    ROOT_REVOKED = "root.cert.revoked"
    PROVISIONING_UPDATED = "mo.prov.cert.updated"
    PROVISIONING_DELETED = "mo.prov.cert.deleted"
    FACTORY_RESET = "mo.prov.cert.factory.reset"
    UPDATED_FACTORY_RESET = "mo.prov.cert.updated.factory.reset"
    CONTRACT_DELIVERED = "mo.contract.delivered.to.oem"
    CONTRACT_CREATED_SENT = "mo.contract.created.sent.to.oem"
    CONTRACT_UPDATED_SENT = "mo.contract.updated.sent.to.oem"
    CONTRACT_DELETED_SENT = "mo.contract.deleted.sent.to.oem"
    CONTRACT_REJECTED = "mo.contract.rejected.by.oem"
    CONTRACT_QUEUED = "mo.contract.queued.to.oem"
    OEM_CONTRACT_CREATED = "oem.contract.created"
    OEM_CONTRACT_UPDATED = "oem.contract.updated"
    OEM_CONTRACT_DELETED = "oem.contract.deleted"

    CREATED = "contract.created"
    SUSPENDED = "contract.suspended"
    RESUMED = "contract.resumed"
    TERMINATED = "contract.terminated"
    RENEWED = "contract.data.renewed"
    RENEWAL_FAILED = "contract.data.renewal.failed"
    RENEWAL_DUE = "contract.data.renewal.due"
    STEP_UP_REQUESTED = "autocharge.step_up_requested"
    STEP_UP_ANSWERED = "autocharge.step_up_answered"
    ENROLLED = "autocharge.enrolled"
    ENROLMENT_SUSPENDED = "autocharge.suspended"
    ENROLMENT_RESUMED = "autocharge.resumed"
    ENROLMENT_REPLACED = "autocharge.replaced"
    ENROLMENT_REORDERED = "autocharge.reordered"
    SWITCHED_OFF = "autocharge.switched_off"
    SWITCHED_ON = "autocharge.switched_on"
    ENROLMENT_REMOVED = "autocharge.removed"
    PROPOSED = "autocharge.proposed"
    PROPOSAL_CONFIRMED = "autocharge.proposal_confirmed"
    PROPOSAL_REJECTED = "autocharge.proposal_rejected"
    PROPOSAL_LAPSED = "autocharge.proposal_lapsed"
    CHALLENGED = "autocharge.challenged"
    CHALLENGE_ANSWERED = "autocharge.challenge_answered"
    QUARANTINED = "autocharge.quarantined"
    RELEASED = "autocharge.released"
    IMPORTED = "autocharge.imported"
    IMPORT_UNDONE = "autocharge.import_undone"


PING = "ping"
"""Told to an endpoint that asks for a trial; nobody subscribes to it."""


class Audience(StrEnum):
    """Whose clients are told."""

    EVERYONE = "everyone"
    MO = "mo"
    OEM = "oem"
    CPO = "cpo"

    def includes(self, principal: Principal, owners: Sequence[str]) -> bool:
        """Whether an event that concerns `owners` is for this client.

        A provider and an operator may have the same id: only the role's own ids count.
        """
        match self:
            case Audience.EVERYONE:
                return True
            case Audience.MO:
                role, own = ClientRole.MO, principal.provider_ids
            case Audience.OEM:
                role, own = ClientRole.OEM, principal.wmis
            case Audience.CPO:
                role, own = ClientRole.CPO, principal.operator_ids
        return role in principal.roles and not own.isdisjoint(owners)


class Form(StrEnum):
    """What a payload holds, as OPCP's two forms have it, and some of our own."""

    ROOT = "root"
    VEHICLE = "vehicle"
    VEHICLE_CONTRACT = "vehicle_contract"
    CONTRACT = "contract"
    RENEWAL = "renewal"
    STEP_UP = "step_up"
    STEP_UP_ANSWER = "step_up_answer"
    ENROLMENT = "enrolment"
    CLAIM = "claim"
    QUARANTINE = "quarantine"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Rule:
    """One event of ours, where its subject says `where`, is told as `tells` to an audience."""

    event: str
    where: Mapping[str, str]
    tells: WebhookEvent
    form: Form
    audience: Audience

    def fits(self, event: Event) -> bool:
        """Whether the rule is about this event, which is of its type."""
        subject = event.subject or {}
        return all(subject.get(name) == value for name, value in self.where.items())


@dataclass(frozen=True, slots=True)
class Rules:
    """Every rule, by the event that it is about, and how payloads spell ISO 15118's editions."""

    by_event: Mapping[str, tuple[Rule, ...]]
    namespaces: Mapping[str, str]

    @property
    def all(self) -> Iterator[Rule]:
        """Every rule."""
        return chain.from_iterable(self.by_event.values())

    def of(self, event: Event) -> Iterator[Rule]:
        """Yield what is told of an event: for each audience the first rule that fits."""
        served: set[Audience] = set()
        for rule in self.by_event.get(event.type, ()):
            if rule.audience not in served and rule.fits(event):
                served.add(rule.audience)
                yield rule
