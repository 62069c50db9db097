"""Tokens that partners push, as the tests of several layers need them."""

from dataclasses import replace
from datetime import datetime

from authorization.model.foreign_token import ForeignToken, TokenName, TokenType, Whitelist
from authorization.model.partner import Partner, PartnerProtocol
from tests.authorization.fakes import NOW

PARTNER = Partner(
    "peer",
    PartnerProtocol.OCPI_221,
    "https://peer.example/ocpi/versions",
    provider_ids=frozenset({"NLTNM"}),
)
OTHER_PARTNER = replace(PARTNER, partner_id="hub", provider_ids=frozenset({"NLTNM", "FRXYZ"}))
NAME = TokenName("NLTNM", TokenType.RFID, "04:A2:B3:C4")
TOKEN = ForeignToken(
    partner_id=PARTNER.partner_id,
    name=NAME,
    contract_id="NL-TNM-C12345678",
    issuer="TheNewMotion",
    valid=True,
    whitelist=Whitelist.ALLOWED,
    last_updated=NOW,
)


def token(
    last_updated: datetime = NOW,
    *,
    partner: Partner = PARTNER,
    name: TokenName = NAME,
    valid: bool = True,
) -> ForeignToken:
    return replace(
        TOKEN, partner_id=partner.partner_id, name=name, valid=valid, last_updated=last_updated
    )


def speaks_for(partner: Partner, provider_id: str) -> bool:
    return provider_id in partner.provider_ids
