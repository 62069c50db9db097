"""The folder that the package reads its certificates from, filled with what evtrust delivered.

File names are the package's `CertPath`, `KeyPath` and `KeyPasswordPath`, as in a lab kit.
"""

from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from contract_service.model.pem import chain_pem
from tests.interop.participants import Holder

CERTIFICATES = "iso15118_2/certs"
KEYS = "iso15118_2/private_keys"


def write_folder(folder: Path, station: Holder, vehicle: Holder) -> None:
    """Write what the station and the vehicle have before the session: no contract, no CPS."""
    certificates, keys = folder / CERTIFICATES, folder / KEYS
    certificates.mkdir(parents=True)
    keys.mkdir(parents=True)
    for name, der in (
        ("v2gRootCA", station.root),
        ("cpoSubCA2", station.above[0]),
        ("cpoSubCA1", station.above[1]),
        ("seccLeaf", station.certificate),
        # the demonstration's providers are below the V2G root, and its makers too
        ("moRootCA", station.root),
        ("oemRootCA", vehicle.root),
        ("oemSubCA2", vehicle.above[0]),
        ("oemSubCA1", vehicle.above[1]),
        ("oemLeaf", vehicle.certificate),
    ):
        (certificates / f"{name}Cert.der").write_bytes(der)
        (certificates / f"{name}Cert.pem").write_text(chain_pem([der]))
    (certificates / "cpoCertChain.pem").write_text(chain_pem(station.chain))
    (certificates / "oemCertChain.pem").write_text(chain_pem(vehicle.chain))
    for name, holder in (("seccLeaf", station), ("oemLeaf", vehicle)):
        pem = holder.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (keys / f"{name}.key").write_bytes(pem)
        (keys / f"{name}Password.txt").write_text("")
    (keys / "contractLeafPassword.txt").write_text("")
    for path in keys.iterdir():
        path.chmod(0o600)


def files_of(folder: Path) -> set[str]:
    """Return the relative paths of the folder's files."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def certificate_files(names: Iterable[str]) -> list[str]:
    """Return the relative paths of the DER certificates of these names."""
    return [f"{CERTIFICATES}/{name}Cert.der" for name in names]
