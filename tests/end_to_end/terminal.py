"""A terminal beside a running demonstration: pages of the documentation are pasted into it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.service import Service

README = Path(__file__).parents[2] / "README.md"


def readme_blocks() -> tuple[str, str, str]:
    """What both paths of the README begin with, the provider's path, the CPMS's path."""
    section = README.read_text().split("## A provider's path, and a CPMS's\n")[1].split("\n## ")[0]
    both, provider, cpms = re.findall(r"```sh\n(.*?)```", section, re.S)
    return both, provider, cpms


class Terminal:
    """A second terminal beside a running demonstration, in an empty folder with a `var`."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.service = service
        self.folder = folder
        (folder / "var").mkdir()  # where `make run` keeps its state, which git ignores

    def paste(self, lines: str) -> str:
        """Run lines that may use the README's `ask`, `told` and `token`; return what is printed."""
        both, _, _ = readme_blocks()
        script = f"set -euo pipefail\n{both}\n{lines}"
        # the tests may run from another virtual environment, and the service on another port
        script = script.replace(".venv/bin", str(Path(sys.executable).parent))
        script = script.replace("127.0.0.1:8080", f"127.0.0.1:{self.service.port}")
        done = subprocess.run(
            [shutil.which("bash") or "sh", "-c", script],
            cwd=self.folder,
            env=self.service.environment | {"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert done.returncode == 0, (done.stderr, done.stdout[-2000:])
        return done.stdout
