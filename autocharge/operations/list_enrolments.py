"""List enrolments to those whose they are, identifiers masked."""

from dataclasses import dataclass

from autocharge.model.enrolment import Enrolment, Identifier, masked
from autocharge.operations.access import enrolment_unknown
from autocharge.operations.erasure_ports import Pseudonym
from autocharge.operations.ports import EnrolmentReader
from foundation.identifiers import Emaid
from foundation.principal import ClientRole, Principal

MAXIMUM_PAGE = 200


@dataclass(frozen=True, slots=True)
class ListedEnrolment:
    """An enrolment with the last four characters of its identifier.

    `pseudonym` is the vehicle's name for the enrolment's provider, whichever of its enrolments or
    spellings is looked at; no other provider is told the same.
    """

    enrolment: Enrolment
    masked_identifier: str
    pseudonym: str


@dataclass(frozen=True, slots=True)
class EnrolmentPage:
    """Some enrolments in order of their id, and what to ask for the next ones (None: no more)."""

    enrolments: tuple[ListedEnrolment, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class ListEnrolments:
    """Show the enrolments of the caller's providers; administrators and auditors see all."""

    enrolments: EnrolmentReader
    pseudonym: Pseudonym

    def __call__(
        self,
        principal: Principal,
        emaid: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> EnrolmentPage:
        """Return up to `limit` (at most 200) enrolments after the enrolment id `after`.

        `emaid` (any spelling) keeps those of one contract. Raises MALFORMED, and FORBIDDEN for a
        role without any.
        """
        principal.require_role(ClientRole.MO, ClientRole.AUDITOR)
        providers = None if principal.reads_everything else principal.provider_ids
        parsed = None if emaid is None else Emaid.parse(emaid)
        limit = max(1, min(limit, MAXIMUM_PAGE))
        found = self.enrolments.page(providers, parsed, after, limit + 1)
        page = tuple(self._listed(*entry) for entry in found[:limit])
        more = len(found) > limit
        return EnrolmentPage(page, page[-1].enrolment.enrolment_id if more else None)

    def by_id(self, principal: Principal, enrolment_id: str) -> ListedEnrolment:
        """Return one enrolment; raises NOT_FOUND."""
        found = self.enrolments.by_id(enrolment_id)
        if found is None or not (
            principal.reads_everything or principal.acts_for_provider(found[0].provider_id)
        ):
            raise enrolment_unknown()
        return self._listed(*found)

    def _listed(self, enrolment: Enrolment, identifier: Identifier) -> ListedEnrolment:
        named = self.pseudonym(f"provider:{enrolment.provider_id}", identifier)
        return ListedEnrolment(enrolment, masked(identifier), named)
