"""Server processes under measurement: started on loopback, read through /proc, ended by pid."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from server.serve import BACKLOG

_TICKS = os.sysconf("SC_CLK_TCK")
_START_SECONDS = 60.0
_STOP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident bytes of one process; `proportional` divides shared pages among their users."""

    resident: int
    proportional: int | None


def cpu_seconds(pids: Sequence[int]) -> float:
    """Return the user and system CPU seconds that the processes have used so far (proc(5))."""
    ticks = 0
    for pid in pids:
        # the command's name may hold blanks and brackets: count the fields after its end
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS


def machine_busy_seconds() -> float:
    """Return the CPU seconds that all processes of the machine have used so far."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *values = line.split()
        if name == "cpu":
            user, nice, system, _idle, _iowait, irq, softirq, *_ = map(int, values)
            return (user + nice + system + irq + softirq) / _TICKS
    raise OSError("/proc/stat has no line for all processors")


def memory(pid: int) -> Memory:
    """Return what the process holds in memory now."""
    status = Path(f"/proc/{pid}/status").read_text()
    try:
        proportional = _kibibytes(Path(f"/proc/{pid}/smaps_rollup").read_text(), "Pss:")
    except OSError:  # readable by the owner alone, and only where the kernel offers it
        proportional = None
    return Memory(_kibibytes(status, "VmRSS:") or 0, proportional)


def _kibibytes(text: str, label: str) -> int | None:
    for line in text.splitlines():
        if line.startswith(label):
            return int(line.split()[1]) * 1024
    return None


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(slots=True)
class Server:
    """A granian server on a loopback port; use it as a context manager.

    `command` starts it in the foreground with `workers` worker processes on `port`; what it prints
    goes to the file `log`.
    """

    name: str
    command: Sequence[str]
    port: int
    workers: int
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None
    _pids: tuple[int, ...] = ()

    @property
    def pids(self) -> tuple[int, ...]:
        """The worker processes."""
        return self._pids

    def __enter__(self) -> "Server":
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                self.command,
                env={**os.environ, **self.environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            self._pids = self._wait_until_listening(self._process)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            children = _children(process.pid)
            process.kill()
            process.wait()
            for pid in children:
                _kill(pid)

    def _wait_until_listening(self, process: subprocess.Popen[bytes]) -> tuple[int, ...]:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            pids = tuple(pid for pid in _children(process.pid) if _is_worker(pid))
            if len(pids) == self.workers and _listens(self.port):
                return pids
            time.sleep(0.05)
        raise OSError(f"the server {self.name!r} did not start:\n{self.log.read_text()[-3000:]}")


def floor_server(name: str, application: str, workers: int, threads: int, folder: Path) -> Server:
    """Return a server of `application` (`module:name`), started with evtrust's own options."""
    port = free_port()
    command = (
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--no-log"),
        *("--host", "127.0.0.1", "--port", str(port), "--backlog", str(BACKLOG)),
        *("--workers", str(workers), "--blocking-threads", str(threads), application),
    )
    return Server(name, command, port, workers, folder / f"{name}.log")


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _is_worker(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"tracker" not in command  # multiprocessing's own bookkeeper is the other child


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
