"""Take contract data that another provisioning service has signed into the pool (OPCP)."""

from dataclasses import dataclass, field

from contract_service.model.contract_data import InstallationAction, Origin, PreparedAnswer
from contract_service.model.contract_delivery import wrapped_key_of
from contract_service.model.offered_data import OfferedData, check_offered
from contract_service.model.signed_message import verify_message
from contract_service.model.vehicle import VehicleDirectory
from contract_service.operations.cps_ports import ValidateChain
from contract_service.operations.pool_contract_data import PoolContractData
from contract_service.operations.pool_ports import ContractPool
from contract_service.operations.sign_contract_data import (
    invalid,
    judge_contract_chain,
    pooled,
    published_vehicle,
    require_allowed,
)
from exi import ExiError, Message, Schema, encode
from exi.messages import iso15118_2, iso15118_20
from foundation.clock import Clock
from foundation.errors import Kind, Refused, ServiceError
from foundation.identifiers import Emaid, Pcid
from foundation.principal import ClientRole, Principal
from pki.model.roles import CertificateRole
from pki.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class SignedDataToAdd:
    """An answer (positive, of whichever session) for a contract and a vehicle."""

    schema: Schema
    message: Message = field(repr=False)
    emaid: str = field(repr=False)
    pcid: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AddSignedContractData:
    """Verifies what another CPS has signed by our anchors, and pools it as it is.

    Who adds it is a CPS, which acts for providers; what binds it to a contract is the chain of
    the contract's own certificate. It replaces nothing that a provider had signed here itself:
    otherwise one provider's CPS could push another's contract out of the pool.
    """

    vehicles: VehicleDirectory
    pool: ContractPool
    store: PoolContractData
    validate: ValidateChain
    clock: Clock
    experimental: bool = False

    def __call__(self, principal: Principal, request: SignedDataToAdd) -> None:
        """Pool the data.

        Raises INVALID for signatures, chains or parts that do not fit, NOT_FOUND
        `vehicle_unknown`, CONFLICT `signed_here` and as pooling does.
        """
        principal.require_role(ClientRole.CPS)
        offered = self._offered(request)
        standing = self.pool.of_contract(offered.emaid, request.schema)
        if any(pooled.data.origin is not Origin.ADDED for pooled in standing):
            raise ServiceError(
                Kind.CONFLICT,
                "signed_here",
                "this contract's provider has its data signed here; only the provider replaces "
                "or deletes them",
            )
        verdict = self._judge(request.message)
        judge_contract_chain(self.validate, offered.chain, self.clock())
        vehicle = published_vehicle(self.vehicles, Pcid.parse(request.pcid), offered)
        try:
            message = encode(request.message)
        except ExiError as failure:
            raise ServiceError(Kind.INVALID, failure.code, failure.detail) from failure
        answer = PreparedAnswer(
            InstallationAction.INSTALL,
            "",
            verdict.leaf_fingerprint or "",
            verdict.anchor or "",
            message,
        )
        self.store(principal, pooled(offered, vehicle, Origin.ADDED, [answer]))

    def _judge(self, message: Message) -> Verdict:
        judged = verify_message(message)
        content = judged.content
        if content is None or not judged.valid:
            reasons = {reason.code: reason.detail for reason in judged.signature.reasons}
            raise ServiceError(
                Kind.INVALID,
                "signed_data_signature",
                "the provisioning service's signature does not verify; see fields",
                reasons,
            )
        verdict = self.validate(content.signer_chain, CertificateRole.CPS_LEAF, self.clock())
        if not verdict.valid or not content.signer_judged(verdict):
            raise ServiceError(
                Kind.INVALID,
                "signer_chain_invalid",
                "the provisioning service's chain does not verify now; see fields",
                {reason.code: reason.detail for reason in verdict.reasons},
            )
        return verdict

    def _offered(self, request: SignedDataToAdd) -> OfferedData:
        delivery = _delivery(request.message)
        key = wrapped_key_of(delivery)
        if isinstance(key, Refused):
            raise invalid(key)
        require_allowed(key.curve, experimental=self.experimental)
        chain = delivery.contract_chain
        emaid = Emaid.parse(request.emaid)
        if isinstance(delivery, iso15118_2.ContractDelivery) and (
            Emaid.parse(delivery.emaid.value) != emaid
        ):
            raise ServiceError(
                Kind.INVALID, "emaid_mismatch", "the signed data are another EMAID's"
            )
        offered = check_offered(
            request.schema, (chain.certificate, *chain.sub_certificates), key, emaid
        )
        if isinstance(offered, Refused):
            raise invalid(offered)
        return offered


def _delivery(
    message: Message,
) -> iso15118_2.CertificateInstallationRes | iso15118_20.SignedInstallationData:
    body = message.body if isinstance(message, iso15118_2.V2GMessage) else message
    match body:
        case iso15118_2.CertificateInstallationRes():
            if body.response_code is iso15118_2.ResponseCode.OK:
                return body
        case iso15118_20.CertificateInstallationRes():
            if body.response_code is iso15118_20.ResponseCode.OK:
                return body.signed_installation_data
    raise ServiceError(
        Kind.INVALID, "no_signed_data", "give a CertificateInstallationRes that delivers a contract"
    )
