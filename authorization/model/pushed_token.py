"""What a token that a partner pushed here is worth by itself (OCPI WhitelistType)."""

from authorization.model.access_token import TokenKind
from authorization.model.foreign_token import ForeignToken, TokenType, Whitelist
from authorization.model.outcome import Outcome
from authorization.model.partner_answer import PartnerAnswer, PartnerWord
from foundation.identifiers import Emaid, InvalidIdentifier

TYPES = {TokenKind.RFID: TokenType.RFID, TokenKind.APP: TokenType.APP_USER}
"""What a driver holds -> the type of token that partners push for it."""


def pushed_word(token: ForeignToken) -> PartnerWord | None:
    """Return the word that the partner gave when it pushed the token, None where it gave none.

    A token that is not valid is refused, whatever its whitelist says. One of NEVER is worth
    nothing without its partner's answer (OCPI 2.2.1 and 2.3.0, mod_tokens_whitelist_type_enum).
    """
    if not token.valid:
        return PartnerWord(token.partner_id, PartnerAnswer(Outcome.BLOCKED), pushed=True)
    if token.whitelist is Whitelist.NEVER:
        return None
    answer = PartnerAnswer(
        Outcome.ACCEPTED, evcoid=_emaid(token), provider_id=token.name.provider_id
    )
    return PartnerWord(token.partner_id, answer, pushed=True)


def asks_first(token: ForeignToken) -> bool:
    """Whether the partner is asked although it pushed the token.

    ALLOWED leaves it to us: we ask, as ALLOWED_OFFLINE has it, for the partner alone knows what
    became of the contract since.
    """
    return token.valid and token.whitelist is not Whitelist.ALWAYS


def _emaid(token: ForeignToken) -> Emaid | None:
    try:
        return Emaid.parse(token.contract_id)
    except InvalidIdentifier:
        return None  # a provider names its contracts as it likes
