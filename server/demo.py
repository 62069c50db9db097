"""The demonstration: development authorities, participants, and two vehicles that may charge."""

import secrets
from collections.abc import Callable
from typing import Any

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from authorization.model.station import Coordinates
from console.model.roles import ConsoleRole
from contract_service.model.pem import chain_pem
from foundation.identifiers import Emaid, Mac, Vin
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole
from pki.model.roles import Edition, KeyAlgorithm
from pki.operations.create_hierarchy import HierarchyRequest
from server.installation import read_value, write_value
from server.wiring import Services

PARTY = "DEEVT"  # provider and operator of the demonstration
NAME = "evtrust demo"  # stands in every authority's subject
WMI = "WEV"
STATION_ID = "demo-station-1"
EVSE_ID = "DE*EVT*E0001"
PERSON = "admin@example.org"
BERLIN = Coordinates(52.5200, 13.4050)
_CONTEXT = "demo"
_ALPHABET = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"  # what a VIN may hold (ISO 3779)


def read_demo(services: Services) -> dict[str, Any] | None:
    """Return what `create_demo` returned in this database, else None."""
    sealed = read_value(services.database, _CONTEXT)
    if sealed is None or sealed == b"":
        return None
    payload: dict[str, Any] = orjson.loads(services.sealer.open(sealed, _CONTEXT))
    return payload | {"base_url": services.settings.public_url}  # it may have moved


def create_demo(services: Services, progress: Callable[[str], None]) -> dict[str, Any]:
    """Make everything of the demonstration and return what its user needs to know.

    All secrets are random. What is told is kept sealed, so that it can be told again: it holds a
    MAC, a VIN and client secrets, which must not lie about in clear.
    """
    progress("authorities: V2G, MO and OEM roots with their sub-CAs")
    _create_authorities(services)
    progress("participants: CPO, MO, OEM, CPS and an administrator")
    payload: dict[str, Any] = {
        "base_url": services.settings.public_url,
        "clients": _create_clients(services),
        "console": _create_person(services),
        "demo": {},
        "authorities": sorted({authority.slot for authority in services.authorities.all()}),
    }
    progress("a station, a vehicle with a contract certificate, and one with Autocharge")
    services.register_station(LOCAL_ADMINISTRATOR, STATION_ID, PARTY, [EVSE_ID], BERLIN)
    payload["demo"] = {
        "station_id": STATION_ID,
        "evse_id": EVSE_ID,
        **_certificate_vehicle(services),
        **_autocharge_vehicle(services),
    }
    sealed = services.sealer.seal(orjson.dumps(payload), _CONTEXT)
    write_value(services.database, _CONTEXT, sealed)
    return payload


def _create_authorities(services: Services) -> None:
    standing = services.authorities.all()
    for authority in standing:  # of a demonstration that was interrupted, perhaps before these
        services.publish_crl(authority.name)
        services.issue_ocsp_signer(authority.name)
    if not standing:
        services.create_hierarchy(
            LOCAL_ADMINISTRATOR,
            HierarchyRequest(Edition.ISO15118_2, KeyAlgorithm.P256, "evtrust demo", "DE", NAME),
        )
    services.renew_cps_signers(services.clock())


def _create_person(services: Services) -> dict[str, str]:
    standing = {account.email for account in services.console_accounts.all()}
    if PERSON in standing:  # of a demonstration that was interrupted
        made = services.change_account.reset_password(LOCAL_ADMINISTRATOR, PERSON)
    else:
        made = services.add_account(LOCAL_ADMINISTRATOR, PERSON, [ConsoleRole.ADMINISTRATOR])
    return {"user": PERSON, "password": made.password}


def _create_clients(services: Services) -> dict[str, dict[str, str]]:
    clients = {}
    for name, role in {
        "cpo": ClientRole.CPO,
        "mo": ClientRole.MO,
        "oem": ClientRole.OEM,
        "cps": ClientRole.CPS,
        "admin": ClientRole.ADMIN,
    }.items():
        made = services.create_client(
            LOCAL_ADMINISTRATOR,
            f"demo {name}",
            [role],
            provider_ids=[PARTY] if role is ClientRole.MO else [],
            wmis=[WMI] if role is ClientRole.OEM else [],
            operator_ids=[PARTY] if role is ClientRole.CPO else [],
        )
        clients[name] = {
            "client_id": made.client.client_id,
            "client_secret": made.client_secret,
        }
    return clients


def _certificate_vehicle(services: Services) -> dict[str, str]:
    emaid = _new_emaid()
    pcid = WMI + _characters(14)
    services.create_contract(LOCAL_ADMINISTRATOR, emaid, pcid)
    # the vehicle's key: it signs its request and is forgotten, as evtrust never keeps one
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    csr = request.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    issued = services.issue_contract_certificate(LOCAL_ADMINISTRATOR, emaid, csr)
    return {"emaid": emaid, "pcid": pcid, "contract_chain_pem": chain_pem(issued.chain)}


def _autocharge_vehicle(services: Services) -> dict[str, str]:
    emaid = _new_emaid()
    mac = "98ED5C" + secrets.token_hex(3).upper()  # a car maker's universally administered range
    vin = WMI + _characters(14)
    services.create_contract(LOCAL_ADMINISTRATOR, emaid)
    services.enrol(LOCAL_ADMINISTRATOR, emaid, Mac.parse(mac))
    services.enrol(LOCAL_ADMINISTRATOR, emaid, Vin.parse(vin))
    return {"mac": mac, "vin": vin}


def _new_emaid() -> str:
    return Emaid.parse(f"{PARTY}C{_characters(8)}").canonical


def _characters(count: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(count))
