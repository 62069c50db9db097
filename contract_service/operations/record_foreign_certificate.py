"""Remember a foreign contract certificate that was validated here."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from contract_service.model.contract import Contract, ContractCertificate, names_contract
from contract_service.operations.change_status import contract_event
from contract_service.operations.ports import ContractCertificates
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, InvalidIdentifier
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class RecordForeignCertificate:
    """Record a chain of a foreign authority, so that its hashes count from then on.

    The caller has validated the chain (path, profile, revocation). That it names this contract is
    checked here again, because a certificate recorded for the wrong EMAID would bill the wrong
    payer with every hash that matches it.
    """

    certificates: ContractCertificates
    clock: Clock

    def __call__(self, principal: Principal, contract: Contract, chain: Sequence[bytes]) -> bool:
        """Record the validated `chain` (DER, leaf first, root left out); False if it was already.

        `principal` is who presented it. Raises INVALID where the chain is the leaf alone or its
        CN is not the contract's EMAID.
        """
        if len(chain) < 2:
            raise ServiceError(
                Kind.INVALID, "chain_incomplete", "give the leaf's issuer, too, below the leaf"
            )
        leaf = x509.load_der_x509_certificate(chain[0])
        fingerprint = leaf.fingerprint(hashes.SHA256()).hex()
        if self.certificates.is_recorded(contract.contract_id, fingerprint):
            return False
        if not _common_name_is(leaf, contract.emaid):
            raise ServiceError(
                Kind.INVALID,
                "certificate_names_another_contract",
                "the certificate's CN is not this contract's EMAID",
            )
        certificate = ContractCertificate(
            fingerprint=fingerprint,
            serial=f"{leaf.serial_number:X}",
            certificate=chain[0],
            issuer_certificate=chain[1],
            not_before=leaf.not_valid_before_utc,
            not_after=leaf.not_valid_after_utc,
            upper_chain=tuple(chain[2:]),
        )
        now = self.clock()
        event = contract_event(
            "contract_certificate.recorded", contract, principal, now, fingerprint=fingerprint
        )
        return self.certificates.record_foreign(contract.contract_id, certificate, now, event)


def _common_name_is(leaf: x509.Certificate, emaid: Emaid) -> bool:
    names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if len(names) != 1 or not isinstance(names[0].value, str):
        return False
    try:
        return names_contract(Emaid.parse(names[0].value), emaid)
    except InvalidIdentifier:
        return False
