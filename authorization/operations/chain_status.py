"""Answer GetCertificateChainStatus (OCPP 2.1): what we know of each certificate of a chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography.x509 import ocsp

from authorization.model.certificate_hash import CertificateHash
from authorization.operations.certificate_status import CertificateStatusOf
from foundation.clock import Clock
from foundation.principal import Principal

RETRY = timedelta(hours=1)
"""Own judgement: when a station asks again about what nobody here can tell."""


class ChainStatus(StrEnum):
    """OCPP 2.1 CertificateStatusEnumType."""

    GOOD = "Good"
    REVOKED = "Revoked"
    UNKNOWN = "Unknown"
    FAILED = "Failed"


_STATUSES = {
    ocsp.OCSPCertStatus.GOOD: ChainStatus.GOOD,
    ocsp.OCSPCertStatus.REVOKED: ChainStatus.REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN: ChainStatus.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class ToldStatus:
    """A certificate's status, and until when it need not be asked for again."""

    status: ChainStatus
    next_update: datetime


@dataclass(frozen=True, slots=True)
class ChainStatusOf:
    """Tells the statuses that our own responder signs; no URL that a station names is fetched."""

    certificate_status: CertificateStatusOf
    clock: Clock

    def __call__(
        self, principal: Principal, station_id: str, asked: Sequence[CertificateHash]
    ) -> tuple[ToldStatus, ...]:
        """Return one status for each; `Failed` where it was issued elsewhere.

        Raises FORBIDDEN (`station_not_yours`).
        """
        return tuple(self._tell(principal, station_id, one) for one in asked)

    def _tell(self, principal: Principal, station_id: str, asked: CertificateHash) -> ToldStatus:
        signed = self.certificate_status(principal, station_id, asked)
        later = self.clock().replace(microsecond=0) + RETRY
        if not isinstance(signed, bytes):
            return ToldStatus(ChainStatus.FAILED, later)
        response = ocsp.load_der_ocsp_response(signed)
        return ToldStatus(_STATUSES[response.certificate_status], response.next_update_utc or later)
