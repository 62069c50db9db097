"""Privacy of vehicle identifiers: rotation of their keys, erasure with its receipts."""

import time
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property

from autocharge.api.erasures import ErasureOperations
from autocharge.operations.erase import CheckReceipt, EraseIdentifier
from autocharge.operations.erasure_ports import PublishedKeys
from autocharge.operations.rotate_keys import AdvanceRotation, BeginRotation
from autocharge.store.erasures import SqlErasureReader
from autocharge.store.receipt_keys import SqlReceiptKeys
from autocharge.store.rotation import SqlVaultRotation
from participants.tokens import public_jwk, sign_receipt, verify_receipt
from server.housekeeping import Chore
from server.wiring_enrolments import EnrolmentServices

_SHARE_SECONDS = 2.0  # of housekeeping's thread, every round: other chores wait meanwhile


class PrivacyServices(EnrolmentServices):
    """What keeps identifiers private for long."""

    @cached_property
    def _vault_rotation(self) -> SqlVaultRotation:
        return SqlVaultRotation(self.database, self.vault, self.sealer, self.outbox, self.clock)

    @cached_property
    def begin_rotation(self) -> BeginRotation:
        """Announces a new key."""
        return BeginRotation(self._vault_rotation, self.clock)

    @cached_property
    def advance_rotation(self) -> AdvanceRotation:
        """Brings an announced key into use, and all records under it."""
        return AdvanceRotation(self._vault_rotation, self.clock, time.monotonic)

    def privacy_chores(self) -> tuple[Chore, ...]:
        """Goes on with whatever rotation was begun."""
        return (
            Chore(
                "autocharge_keys",
                timedelta(seconds=5),
                lambda _: self.advance_rotation(_SHARE_SECONDS),
            ),
        )

    @cached_property
    def _receipt_keys(self) -> SqlReceiptKeys:
        return SqlReceiptKeys(self.database, self.sealer, self.clock)

    def _sign_receipt(self, statement: Mapping[str, object]) -> str:
        key = self._receipt_keys.signing()
        return sign_receipt(statement, key.key_id, key.private_key)

    @cached_property
    def erase_identifier(self) -> EraseIdentifier:
        """Erases an identifier and gives a receipt."""
        self._receipt_keys.signing()  # made now: within an erasure nobody else may write
        return EraseIdentifier(
            self.enrolment_work,
            self.vault.pseudonym,
            self._sign_receipt,
            self.settings.public_url,
            self.claim_policy,
            self.clock,
        )

    @cached_property
    def check_receipt(self) -> CheckReceipt:
        """Tells a receipt from any other text."""
        return CheckReceipt(
            lambda receipt: verify_receipt(receipt, self._receipt_keys.public()),
            SqlErasureReader(self.database),
        )

    @cached_property
    def published_receipt_keys(self) -> PublishedKeys:
        """The keys that verify receipts, as JWKs."""
        return lambda: [public_jwk(*key) for key in self._receipt_keys.public().items()]

    @cached_property
    def erasure_operations(self) -> ErasureOperations:
        """What `/v1/autocharge/erasures` translates for."""
        return ErasureOperations(self.erase_identifier, self.published_receipt_keys)
