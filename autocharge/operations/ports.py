"""What the operations of Autocharge need from outside."""

from collections.abc import Sequence
from typing import Protocol

from autocharge.model.enrolment import Enrolment, Identifier


class EnrolmentReader(Protocol):
    """Committed enrolments, read outside any unit of work."""

    def find(self, identifier: Identifier) -> Sequence[Enrolment]:
        """Return every enrolment of the identifier, under whichever pepper it was hashed."""
