"""What a station's SignCertificate asks for, and which name its certificate may carry.

Names come from the station's registration. A common name in the CSR that is an EVSEID or SECCID
must be one of them; anything else there (a serial number, usually) says nothing.
"""

import hashlib
from dataclasses import dataclass

from authorization.model.certificate_hash import CertificateHash
from authorization.model.ocpp_version import PNC_VENDOR_ID, OcppVersion
from authorization.model.station import Station
from authorization.model.station_call import CertificateUse
from foundation.errors import Refused
from foundation.identifiers import EvseId, InvalidIdentifier, SeccId
from pki.model.enrolment_rules import CertifiedName
from pki.model.profile import CommonNameForm
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.model.subject import read_common_name


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """A SignCertificate: the CSR as sent (PEM), and what the certificate is for.

    Without `use` it serves both V2G and the connection to the CSMS (OCPP 2.0.1 part 2,
    SignCertificateRequest). `root` is 2.1's hashRootCertificate; `vendor_id` is that of the
    DataTransfer in which OCPP 1.6 sent it.
    """

    version: OcppVersion
    csr: str
    use: CertificateUse | None = None
    request_id: int | None = None
    root: CertificateHash | None = None
    vendor_id: str = PNC_VENDOR_ID


def request_hash(request: SigningRequest, csr: bytes) -> str:
    """Return what tells a repeated request: lower-case SHA-256 over it with the CSR's DER."""
    said = (request.version, request.vendor_id, request.use, request.request_id, request.root)
    return hashlib.sha256(repr(said).encode() + b"\x00" + csr).hexdigest()


def leaf_of(use: CertificateUse | None) -> CertificateRole:
    """Return the role: a certificate for both uses is one for V2G, which any server accepts."""
    if use is CertificateUse.CHARGING_STATION:
        return CertificateRole.CHARGING_STATION
    return CertificateRole.SECC_LEAF


def edition_of(request: SigningRequest, algorithm: KeyAlgorithm | None) -> Edition | Refused:
    """Return which edition's authorities certify the key.

    OCPP 2.1 names it; before, the key's own type says it (P-256 is ISO 15118-2, P-521 and Ed448
    are ISO 15118-20). A station shows its CSMS a P-256 certificate.
    """
    if algorithm is None:
        return Refused("key_algorithm_not_allowed", "use a key on P-256, P-521 or Ed448")
    of_key = Edition.ISO15118_2 if algorithm is KeyAlgorithm.P256 else Edition.ISO15118_20
    wanted = {
        CertificateUse.CHARGING_STATION: Edition.ISO15118_2,
        CertificateUse.V2G20: Edition.ISO15118_20,
        CertificateUse.V2G: Edition.ISO15118_2 if request.version is OcppVersion.V21 else of_key,
        None: of_key,
    }[request.use]
    if wanted is of_key:
        return wanted
    key = "P-256" if wanted is Edition.ISO15118_2 else "P-521 or Ed448"
    return Refused(
        "key_algorithm_not_allowed", f"a {request.use} is for a key on {key}; use such a key"
    )


def certified_name(
    station: Station, leaf: CertificateRole, common_name: str | None
) -> CertifiedName | Refused:
    """Return the name to certify: for V2G an EVSEID or SECCID, else the station's identity.

    Without a fitting common name it is the station's SECCID, or its first EVSEID.
    """
    asked = None if common_name == station.station_id else _equipment(common_name)
    names = _registered(station)
    if asked is not None and asked not in {equipment for equipment, _ in names}:
        return Refused(
            "name_not_registered",
            "the CSR names an EVSEID or SECCID that is not registered for this station; register "
            "it at /v1/stations, or leave it out of the CSR",
        )
    if leaf is CertificateRole.CHARGING_STATION:
        return CertifiedName(station.station_id, station.station_id, station.operator_id)
    if not names:
        return Refused(
            "no_name_registered",
            "a V2G certificate carries an EVSEID or SECCID; register one for this station at "
            "/v1/stations",
        )
    text = next((raw for equipment, raw in names if equipment == asked), names[0][1])
    name = read_common_name(CommonNameForm.SECC, text)
    return CertifiedName(text, name.subject_id, name.owner or "")


def _registered(station: Station) -> list[tuple[EvseId | SeccId, str]]:
    secc = [] if station.secc_id is None else [station.secc_id]
    names: list[EvseId | SeccId] = [*secc, *station.evses]
    return [(equipment, equipment.raw) for equipment in names]


def _equipment(text: str | None) -> EvseId | SeccId | None:
    if text is None:
        return None
    for parse in (EvseId.parse, SeccId.parse):
        try:
            return parse(text)
        except InvalidIdentifier:
            continue
    return None
