"""Create a whole hierarchy of authorities in one ceremony."""

from dataclasses import dataclass

from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal
from pki.model.authority import Authority
from pki.model.hierarchy import Place, hierarchy, with_generation
from pki.model.roles import Edition, KeyAlgorithm
from pki.operations.found import FoundAuthorities, Founding, Progress, silent
from pki.operations.ports import AuthorityDirectory


@dataclass(frozen=True, slots=True)
class HierarchyRequest:
    """Which hierarchy: an edition, a key type that it allows, and what subjects say.

    Common names are `name`, the place and the generation: `evtrust V2G Root G1`.
    """

    edition: Edition
    algorithm: KeyAlgorithm
    organization: str
    country: str
    name: str = "evtrust"


@dataclass(frozen=True, slots=True)
class CreateHierarchy:
    """A V2G root with CPO, MO, OEM and Prov branches, and MO and OEM roots of their own."""

    found: FoundAuthorities
    directory: AuthorityDirectory

    def __call__(
        self, principal: Principal, request: HierarchyRequest, progress: Progress = silent
    ) -> tuple[Authority, ...]:
        """Return the new authorities, each after the one above it; all stand or none does.

        Raises FORBIDDEN for everyone but administrators, CONFLICT `hierarchy_exists` on
        repetition, INVALID for a key type that the edition does not allow.
        """
        principal.require_role(ClientRole.ADMIN)
        places = hierarchy(request.edition, request.algorithm)
        taken = {authority.slot for authority in self.directory.all()}
        existing = [place.slot for place in places if place.slot in taken]
        if existing:
            raise ServiceError(
                Kind.CONFLICT,
                "hierarchy_exists",
                f"{existing[0]} exists already; `evtrust ca list` shows what stands, "
                "`evtrust ca rollover` makes a new generation",
            )
        return self.found(principal, [_founding(request, place) for place in places], progress)


def _founding(request: HierarchyRequest, place: Place) -> Founding:
    return Founding(
        slot=place.slot,
        generation=1,
        role=place.role,
        edition=request.edition,
        algorithm=request.algorithm,
        common_name=with_generation(f"{request.name} {place.title}", 1),
        organization=request.organization,
        country=request.country,
        parent=place.parent,
    )
