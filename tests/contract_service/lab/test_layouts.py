"""Each layout has exactly the files that its stack knows, and the stack's tools can read them."""

import json
import shutil
import ssl
import stat
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from contract_service.model.lab_pki import EMAIDS
from contract_service.profiles.lab_layouts import parse_lab_layouts
from contract_service.store.lab_folder import NewFolder
from foundation.errors import ServiceError
from pki.model.roles import Edition
from tests.contract_service.lab.jks import read_jks
from tests.contract_service.lab.kits import LOADED, exporter, files_below

KNOWN: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "lab" / "layouts.json").read_text()
)
EXTRAS = "evtrust-lab"


@pytest.fixture(scope="module", params=sorted(KNOWN))
def kit(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("lab") / request.param
    exporter()(LOADED.layouts[request.param], NewFolder(folder))
    return request.param, folder


def folders(name: str, folder: Path) -> list[Path]:
    return [folder / place for place in KNOWN[name]["folders"].values()]


def test_its_files_are_the_stacks_own(kit: tuple[str, Path]) -> None:
    name, folder = kit
    known = KNOWN[name]
    expected: set[str] = set()
    for edition, place in known["folders"].items():
        alone = "only_in_20" if edition == Edition.ISO15118_20 else "only_in_2"
        rows = known["files"] + known[alone]
        expected |= {f"{place}/{row}" if place else row for row in rows}
    written = files_below(folder)
    assert {path for path in written if not path.startswith(EXTRAS)} == expected
    assert LOADED.layouts[name].password == known["password"]


def test_keys_are_their_owners_alone(kit: tuple[str, Path]) -> None:
    _, folder = kit
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.rglob("*"):
        if path.is_dir():
            continue
        public = path.suffix in {".pem", ".crl", ".json"} or path.name == "README.txt"
        public |= path.suffix == ".der" and "pkcs8" not in path.name
        public |= "truststore" in path.name.lower()
        mode = stat.S_IMODE(path.stat().st_mode)
        # what is public gets what the umask leaves
        assert mode & ~0o644 == 0 if public else mode == 0o600, path


def test_no_key_is_in_a_file_that_all_may_read(kit: tuple[str, Path]) -> None:
    _, folder = kit
    for path in folder.rglob("*"):
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            assert b"PRIVATE KEY-----" not in path.read_bytes(), path


def spki_of(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def certificates_below(folder: Path) -> dict[x509.Certificate, str]:
    found: dict[x509.Certificate, str] = {}
    for path in sorted(folder.rglob("*.pem")):
        for certificate in x509.load_pem_x509_certificates(path.read_bytes()):
            found.setdefault(certificate, path.name)
    return found


def test_every_key_opens_with_the_password_and_has_its_certificate(kit: tuple[str, Path]) -> None:
    name, folder = kit
    password = KNOWN[name]["password"].encode()
    keys = {spki_of(certificate.public_key()) for certificate in certificates_below(folder)}
    paths = list(folder.rglob("*.key"))
    assert len(paths) > 10
    for path in paths:
        assert spki_of(load_pem_private_key(path.read_bytes(), password).public_key()) in keys
        with pytest.raises(ValueError, match=r"assword|deserialize"):
            load_pem_private_key(path.read_bytes(), b"wrong")


def test_der_and_pem_of_one_name_are_one_certificate(kit: tuple[str, Path]) -> None:
    name, folder = kit
    pairs = 0
    for place in folders(name, folder):
        for path in place.rglob("*.der"):
            pem = path.with_name(path.name.replace("_LEAF.der", ".der")).with_suffix(".pem")
            pem = path.with_suffix(".pem") if path.with_suffix(".pem").exists() else pem
            if not pem.exists():
                assert "pkcs8" in path.name or path.name == "leaf.der"
                continue
            assert ssl.PEM_cert_to_DER_cert(pem.read_text()) == path.read_bytes()
            pairs += 1
    assert pairs >= 14


def test_containers_hold_a_key_with_its_chain(kit: tuple[str, Path]) -> None:
    name, folder = kit
    password = KNOWN[name]["password"]
    paths = list(folder.rglob("*.p12"))
    assert paths
    for path in paths:
        store = load_pkcs12(path.read_bytes(), password.encode())
        assert store.cert is not None
        assert store.key is not None
        assert store.cert.certificate.public_key() == store.key.public_key()
        above = [extra.certificate for extra in store.additional_certs]
        assert_chain([store.cert.certificate, *above])


def assert_chain(chain: list[x509.Certificate]) -> None:
    assert len(chain) == 3
    for below, above in pairwise(chain):
        below.verify_directly_issued_by(above)


def test_java_key_stores_hold_what_their_aliases_say(kit: tuple[str, Path]) -> None:
    name, folder = kit
    password = KNOWN[name]["password"]
    for path in folder.rglob("*.jks"):
        store = read_jks(path.read_bytes(), password)
        assert store.keys or store.trusted
        for key, chain in store.keys.values():
            certificates = [x509.load_der_x509_certificate(der) for der in chain]
            assert certificates[0].public_key() == key.public_key()
            assert_chain(certificates)
        if store.trusted:
            assert "v2g_root_ca" in store.trusted
            continue
        assert set(store.keys) <= {"oem_prov_cert", "contract_cert", "secc_cert"}


def test_java_reads_the_key_stores(kit: tuple[str, Path]) -> None:
    name, folder = kit
    keytool = shutil.which("keytool")
    if keytool is None:
        pytest.skip("no Java here: keytool is not on the path; test_java_key_stores… reads them")
    password = KNOWN[name]["password"]
    # keytool itself wants six characters; the library it stands on does not
    if len(password) < 6:
        pytest.skip(f"keytool takes no password as short as the one of {name}")
    for path in folder.rglob("*.jks"):
        store = read_jks(path.read_bytes(), password)
        listed = java(keytool, f"-list -storetype jks -storepass {password} -keystore", path)
        assert listed.count("PrivateKeyEntry") == len(store.keys)
        assert listed.count("trustedCertEntry") == len(store.trusted)
        for alias, (key, _) in store.keys.items():  # Java opens the key itself
            moved = path.with_suffix(f".{alias}.p12")
            words = f"-importkeystore -srcstoretype jks -srcstorepass {password} -srcalias {alias}"
            words += f" -deststoretype pkcs12 -deststorepass {password} -destkeystore {moved}"
            java(keytool, f"{words} -srckeystore", path)
            opened = load_pkcs12(moved.read_bytes(), password.encode())
            moved.unlink()
            assert opened.key is not None
            assert spki_of(opened.key.public_key()) == spki_of(key.public_key())


def java(keytool: str, words: str, path: Path) -> str:
    done = subprocess.run(
        [keytool, *words.split(), str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_old_form_of_a_key_is_read_by_openssl(kit: tuple[str, Path]) -> None:
    name, folder = kit
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl command here to read PBE-SHA1-3DES with")
    password = KNOWN[name]["password"]
    for path in folder.rglob("*.pkcs8.der"):
        opened = subprocess.run(
            [openssl, "pkcs8", "-inform", "DER", "-in", path, "-passin", f"pass:{password}"],
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        key = load_pem_private_key(opened, None).public_key()
        certificates = certificates_below(folder)
        assert any(
            c.public_key() == key and "MO Sub-CA 2" in c.subject.rfc4514_string()
            for c in certificates
        )


def test_the_summary_says_which_contract_is_which(kit: tuple[str, Path]) -> None:
    name, folder = kit
    told = json.loads((folder / EXTRAS / "lab.json").read_text())
    assert told["layout"] == name
    assert set(told["editions"]) == set(KNOWN[name]["folders"])
    for edition, held in told["editions"].items():
        assert held["folder"] == KNOWN[name]["folders"][edition]
        assert {c["emaid"] for c in held["contracts"].values()} == set(EMAIDS.values())
        for contract in held["contracts"].values():
            chain = x509.load_pem_x509_certificates((folder / contract["chain"]).read_bytes())
            assert_chain(chain)
            assert f"{chain[0].serial_number:X}" == contract["serial"]
            assert contract["emaid"] in chain[0].subject.rfc4514_string()
    guide = (folder / EXTRAS / "README.txt").read_text()
    assert all(emaid in guide for emaid in EMAIDS.values())
    assert told["password"] in guide


def test_the_stacks_own_contract_is_the_installed_one(kit: tuple[str, Path]) -> None:
    name, folder = kit
    own = {
        "josev": "certs/contractLeafCert.der",
        "everest": "client/mo/MO_LEAF.der",
        "risev2g": "certs/contractCert.der",
    }[name]
    for edition, place in KNOWN[name]["folders"].items():
        installed = folder / EXTRAS / edition / "contracts" / "installed" / "leaf.der"
        certificate = x509.load_der_x509_certificate((folder / place / own).read_bytes())
        assert certificate.public_bytes(Encoding.DER) == installed.read_bytes()
        assert EMAIDS["contract"] in certificate.subject.rfc4514_string()


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "everywhere = 1",
        "[everywhere]\nfile = 'chain'",
        "[everywhere]\nfile = 'poem contract'",
        "[everywhere]\n'../file' = 'key contract'",
        "[everywhere]\n'/file' = 'key contract'",
        "[everywhere]\n[josev]\npassword = 'x'\nfiles = {}",
        "[everywhere]\n[josev]\npassword = 'x'\nfiles = {}\nfolders = {'iso15118-3' = ''}",
        "[everywhere]\n[josev]\npassword = 1\nfiles = {}\nfolders = {}",
        "[everywhere]\n[josev]\npassword = 'x'\nfiles = {}\nfolders = {}\nmore = 1",
        "[everywhere]\n[j]\npassword=''\nfiles={}\n[j.folders]\niso15118-2=''\niso15118-20=''",
    ],
)
def test_nonsense_in_the_layouts_is_refused(nonsense: str) -> None:
    with pytest.raises(ServiceError) as refused:
        parse_lab_layouts(nonsense)
    assert refused.value.code == "lab_layouts_invalid"
