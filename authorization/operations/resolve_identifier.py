"""Resolve a vehicle's identifier for a participant, without deciding anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from authorization.operations.ports import Resolve
from autocharge.model.enrolment import Enrolment, EnrolmentSource, Identifier
from autocharge.model.resolution import Quarantined, Resolution, Resolved, Suspended, Unknown
from autocharge.model.sighting import Sighting, Source
from foundation.principal import ClientRole, Principal


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an enrolled identifier comes from: its enrolment, and where it was last read how."""

    enrolled_at: datetime
    enrolled_by: EnrolmentSource
    last_seen_at: datetime | None
    last_source: Source | None


class LastSightings(Protocol):
    """`autocharge.operations.sighting_ports.SightingReader`, as far as it is needed here."""

    def newest(self, identifier: Identifier, limit: int) -> Sequence[Sighting]:
        """Return up to `limit` sightings of the identifier, newest first."""


class EnrolmentById(Protocol):
    """`autocharge.operations.ports.EnrolmentReader`, as far as it is needed here."""

    def by_id(self, enrolment_id: str) -> tuple[Enrolment, Identifier] | None:
        """Return an enrolment and its identifier, or None."""


@dataclass(frozen=True, slots=True)
class ResolveIdentifier:
    """Answer whose contract an identifier stands for, to CPMS, providers and administrators."""

    resolve: Resolve
    enrolments: EnrolmentById
    sightings: LastSightings

    def __call__(self, principal: Principal, identifier: Identifier) -> Resolution:
        """Return what the identifier resolves to; raises FORBIDDEN (`role_required`).

        A provider sees its own enrolments; another's is `Unknown` to it, like one that never was.
        """
        principal.require_role(ClientRole.CPO, ClientRole.MO)
        resolution = self.resolve(identifier, None)
        if principal.is_admin or ClientRole.CPO in principal.roles:
            return resolution
        if isinstance(
            resolution, Resolved | Suspended | Quarantined
        ) and principal.acts_for_provider(resolution.emaid.provider_id):
            return resolution
        return Unknown(resolution.signals)

    def provenance(
        self, principal: Principal, identifier: Identifier, resolution: Resolution
    ) -> Provenance | None:
        """Return where the identifier comes from, to the provider whose enrolment answers.

        None to everybody else: where a vehicle was last is no operator's business.
        """
        if not isinstance(resolution, Resolved | Suspended | Quarantined):
            return None
        if not principal.acts_for_provider(resolution.emaid.provider_id):
            return None
        found = self.enrolments.by_id(resolution.enrolment_id)
        if found is None:  # it was removed meanwhile
            return None
        enrolment, _ = found
        last = next(iter(self.sightings.newest(identifier, 1)), None)
        return Provenance(
            enrolment.created_at,
            enrolment.source,
            None if last is None else last.seen_at,
            None if last is None else last.source,
        )
