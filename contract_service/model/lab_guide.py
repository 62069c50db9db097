"""What a lab kit says about itself, to people and to scripts."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from contract_service.model.lab_files import LabLayout
from contract_service.model.lab_pki import EMAIDS, EVSE_ID, PCID, LabPki
from pki.model.lab import LAB_ORGANIZATION

_NOTES = {
    "josev": "Set PKI_PATH to this folder. The package reads iso15118_2; iso15118_20 is the same "
    "with ISO 15118-20's profiles and keys on P-521.",
    "everest": "Copy ca and client to etc/everest/certs and set private_key_password of "
    "EvseSecurity. As in EVerest's own test PKI, operator and CSMS are one: the CSMS bundle holds "
    "the V2G root, and the operator signs CSMS_LEAF, which the station shows its CSMS. The "
    "manufacturer bundle holds the V2G root, too, so that it loads: the kit signs no firmware. "
    "iso15118_20 is the same tree with ISO 15118-20's profiles and keys on P-521, and a vehicle's "
    "TLS certificate.",
    "risev2g": "Copy keystores, certs/*.p12 and privateKeys/moSubCA2.pkcs8.der to where "
    "copyNewCertsAndKeys.sh copies them. The key stores are JKS; the vehicle's holds its "
    "provisioning certificate alone, those in contracts/ a contract as well.",
}


def lab_summary(
    layout: LabLayout, pkis: Sequence[LabPki], made_at: datetime
) -> tuple[Mapping[str, object], bytes]:
    """Return what a kit holds, as values and as the JSON of `lab.json`."""
    summary: dict[str, object] = {
        "layout": layout.name,
        "organization": LAB_ORGANIZATION,
        "made_at": _instant(made_at),
        "valid_until": _instant(min(_standing_ends(pkis))),
        "password": layout.password,
        "pcid": PCID,
        "evse_id": EVSE_ID,
        "editions": {
            str(pki.edition): {
                "folder": layout.folders[pki.edition],
                "contracts": {
                    "installed": _contract(pki, "contract", "installed"),
                    "expired": _contract(pki, "contract_expired", "expired"),
                    "revoked": _contract(pki, "contract_revoked", "revoked")
                    | {"revoked_at": _instant(made_at)},
                },
            }
            for pki in pkis
        },
    }
    return summary, json.dumps(summary, indent=2).encode() + b"\n"


def lab_guide(layout: LabLayout, pkis: Sequence[LabPki]) -> bytes:
    """Return the kit's README."""
    folders = "\n".join(
        f"  {pki.edition:12} {layout.folders[pki.edition] or 'this folder'}/" for pki in pkis
    )
    note = _NOTES.get(layout.name, "")
    return f"""A lab kit: a throw-away Plug & Charge PKI for stations and vehicles on a desk.

EVERY PRIVATE KEY LIES IN THESE FILES. Trust none of these certificates anywhere else: each
subject says O={LAB_ORGANIZATION}. evtrust refuses them as trust anchors, as authorities and in
its pools. Usable until {min(_standing_ends(pkis)):%Y-%m-%d}; then make another.

{note}

Folders of the layout `{layout.name}`, whose password is {layout.password}:
{folders}

Beside this file, for each edition:
  contracts/installed  EMAID {EMAIDS["contract"]}, the one in the stack's own files
  contracts/expired    EMAID {EMAIDS["contract_expired"]}, a month past its end
  contracts/revoked    EMAID {EMAIDS["contract_revoked"]}, on crls/mo_sub2.crl (keyCompromise)
  crls/                a list of every authority, DER; the OCSP URL in the certificates is nobody's
  anchors/             the V2G, MO and OEM root

The vehicle is PCID {PCID}, the station {EVSE_ID}. To judge a contract by this kit alone:

  evtrust chain verify --role contract --anchor anchors/mo_root.pem --crl crls/mo_root.crl \\
    --crl crls/mo_sub1.crl --crl crls/mo_sub2.crl contracts/revoked/chain.pem
""".encode()


def _standing_ends(pkis: Sequence[LabPki]) -> list[datetime]:
    """When the members end that have not ended by design."""
    return [
        member.certificate.not_valid_after_utc
        for pki in pkis
        for name, member in pki.members.items()
        if name != "contract_expired"
    ]


def _contract(pki: LabPki, name: str, state: str) -> dict[str, str]:
    member = pki.members[name]
    return {
        "emaid": EMAIDS[name],
        "serial": f"{member.certificate.serial_number:X}",
        "not_after": _instant(member.certificate.not_valid_after_utc),
        "chain": f"evtrust-lab/{pki.edition}/contracts/{state}/chain.pem",
    }


def _instant(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")
