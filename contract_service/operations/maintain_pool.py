"""Background work on the contract pool: signatures of new CPS leaves, and what has ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from contract_service.model.contract import ContractStatus
from contract_service.model.contract_data import PooledContract, PreparedAnswer
from contract_service.model.cps_signer import CpsSigner
from contract_service.model.prepared_answer import sign_again
from contract_service.operations.cps_ports import (
    PROVISIONING_SERVICE,
    FindSigners,
    SignerRows,
    ValidateChain,
)
from contract_service.operations.pool_contract_data import data_event
from contract_service.operations.pool_ports import ContractPool, OpenPoolUnitOfWork
from exi import Schema
from pki.model.roles import CertificateRole
from pki.model.verdict import Fault

BATCH = 200
"""Own judgement: how many entries one round touches; each is a transaction of milliseconds."""

SETTLED = timedelta(minutes=5)
"""Own judgement: by then every process signs with a new leaf, so none is missed behind it."""


@dataclass(frozen=True, slots=True)
class RenewSignatures:
    """Signs what is in the pool with CPS leaves that are new, a batch a round; safe to repeat.

    A leaf that has signed everything is noted, and not asked about again: what is provisioned
    later is signed by it at once.
    """

    pool: ContractPool
    open_unit_of_work: OpenPoolUnitOfWork
    signers: FindSigners
    rows: SignerRows

    def __call__(self, now: datetime) -> int:
        """Return how many entries were signed anew."""
        signed = 0
        for schema in Schema:
            for signer in self.signers(schema).newest.values():
                if signer.certificate.signed_all_at is None:
                    signed += self._round(signer, schema, now)
        return signed

    def _round(self, signer: CpsSigner, schema: Schema, now: datetime) -> int:
        missing = self.pool.without(schema, signer.fingerprint, now, BATCH)
        if not missing and signer.certificate.not_before + SETTLED < now:
            self.rows.has_signed_all(signer.fingerprint, now)
        for data_id in missing:
            self._sign(data_id, signer, schema)
        return len(missing)

    def _sign(self, data_id: str, signer: CpsSigner, schema: Schema) -> None:
        with self.open_unit_of_work() as work:
            standing = work.pool.answers(data_id)
            # one signature for each key that it is wrapped for
            recipients = {(one.action, one.recipient_key): one.message for one in standing}
            answers = [
                PreparedAnswer(
                    action,
                    recipient,
                    signer.fingerprint,
                    signer.root_fingerprint,
                    sign_again(message, schema, signer),
                )
                for (action, recipient), message in recipients.items()
            ]
            if work.pool.put_answers(data_id, answers):
                work.commit()


class CleansePool:
    """Takes out what is expired, revoked or of a terminated contract, a batch a round.

    Revocation is looked at entry by entry, going round and round: nothing that is revoked is
    delivered meanwhile, for every answer asks. Each process remembers how far it came.
    """

    def __init__(
        self,
        pool: ContractPool,
        open_unit_of_work: OpenPoolUnitOfWork,
        validate: ValidateChain,
    ) -> None:
        self._pool = pool
        self._open_unit_of_work = open_unit_of_work
        self._validate = validate
        self._after = ""

    def __call__(self, now: datetime) -> int:
        """Return how many entries were taken out."""
        ended = {
            pooled.data.data_id: (pooled, _why(pooled)) for pooled in self._pool.ended(now, BATCH)
        }
        page = self._pool.after(self._after, BATCH)
        self._after = page[-1].data.data_id if len(page) == BATCH else ""
        for pooled in page:
            verdict = self._validate(pooled.data.chain, CertificateRole.CONTRACT, now)
            if verdict.fault is Fault.REVOKED:
                ended.setdefault(pooled.data.data_id, (pooled, "contract_data.revoked"))
        for pooled, kind in ended.values():
            with self._open_unit_of_work() as work:
                work.pool.delete([pooled.data.data_id])
                work.events.append(data_event(kind, pooled.data, PROVISIONING_SERVICE, now))
                work.commit()
        return len(ended)


def _why(pooled: PooledContract) -> str:
    terminated = pooled.contract.status is ContractStatus.TERMINATED
    return "contract_data.deleted" if terminated else "contract_data.expired"
