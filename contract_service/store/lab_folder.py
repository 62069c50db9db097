"""Writes a lab kit's folder: whole, or not at all."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contract_service.model.lab_files import Content
from foundation.errors import Kind, ServiceError

_OWNER_ONLY = 0o600
_FOR_ALL = 0o644


@dataclass(frozen=True, slots=True)
class NewFolder:
    """A folder that is not there yet, or empty; its own parent must be there.

    An empty one is replaced, and so may not be the one that somebody stands in.

    Everything is written to a hidden folder beside it that takes its name at the end, so that a
    crash leaves that and never half a kit. Keys are made with mode 0600, the folder with 0700.
    """

    target: Path

    def __call__(self, files: Mapping[str, Content]) -> None:
        """Write each file under its relative path.

        Raises CONFLICT `lab_folder_taken` where something is in the way, UNAVAILABLE
        `lab_folder_not_written` where writing fails; then nothing is left.
        """
        self.check()
        try:
            beside = Path(tempfile.mkdtemp(prefix=f".{self.target.name}.", dir=self.target.parent))
        except OSError as failure:
            raise self._not_written(failure) from failure
        try:
            for path, content in files.items():
                _write(beside / path, content)
            # onto nothing, or onto an empty folder: rename(2) refuses every other
            beside.rename(self.target)
        except OSError as failure:
            raise self._not_written(failure) from failure
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def check(self) -> None:
        """Raise CONFLICT `lab_folder_taken` unless the target is absent or an empty folder."""
        target = self.target
        try:
            free = not target.is_symlink() and (
                not target.exists()
                or (not any(target.iterdir()) and not target.samefile(Path.cwd()))
            )
        except OSError:  # a file, or a folder that may not be read
            free = False
        if not free:
            raise ServiceError(
                Kind.CONFLICT,
                "lab_folder_taken",
                f"{target} is there and not an empty folder, or the one you are in; name a new one",
            )

    def _not_written(self, failure: OSError) -> ServiceError:
        return ServiceError(
            Kind.UNAVAILABLE,
            "lab_folder_not_written",
            f"cannot write {self.target}: {failure.strerror}; name another folder",
        )


def _write(file: Path, content: Content) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    mode = _OWNER_ONLY if content.secret else _FOR_ALL
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content.octets)
        stream.flush()
        os.fsync(stream.fileno())
