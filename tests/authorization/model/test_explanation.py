"""An explanation tells what counted, in order, in sentences."""

from dataclasses import replace

from authorization.model.basis import basis_of
from authorization.model.decision import RULES_VERSION, decide
from authorization.model.evidence import ChainEvidence, HashEvidence, RoamingEvidence
from authorization.model.explanation import Step, StepKind, steps_of
from authorization.model.limits import NO_LIMITS, Limit, Limits
from authorization.model.outcome import Outcome
from authorization.model.partner_answer import PartnerWord, Silence, SilenceReason
from authorization.model.replay import replay
from pki.model.verdict import Fault
from tests.authorization.fakes import CONTRACT, EMAID, NOW, VALID, invalid


def explained(
    evidence: ChainEvidence | HashEvidence | RoamingEvidence,
    *limits: Limit,
    rules_version: str = RULES_VERSION,
    known: bool = True,
) -> dict[StepKind, str]:
    contract = None if isinstance(evidence, RoamingEvidence) else CONTRACT
    decision = decide(evidence, contract, now=NOW, reference="r" * 36, limits=Limits(limits))
    basis = basis_of(evidence, contract, Limits(limits), (b"leaf",)) if known else {}
    again = replay(decision, rules_version, basis) if known else None
    steps = steps_of(decision, "CS-1", "DEABC", "DEABCE1", rules_version, basis, {"aa"}, again)
    return {step.kind: " ".join(step.sentences) for step in steps}


def test_a_chain_its_revocation_evidence_and_its_limits() -> None:
    evidence = ChainEvidence(EMAID, replace(VALID, evidence=("aa", "bb"), tolerances=("odd",)))
    told = explained(evidence, Limit.NO_CREDIT)
    assert list(told) == [
        StepKind.ASKED,
        StepKind.CERTIFICATES,
        StepKind.REVOCATION,
        StepKind.CONTRACT,
        StepKind.LIMITS,
        StepKind.REASONS,
        StepKind.ANSWER,
        StepKind.RULES,
    ]
    assert "station CS-1 of operator DEABC, EVSE DEABCE1" in told[StepKind.ASKED]
    assert "What was presented: a contract certificate;" in told[StepKind.ASKED]
    assert f"ended at the root {VALID.anchor}, of another PKI" in told[StepKind.CERTIFICATES]
    assert "tolerated: odd" in told[StepKind.CERTIFICATES]
    assert "SHA-256 aa said; it is kept" in told[StepKind.REVOCATION]
    assert "SHA-256 bb said; it is not kept any more" in told[StepKind.REVOCATION]
    assert "no_credit" in told[StepKind.LIMITS]
    assert "credit_exhausted" in told[StepKind.ANSWER]
    assert told[StepKind.RULES].endswith("it comes out the same.")


def test_a_partner_that_was_silent_and_a_chain_that_was_revoked() -> None:
    word = PartnerWord("hub", Silence(SilenceReason.TIMED_OUT))
    told = explained(RoamingEvidence(ChainEvidence(EMAID, VALID), word))
    assert "partner hub was asked and gave no answer: timed_out" in told[StepKind.PARTNER]
    assert StepKind.CERTIFICATES in told
    told = explained(HashEvidence(EMAID, invalid(Fault.REVOKED)))
    assert "not valid: revoked" in told[StepKind.CERTIFICATES]


def test_what_the_rules_of_now_would_say() -> None:
    evidence = ChainEvidence(EMAID, VALID)
    assert (
        "by them it would come out as the same"
        in explained(evidence, rules_version="1")[StepKind.RULES]
    )
    assert "cannot be made again" in explained(evidence, known=False)[StepKind.RULES]
    decision = decide(evidence, CONTRACT, now=NOW, reference="r" * 36)
    once = replace(decision, outcome=Outcome.BLOCKED)
    again = replay(once, RULES_VERSION, basis_of(evidence, CONTRACT, NO_LIMITS))
    steps: tuple[Step, ...] = steps_of(once, "CS-1", "DEABC", None, RULES_VERSION, {}, (), again)
    assert "please report this" in " ".join(steps[-1].sentences)
