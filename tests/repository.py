"""Checks of the repository itself (`make check`): secrets, foreign files, addresses, sizes.

Run as `python -m tests.repository`; prints what is wrong and exits 1.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from detect_secrets.core.scan import scan_line
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).parent.parent
PUBLIC_TEST_KEYS = "tests/vectors/"  # public by design, each with its provenance
MAXIMUM_PYTHON_LINES = 400
MAXIMUM_FILE_BYTES = 1_500_000

DETECTORS = {
    "plugins_used": [
        {"name": "PrivateKeyDetector"},
        {"name": "JwtTokenDetector"},
        {"name": "AWSKeyDetector"},
        {"name": "BasicAuthDetector"},
        {"name": "GitHubTokenDetector"},
    ]
}
# an absolute path of somebody's machine, and the address of a package index
MACHINE_PATH = re.compile(r"(?<![\w/.-])/(?:home|root|work|Users|opt|mnt)/[\w.-]+")
INDEX_ADDRESS = re.compile(r"--(?:extra-)?index-url|--find-links|registry=http|pypi\.org/simple")


def committed_files() -> list[str]:
    """Return the paths that git tracks, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [path for path in listed.split("\0") if path and (ROOT / path).is_file()]


def faults_of(path: str) -> Iterator[str]:
    """Yield what is wrong with one file."""
    content = (ROOT / path).read_bytes()
    if len(content) > MAXIMUM_FILE_BYTES:
        yield f"{path}: {len(content)} bytes; nothing that large belongs here"
    if re.search(r"\.min\.(js|css)$|(^|/)(node_modules|vendor)/", path):
        yield f"{path}: somebody else's file; take it from its package at install"
    try:
        lines = content.decode().splitlines()
    except UnicodeDecodeError:
        return
    is_table = path.startswith("server/migrations/versions/")
    if path.endswith(".py") and len(lines) > MAXIMUM_PYTHON_LINES and not is_table:
        yield f"{path}: {len(lines)} lines; split it along a seam"
    if path.startswith(PUBLIC_TEST_KEYS):
        return
    for number, line in enumerate(lines, 1):
        if path != "tests/repository.py" and (
            MACHINE_PATH.search(line) or INDEX_ADDRESS.search(line)
        ):
            yield f"{path}:{number}: a machine's path or an index address"
        for secret in scan_line(line):
            yield f"{path}:{number}: looks like a secret ({secret.type})"


def main() -> int:
    """Print every fault; return the exit code."""
    with transient_settings(DETECTORS):
        faults = [fault for path in committed_files() for fault in faults_of(path)]
    for fault in faults:
        print(fault, file=sys.stderr)  # noqa: T201 - this is a command
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
