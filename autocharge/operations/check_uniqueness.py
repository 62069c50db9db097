"""Put an identifier in quarantine because its readings show that it is not one vehicle's own."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from autocharge.model.detection import (
    DetectionRules,
    Finding,
    confined_to,
    detect_rotating,
    detect_shared,
    established_operators,
)
from autocharge.model.enrolment import Enrolment, Identifier, kind_of
from autocharge.model.picture import ChargingUse
from autocharge.model.quarantine import AUTOMATIC, Past, Quarantine, past_of
from autocharge.model.sighting import Sighting
from autocharge.operations.ports import EnrolmentReader
from autocharge.operations.quarantine_access import quarantine_events
from autocharge.operations.quarantine_ports import (
    AcceptedBefore,
    OpenQuarantines,
    PartyOf,
    QuarantineReader,
    ReadTogether,
)
from foundation.clock import Clock
from foundation.identifiers import Mac


@dataclass(frozen=True, slots=True)
class CheckUniqueness:
    """Look at an identifier's readings after one more was recorded.

    The ordinary reading costs no look into the database: what its recorder has in hand is enough
    to see that nothing contradicts it. Only identifiers that somebody enrolled are put in
    quarantine, so strangers' cannot fill the table.
    """

    rules: DetectionRules
    enrolments: EnrolmentReader
    quarantines: QuarantineReader
    accepted_before: AcceptedBefore
    read_together: ReadTogether
    party_of: PartyOf
    open_unit_of_work: OpenQuarantines
    clock: Clock

    def __call__(
        self,
        identifier: Identifier,
        sightings: Sequence[Sighting],
        uses: Sequence[ChargingUse] = (),
        others: Sequence[Identifier] = (),
    ) -> tuple[Quarantine, ...]:
        """Return the quarantines that this reading caused, mostly none.

        `sightings` are the identifier's newest, the one just recorded among them, in any order;
        `uses` the sessions of the contract that it resolved to, of which those count that are
        known to be this vehicle's; `others` what else stood in the message.
        """
        caused: tuple[Quarantine, ...] = ()
        finding = detect_shared(self.rules, sightings, uses)
        if finding is not None:
            caused = self._shared(identifier, sightings, uses, finding.first_at)
        if isinstance(identifier, Mac):
            for name in others:
                if not isinstance(name, Mac):  # a name of the vehicle that does not change
                    caused += self._rotating(name)
        return caused

    def _shared(
        self,
        identifier: Identifier,
        sightings: Sequence[Sighting],
        uses: Sequence[ChargingUse],
        first: datetime,
    ) -> tuple[Quarantine, ...]:
        enrolments = self.enrolments.find(identifier)
        if not enrolments:
            return ()
        known = [*self.accepted_before(identifier, first), *sightings]
        established = established_operators(self.rules, known, first)

        def find(past: Past) -> Finding | None:
            return detect_shared(
                self.rules,
                sightings,
                uses,
                since=past.since,
                disbelieved=past.disbelieved,
                established=established,
            )

        return self._quarantine(identifier, enrolments, find)

    def _rotating(self, name: Identifier) -> tuple[Quarantine, ...]:
        readings = self.read_together(name)

        def find(past: Past) -> Finding | None:
            later = [
                (one, sighting)
                for one, sighting in readings
                if past.since is None or sighting.seen_at > past.since
            ]
            return detect_rotating(
                self.rules, later, disbelieved=past.disbelieved, party_of=self.party_of
            )

        if detect_rotating(self.rules, readings, party_of=self.party_of) is None:
            return ()
        caused: tuple[Quarantine, ...] = ()
        for mac in dict.fromkeys(one for one, _ in readings if isinstance(one, Mac)):
            enrolments = self.enrolments.find(mac)
            if enrolments:
                caused += self._quarantine(mac, enrolments, find)
        return caused

    def _quarantine(
        self,
        identifier: Identifier,
        enrolments: Sequence[Enrolment],
        find: Callable[[Past], Finding | None],
    ) -> tuple[Quarantine, ...]:
        """Store what is not there yet; of processes that find the same at once, one does."""
        if not self._missing(identifier, self.quarantines.of(identifier), enrolments, find):
            return ()  # the ordinary reading of an identifier that is in quarantine already
        with self.open_unit_of_work() as work:
            # whoever finds something else of the same identifier waits here, and sees it then
            standing = [
                locked
                for enrolment in sorted(enrolments, key=lambda one: one.enrolment_id)
                if (locked := work.enrolments.lock(enrolment.enrolment_id)) is not None
            ]
            caused = tuple(
                quarantine
                for quarantine in self._missing(
                    identifier, work.quarantines.of(identifier), standing, find
                )
                if work.quarantines.add(quarantine, identifier)
            )
            for quarantine in caused:
                for event in quarantine_events(
                    "autocharge.quarantined", quarantine, standing, AUTOMATIC, quarantine.created_at
                ):
                    work.events.append(event)
            work.commit()
        return caused

    def _missing(
        self,
        identifier: Identifier,
        there: Sequence[Quarantine],
        enrolments: Sequence[Enrolment],
        find: Callable[[Past], Finding | None],
    ) -> list[Quarantine]:
        """Return the quarantines that a finding asks for and that do not stand yet."""
        missing = []
        for provider_id in sorted({enrolment.provider_id for enrolment in enrolments}):
            past = past_of(there, provider_id)
            finding = None if past.everywhere else find(past)
            if finding is None:
                continue
            operators = confined_to(
                self.rules,
                finding,
                past.standing,
                disbelieved=past.disbelieved,
                party_of=self.party_of,
            )
            places = [None] if operators is None else sorted(operators - past.standing)
            missing += [
                Quarantine(
                    quarantine_id=str(uuid.uuid4()),
                    kind=kind_of(identifier),
                    provider_id=provider_id,
                    operator_id=operator_id,
                    cause=finding.cause,
                    reasons=finding.reasons,
                    suspected=finding.suspected,
                    rules_version=self.rules.version,
                    created_at=self.clock(),
                    created_by=AUTOMATIC,
                )
                for operator_id in places
            ]
        return missing
