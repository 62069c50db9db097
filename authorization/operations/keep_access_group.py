"""Keep access groups: who may charge at an operator's semi-public and private sites."""

from dataclasses import dataclass
from datetime import datetime

from authorization.model.site import is_name
from authorization.operations.list_sites import group_not_found
from authorization.operations.place_ports import (
    GroupCount,
    GroupMembers,
    OpenPlaceUnitOfWork,
)
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.principal import Principal

MAX_MEMBERS = 2000
"""Own judgement: so many stand in a request of 64 kB; a larger fleet has several groups."""


@dataclass(frozen=True, slots=True)
class KeepAccessGroup:
    """Stores an operator's access group as a whole, or removes it."""

    open_unit_of_work: OpenPlaceUnitOfWork
    clock: Clock

    def __call__(
        self, principal: Principal, operator_id: str, group_id: str, members: GroupMembers
    ) -> GroupCount:
        """Store the members and no others; return their counts.

        Raises ServiceError FORBIDDEN (`operator_not_yours`), MALFORMED (`invalid_group_id`),
        INVALID (`too_many_members`).
        """
        _require_operator(principal, operator_id)
        if not is_name(group_id):
            raise ServiceError(
                Kind.MALFORMED,
                "invalid_group_id",
                "an access group's id has 1 to 36 letters, digits and ._:-",
                {"group_id": "not such a text"},
            )
        count = len(members.contracts) + len(members.vehicles) + len(members.tokens)
        if count > MAX_MEMBERS:
            raise ServiceError(
                Kind.INVALID,
                "too_many_members",
                f"an access group has at most {MAX_MEMBERS} members; make several groups",
            )
        now = self.clock()
        with self.open_unit_of_work() as work:
            work.groups.put(operator_id, group_id, members, now)
            work.events.append(
                _event("access_group.changed", principal, operator_id, group_id, now)
            )
            work.commit()
        return GroupCount(
            operator_id,
            group_id,
            len(set(members.contracts)),
            len(set(members.vehicles)),
            len(set(members.tokens)),
            now,
        )

    def remove(self, principal: Principal, operator_id: str, group_id: str) -> None:
        """Delete the group; sites that name it admit nobody by it. Raises NOT_FOUND, FORBIDDEN."""
        _require_operator(principal, operator_id)
        now = self.clock()
        with self.open_unit_of_work() as work:
            if not work.groups.remove(operator_id, group_id):
                raise group_not_found()
            work.events.append(
                _event("access_group.removed", principal, operator_id, group_id, now)
            )
            work.commit()


def _require_operator(principal: Principal, operator_id: str) -> None:
    if not principal.acts_for_operator(operator_id):
        raise ServiceError(
            Kind.FORBIDDEN,
            "operator_not_yours",
            "access groups are those of your own operator ids",
            {"operator_id": "not yours"},
        )


def _event(
    type_: str, principal: Principal, operator_id: str, group_id: str, at: datetime
) -> Event:
    return Event(type_, at, principal.client_id, (operator_id,), {"group_id": group_id})
