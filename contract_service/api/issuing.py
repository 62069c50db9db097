"""`POST /v1/contracts/{emaid}/certificates`: JSON -> CSR -> certificate -> JSON."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from contract_service.api.schemas import CertificateRequest, EmaidPath, certificate_payload
from contract_service.model.pem import read_csr
from contract_service.operations.issue_certificate import IssueContractCertificate
from foundation.hot_routes import read_body, read_parameters
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class AnswerCertificateRequest:
    """The translator of the route, the same with and without Flask."""

    issue: IssueContractCertificate

    def __call__(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return 201 and the certificate as JSON; raises ServiceError where none is issued."""
        emaid = read_parameters(EmaidPath, parameters).emaid
        csr = read_csr(read_body(CertificateRequest, body).csr.encode())
        certificate = self.issue(principal, emaid, csr)
        return 201, orjson.dumps(certificate_payload(certificate), option=orjson.OPT_UTC_Z)
