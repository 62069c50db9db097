"""Delete a site, or take one EVSE off it; nobody may charge there from then on."""

from dataclasses import dataclass

from authorization.operations.list_sites import site_not_found
from authorization.operations.place_ports import OpenPlaceUnitOfWork
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.identifiers import EvseId
from foundation.principal import ClientRole, Principal


@dataclass(frozen=True, slots=True)
class DeleteSite:
    """Deletes sites and their EVSEs for the operator that they belong to.

    No right to charge grows by that. An EVSE without a site is open to every contract, so those
    that stood at the site are closed: they admit nobody until they stand at a site again, whatever
    the access of the old one. Contracts that are restricted to the site stay restricted to it.
    Stations keep their EVSEs, for OCPP counts them; access groups may serve other sites.
    """

    open_unit_of_work: OpenPlaceUnitOfWork
    clock: Clock

    def __call__(self, principal: Principal, operator_id: str, site_id: str) -> None:
        """Delete the site and close its EVSEs.

        Raises ServiceError FORBIDDEN (`role_required`), NOT_FOUND (`site_not_found`, another
        operator's site alike).
        """
        _require_own(principal, operator_id)
        now = self.clock()
        with self.open_unit_of_work() as work:
            if work.sites.lock(operator_id, site_id) is None:
                raise site_not_found()
            work.sites.remove(operator_id, site_id, now)
            subject = {"site_id": site_id}
            work.events.append(
                Event("site.deleted", now, principal.client_id, (operator_id,), subject)
            )
            work.commit()

    def evse(self, principal: Principal, operator_id: str, site_id: str, evse_id: str) -> None:
        """Take an EVSE (any spelling) off its site and close it.

        Raises as the deletion of the site, MALFORMED (`invalid_evse_id`) and NOT_FOUND
        (`evse_not_found`).
        """
        _require_own(principal, operator_id)
        evse = EvseId.parse(evse_id)
        now = self.clock()
        with self.open_unit_of_work() as work:
            if work.sites.lock(operator_id, site_id) is None:
                raise site_not_found()
            if not work.sites.take_off(operator_id, site_id, evse.key, now):
                raise ServiceError(
                    Kind.NOT_FOUND, "evse_not_found", "the site has no EVSE with this id"
                )
            subject = {"site_id": site_id, "evse_id": evse.raw}
            work.events.append(
                Event("site.evse_deleted", now, principal.client_id, (operator_id,), subject)
            )
            work.commit()


def _require_own(principal: Principal, operator_id: str) -> None:
    principal.require_role(ClientRole.CPO)
    if not principal.acts_for_operator(operator_id):
        raise site_not_found()
