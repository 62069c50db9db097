"""Reads the tolerance policies into validated values; nonsense stops the start."""

import tomllib
from importlib import resources
from typing import Any

from foundation.errors import Kind, ServiceError
from pki.model.roles import CertificateRole
from pki.model.tolerance import (
    INTOLERABLE,
    KNOWN_CODES,
    Tolerance,
    TolerancePolicies,
    TolerancePolicy,
)

FILE = "tolerance.toml"


def load_tolerance_policies() -> TolerancePolicies:
    """Return the shipped policies by name; INVALID `tolerance_invalid` where they hold nonsense."""
    text = resources.files("pki.profiles").joinpath(FILE).read_text(encoding="utf-8")
    return parse_tolerance_policies(text)


def parse_tolerance_policies(text: str) -> TolerancePolicies:
    """Return the policies of a TOML text: a table a policy, a `tolerated` list in it.

    Raises INVALID `tolerance_invalid` for unknown words, codes that nothing finds, codes that no
    policy may tolerate, and tolerances without provenance.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise _nonsense(str(failure)) from failure
    return {name: _policy(name, table) for name, table in document.items()}


def _policy(name: str, table: object) -> TolerancePolicy:
    if not isinstance(table, dict) or not set(table) <= {"tolerated"}:
        raise _nonsense(f"{name}: a policy is a table with the list `tolerated`")
    entries = table.get("tolerated", [])
    if not isinstance(entries, list):
        raise _nonsense(f"{name}: `tolerated` is a list")
    return TolerancePolicy(name, tuple(_tolerance(name, entry) for entry in entries))


def _tolerance(policy: str, entry: Any) -> Tolerance:
    if not isinstance(entry, dict) or set(entry) != {"code", "roles", "seen"}:
        raise _nonsense(f"{policy}: a tolerance has `code`, `roles` and `seen`")
    code, roles, seen = entry["code"], entry["roles"], entry["seen"]
    if not isinstance(code, str) or code not in KNOWN_CODES:
        raise _nonsense(f"{policy}: nothing finds {code!r}")
    if code in INTOLERABLE:
        raise _nonsense(f"{policy}: {code} cannot be tolerated")
    if not isinstance(seen, str) or not seen.strip():
        raise _nonsense(f"{policy}: {code} does not say where it was seen")
    known = set(CertificateRole)
    if not isinstance(roles, list) or not roles or not all(r in known for r in map(str, roles)):
        raise _nonsense(f"{policy}: {code} names no roles, or unknown ones")
    return Tolerance(code, frozenset(map(CertificateRole, roles)), seen)


def _nonsense(what: str) -> ServiceError:
    return ServiceError(
        Kind.INVALID, "tolerance_invalid", f"tolerance policies: {what}; correct {FILE}"
    )
