"""What a vehicle is told when it asks for a contract, and what is kept of how that came about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from contract_service.model.contract_data import InstallationAction
from exi import Schema
from exi.messages import iso15118_2, iso15118_20
from pki.model.verdict import Fault

OK = "OK"


class StepName(StrEnum):
    """The steps of an installation, in their order."""

    LIMIT = "limit"  # of the station, then of the vehicle
    MESSAGE = "message"  # EXI, and of the right kind
    SIGNATURE = "signature"  # by the key of the certificate in the request
    VEHICLE = "vehicle"  # published, with this very certificate
    CHAIN = "chain"  # the certificate's way to a trust anchor, with revocation
    CONTRACT = "contract"  # one that stands and is prepared for this vehicle
    ROOT = "root"  # a V2G root that the vehicle lists, below which we sign
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class InstallationStep:
    """One step: whether it passed, else a stable code and one sentence; nothing personal."""

    name: str
    passed: bool
    code: str | None = None
    detail: str | None = None


class Objection(StrEnum):
    """Why a vehicle gets no contract, as far as its protocol can tell it."""

    FAILED = "failed"
    SIGNATURE = "signature"
    NO_CONTRACT = "no_contract"
    NO_CERTIFICATE = "no_certificate"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    REVOKED = "revoked"
    CHAIN = "chain"


OBJECTION_OF_FAULT: Mapping[Fault, Objection] = MappingProxyType(
    {
        Fault.EXPIRED: Objection.EXPIRED,
        Fault.NOT_YET_VALID: Objection.NOT_YET_VALID,
        Fault.REVOKED: Objection.REVOKED,
        Fault.ON_HOLD: Objection.REVOKED,
        Fault.MALFORMED: Objection.CHAIN,
        Fault.SIGNATURE: Objection.CHAIN,
        Fault.CHAIN: Objection.CHAIN,
        Fault.REVOCATION_UNKNOWN: Objection.CHAIN,
    }
)

_2 = iso15118_2.ResponseCode
RESPONSE_CODES_2: Mapping[Objection, iso15118_2.ResponseCode] = MappingProxyType(
    {
        Objection.FAILED: _2.FAILED,
        Objection.SIGNATURE: _2.FAILED_SIGNATURE_ERROR,
        Objection.NO_CONTRACT: _2.FAILED_NO_CERTIFICATE_AVAILABLE,
        Objection.NO_CERTIFICATE: _2.FAILED_NO_CERTIFICATE_AVAILABLE,
        Objection.EXPIRED: _2.FAILED_CERTIFICATE_EXPIRED,
        Objection.NOT_YET_VALID: _2.FAILED_CERT_CHAIN_ERROR,
        Objection.REVOKED: _2.FAILED_CERTIFICATE_REVOKED,
        Objection.CHAIN: _2.FAILED_CERT_CHAIN_ERROR,
    }
)
"""ISO 15118-2:2014 table 112: the codes of the two answers."""

_20 = iso15118_20.ResponseCode
RESPONSE_CODES_20: Mapping[Objection, iso15118_20.ResponseCode] = MappingProxyType(
    {
        Objection.FAILED: _20.FAILED,
        Objection.SIGNATURE: _20.FAILED_SIGNATURE_ERROR,
        Objection.NO_CONTRACT: _20.WARNING_NO_CONTRACT_MATCHING_PCID_FOUND,
        Objection.NO_CERTIFICATE: _20.WARNING_NO_CERTIFICATE_AVAILABLE,
        Objection.EXPIRED: _20.WARNING_CERTIFICATE_EXPIRED,
        Objection.NOT_YET_VALID: _20.WARNING_CERTIFICATE_NOT_YET_VALID,
        Objection.REVOKED: _20.WARNING_CERTIFICATE_REVOKED,
        Objection.CHAIN: _20.WARNING_CERTIFICATE_VALIDATION_ERROR,
    }
)
"""ISO 15118-20 lets a session go on without a contract: all but broken messages are warnings."""


@dataclass(frozen=True, slots=True)
class InstallationRecord:
    """What is kept of one installation, by its reference: who asked for what, and each step.

    `operator_ids` are those of the client that asked, `wmi` the vehicle's and `provider_id` the
    contract's: they say who may read it. Neither PCID nor EMAID stands in it. `session` and
    `request` are SHA-256 (lower-case hex) of what makes a request of ISO 15118-20 one of a series.
    """

    reference: str
    answered_at: datetime
    client_id: str
    operator_ids: tuple[str, ...]
    station_id: str | None
    wmi: str | None
    provider_id: str | None
    schema: Schema
    action: InstallationAction
    accepted: bool
    response_code: str
    remaining_contracts: int
    steps: tuple[InstallationStep, ...]
    data_id: str | None = None
    session: str | None = None
    request: str | None = None
