"""The throw-away Plug & Charge PKI of a lab kit: authorities, leaves, contracts, lists.

Its private keys are made to lie in files. Every subject says so, and nothing of it is ever
recorded by an installation or trusted by one (`pki.model.lab`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.model.build import Plan, Publication, certify
from pki.model.crl import OFFLINE_VALIDITY, CrlEntry, build_crl
from pki.model.lab import LAB_ORGANIZATION
from pki.model.ocsp import SigningKey
from pki.model.profile import Profile, Profiles
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm, RevocationReason
from pki.model.subject import build_name, component_to_issue

LAB_URL = "http://lab.evtrust.invalid"
"""Nobody answers there (RFC 2606 section 2): status is told by the kit's CRLs."""

PCID = "LABTHROWAWAY00001"
EVSE_ID = "DE*LAB*ETHROWAWAY1"
EMAIDS = {
    "contract": "DELABCINSTALL1",
    "contract_expired": "DELABCEXPIRED1",
    "contract_revoked": "DELABCREVOKED1",
}
"""Which contract each contract certificate is for."""

AGE = timedelta(days=400)
"""How old the authorities are: old enough for a contract of a year that has expired."""

ALGORITHMS = {Edition.ISO15118_2: KeyAlgorithm.P256, Edition.ISO15118_20: KeyAlgorithm.P521}
"""The key type of each edition's kit. Stacks of ISO 15118-20 read P-521 rather than Ed448."""

NewKey = Callable[[KeyAlgorithm], SigningKey]
NewSerial = Callable[[], int]


@dataclass(frozen=True, slots=True)
class LabMember:
    """One certificate of the kit with its private key; `issuer` is a member's name or None."""

    certificate: x509.Certificate
    key: SigningKey
    issuer: str | None

    @property
    def der(self) -> bytes:
        """The certificate's DER."""
        return self.certificate.public_bytes(Encoding.DER)


@dataclass(frozen=True, slots=True)
class LabPki:
    """A whole PKI of one edition: its members by name, and each authority's CRL (DER)."""

    edition: Edition
    members: Mapping[str, LabMember]
    crls: Mapping[str, bytes]

    def chain(self, name: str) -> tuple[LabMember, ...]:
        """Return a member and those above it, nearest first, the root left out."""
        member = self.members[name]
        return () if member.issuer is None else (member, *self.chain(member.issuer))


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a member is: its role, who issues it, its CN, when it begins and how long it lives.

    `life` None is the profile's own.
    """

    role: CertificateRole
    issuer: str | None
    common_name: str
    age: timedelta = AGE
    life: timedelta | None = None


def _authority(role: CertificateRole, issuer: str | None, title: str) -> _Entry:
    return _Entry(role, issuer, f"evtrust lab {title}")


_DAY = timedelta(days=1)
_ENTRIES = {
    "v2g_root": _authority(CertificateRole.V2G_ROOT, None, "V2G Root"),
    "cpo_sub1": _authority(CertificateRole.CPO_SUB1, "v2g_root", "CPO Sub-CA 1"),
    "cpo_sub2": _authority(CertificateRole.CPO_SUB2, "cpo_sub1", "CPO Sub-CA 2"),
    "cps_sub1": _authority(CertificateRole.CPS_SUB1, "v2g_root", "Prov Sub-CA 1"),
    "cps_sub2": _authority(CertificateRole.CPS_SUB2, "cps_sub1", "Prov Sub-CA 2"),
    "mo_root": _authority(CertificateRole.MO_ROOT, None, "MO Root"),
    "mo_sub1": _authority(CertificateRole.MO_SUB1, "mo_root", "MO Sub-CA 1"),
    "mo_sub2": _authority(CertificateRole.MO_SUB2, "mo_sub1", "MO Sub-CA 2"),
    "oem_root": _authority(CertificateRole.OEM_ROOT, None, "OEM Root"),
    "oem_sub1": _authority(CertificateRole.OEM_SUB1, "oem_root", "OEM Sub-CA 1"),
    "oem_sub2": _authority(CertificateRole.OEM_SUB2, "oem_sub1", "OEM Sub-CA 2"),
    # a day old, for the clocks on a desk differ
    "secc_leaf": _Entry(CertificateRole.SECC_LEAF, "cpo_sub2", EVSE_ID, _DAY),
    "cps_leaf": _Entry(
        CertificateRole.CPS_LEAF, "cps_sub2", "evtrust lab provisioning service", _DAY
    ),
    "oem_provisioning": _Entry(CertificateRole.OEM_PROVISIONING, "oem_sub2", PCID, _DAY),
    "contract": _Entry(CertificateRole.CONTRACT, "mo_sub2", EMAIDS["contract"], _DAY),
    "contract_expired": _Entry(
        CertificateRole.CONTRACT,
        "mo_sub2",
        EMAIDS["contract_expired"],
        AGE - _DAY,
        timedelta(days=365),
    ),
    "contract_revoked": _Entry(
        CertificateRole.CONTRACT, "mo_sub2", EMAIDS["contract_revoked"], _DAY
    ),
}
_ONLY_IN_2 = {
    # what it shows its CSMS, which knows no edition of ISO 15118
    "charging_station": _Entry(
        CertificateRole.CHARGING_STATION, "cpo_sub2", "evtrust-lab-station-1", _DAY
    ),
}
_ONLY_IN_20 = {
    "vehicle_sub1": _authority(CertificateRole.OEM_SUB1, "v2g_root", "Vehicle Sub-CA 1"),
    "vehicle_sub2": _authority(CertificateRole.OEM_SUB2, "vehicle_sub1", "Vehicle Sub-CA 2"),
    "vehicle_leaf": _Entry(CertificateRole.VEHICLE_LEAF, "vehicle_sub2", PCID, _DAY),
}
"""Beside them the vehicle's TLS certificate, which ISO 15118-20 brought in."""

REVOKED = frozenset({"contract_revoked"})


def build_lab_pki(
    edition: Edition, profiles: Profiles, now: datetime, new_key: NewKey, new_serial: NewSerial
) -> LabPki:
    """Return a fresh PKI of `edition`, every certificate linted against its role's profile.

    `now` is aware. The leaves of stations and of the provisioning service end 89 days later.
    """
    now = now.replace(microsecond=0)
    algorithm = ALGORITHMS[edition]
    throwaway = new_key(algorithm)
    entries = _ENTRIES | (_ONLY_IN_2 if edition is Edition.ISO15118_2 else _ONLY_IN_20)
    members: dict[str, LabMember] = {}
    for name, entry in entries.items():
        key = new_key(algorithm)
        issuer = None if entry.issuer is None else members[entry.issuer]
        plan = _plan(entry, profiles[edition, entry.role], issuer, key, now, new_serial())
        signed = certify(plan, key if issuer is None else issuer.key, throwaway)
        members[name] = LabMember(signed, key, entry.issuer)
    return LabPki(edition, members, _crls(members, now))


def _plan(
    entry: _Entry,
    profile: Profile,
    issuer: LabMember | None,
    key: SigningKey,
    now: datetime,
    serial: int,
) -> Plan:
    above = None if issuer is None else issuer.certificate
    subject = build_name(
        entry.common_name,
        organization=LAB_ORGANIZATION,
        country=None,
        domain_component=component_to_issue(
            profile.domain_component.value, None if above is None else above.subject
        ),
    )
    begin = now - entry.age
    end = begin + (entry.life or profile.lifetime.value.default)
    return Plan(
        profile=profile,
        signature=ALGORITHMS[profile.edition],
        serial=serial,
        issuer=subject if above is None else above.subject,
        issuer_name=entry.issuer or "",
        issuer_key_identifier=None if above is None else _key_identifier(above),
        subject=subject,
        public_key=key.public_key(),
        not_before=begin,
        not_after=end if above is None else min(end, above.not_valid_after_utc),
        publication=Publication(LAB_URL),
    )


def _key_identifier(authority: x509.Certificate) -> bytes:
    extension = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return extension.value.digest


def _crls(members: Mapping[str, LabMember], now: datetime) -> dict[str, bytes]:
    """Return the CRL of every authority: of all but leaves, which issue nothing."""
    issuers = {member.issuer for member in members.values()}
    return {
        name: build_crl(
            member.certificate,
            member.key,
            [
                CrlEntry(below.certificate.serial_number, now, RevocationReason.KEY_COMPROMISE)
                for revoked, below in members.items()
                if revoked in REVOKED and below.issuer == name
            ],
            number=1,
            this_update=now,
            next_update=now + OFFLINE_VALIDITY,
        )
        for name, member in members.items()
        if name in issuers
    }
