"""Choose, of what is prepared of a contract, the answer that a vehicle can verify."""

from collections.abc import Sequence
from dataclasses import dataclass

from contract_service.model.contract_data import InstallationAction, PooledContract, PreparedAnswer
from contract_service.model.prepared_answer import sign_again
from contract_service.model.root_ids import ListedRoots
from contract_service.model.signed_message import signed_content
from contract_service.operations.cps_ports import FindSigners, ValidateChain
from contract_service.operations.pool_ports import ContractPool
from exi import Schema, decode
from exi.messages.xmldsig import X509IssuerSerial
from foundation.clock import Clock
from foundation.errors import Refused
from pki.model.path_anchor import AnchorSet
from pki.model.roles import CertificateRole
from pki.operations.validation_ports import AnchorSource

NOTHING_PREPARED = "nothing_prepared"


class KnownRoots:
    """The V2G roots among the trust anchors, prepared for comparison while none changes."""

    def __init__(self, anchors: AnchorSource) -> None:
        self._anchors = anchors
        self._prepared: tuple[AnchorSet, ListedRoots] | None = None

    def listed_by(self, ids: Sequence[X509IssuerSerial]) -> tuple[str, ...]:
        """Return the fingerprints of those that a vehicle lists, in its order."""
        return self._roots().chosen_by(ids)

    def _roots(self) -> ListedRoots:
        anchors = self._anchors()
        prepared = self._prepared
        if prepared is None or prepared[0] is not anchors:
            v2g = [
                anchor.certificate.der
                for anchor in anchors.anchors
                if anchor.role is CertificateRole.V2G_ROOT
            ]
            prepared = self._prepared = (anchors, ListedRoots.of(v2g))
        return prepared[1]


@dataclass(frozen=True, slots=True)
class ChooseAnswer:
    """Finds the answer below one of the V2G roots that a vehicle lists, the first one first.

    What was prepared counts while the CPS leaf that signed it is in order. Where a root has a leaf
    that has not signed these data yet (a new root, a rotation), it signs now; the pool is left to
    background work, for answering changes nothing.
    """

    pool: ContractPool
    signers: FindSigners
    roots: KnownRoots
    validate: ValidateChain
    clock: Clock

    def __call__(
        self,
        pooled: PooledContract,
        action: InstallationAction,
        recipient_key: str,
        listed: Sequence[X509IssuerSerial],
    ) -> bytes | Refused:
        """Return the prepared message, or why the vehicle could not verify any."""
        return self.below(pooled, action, recipient_key, self.roots.listed_by(listed))

    def below(
        self,
        pooled: PooledContract,
        action: InstallationAction,
        recipient_key: str,
        roots: Sequence[str],
    ) -> bytes | Refused:
        """As a call, for roots given by their fingerprints."""
        schema = pooled.data.schema
        prepared = self.pool.answers(pooled.data.data_id, action, recipient_key)
        if not prepared:
            return Refused(
                NOTHING_PREPARED, "there is nothing prepared of this contract for this key"
            )
        for root in roots:
            message = self._below(root, prepared, schema)
            if message is not None:
                return message
        return Refused(
            "no_common_root",
            "the vehicle lists no V2G root below which this contract's data are signed",
        )

    def any_root(self, pooled: PooledContract, recipient_key: str) -> tuple[str, ...]:
        """Return the roots below which there is an answer, our own first."""
        prepared = self.pool.answers(pooled.data.data_id, InstallationAction.INSTALL, recipient_key)
        own = self.signers(pooled.data.schema).newest
        return tuple(dict.fromkeys([*own, *(answer.root for answer in prepared)]))

    def _below(self, root: str, prepared: Sequence[PreparedAnswer], schema: Schema) -> bytes | None:
        signers = self.signers(schema)
        for answer in prepared:
            if answer.root == root and (
                answer.signer in signers.valid or self._others_signer_stands(answer, schema)
            ):
                return answer.message
        own = signers.newest.get(root)
        return None if own is None else sign_again(prepared[0].message, schema, own)

    def _others_signer_stands(self, answer: PreparedAnswer, schema: Schema) -> bool:
        """Whether the CPS leaf of another service is in order; one of ours would be known."""
        content = signed_content(decode(answer.message, schema))
        if isinstance(content, Refused):
            return False
        verdict = self.validate(content.signer_chain, CertificateRole.CPS_LEAF, self.clock())
        return verdict.valid and content.signer_judged(verdict)
