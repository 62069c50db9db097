"""What the console's search box looks things up by: look-ups for each form of a text.

The pages that they lead to check again who may see what.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

from authorization.operations.list_stations import ListStations
from authorization.operations.ports import StationDirectory
from authorization.operations.read_decision import ReadDecision
from autocharge.model.enrolment import parse_identifier
from autocharge.operations.ports import EnrolmentReader
from console.model.search import Form, Thing
from console.operations.find_anything import Hit, LookUp
from contract_service.model.contract import Contract
from contract_service.operations.find import FindContract
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, EvseId, InvalidIdentifier
from foundation.principal import Principal
from participants.operations.list_clients import ListClients
from pki.operations.find_certificates import FindCertificates


def of_drivers(
    contracts: FindContract, enrolments: EnrolmentReader
) -> Mapping[Form, Sequence[LookUp]]:
    """Return the look-ups of contracts and enrolled vehicles."""

    def contract_by_id(_: Principal, text: str) -> Iterator[Hit]:
        yield from _contract(contracts.by_id(text.lower()))

    def contract(_: Principal, text: str) -> Iterator[Hit]:
        yield from _contract(contracts(Emaid.parse(text)))

    def enrolment_by_id(_: Principal, text: str) -> Iterator[Hit]:
        found = enrolments.by_id(text.lower())
        if found is not None:
            yield Hit(Thing.VEHICLE, text.lower(), found[0].status.value)

    def vehicle(_: Principal, text: str) -> Iterator[Hit]:
        for kind in ("mac", "evccid", "vin"):  # one text may be of several kinds
            with suppress(InvalidIdentifier):
                for one in enrolments.find(parse_identifier(kind, text)):
                    yield Hit(Thing.VEHICLE, one.enrolment_id, f"{kind}, {one.provider_id}")

    return {
        Form.REFERENCE: (contract_by_id, enrolment_by_id),
        Form.EMAID: (contract,),
        Form.VEHICLE: (vehicle,),
    }


def of_decisions(decisions: ReadDecision, clients: ListClients) -> Mapping[Form, Sequence[LookUp]]:
    """Return the look-ups of decisions and of who asks for them."""

    def decision(principal: Principal, text: str) -> Iterator[Hit]:
        record, _ = decisions(principal, text.lower())
        yield Hit(Thing.DECISION, text.lower(), record.decision.outcome.value)

    def client(principal: Principal, text: str) -> Iterator[Hit]:
        for one in clients(principal):
            if text in {one.client_id, one.name}:
                yield Hit(Thing.PARTICIPANT, one.client_id, one.name)

    return {Form.REFERENCE: (decision,), Form.STATION_ID: (client,)}


def of_places(stations: ListStations, places: StationDirectory) -> Mapping[Form, Sequence[LookUp]]:
    """Return the look-ups of stations and EVSEs."""

    def station(principal: Principal, text: str) -> Iterator[Hit]:
        found = stations.one(principal, text)
        yield Hit(Thing.STATION, found.station_id, found.operator_id)

    def evse(_: Principal, text: str) -> Iterator[Hit]:
        place = places.by_evse(EvseId.parse(text).key)
        if place is not None:
            yield Hit(Thing.STATION, place.station_id, place.operator_id)

    return {Form.EVSE_ID: (evse,), Form.STATION_ID: (station,)}


def of_certificates(certificates: FindCertificates) -> Mapping[Form, Sequence[LookUp]]:
    """Return the look-ups of certificates."""

    def by_fingerprint(principal: Principal, text: str) -> Iterator[Hit]:
        record = certificates.by_fingerprint(principal, text)
        yield Hit(Thing.CERTIFICATE, record.fingerprint, f"{record.issuer}/{record.serial}")

    def by_serial(principal: Principal, text: str) -> Iterator[Hit]:
        for record in certificates.by_serial(principal, text):
            yield Hit(Thing.CERTIFICATE, record.fingerprint, f"{record.issuer}/{record.serial}")

    return {Form.FINGERPRINT: (by_fingerprint,), Form.SERIAL: (by_serial,)}


def contract_id_of(contracts: FindContract) -> Callable[[Emaid], str | None]:
    """Return what names the page of an EMAID's contract."""

    def find(emaid: Emaid) -> str | None:
        found = contracts(emaid)
        return None if found is None else found.contract_id

    return find


def _contract(found: Contract | None) -> Iterator[Hit]:
    if found is None:
        raise ServiceError(Kind.NOT_FOUND, "contract_not_found", "there is no such contract")
    yield Hit(Thing.CONTRACT, found.contract_id, f"{found.provider_id}, {found.status.value}")
