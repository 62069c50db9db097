"""`POST /v1/authorizations`: JSON -> claim -> decision -> JSON, without a framework between."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import orjson

from authorization.api.payloads import decision_payload
from authorization.api.schemas import (
    AdHocPayment,
    AuthorizationRequest,
    CertificateHashData,
    ContractCertificate,
    FurtherIdentifier,
    Identifier,
    read_body,
)
from authorization.model.access_token import TokenKind, TokenUid
from authorization.model.certificate_hash import CertificateHash
from authorization.model.claim import (
    AdHocClaim,
    CertificateClaim,
    Claim,
    EmaidClaim,
    Identification,
    TokenClaim,
    VehicleClaim,
)
from authorization.operations.authorize import Authorize
from autocharge.model.sighting import Source
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, EvccId20, EvseId, Mac, Vin, parse_evccid
from foundation.principal import Principal
from pki.model.chain_parser import parse_chain

Parsed = TypeVar("Parsed")

_JSON = orjson.OPT_UTC_Z


@dataclass(frozen=True, slots=True)
class AnswerAuthorization:
    """The translator of `POST /v1/authorizations`."""

    authorize: Authorize

    def __call__(
        self, principal: Principal, _parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return 200 and the decision as JSON; raises ServiceError where nothing is decided."""
        decision = self.authorize(principal, to_claim(read_body(AuthorizationRequest, body)))
        return 200, orjson.dumps(decision_payload(decision), option=_JSON)


def to_claim(asked: AuthorizationRequest) -> Claim:
    """Parse what the request's texts say.

    Raises ServiceError MALFORMED or TOO_LARGE: a place not named once, an identifier or a
    certificate chain that cannot be read.
    """
    if (asked.station_id is None) == (asked.evse_id is None):
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_request",
            "name the place by station_id or by evse_id",
            {"station_id": "give this or evse_id", "evse_id": "give this or station_id"},
        )
    evse_id = None
    if asked.evse_id is not None:
        evse_id = _read(EvseId.parse, asked.evse_id, "evse_id")
    return Claim(_identification(asked.identification), asked.station_id, evse_id, asked.at)


def _identification(given: ContractCertificate | Identifier | AdHocPayment) -> Identification:
    if isinstance(given, ContractCertificate):
        emaid = _read(Emaid.parse, given.emaid, "identification.emaid")
        if given.certificate_chain is not None:
            chain = _read(parse_chain, given.certificate_chain, "identification.certificate_chain")
            return CertificateClaim(emaid, chain)
        if given.certificate_hash_data is not None:
            return CertificateClaim(emaid, hashes=to_hashes(given.certificate_hash_data))
        return EmaidClaim(emaid)
    if isinstance(given, Identifier):
        if given.type in VEHICLE_PARSERS:
            return _vehicle(given)
        if given.further_identifiers is not None or given.fingerprint_score is not None:
            raise ServiceError(
                Kind.MALFORMED,
                "invalid_request",
                "further identifiers and a fingerprint are those of a vehicle",
                {"identification": "leave them out, or give a mac, an evccid or a vin"},
            )
        return _read(_PARSERS[given.type], given.value, "identification.value")
    return AdHocClaim()


def read_identifiers(
    given: Sequence[FurtherIdentifier], field: str
) -> tuple[Mac | EvccId20 | Vin, ...]:
    """Parse vehicles' identifiers; a refusal (MALFORMED) names the one that cannot be read."""
    return tuple(
        _read(VEHICLE_PARSERS[one.type], one.value, f"{field}.{index}.value")
        for index, one in enumerate(given)
    )


def _vehicle(given: Identifier) -> VehicleClaim:
    others = read_identifiers(given.further_identifiers or (), "identification.further_identifiers")
    claimed = _read(VEHICLE_PARSERS[given.type], given.value, "identification.value")
    return VehicleClaim(claimed, Source.JSON_API, others, given.fingerprint_score)


VEHICLE_PARSERS: dict[str, Callable[[str], Mac | EvccId20 | Vin]] = {
    "mac": Mac.parse,
    "evccid": parse_evccid,
    "vin": Vin.parse,
}
_PARSERS: dict[str, Callable[[str], Identification]] = {
    "emaid": lambda text: EmaidClaim(Emaid.parse(text)),
    "rfid": lambda text: TokenClaim(TokenKind.RFID, TokenUid.parse(text)),
    "app": lambda text: TokenClaim(TokenKind.APP, TokenUid.parse(text)),
}


def _read(parse: Callable[[str], Parsed], text: str, field: str) -> Parsed:
    """Parse one text of the request; a refusal names the field that it stood in."""
    try:
        return parse(text)
    except ServiceError as refusal:
        raise ServiceError(
            refusal.kind, refusal.code, refusal.detail, {field: refusal.detail}
        ) from None


def to_hashes(given: list[CertificateHashData]) -> tuple[CertificateHash, ...]:
    """Parse OCPP hash data; raises ServiceError MALFORMED (`invalid_certificate_hash`)."""
    return tuple(
        CertificateHash.parse(
            entry.hash_algorithm,
            entry.issuer_name_hash,
            entry.issuer_key_hash,
            entry.serial_number,
        )
        for entry in given
    )
