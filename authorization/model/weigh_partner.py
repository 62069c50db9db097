"""What a partner's word about a contract of its own is worth."""

from datetime import datetime

from authorization.model.findings import Findings
from authorization.model.outcome import Outcome, ReasonCode
from authorization.model.partner_answer import PartnerAnswer, PartnerWord, Silence
from contract_service.model.contract import names_contract
from foundation.identifiers import Emaid

_CONTRACT_REFUSED = frozenset(
    {Outcome.BLOCKED, Outcome.EXPIRED, Outcome.INVALID, Outcome.UNKNOWN, Outcome.STEP_UP}
)
"""OCPP 2.0.1 C07.FR.13: the certificate's status is ContractCancelled; else FR.14, Accepted."""


def weigh_word(found: Findings, word: PartnerWord, emaid: Emaid | None) -> None:
    """Add to `found`, what the evidence itself is worth, what the partner's word is.

    `emaid` is the one that it was asked about, None for a token. An answer about another contract
    is no answer: whoever confuses sessions, or replays an old answer, would bill the wrong driver.
    """
    said = word.said
    if isinstance(said, Silence):
        _weigh_silence(found, word, said)
        return
    if emaid is not None and not _is_about(said, emaid):
        _object(
            found,
            Outcome.INVALID,
            ReasonCode.PARTNER_NAMED_ANOTHER,
            f"the partner {word.partner_id} answered for another contract than it was asked about",
        )
    elif said.outcome is not Outcome.ACCEPTED:
        _object(
            found,
            said.outcome,
            ReasonCode.PARTNER_REFUSED,
            f"the partner {word.partner_id} refused: {said.outcome}",
        )
    else:
        if word.pushed:
            found.note(
                ReasonCode.PARTNER_WHITELISTED,
                f"the partner {word.partner_id} pushed the token as one to accept",
            )
        else:
            found.note(
                ReasonCode.PARTNER_ACCEPTED,
                f"the partner {word.partner_id} accepted for its contract",
            )
        _ends(found, said.valid_until)


def _is_about(said: PartnerAnswer, emaid: Emaid) -> bool:
    if said.evcoid is not None and not names_contract(said.evcoid, emaid):
        return False
    return said.provider_id in {None, emaid.provider_id}


def _weigh_silence(found: Findings, word: PartnerWord, silence: Silence) -> None:
    if word.bridged is None:
        _object(
            found,
            Outcome.UNKNOWN,
            ReasonCode.PARTNER_SILENT,
            f"the partner {word.partner_id} was asked and gave no answer: {silence.reason}",
        )
        return
    found.note(
        ReasonCode.PARTNER_SILENCE_BRIDGED,
        f"the partner {word.partner_id} gave no answer ({silence.reason}); its operator's policy "
        f"accepts for at most {word.bridged.energy_wh} Wh",
    )
    _ends(found, word.bridged.until)


def _object(found: Findings, outcome: Outcome, code: ReasonCode, detail: str) -> None:
    if outcome in _CONTRACT_REFUSED and not found.objections:
        found.status = found.status_with_contract_refused
    found.object(outcome, code, detail)


def _ends(found: Findings, until: datetime | None) -> None:
    if until is not None and (found.valid_until is None or until < found.valid_until):
        found.valid_until = until
