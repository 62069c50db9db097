"""Demonstrations to start services on: made once a run by `evtrust init --demo`, then copied."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.databases import (
    create_postgresql_database,
    drop_postgresql_database,
    temporary_postgresql_database,
)
from tests.end_to_end.service import Service

KINDS = ("sqlite", "postgresql")


def on_either_database(group: str) -> list[object]:
    """Return a fixture's parameters: a group's tests on one kind share a process of the run."""
    return [pytest.param(kind, marks=pytest.mark.xdist_group(f"{group}-{kind}")) for kind in KINDS]


@dataclass(frozen=True)
class Demonstrations:
    """Copies of one demonstration a kind of database.

    `folder` is shared by all processes of the run. Making a demonstration takes seconds of a
    processor, copying one a tenth of one; what is copied was made by the command itself.
    """

    folder: Path
    postgresql_server: str

    @contextmanager
    def copied(self, kind: str, home: Path, workers: int = 2) -> Iterator[Service]:
        """Yield an installation of its own in `home` (an empty folder), which serves nothing yet.

        It differs from `init --demo` in `home` by nothing: a second `init` says the same.
        """
        template = self._template(kind)
        shutil.copytree(template / "home", home, dirs_exist_ok=True)
        told = json.loads((template / "told.json").read_text())
        if kind == "sqlite":
            yield _service(home, f"sqlite:///{home / 'evtrust.sqlite'}", workers, told)
        else:
            with temporary_postgresql_database(self.postgresql_server, self._database) as url:
                yield _service(home, url, workers, told)

    def _template(self, kind: str) -> Path:
        made = self.folder / kind
        with self._alone(kind):
            (made / "users").mkdir(parents=True, exist_ok=True)
            (made / "users" / str(os.getpid())).touch()
            if not (made / "told.json").exists():
                home = made / "home"
                home.mkdir()
                url = f"sqlite:///{home / 'evtrust.sqlite'}"
                if kind == "postgresql":
                    url = create_postgresql_database(self.postgresql_server, self._database)
                service = Service(home, url)
                service.initialise()
                (made / "told.json").write_text(json.dumps(service.told))
        return made

    def forget(self) -> None:
        """Remove what this process copied from, unless another one still does."""
        for kind in KINDS:
            made = self.folder / kind
            with self._alone(kind):
                user = made / "users" / str(os.getpid())
                if not user.exists():
                    continue
                user.unlink()
                if any(user.parent.iterdir()):
                    continue
                if kind == "postgresql":
                    drop_postgresql_database(self.postgresql_server, self._database)
                shutil.rmtree(made)

    @contextmanager
    def _alone(self, kind: str) -> Iterator[None]:
        with (self.folder / f"{kind}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @property
    def _database(self) -> str:
        return f"evtrust_demo_{self.folder.name}"


def _service(home: Path, url: str, workers: int, told: dict[str, object]) -> Service:
    service = Service(home, url, workers)
    service.told = told | {"base_url": f"http://127.0.0.1:{service.port}"}
    return service
