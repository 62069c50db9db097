"""Certificates of real and generated PKIs, and of x509-limbo, as DER."""

import base64
import json
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from pki.model.chain_parser import parse_chain

VECTORS = Path(__file__).parents[2] / "vectors"
HUBJECT_TIME = datetime(2022, 4, 1, tzinfo=UTC)


@cache
def hubject(name: str) -> bytes:
    return _single(VECTORS / "pki" / "hubject" / f"{name}.pem")


@cache
def foreign(name: str) -> bytes:
    return _single(VECTORS / "pki" / "foreign" / f"{name}Cert.pem")


def _single(path: Path) -> bytes:
    (certificate,) = parse_chain(path.read_bytes())
    return certificate


@dataclass(frozen=True, slots=True)
class LimboCase:
    id: str
    accepted: bool
    at: datetime | None
    depth: int | None
    leaf: bytes
    intermediates: tuple[bytes, ...]
    roots: tuple[bytes, ...]
    crls: tuple[bytes, ...]

    def __str__(self) -> str:
        return self.id


@cache
def limbo_cases() -> tuple[LimboCase, ...]:
    text = (VECTORS / "limbo" / "limbo.json").read_text()
    return tuple(_case(row) for row in json.loads(text)["testcases"])


def _case(row: dict[str, Any]) -> LimboCase:
    at = row["validation_time"]
    return LimboCase(
        id=row["id"],
        accepted=row["expected_result"] == "SUCCESS",
        at=None if at is None else datetime.fromisoformat(at),
        depth=row["max_chain_depth"],
        leaf=base64.b64decode(row["peer_certificate"]),
        intermediates=tuple(map(base64.b64decode, row["untrusted_intermediates"])),
        roots=tuple(map(base64.b64decode, row["trusted_certs"])),
        crls=tuple(map(base64.b64decode, row["crls"])),
    )


@cache
def limbo_deviations() -> dict[str, dict[str, str]]:
    return tomllib.loads((VECTORS / "limbo" / "deviations.toml").read_text())
