"""Lab kits made in memory and on disk, once for all tests that only read them."""

import secrets
from functools import cache
from pathlib import Path

from contract_service.model.lab_pki import LabPki, build_lab_pki
from contract_service.operations.export_lab import ExportLab
from contract_service.profiles.lab_layouts import load_lab_layouts
from pki.keys.sealed import generate_key
from pki.model.roles import Edition
from pki.operations.certifying import new_serial
from tests.conftest import NOW
from tests.pki.validation.assembly import PROFILES

LOADED = load_lab_layouts()


@cache
def lab_pki(edition: Edition) -> LabPki:
    return build_lab_pki(edition, PROFILES, NOW, generate_key, lambda: new_serial(secrets.randbits))


def exporter() -> ExportLab:
    return ExportLab(
        PROFILES,
        LOADED.everywhere,
        generate_key,
        secrets.randbits,
        secrets.token_bytes,
        lambda: NOW,
    )


def files_below(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir()}
