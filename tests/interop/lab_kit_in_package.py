"""Reads a lab kit with the PyPI package `iso15118` itself: runs in its environment.

`python lab_kit_in_package.py` reads the kit that PKI_PATH names and prints, as JSON on its last
line, how many certificates, keys and chains the package read, and of which TLS sides it made a
context.
"""

import json
import sys
from typing import Any

from cryptography import x509
from iso15118.shared import security
from iso15118.shared.messages.enums import Protocol
from iso15118.shared.security import CertPath, KeyEncoding, KeyPasswordPath, KeyPath
from iso15118.shared.settings import load_shared_settings

CHAINS = {
    "V2G_ROOT": ("SECC_LEAF", "CPO_SUB_CA2", "CPO_SUB_CA1"),
    "MO_ROOT": ("CONTRACT_LEAF", "MO_SUB_CA2", "MO_SUB_CA1"),
    "OEM_ROOT": ("OEM_LEAF", "OEM_SUB_CA2", "OEM_SUB_CA1"),
}
CPS_CHAIN = ("CPS_LEAF", "CPS_SUB_CA2", "CPS_SUB_CA1")
KEYS = {
    "SECC_LEAF": "SECC_LEAF_KEY_PASSWORD",
    "OEM_LEAF": "OEM_LEAF_KEY_PASSWORD",
    "CONTRACT_LEAF": "CONTRACT_LEAF_KEY_PASSWORD",
    "CPS_LEAF": "CPS_LEAF_KEY_PASSWORD",
    "MO_SUB_CA2": "MO_SUB_CA2_PASSWORD",
}


def certificate(name: str) -> bytes:
    """Return a certificate (DER) as the package loads it."""
    der: bytes = security.load_cert(getattr(CertPath, f"{name}_DER"))
    return der


def check_chain(root: str, names: tuple[str, str, str]) -> None:
    """Load and verify a chain with the package; it raises for every fault that it knows."""
    leaf, sub_ca_2, sub_ca_1 = (getattr(CertPath, f"{name}_DER") for name in names)
    security.load_cert_chain(Protocol.ISO_15118_2, leaf, sub_ca_2, sub_ca_1)
    security.verify_certs(
        certificate(names[0]), [certificate(name) for name in names[1:]], certificate(root)
    )


def check_key(name: str, password: str) -> None:
    """Load a key by its password file; it must be its certificate's."""
    key = security.load_priv_key(
        getattr(KeyPath, f"{name}_PEM"), KeyEncoding.PEM, getattr(KeyPasswordPath, password)
    )
    if key.public_key() != x509.load_der_x509_certificate(certificate(name)).public_key():
        raise ValueError(f"the key of {name} is another's")


def read_kit() -> dict[str, Any]:
    """Read everything that the package has a path for."""
    load_shared_settings()
    names = [n.removesuffix("_DER") for n in CertPath.__members__ if n.endswith("_DER")]
    for name in names:
        x509.load_der_x509_certificate(certificate(name))
    for root, chain in CHAINS.items():
        check_chain(root, chain)
    check_chain("V2G_ROOT", CPS_CHAIN)
    for name, password in KEYS.items():
        check_key(name, password)
    sides = {"server": True, "client": False}
    contexts = [side for side, server in sides.items() if security.get_ssl_context(server)]
    return {
        "certificates": len(names),
        "keys": len(KEYS),
        "chains": len(CHAINS) + 1,
        "tls": contexts,
    }


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(read_kit()) + "\n")
