"""Whose contract a certificate of ours is for, from the contexts that know."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from contract_service.store.contracts import SqlContractReader
from foundation.identifiers import Emaid
from pki.model.roles import CertificateRole
from pki.store.status import SqlStatusReader


@dataclass(frozen=True, slots=True)
class CertifiedContracts:
    """`ContractsOfCertificates`: two queries, however many certificates."""

    statuses: SqlStatusReader
    contracts: SqlContractReader

    def __call__(self, fingerprints: Collection[str]) -> Mapping[str, str]:
        """Return fingerprint -> contract id; certificates that are no contract's are left out."""
        subjects = self.statuses.subjects(fingerprints, CertificateRole.CONTRACT)
        if not subjects:
            return {}
        emaids = {fingerprint: Emaid.parse(text) for fingerprint, text in subjects.items()}
        ids = {
            contract.emaid.key: contract.contract_id
            for contract in self.contracts.find_many(emaids.values())
        }
        return {
            fingerprint: ids[emaid.key] for fingerprint, emaid in emaids.items() if emaid.key in ids
        }
