"""The answer table: what a case is called in each protocol, as far as the protocol can say it.

OCPP: C07.FR.13 to 17 of OCPP 2.0.1. `None` stands where a protocol cannot bring the case about:
OICP and OCPI carry no certificate (the operator checks it and attests the EMAID), and plain OCPP
1.6 has an idTag and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from authorization.model.access_token import TokenKind, TokenStatus
from authorization.model.limits import Limit
from autocharge.model.resolution import Resolved
from contract_service.model.contract import ContractStatus
from pki.model.verdict import Fault
from tests.authorization.fakes import CONTRACT, EMAID, MAC, NOW, World, invalid, token

UID = "04A2B3C4"


@dataclass(frozen=True)
class Row:
    """A case: how it comes about, and its words.

    `prepare` changes a world in which everything is in order. `ocpp` are idTokenInfo.status and
    certificateStatus of a chain in OCPP 2.x; `id_tag` the status of a card and a vehicle in plain
    OCPP 1.6; `token` their status in OCPP 2.x. `oicp` are the codes of PlugAndCharge and of a
    card, `ocpi` what is `allowed`, for an EMAID (2.3.0) and for a card.
    """

    prepare: Callable[[World], object]
    ocpp: tuple[str, str] | None
    token: str | None
    id_tag: str | None
    oicp: tuple[str | None, str | None]
    ocpi: tuple[str | None, str | None]


def contract(**changes: object) -> Callable[[World], object]:
    def change(world: World) -> None:
        world.contracts.contracts[:] = [replace(CONTRACT, **changes)]  # type: ignore[arg-type] # each is what the field takes

    return change


def limited(limit: Limit) -> Callable[[World], object]:
    return lambda world: setattr(world, "limits", (limit,))


def chain(fault: Fault) -> Callable[[World], object]:
    return lambda world: setattr(world.validate, "verdict", invalid(fault))


def nobody(world: World) -> None:
    world.contracts.contracts.clear()
    world.tokens.tokens.clear()
    world.resolve.answers.clear()


def unknown_token(world: World) -> None:
    world.tokens.tokens.clear()
    world.resolve.answers.clear()


def blocked_card(world: World) -> None:
    world.tokens.tokens[TokenKind.RFID, UID] = token(TokenStatus.BLOCKED)


def in_order() -> World:
    """A world in which chain, card and vehicle are one contract's, and all of it is accepted."""
    world = World()
    world.tokens.tokens[TokenKind.RFID, UID] = token()
    world.resolve.answers[MAC] = Resolved("e1", EMAID, ())
    return world


REFUSED_LIMIT = {
    Limit.CONCURRENT: ("ConcurrentTx", "ConcurrentTx", "NOT_ALLOWED"),
    Limit.NO_CREDIT: ("NoCredit", "Blocked", "NO_CREDIT"),
    Limit.NOT_ALLOWED_HERE: ("NotAtThisLocation", "Blocked", "NOT_ALLOWED"),
    Limit.NOT_ALLOWED_EVSE_TYPE: ("NotAllowedTypeEVSE", "Blocked", "NOT_ALLOWED"),
    Limit.NOT_NOW: ("NotAtThisTime", "Blocked", "NOT_ALLOWED"),
    Limit.STEP_UP: ("Invalid", "Invalid", "NOT_ALLOWED"),
}

ROWS: dict[str, Row] = {
    "accepted": Row(
        lambda _: None,
        ("Accepted", "Accepted"),
        "Accepted",
        "Accepted",
        ("000", "000"),
        ("ALLOWED", "ALLOWED"),
    ),
    "contract suspended": Row(
        contract(status=ContractStatus.SUSPENDED),
        ("Blocked", "ContractCancelled"),
        "Blocked",
        "Blocked",
        ("200", "200"),
        ("BLOCKED", "BLOCKED"),
    ),
    "contract terminated": Row(
        contract(status=ContractStatus.TERMINATED),
        ("Invalid", "ContractCancelled"),
        "Invalid",
        "Invalid",
        ("210", "210"),
        ("BLOCKED", "BLOCKED"),
    ),
    "contract expired": Row(
        contract(valid_until=NOW),
        ("Expired", "ContractCancelled"),
        "Expired",
        "Expired",
        ("210", "210"),
        ("EXPIRED", "EXPIRED"),
    ),
    "contract not yet valid": Row(
        contract(valid_from=NOW + timedelta(days=1)),
        ("Invalid", "ContractCancelled"),
        "Invalid",
        "Invalid",
        ("210", "210"),
        ("BLOCKED", "BLOCKED"),
    ),
    "contract unknown": Row(
        nobody,
        ("Unknown", "ContractCancelled"),
        "Unknown",
        "Invalid",
        ("120", "102"),
        ("2004", "2004"),
    ),
    **{
        f"limit: {limit.value}": Row(
            limited(limit),
            (status, "Accepted"),
            status,
            in_16,
            ("106", "106"),
            (allowed, allowed),
        )
        for limit, (status, in_16, allowed) in REFUSED_LIMIT.items()
    },
    "certificate expired": Row(
        chain(Fault.EXPIRED),
        ("Expired", "CertificateExpired"),
        None,
        None,
        (None, None),
        (None, None),
    ),
    **{
        f"certificate: {fault.value}": Row(
            chain(fault), ("Invalid", "CertificateRevoked"), None, None, (None, None), (None, None)
        )
        for fault in (Fault.REVOKED, Fault.ON_HOLD)
    },
    **{
        f"certificate: {fault.value}": Row(
            chain(fault), ("Invalid", "CertChainError"), None, None, (None, None), (None, None)
        )
        for fault in (Fault.CHAIN, Fault.MALFORMED, Fault.REVOCATION_UNKNOWN)
    },
    "signature wrong": Row(
        chain(Fault.SIGNATURE),
        ("Invalid", "SignatureError"),
        None,
        None,
        (None, None),
        (None, None),
    ),
    "card or vehicle unknown": Row(
        unknown_token, None, "Unknown", "Invalid", (None, "102"), (None, "2004")
    ),
    "card blocked": Row(blocked_card, None, None, None, (None, "200"), (None, "BLOCKED")),
}
