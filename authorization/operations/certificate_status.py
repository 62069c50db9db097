"""Answer GetCertificateStatus: what our OCSP responder says of a certificate that we issued."""

from dataclasses import dataclass

from authorization.model.certificate_hash import CertificateHash, to_cert_id
from authorization.operations.call_ports import RespondToOcsp
from authorization.operations.own_station import own_station
from authorization.operations.ports import StationReader
from foundation.errors import Refused
from foundation.principal import Principal
from pki.model.ocsp import OcspFailure
from pki.model.ocsp_request import build_request

_REFUSALS = {
    OcspFailure.UNAUTHORIZED.response: Refused(
        "issuer_unknown",
        "no authority here issued this certificate, and other responders are not asked",
    ),
    OcspFailure.TRY_LATER.response: Refused(
        "no_signer", "the issuer's status responder has no valid signer now; ask again later"
    ),
}
_NO_ANSWER = Refused("no_answer", "the responder could not answer this question")
_FAILURES = frozenset(failure.response for failure in OcspFailure)


@dataclass(frozen=True, slots=True)
class CertificateStatusOf:
    """Asks our own responder. The responder's URL that a station names is never fetched."""

    stations: StationReader
    respond: RespondToOcsp

    def __call__(
        self, principal: Principal, station_id: str, asked: CertificateHash
    ) -> bytes | Refused:
        """Return a signed OCSPResponse (DER), whatever status it tells, or why there is none.

        Raises FORBIDDEN (`station_not_yours`).
        """
        own_station(principal, self.stations, station_id)
        cert_id = to_cert_id(asked)
        if cert_id is None:
            return _REFUSALS[OcspFailure.UNAUTHORIZED.response]
        response = self.respond(build_request(cert_id)).response
        if response in _FAILURES:
            return _REFUSALS.get(response, _NO_ANSWER)
        return response
