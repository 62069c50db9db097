"""A network of its own for a station, a vehicle and the service: a namespace with a veth pair.

ISO 15118 finds its station by IPv6 link-local multicast. In a namespace of its own that reaches
nobody, and needs no interface of the machine.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

INTERFACE = "ev0"
_PEER = "evse0"  # both ends stay in the namespace: station and vehicle share the first
_NAMESPACES = (["unshare", "--net"], ["unshare", "--user", "--map-root-user", "--net"])
_TOOLS = {"unshare": "util-linux", "ip": "iproute2"}
_TENTATIVE = 0x40  # IFA_F_TENTATIVE: its uniqueness is not yet checked, and nobody may bind it
_LINK_LOCAL = 0x20
_ADDRESS_SECONDS = 10.0


class NotPossibleError(Exception):
    """This machine does not allow the network that the session needs; the text says why."""


def run_in_namespace(command: Sequence[str]) -> int:
    """Run a command in a fresh network namespace; return its exit code.

    Raises NotPossibleError where this machine allows no namespace or no veth pair.
    """
    for tool, package in _TOOLS.items():
        if shutil.which(tool) is None:
            raise NotPossibleError(f"there is no `{tool}` command; install {package}")
    complaints = []
    for namespace in _NAMESPACES:
        tried = _quietly([*namespace, "ip", "link", "add", _PEER, "type", "veth"])
        if tried is None:
            return subprocess.run([*namespace, *command], check=False).returncode
        complaints.append(tried)
    raise NotPossibleError(f"no network namespace with a veth pair here: {'; '.join(complaints)}")


def prepare() -> None:
    """Bring the namespace's loopback and veth pair up, and wait for a link-local address.

    Raises NotPossibleError where there is no IPv6.
    """
    for words in (
        "link set lo up",
        f"link add {INTERFACE} type veth peer name {_PEER}",
        f"link set {_PEER} up",
        f"link set {INTERFACE} up",
    ):
        complaint = _quietly(["ip", *words.split()])
        if complaint is not None:
            raise NotPossibleError(f"`ip {words}`: {complaint}")
    end = time.monotonic() + _ADDRESS_SECONDS
    while not _has_link_local_address():
        if time.monotonic() > end:
            raise NotPossibleError("a new interface gets no IPv6 link-local address; is IPv6 off?")
        time.sleep(0.05)


def inside_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of ours again, inside."""
    return [sys.executable, "-m", module, *arguments, "--inside"]


def _has_link_local_address() -> bool:
    try:
        rows = Path("/proc/net/if_inet6").read_text().splitlines()
    except OSError:
        return False
    for row in rows:
        _, _, _, scope, flags, name = row.split()
        if name == INTERFACE and int(scope, 16) == _LINK_LOCAL:
            return not int(flags, 16) & _TENTATIVE
    return False


def _quietly(command: Sequence[str]) -> str | None:
    """Run a command; return its complaint on one line, or None where it has none."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    if done.returncode == 0:
        return None
    return " ".join(done.stderr.split()) or f"{command[0]} exits {done.returncode}"
