"""What a decision was made from, as it is kept with it: enough to decide again, nobody's name.

`basis_of` turns the inputs of `decide` into JSON, `inputs_of` turns them back. Identifiers are not
among it (docs/adr/0005): of two EMAIDs only whether they are one contract's matters, so that is
kept, and STAND_IN takes their place when the decision is made again.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from authorization.model.access_token import AccessToken, TokenKind, TokenStatus
from authorization.model.basis_vehicle import (
    resolution_from,
    resolution_json,
    risk_from,
    risk_json,
)
from authorization.model.claim import EmaidClaim, UnreadableClaim
from authorization.model.evidence import (
    AdHocEvidence,
    AutochargeEvidence,
    ChainEvidence,
    Evidence,
    HashEvidence,
    RoamingEvidence,
    TokenEvidence,
)
from authorization.model.limits import Limit, Limits
from authorization.model.outcome import (
    AuthorizeCertificateStatus,
    EvidenceKind,
    Outcome,
    ReasonCode,
)
from authorization.model.partner_answer import (
    PartnerAnswer,
    PartnerWord,
    Silence,
    SilenceReason,
    SilentAcceptance,
)
from authorization.model.stand_in import ANOTHER, STAND_IN
from authorization.model.weigh import without_identifiers
from contract_service.model.contract import Contract, ContractStatus, names_contract
from foundation.identifiers import Emaid, InvalidIdentifier
from pki.model.roles import CertificateRole
from pki.model.verdict import Fault, Reason, Verdict

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `decide` takes, with STAND_IN where an EMAID stood."""

    evidence: Evidence
    contract: Contract | None
    limits: Limits


def basis_of(
    evidence: Evidence,
    contract: Contract | None,
    limits: Limits,
    chain: Sequence[bytes] = (),
) -> dict[str, Any]:
    """Return the inputs of a decision as JSON keeps them; `chain` is what was presented (DER).

    `certificates` are SHA-256 fingerprints of the chain, leaf first, lower-case hex.
    """
    basis: dict[str, Any] = {"evidence": _evidence_json(evidence, contract)}
    if contract is not None:
        basis["contract"] = {
            "status": contract.status.value,
            "allow_bare_emaid": contract.allow_bare_emaid,
            "valid_from": contract.valid_from.isoformat(),
            "valid_until": _iso(contract.valid_until),
        }
    if limits.against:
        basis["limits"] = [limit.value for limit in limits.against]
    if chain:
        basis["certificates"] = [hashlib.sha256(certificate).hexdigest() for certificate in chain]
    return basis


def inputs_of(basis: Json) -> Inputs:
    """Return what `basis_of` kept; raises KeyError, ValueError for anything else."""
    kept = basis.get("contract")
    contract = None
    if kept is not None:
        valid_from = datetime.fromisoformat(kept["valid_from"])
        contract = Contract(
            contract_id="",
            emaid=STAND_IN,
            provider_id=STAND_IN.provider_id,
            pcid=None,
            status=ContractStatus(kept["status"]),
            allow_bare_emaid=kept["allow_bare_emaid"],
            valid_from=valid_from,
            valid_until=_moment(kept["valid_until"]),
            created_at=valid_from,
        )
    limits = Limits(tuple(Limit(limit) for limit in basis.get("limits", ())))
    return Inputs(_evidence_from(basis["evidence"]), contract, limits)


def _evidence_json(evidence: Evidence, contract: Contract | None) -> dict[str, Any]:
    if isinstance(evidence, ChainEvidence):
        verdict = _verdict_json(evidence.verdict, evidence.emaid, contract)
        return {"kind": "chain", "verdict": verdict}
    if isinstance(evidence, HashEvidence):
        if evidence.verdict is None:
            return {"kind": "hashes", "verdict": None}
        verdict = _verdict_json(evidence.verdict, evidence.emaid, contract)
        return {"kind": "hashes", "verdict": verdict}
    if isinstance(evidence, AutochargeEvidence):
        return {
            "kind": "vehicle",
            "resolution": resolution_json(evidence.resolution),
            "risk": None if evidence.risk is None else risk_json(evidence.risk),
        }
    if isinstance(evidence, TokenEvidence):
        status = None if evidence.token is None else evidence.token.status.value
        return {"kind": "token", "token": evidence.kind.value, "status": status}
    if isinstance(evidence, RoamingEvidence):
        presented = evidence.presented
        emaid = None
        if isinstance(presented, ChainEvidence | HashEvidence):
            emaid = presented.emaid
        return {
            "kind": "roaming",
            "presented": _evidence_json(presented, None),
            "word": _word_json(evidence.word, emaid),
        }
    if isinstance(evidence, UnreadableClaim):
        status = evidence.certificate_status
        return {
            "kind": "unreadable",
            "of": evidence.kind.value,
            "certificate_status": None if status is None else status.value,
            "code": evidence.code.value,
        }
    if isinstance(evidence, AdHocEvidence):
        return {"kind": "ad_hoc", "offered": evidence.offered}
    return {"kind": "emaid"}


def _evidence_from(kept: Json) -> Evidence:
    kind = kept["kind"]
    if kind == "chain":
        return ChainEvidence(STAND_IN, _verdict_from(kept["verdict"]))
    if kind == "hashes":
        verdict = kept["verdict"]
        return HashEvidence(STAND_IN, None if verdict is None else _verdict_from(verdict))
    if kind == "vehicle":
        risk = kept["risk"]
        return AutochargeEvidence(
            resolution_from(kept["resolution"]), None if risk is None else risk_from(risk)
        )
    if kind == "token":
        return TokenEvidence(TokenKind(kept["token"]), _token_from(kept))
    if kind == "roaming":
        presented = _evidence_from(kept["presented"])
        if not isinstance(
            presented, ChainEvidence | HashEvidence | TokenEvidence | AutochargeEvidence
        ):
            raise ValueError("a partner is asked about contracts, tokens and vehicles only")
        return RoamingEvidence(presented, _word_from(kept["word"]))
    if kind == "unreadable":
        status = kept["certificate_status"]
        return UnreadableClaim(
            EvidenceKind(kept["of"]),
            None if status is None else AuthorizeCertificateStatus(status),
            ReasonCode(kept["code"]),
        )
    if kind == "ad_hoc":
        return AdHocEvidence(kept.get("offered", False))  # older ones never were
    return EmaidClaim(STAND_IN)


def _verdict_json(verdict: Verdict, emaid: Emaid, contract: Contract | None) -> dict[str, Any]:
    return {
        "valid": verdict.valid,
        "fault": None if verdict.fault is None else verdict.fault.value,
        "role": None if verdict.role is None else verdict.role.value,
        # whether it names the claimed contract, null where it has no common name
        "names_contract": _names(verdict.subject_cn, emaid, contract),
        "leaf": verdict.leaf_fingerprint,
        "anchor": verdict.anchor,
        "own_anchor": verdict.own_anchor,
        "valid_until": _iso(verdict.valid_until),
        "reasons": [
            [reason.code, without_identifiers(reason.detail, verdict.subject_cn)]
            for reason in verdict.reasons
        ],
        "tolerances": list(verdict.tolerances),
        "revocation_evidence": list(verdict.evidence),
    }


def _names(common_name: str | None, emaid: Emaid, contract: Contract | None) -> bool | None:
    if common_name is None:
        return None
    named = emaid
    if common_name != emaid.canonical:  # parsed only where it is spelled in another way
        try:
            named = Emaid.parse(common_name)
        except InvalidIdentifier:
            return False
    return all(
        names_contract(named, one)
        for one in (emaid, *(() if contract is None else (contract.emaid,)))
    )


def _verdict_from(kept: Json) -> Verdict:
    names = kept["names_contract"]
    fault, role = kept["fault"], kept["role"]
    return Verdict(
        valid=kept["valid"],
        fault=None if fault is None else Fault(fault),
        role=None if role is None else CertificateRole(role),
        subject_cn=None if names is None else (STAND_IN if names else ANOTHER).canonical,
        leaf_fingerprint=kept["leaf"],
        anchor=kept["anchor"],
        path=(),
        reasons=tuple(Reason(code, detail) for code, detail in kept["reasons"]),
        tolerances=tuple(kept["tolerances"]),
        valid_until=_moment(kept["valid_until"]),
        own_anchor=kept["own_anchor"],
        evidence=tuple(kept["revocation_evidence"]),
    )


def _token_from(kept: Json) -> AccessToken | None:
    if kept["status"] is None:
        return None
    never = datetime.min.replace(tzinfo=UTC)  # the decision asks nobody how old a token is
    return AccessToken("", TokenKind(kept["token"]), "", "", TokenStatus(kept["status"]), never)


def _word_json(word: PartnerWord, emaid: Emaid | None) -> dict[str, Any]:
    kept: dict[str, Any] = {"partner_id": word.partner_id}
    if isinstance(word.said, Silence):
        kept["silence"] = word.said.reason.value
        if word.bridged is not None:
            kept["bridged"] = [word.bridged.until.isoformat(), word.bridged.energy_wh]
        return kept
    said = word.said
    evcoid = said.evcoid
    return kept | {
        "pushed": word.pushed,
        "outcome": said.outcome.value,
        "reference": said.reference,
        "valid_until": _iso(said.valid_until),
        # whether it answered for the contract that it was asked about; null where it named none
        "names_contract": (
            None if evcoid is None else emaid is None or names_contract(evcoid, emaid)
        ),
        "names_provider": (
            None
            if said.provider_id is None
            else emaid is None or said.provider_id == emaid.provider_id
        ),
    }


def _word_from(kept: Json) -> PartnerWord:
    if "silence" in kept:
        bridged = kept.get("bridged")
        return PartnerWord(
            kept["partner_id"],
            Silence(SilenceReason(kept["silence"])),
            None
            if bridged is None
            else SilentAcceptance(datetime.fromisoformat(bridged[0]), bridged[1]),
        )
    names, provider = kept["names_contract"], kept["names_provider"]
    answer = PartnerAnswer(
        Outcome(kept["outcome"]),
        kept["reference"],
        None if names is None else STAND_IN if names else ANOTHER,
        _moment(kept["valid_until"]),
        None if provider is None else (STAND_IN if provider else ANOTHER).provider_id,
    )
    return PartnerWord(kept["partner_id"], answer, pushed=kept.get("pushed", False))


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
