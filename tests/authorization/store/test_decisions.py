"""The decision log on both databases: complete, durable, without any identifier in clear."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from authorization.model.access_token import TokenKind, TokenUid
from authorization.model.claim import (
    CertificateClaim,
    Claim,
    EmaidClaim,
    Identification,
    TokenClaim,
    VehicleClaim,
)
from authorization.model.decision import Decision
from autocharge.model.resolution import Resolved, Unknown
from contract_service.model.contract import Contract
from foundation.database import Database, metadata
from foundation.errors import ServiceError
from foundation.identifiers import Emaid, EvccId20, EvseId, Mac, Vin
from pki.model.verdict import Fault
from tests.authorization.chains import chain
from tests.authorization.conftest import Kept
from tests.authorization.fakes import (
    CONTRACT,
    CPO,
    EMAID,
    MAC,
    MO,
    OTHER_EMAID,
    VIN,
    World,
    invalid,
)

CHAIN = CertificateClaim(EMAID, chain("DEABCC12345678"))
EVCCID = "WDBVABCDEFGHIJKLMNO7"


def decided(kept: Kept, identification: Identification, *contracts: Contract) -> Decision:
    world = World()
    world.contracts.contracts = list(contracts)
    world.resolve.answers = {MAC: Resolved("e" * 36, EMAID, ("left_padded",)), VIN: Unknown(())}
    authorize = replace(world.authorize, decisions=kept.decisions)
    return authorize(CPO, Claim(identification, evse_id=EvseId.parse("DE*ABC*E1")))


@pytest.mark.parametrize("contracts", [(CONTRACT,), ()])
@pytest.mark.parametrize(
    "identification",
    [CHAIN, EmaidClaim(EMAID), VehicleClaim(Mac.parse(MAC)), VehicleClaim(Vin.parse(VIN))],
)
def test_a_decision_comes_back_as_it_was(
    kept: Kept, identification: Identification, contracts: tuple[Contract, ...]
) -> None:
    decision = decided(kept, identification, *contracts)
    record = kept.decisions.find(decision.reference or "")
    assert record is not None
    kept_apart = decision.evcoid if decision.contract_id is None else None
    assert record.decision == replace(decision, evcoid=kept_apart)
    assert (record.client_id, record.operator_id, record.station_id, record.evse_id) == (
        "cpo",
        "DEABC",
        "CS-1",
        "DEABCE1",
    )


def test_a_reference_that_never_was(kept: Kept) -> None:
    assert kept.decisions.find("0b9f4c53-0000-4000-8000-000000000000") is None


def test_a_rehearsal_is_never_stored(kept: Kept) -> None:
    decision = decided(kept, CHAIN, CONTRACT)
    record = kept.decisions.find(decision.reference or "")
    assert record is not None
    with pytest.raises(ValueError, match="rehearsal"):
        kept.decisions.append(replace(record, decision=replace(decision, reference=None)))


def test_a_claimed_emaid_is_sealed_for_its_own_decision(kept: Kept) -> None:
    one = decided(kept, EmaidClaim(EMAID)).reference or ""
    other = decided(kept, EmaidClaim(OTHER_EMAID)).reference or ""
    table = metadata.tables["authorization_decisions"]
    with kept.database.write() as connection:
        sealed = connection.scalar(sa.select(table.c.evcoid_sealed).where(table.c.reference == one))
        connection.execute(
            sa.update(table).where(table.c.reference == other).values(evcoid_sealed=sealed)
        )
        connection.commit()
    with pytest.raises(ServiceError):
        kept.decisions.find(other)


def test_no_identifier_is_kept_in_clear(kept: Kept, tmp_path: Path) -> None:
    """No EMAID, MAC, EVCCID, VIN or card number, in whatever spelling, anywhere in the database."""
    uid = "04A2B3C4D5E6F7"
    claims: list[Identification] = [
        CHAIN,
        EmaidClaim(OTHER_EMAID),
        EmaidClaim(Emaid.parse("DE-ABC-C87654321")),
        VehicleClaim(Mac.parse("98:ed:5c:b9:be:31")),
        VehicleClaim(Vin.parse(VIN)),
        VehicleClaim(EvccId20.parse(EVCCID)),
        TokenClaim(TokenKind.RFID, TokenUid.parse(uid)),
    ]
    for identification in claims:
        decided(kept, identification, CONTRACT)
        decided(kept, identification)
    world = World()
    world.validate.verdict = invalid(Fault.SIGNATURE)
    replace(world.authorize, decisions=kept.decisions)(CPO, Claim(CHAIN, "CS-1"))
    kept.add_token(MO, EMAID, TokenKind.RFID, TokenUid.parse(uid))
    stored = b"".join(_stored_bytes(kept.database, tmp_path)).upper()
    assert b"CS-1" in stored
    for secret in ("C12345678", "C87654321", MAC, "98:ED:5C", VIN, EVCCID, uid):
        assert secret.encode() not in stored
        assert bytes.hex(secret.encode()).upper().encode() not in stored
    assert bytes.fromhex(MAC) not in b"".join(_stored_bytes(kept.database, tmp_path))


def _stored_bytes(database: Database, folder: Path) -> Iterator[bytes]:
    if database.dialect == "sqlite":
        for path in folder.glob("evtrust.sqlite*"):
            yield path.read_bytes()
        return
    with database.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(sa.select(table)):
                yield b"\n".join(
                    bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    for value in row
                )
