"""The provisioning service (CPS) and the contract pool, built on their stores."""

from functools import cached_property

from contract_service.operations.cps_signers import (
    FindSigners,
    IssueCpsSigner,
    ListSigners,
    RenewCpsSigners,
)
from contract_service.store.cps_signers import SqlSignerRows
from server.wiring_pools import PoolServices


class ProvisioningServices(PoolServices):
    """CPS leaves, provisioning, the contract pool, installation."""

    @cached_property
    def _signer_rows(self) -> SqlSignerRows:
        return SqlSignerRows(self.database)

    @cached_property
    def find_cps_signers(self) -> FindSigners:
        """The CPS leaves that may sign now."""
        return FindSigners(self._signer_rows, self.keys, self.validate_chain, self.clock)

    @cached_property
    def list_cps_signers(self) -> ListSigners:
        """Lists CPS leaves."""
        return ListSigners(self.find_cps_signers)

    @cached_property
    def renew_cps_signers(self) -> RenewCpsSigners:
        """Makes the CPS leaves that are due."""
        return RenewCpsSigners(
            self.authorities,
            self._signer_rows,
            IssueCpsSigner(self.keys, self.issue_certificate, self._signer_rows, self.clock),
        )
