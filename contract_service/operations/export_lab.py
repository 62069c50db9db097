"""Export a lab kit: a whole throw-away Plug & Charge PKI in the files that a stack expects.

The only operation that ever lets a contract's private key out into a file.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from contract_service.model.lab_files import (
    Content,
    LabFile,
    LabLayout,
    RandomBytes,
    applicable,
    render,
)
from contract_service.model.lab_guide import lab_guide, lab_summary
from contract_service.model.lab_pki import LabPki, NewKey, build_lab_pki
from foundation.clock import Clock
from pki.model.profile import Profiles
from pki.operations.certifying import new_serial
from pki.operations.ports import RandomBits

EXTRAS = "evtrust-lab"
"""The folder of what no stack asks for: contracts in every state, CRLs, anchors, the summary."""


class WriteFolder(Protocol):
    """Writes a folder that is not there yet, or empty: whole, or not at all."""

    def __call__(self, files: Mapping[str, Content]) -> None:
        """Write each file under its relative path; CONFLICT or UNAVAILABLE where that fails."""


@dataclass(frozen=True, slots=True)
class LabExport:
    """What was written: the layout's name, relative paths, and the summary of `lab.json`."""

    layout: str
    files: Sequence[str]
    summary: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ExportLab:
    """Makes a kit and writes it. Needs no database, and leaves nothing in one."""

    profiles: Profiles
    everywhere: Sequence[LabFile]
    new_key: NewKey
    random_bits: RandomBits
    random_bytes: RandomBytes
    clock: Clock

    def __call__(
        self,
        layout: LabLayout,
        write: WriteFolder,
        progress: Callable[[str], None] = lambda _: None,
    ) -> LabExport:
        """Make a fresh PKI for each of the layout's editions, write it, and say what it is.

        Raises what `write` raises; then nothing is left behind.
        """
        now = self.clock()
        pkis: list[LabPki] = []
        contents: dict[str, Content] = {}
        for edition, folder in layout.folders.items():
            progress(f"making keys and certificates of {edition}")
            pki = build_lab_pki(
                edition, self.profiles, now, self.new_key, lambda: new_serial(self.random_bits)
            )
            pkis.append(pki)
            contents |= self._files(layout.files, folder, pki, layout, now)
            extras = f"{EXTRAS}/{edition}"
            contents |= self._files(self.everywhere, extras, pki, layout, now)
        summary, text = lab_summary(layout, pkis, now)
        contents[f"{EXTRAS}/lab.json"] = Content(text, secret=False)
        contents[f"{EXTRAS}/README.txt"] = Content(lab_guide(layout, pkis), secret=False)
        progress(f"writing {len(contents)} files")
        write(contents)
        return LabExport(layout.name, tuple(sorted(contents)), summary)

    def _files(
        self,
        files: Sequence[LabFile],
        folder: str,
        pki: LabPki,
        layout: LabLayout,
        now: datetime,
    ) -> dict[str, Content]:
        prefix = f"{folder}/" if folder else ""
        return {
            prefix + file.path: render(file, pki, layout.password, now, self.random_bytes)
            for file in applicable(files, pki)
        }
