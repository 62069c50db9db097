"""Reads how each stack names its files (`lab_layouts.toml`); nonsense stops the start."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import PurePosixPath

from contract_service.model.lab_files import LabFile, LabForm, LabLayout, LabLayouts
from foundation.errors import Kind, ServiceError
from pki.model.roles import Edition

FILE = "lab_layouts.toml"
_EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True)
class LoadedLayouts:
    """Every stack's layout by name, and the files that every kit has."""

    layouts: LabLayouts
    everywhere: Sequence[LabFile]


def load_lab_layouts() -> LoadedLayouts:
    """Return the shipped layouts; INVALID `lab_layouts_invalid` where the file holds nonsense."""
    text = resources.files("contract_service.profiles").joinpath(FILE).read_text("utf-8")
    return parse_lab_layouts(text)


def parse_lab_layouts(text: str) -> LoadedLayouts:
    """Return the layouts that a TOML text describes; INVALID `lab_layouts_invalid`."""
    try:
        tables = tomllib.loads(text)
        everywhere = _files(tables.pop(_EVERYWHERE))
        layouts = {name: _layout(name, table) for name, table in tables.items()}
    except (KeyError, TypeError, AttributeError, ValueError) as failure:
        raise ServiceError(
            Kind.INVALID, "lab_layouts_invalid", f"{FILE} holds nonsense: {failure}"
        ) from failure
    return LoadedLayouts(layouts, everywhere)


def _layout(name: str, table: Mapping[str, object]) -> LabLayout:
    password, folders, files = table["password"], table["folders"], table["files"]
    if len(table) != 3 or not isinstance(password, str) or not isinstance(folders, Mapping):
        raise ValueError(f"{name}: wants a password, folders and files, and nothing else")
    places = {Edition(edition): _path(folder, empty=True) for edition, folder in folders.items()}
    if len(set(places.values())) < len(places):
        raise ValueError(f"{name}: two editions share a folder")
    return LabLayout(name, password, places, _files(files))


def _files(table: object) -> tuple[LabFile, ...]:
    if not isinstance(table, Mapping):
        raise TypeError("files are a table")
    return tuple(_file(path, row) for path, row in table.items())


def _file(path: str, row: str) -> LabFile:
    form, *words = row.split()
    pairs = [word.rpartition("=") for word in words]
    if not pairs or not all(member for _, _, member in pairs):
        raise ValueError(f"{path}: names no member")
    return LabFile(
        _path(path), LabForm(form), tuple((alias.lower(), member) for alias, _, member in pairs)
    )


def _path(text: str, *, empty: bool = False) -> str:
    parts = PurePosixPath(text).parts
    if (not parts and not empty) or {"..", "/"} & set(parts):
        raise ValueError(f"{text!r} is no path below the kit's folder")
    return text
