"""Publish a vehicle: control its certificate, then store it as what counts for its PCID."""

from dataclasses import dataclass
from datetime import datetime

from contract_service.model.provisioning_control import (
    PublishedChain,
    read_chain,
    refuse_chain,
    refuse_dates,
    refuse_status,
)
from contract_service.model.vehicle import Change, Vehicle, VehicleToPublish, change_of
from contract_service.operations.vehicle_ports import (
    OpenVehicleUnitOfWork,
    TrustedRoot,
    Validate,
    VehicleUnitOfWork,
)
from foundation.clock import Clock
from foundation.errors import Kind, Refused, ServiceError
from foundation.events import Event
from foundation.identifiers import Pcid
from foundation.principal import ClientRole, Principal
from pki.model.path_certificate import PathCertificate
from pki.model.roles import CertificateRole

_ATTEMPTS = 3
"""How often a vehicle is added that others add and delete meanwhile; once is usual."""


@dataclass(frozen=True, slots=True)
class ControlChain:
    """The last three control steps, in OPCP's order; when publishing and when delivering."""

    validate: Validate
    trusted_root: TrustedRoot

    def __call__(self, chain: PublishedChain, at: datetime) -> PathCertificate:
        """Return the trusted root at which the chain ends.

        Raises INVALID with the code of the first step that failed: `certificate_expired`,
        `certificate_not_yet_valid`; `certificate_revoked`, `certificate_on_hold`,
        `certificate_status_unknown`; `chain_not_valid`, `sub_cas_out_of_order`.
        """
        _require(refuse_dates(chain, at))
        verdict = self.validate(chain.ders, CertificateRole.OEM_PROVISIONING, at)
        _require(refuse_status(verdict))
        _require(refuse_chain(chain, verdict))
        root = None if verdict.anchor is None else self.trusted_root(verdict.anchor)
        if root is None:  # taken away since
            raise _invalid(Refused("chain_not_valid", "the chain's root is trusted no longer"))
        return root


@dataclass(frozen=True, slots=True)
class CheckedVehicle:
    """A vehicle that passed the control steps, and the root at which its chain ends."""

    vehicle: Vehicle
    root: PathCertificate


@dataclass(frozen=True, slots=True)
class CheckVehicle:
    """All that is judged of a vehicle before anything is stored."""

    control: ControlChain
    clock: Clock

    def __call__(self, principal: Principal, published: VehicleToPublish) -> CheckedVehicle:
        """Return the vehicle, verified. Raises as `PublishVehicle` does, CONFLICT apart.

        The WMI comes first: of a PCID that is another's nothing is looked at or told.
        """
        principal.require_role(ClientRole.OEM)
        chain = read_chain(
            published.certificate, published.sub_ca_2, published.sub_ca_1, published.schema
        )
        require_wmi(principal, chain.pcid)
        previous = _previous(principal, published.previous_pcid)
        now = self.clock()
        root = self.control(chain, now)
        vehicle = Vehicle(
            pcid=chain.pcid,
            schema=chain.schema,
            certificate=chain.ders[0],
            sub_certificates=chain.ders[1:],
            root_fingerprint=root.fingerprint,
            client_id=principal.client_id,
            not_before=chain.leaf.not_before,
            not_after=chain.leaf.not_after,
            published_at=now,
            v2g_root_key_ids=published.v2g_root_key_ids,
            previous_pcid=previous,
        )
        return CheckedVehicle(vehicle, root)


@dataclass(frozen=True, slots=True)
class PublishVehicle:
    """Publishes one vehicle, or renews what is published of it."""

    check: CheckVehicle
    open_unit_of_work: OpenVehicleUnitOfWork

    def __call__(
        self, principal: Principal, published: VehicleToPublish
    ) -> tuple[CheckedVehicle, Change]:
        """Return the vehicle as it stands now, and what that changed.

        Raises FORBIDDEN (`role_required`, `not_your_wmi`), MALFORMED and TOO_LARGE for what
        cannot be read, INVALID as `ControlChain` and `read_chain` do, CONFLICT
        (`certificate_older`, `vehicle_being_deleted`).
        """
        checked = self.check(principal, published)
        with self.open_unit_of_work() as work:
            change = store_vehicle(work, principal, checked.vehicle)
            work.commit()
        return checked, change


def store_vehicle(work: VehicleUnitOfWork, principal: Principal, vehicle: Vehicle) -> Change:
    """Store a checked vehicle in the running unit of work and return what that changed.

    Raises CONFLICT `certificate_older` or `vehicle_being_deleted`; the unit of work is then to be
    left uncommitted.
    """
    standing = work.vehicles.lock(vehicle.pcid, vehicle.schema)
    for _ in range(_ATTEMPTS):
        if standing is not None:
            break
        if work.vehicles.add(vehicle):
            _require_no_deletion(work, vehicle)
            work.events.append(vehicle_event("added", principal, vehicle, vehicle.published_at))
            return Change.ADDED
        standing = work.vehicles.lock(vehicle.pcid, vehicle.schema)
    else:  # somebody adds it and somebody deletes it, again and again
        raise _being_deleted()
    change = change_of(standing, vehicle)
    if isinstance(change, Refused):
        raise ServiceError(Kind.CONFLICT, change.code, change.detail, change.fields)
    if change is Change.UPDATED:
        work.vehicles.replace(vehicle)
        work.events.append(vehicle_event("updated", principal, vehicle, vehicle.published_at))
    return change


def _require_no_deletion(work: VehicleUnitOfWork, vehicle: Vehicle) -> None:
    """Asked once the row is ours: a deletion that ran ahead of it is committed by then."""
    if work.vehicles.is_deletion_due(vehicle.pcid):
        raise _being_deleted()


def _being_deleted() -> ServiceError:
    return ServiceError(
        Kind.CONFLICT,
        "vehicle_being_deleted",
        "the contracts of this PCID are still being deleted; try again in a minute",
    )


def require_wmi(principal: Principal, pcid: Pcid) -> None:
    """Raise FORBIDDEN `not_your_wmi` unless the client may act on PCIDs of this manufacturer."""
    if not principal.acts_for_wmi(pcid.wmi):
        raise ServiceError(
            Kind.FORBIDDEN,
            "not_your_wmi",
            "this PCID belongs to a WMI that your client does not hold; ask an administrator to "
            "add it",
        )


def vehicle_event(what: str, principal: Principal, vehicle: Vehicle, at: datetime) -> Event:
    """Return an event about a vehicle; its PCID is personal."""
    return Event(
        f"provisioning_certificate.{what}",
        at,
        principal.client_id,
        (vehicle.pcid.wmi,),
        {"fingerprint": vehicle.fingerprint, "schema": vehicle.schema.value},
        {"pcid": vehicle.pcid.value},
    )


def _previous(principal: Principal, text: str | None) -> Pcid | None:
    if text is None:
        return None
    previous = Pcid.parse(text)
    require_wmi(principal, previous)
    return previous


def _require(refused: Refused | None) -> None:
    if refused is not None:
        raise _invalid(refused)


def _invalid(refused: Refused) -> ServiceError:
    return ServiceError(Kind.INVALID, refused.code, refused.detail, refused.fields)
