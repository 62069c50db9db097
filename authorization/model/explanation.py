"""A decision in plain words, in the order in which it was made."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from authorization.model.decision import Decision
from authorization.model.outcome import Assurance, EvidenceKind
from authorization.model.replay import Replay

_PRESENTED = {
    EvidenceKind.CONTRACT_CERTIFICATE: "a contract certificate",
    EvidenceKind.AUTOCHARGE: "a vehicle's identifier (Autocharge)",
    EvidenceKind.EMAID: "an EMAID without any certificate",
    EvidenceKind.RFID: "an RFID card",
    EvidenceKind.APP: "an app account",
    EvidenceKind.AD_HOC: "no contract at all (ad hoc)",
}
_ASSURED = {
    Assurance.POSSESSION_VERIFIED: "a signature of the vehicle was verified here",
    Assurance.STATION_ATTESTED: "the station says that it saw the vehicle's signature",
    Assurance.IDENTIFIER: "it can be copied, so it is weak evidence",
}


class StepKind(StrEnum):
    """What a step of the explanation is about."""

    ASKED = "asked"
    CERTIFICATES = "certificates"
    REVOCATION = "revocation"
    CONTRACT = "contract"
    LIMITS = "limits"
    RISK = "risk"
    PARTNER = "partner"
    REASONS = "reasons"
    ANSWER = "answer"
    RULES = "rules"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is about, in sentences for people."""

    kind: StepKind
    sentences: tuple[str, ...]


def steps_of(
    decision: Decision,
    station_id: str,
    operator_id: str,
    evse_id: str | None,
    rules_version: str,
    basis: Mapping[str, Any],
    kept_evidence: Collection[str],
    replayed: Replay | None,
) -> tuple[Step, ...]:
    """Return the steps; what nothing was kept of, or the reader may not see, is left out.

    `basis` is as `authorization.model.basis` makes it, reduced to what the reader may see;
    `kept_evidence` are the digests of revocation evidence that is still kept.
    """
    where = f"station {station_id} of operator {operator_id}"
    if evse_id is not None:
        where += f", EVSE {evse_id}"
    presented = _PRESENTED[decision.evidence]
    asked = (
        f"At {decision.decided_at.isoformat()} it was asked for {where}.",
        f"What was presented: {presented}; {_ASSURED[decision.assurance]}.",
    )
    steps = [
        Step(StepKind.ASKED, asked),
        Step(StepKind.CERTIFICATES, tuple(_certificates(basis))),
        Step(StepKind.REVOCATION, tuple(_revocation(basis, kept_evidence))),
        Step(StepKind.CONTRACT, tuple(_contract(basis))),
        Step(StepKind.LIMITS, tuple(f"What limits it: {one}." for one in basis.get("limits", ()))),
        Step(StepKind.RISK, tuple(_risk(basis))),
        Step(StepKind.PARTNER, tuple(_partner(basis))),
        Step(StepKind.REASONS, tuple(f"{one.detail} [{one.code}]" for one in decision.reasons)),
        Step(StepKind.ANSWER, tuple(_answer(decision))),
        Step(StepKind.RULES, tuple(_rules(rules_version, replayed))),
    ]
    return tuple(step for step in steps if step.sentences)


def verdict_in(basis: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what was kept of the verdict on a certificate, None where there was none."""
    evidence = basis.get("evidence", {})
    presented = evidence.get("presented", evidence)
    verdict: Mapping[str, Any] | None = presented.get("verdict")
    return verdict


def _certificates(basis: Mapping[str, Any]) -> Iterator[str]:
    for position, fingerprint in enumerate(basis.get("certificates", ())):
        yield f"Certificate {position + 1} as presented, leaf first: SHA-256 {fingerprint}."
    verdict = verdict_in(basis)
    if verdict is None:
        return
    if not basis.get("certificates") and verdict["leaf"] is not None:
        yield f"The hashes name the certificate on record with SHA-256 {verdict['leaf']}."
    if verdict["valid"]:
        whose = "of this installation" if verdict["own_anchor"] else "of another PKI"
        yield f"The chain was valid and ended at the root {verdict['anchor']}, {whose}."
    else:
        yield f"The chain was not valid: {verdict['fault']}."
    for tolerance in verdict["tolerances"]:
        yield f"The root's policy tolerated: {tolerance}."


def _revocation(basis: Mapping[str, Any], kept_evidence: Collection[str]) -> Iterator[str]:
    verdict = verdict_in(basis)
    for digest in () if verdict is None else verdict["revocation_evidence"]:
        said = f"What was revoked, the OCSP response or CRL with SHA-256 {digest} said"
        kept = "it is kept" if digest in kept_evidence else "it is not kept any more"
        yield f"{said}; {kept}."


def _contract(basis: Mapping[str, Any]) -> Iterator[str]:
    contract = basis.get("contract")
    if contract is not None:
        end = contract["valid_until"] or "an open end"
        yield f"The contract was {contract['status']}, from {contract['valid_from']} to {end}."


def _risk(basis: Mapping[str, Any]) -> Iterator[str]:
    risk = basis.get("evidence", {}).get("risk")
    if risk is None:
        return
    yield (
        f"By version {risk['rules_version']} of the rules of risk the signals added up to "
        f"{risk['score']}: {risk['action']}."
    )
    for code, weight, detail in risk["signals"]:
        yield f"{detail} [{code}, weight {weight}]"


def _partner(basis: Mapping[str, Any]) -> Iterator[str]:
    word = basis.get("evidence", {}).get("word")
    if word is None:
        return
    if "silence" in word:
        yield f"The partner {word['partner_id']} was asked and gave no answer: {word['silence']}."
    else:
        yield f"The partner {word['partner_id']} was asked and answered: {word['outcome']}."


def _answer(decision: Decision) -> Iterator[str]:
    yield f"The answer was {decision.outcome.value}."
    if decision.refused_for is not None:
        yield f"The reason that decided it is {decision.refused_for}."
    if decision.certificate_status is not None:
        yield f"The certificate's status was told as {decision.certificate_status.value}."
    if decision.valid_until is not None:
        yield f"The answer holds until {decision.valid_until.isoformat()}."


def _rules(rules_version: str, replayed: Replay | None) -> Iterator[str]:
    yield f"It was made by version {rules_version} of the rules."
    if replayed is None:
        yield "What it was made from is not kept, so it cannot be made again."
    elif replayed.same_rules and replayed.same_outcome:
        yield "Made again from what was kept, it comes out the same."
    elif replayed.same_rules:
        yield (
            f"Made again from what was kept, it comes out as {replayed.outcome.value}: please "
            "report this, it is a fault."
        )
    else:
        verb = "the same" if replayed.same_outcome else replayed.outcome.value
        yield (
            f"The rules are version {replayed.rules_version} now; by them it would come out as "
            f"{verb}, which says nothing about the rules of then."
        )
