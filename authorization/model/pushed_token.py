"""Which token that a partner pushed here a subject is, and what the token is worth by itself."""

from collections.abc import Callable, Sequence

from authorization.model.access_token import TokenKind
from authorization.model.claim import TokenClaim, VehicleClaim
from authorization.model.foreign_token import ForeignToken, TokenType, Whitelist, the_one
from authorization.model.outcome import Outcome
from authorization.model.partner_answer import PartnerAnswer, PartnerWord, Subject
from foundation.errors import ServiceError
from foundation.identifiers import Emaid, InvalidIdentifier

TYPES = {TokenKind.RFID: TokenType.RFID, TokenKind.APP: TokenType.APP_USER}
"""What a driver holds -> the type of token that partners push for it."""

FindTokens = Callable[[TokenType, str], Sequence[ForeignToken]]
"""Every provider's tokens of one type with one uid, in any spelling."""


def pushed_for(subject: Subject, find: FindTokens) -> ForeignToken | None:
    """Return the one token that stands for the subject, None where that is nobody's or several's.

    An EMAID names its provider: what another one tells of it counts for nothing, or whoever pushes
    tokens could have other providers' drivers refused. A vehicle is the first of its identifiers
    that anybody told of, as type OTHER.
    """
    if isinstance(subject, TokenClaim):
        return the_one(find(TYPES[subject.kind], subject.uid.key))
    if isinstance(subject, VehicleClaim):
        for identifier in subject.identifiers:
            try:
                found = find(TokenType.OTHER, identifier.key)
            except ServiceError:  # an EVCCID may be longer than any uid
                continue
            if found:
                return the_one(found)
        return None
    told = (*find(TokenType.EMAID, subject.canonical), *find(TokenType.OTHER, subject.canonical))
    return the_one([one for one in told if one.name.provider_id == subject.provider_id])


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
