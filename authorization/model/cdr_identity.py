"""The identity part of a charge detail record: whose charge it was, and by which word."""

import re
from dataclasses import dataclass

from authorization.model.foreign_token import TokenType
from authorization.model.oicp import SESSION_ID
from authorization.model.outcome import EvidenceKind, ReasonCode
from authorization.model.partner_answer import PartnerReference
from foundation.identifiers import Emaid

Json = dict[str, object]

_COUNTRY = 2  # characters of a provider id (`DEABC`); the party's follow

_OCPI_TYPES = {
    EvidenceKind.CONTRACT_CERTIFICATE: TokenType.EMAID,
    EvidenceKind.EMAID: TokenType.EMAID,
    EvidenceKind.AUTOCHARGE: TokenType.OTHER,
    EvidenceKind.RFID: TokenType.RFID,
    EvidenceKind.APP: TokenType.APP_USER,
}

_OICP_NAMES = {
    EvidenceKind.CONTRACT_CERTIFICATE: "PlugAndChargeIdentification",
    EvidenceKind.EMAID: "RemoteIdentification",
    EvidenceKind.APP: "RemoteIdentification",
    # OICP has no word for a vehicle: its contract stands for it
    EvidenceKind.AUTOCHARGE: "RemoteIdentification",
    EvidenceKind.RFID: "RFIDMifareFamilyIdentification",
}

_WITHOUT_ASKING = frozenset(
    {ReasonCode.PARTNER_SILENCE_BRIDGED.value, ReasonCode.PARTNER_WHITELISTED.value}
)
"""Reasons of an acceptance for which the partner was not asked, or gave no answer."""


@dataclass(frozen=True, slots=True)
class CdrIdentity:
    """What a charge detail record says of the driver.

    `reference` is the decision's, `session_id` that of the session here. `emaid` is None for an ad
    hoc charge, and where a partner accepted a token without naming its contract. `partner` is who
    was asked, or who asked us, with its own reference.
    """

    session_id: str
    reference: str
    evidence: EvidenceKind
    emaid: Emaid | None
    partner: PartnerReference | None
    reasons: tuple[str, ...]

    def ocpi(self, version: str) -> Json | None:
        """Return `cdr_token`, `auth_method` and `authorization_reference` of OCPI's CDR object.

        `uid` is None where it is what the driver presented, which is not kept: the operator has it.
        None without an EMAID: CdrToken has to name a contract. Source: OCPI 2.2.1 and 2.3.0,
        mod_cdrs, CdrToken; EMAID is a type from 2.3.0 on.
        """
        if self.emaid is None:
            return None
        kind = _OCPI_TYPES[self.evidence]
        by_contract = kind is TokenType.EMAID
        if by_contract and version == "2.2.1":
            kind = TokenType.OTHER
        provider_id = self.emaid.provider_id
        asked = not _WITHOUT_ASKING & set(self.reasons)
        return {
            "cdr_token": {
                "country_code": provider_id[:_COUNTRY],
                "party_id": provider_id[_COUNTRY:],
                "uid": self.emaid.canonical if by_contract else None,
                "type": kind.value,
                "contract_id": self.emaid.canonical,
            },
            "auth_method": "AUTH_REQUEST" if asked else "WHITELIST",
            "authorization_reference": self._word() if asked else None,
        }

    def oicp(self) -> Json | None:
        """Return the identity members of eRoamingChargeDetailRecord (OICP 2.3).

        `UID` is None as OCPI's `uid` is; a card needs no EMAID beside it. `SessionID` is the hub's,
        None where no hub had a part: a reference of OCPI is not of its shape. None for an ad hoc
        charge, and for what else has no EMAID.
        """
        if self.evidence is EvidenceKind.RFID:
            identification: Json = {"UID": None}
        elif self.emaid is None:
            return None
        else:
            identification = {"EvcoID": self.emaid.with_check_digit()}
        name = _OICP_NAMES[self.evidence]
        partner = self.partner
        return {
            "SessionID": None if partner is None else _hubs_session(partner.reference),
            "CPOPartnerSessionID": self.session_id,
            "EMPPartnerSessionID": None
            if partner is not None and not partner.asked_us
            # whoever we asked knows its own reference; of our own drivers the decision's is it
            else self.reference,
            "Identification": {name: identification},
        }

    def _word(self) -> str | None:
        """The reference of whoever authorised: the partner that was asked, or this decision.

        None where the partner gave none: of ours it knows nothing.
        """
        partner = self.partner
        return self.reference if partner is None or partner.asked_us else partner.reference


def _hubs_session(reference: str | None) -> str | None:
    return reference if reference is not None and re.fullmatch(SESSION_ID, reference) else None
