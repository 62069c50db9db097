"""Erase what is stored of a vehicle's identifier, and prove it by a signed receipt."""

import hashlib
import uuid
from dataclasses import dataclass

from autocharge.model.challenge import ClaimPolicy
from autocharge.model.enrolment import Identifier
from autocharge.model.enrolment_state import EnrolmentEvent, Reason
from autocharge.model.erasure import ErasedRecords, Erasure, ErasureScope, ReceiptedErasure
from autocharge.operations.claim import settle_after_removal
from autocharge.operations.erasure_ports import (
    ErasureReader,
    OpenErasingUnitOfWork,
    Pseudonym,
    SignReceipt,
    VerifyReceipt,
)
from autocharge.operations.record import Cause, take_step
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal

ENROLMENTS = "autocharge_enrolments"


@dataclass(frozen=True, slots=True)
class EraseIdentifier:
    """Delete every digest and ciphertext of an identifier that the caller may, in one transaction.

    A provider erases what is its own; what other providers hold stays, and so do quarantines,
    which protect others from an identifier that is not unique. An administrator erases all.
    Contracts stay: billing needs their EVCOIDs, which say nothing of the vehicle by then.
    """

    open_unit_of_work: OpenErasingUnitOfWork
    pseudonym: Pseudonym
    sign: SignReceipt
    issuer: str
    policy: ClaimPolicy
    clock: Clock

    def __call__(self, principal: Principal, identifier: Identifier) -> ReceiptedErasure:
        """Erase and return what was deleted, with its receipt.

        Where nothing of the caller's is stored (any more), the receipt says so: it does not tell
        whether others hold the vehicle. FORBIDDEN for a role without vehicles.
        """
        principal.require_role(ClientRole.MO)
        now = self.clock()
        cause = Cause(principal.client_id, now, Reason.ERASURE_REQUEST)
        providers = None if principal.is_admin else principal.provider_ids
        with self.open_unit_of_work() as work:
            standing = work.enrolments.lock_all(identifier)
            own = [one for one in standing if principal.acts_for_provider(one.provider_id)]
            for enrolment in own:
                take_step(work, enrolment, EnrolmentEvent.ERASE, cause)
                work.enrolments.delete(enrolment.enrolment_id)
            remaining = [one for one in standing if one not in own]
            if own:
                settle_after_removal(
                    work, self.policy, identifier, remaining, cause.client_id, cause.at
                )
            others = work.erasures.erase(
                identifier,
                providers,
                [one.enrolment_id for one in own],
                last_holder=providers is None or (bool(own) and not remaining),
            )
            erasure = Erasure(
                erasure_id=str(uuid.uuid4()),
                erased_at=now,
                requested_by=principal.client_id,
                scope=ErasureScope.EVERYTHING if providers is None else ErasureScope.PROVIDER,
                subject=self.pseudonym(_audience(principal), identifier),
                records=ErasedRecords({ENROLMENTS: len(own), **others.deleted}, others.kept),
            )
            receipt = self.sign(erasure.statement(self.issuer))
            work.erasures.record(erasure.erasure_id, now, principal.client_id, hash_of(receipt))
            work.commit()
        return ReceiptedErasure(erasure, receipt)


def _audience(principal: Principal) -> str:
    """Return whose name of the vehicle stands in the receipt."""
    if principal.is_admin:
        return "erasures"
    return "provider:" + min(principal.provider_ids, default="")


def hash_of(receipt: str) -> bytes:
    """Return the SHA-256 of a receipt, which is what stays of it here."""
    return hashlib.sha256(receipt.encode()).digest()


@dataclass(frozen=True, slots=True)
class VerifiedReceipt:
    """What a genuine receipt says, and whether this database gave it."""

    statement: dict[str, object]
    recorded: bool


@dataclass(frozen=True, slots=True)
class CheckReceipt:
    """Tell a receipt of ours from any other text."""

    verify: VerifyReceipt
    erasures: ErasureReader

    def __call__(self, receipt: str) -> VerifiedReceipt:
        """Return what the receipt says; INVALID where it is not ours or was changed."""
        statement = self.verify(receipt)
        if statement is None:
            raise ServiceError(
                Kind.INVALID,
                "receipt_invalid",
                "this is no receipt of this service: its signature, or the key that it names, "
                "is not ours; check that the file holds the receipt and nothing else",
            )
        recorded = self.erasures.is_recorded(str(statement.get("jti")), hash_of(receipt))
        return VerifiedReceipt(dict(statement), recorded)
