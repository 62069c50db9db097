"""Read by its reference how an installation came about, step by step."""

import re
from dataclasses import dataclass

from contract_service.model.installation import InstallationRecord
from contract_service.operations.pool_ports import InstallationLog
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal

_REFERENCE = re.compile(r"[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class ReadInstallation:
    """Shows a record to those it concerns; it names neither vehicle nor contract."""

    log: InstallationLog

    def __call__(self, principal: Principal, reference: str) -> InstallationRecord:
        """Return the record for whoever asked and its operator, the OEM, the provider, auditors.

        Raises NOT_FOUND (`installation_not_found`) to everybody else, as for a reference that
        never was.
        """
        record = self.log.find(reference) if _REFERENCE.fullmatch(reference) else None
        if record is not None and (
            principal.reads_everything
            or principal.client_id == record.client_id
            or any(principal.acts_for_operator(operator) for operator in record.operator_ids)
            or (record.wmi is not None and principal.acts_for_wmi(record.wmi))
            or (record.provider_id is not None and principal.acts_for_provider(record.provider_id))
        ):
            return record
        raise ServiceError(
            Kind.NOT_FOUND,
            "installation_not_found",
            "no installation of yours has this reference; it is in the answer to the request",
        )
