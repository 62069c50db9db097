"""A manufacturer's PKI and the provisioning pool over a database, as wrong as a test wants it."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from contract_service.model.vehicle import VehicleToPublish
from contract_service.operations.cleanse_vehicles import CleanseVehicles
from contract_service.operations.delete_vehicle import DeleteVehicle
from contract_service.operations.publish_vehicle import (
    CheckVehicle,
    ControlChain,
    PublishVehicle,
)
from contract_service.operations.show_vehicle import LookUpVehicle, ShowVehicle
from contract_service.store.vehicles import SqlVehicleReader, SqlVehicleUnitsOfWork
from exi.schema import Schema
from foundation.database import Database
from foundation.errors import ServiceError
from foundation.identifiers import Pcid
from foundation.outbox import outbox
from foundation.principal import ClientRole, Principal
from pki.model.path_anchor import Anchor, AnchorSet, RevocationPolicy
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.path_revocation import Evidence, JudgedCertificate
from pki.model.roles import CertificateRole, CertificateStatus
from pki.operations.validate import ValidateChain
from tests.databases import OUTBOX
from tests.pki.validation.assembly import POLICIES, PROFILES
from tests.pki.validation.authorities import (
    CA_USAGE,
    LEAF_END,
    START,
    Authority,
    certify,
    name,
    ocsp_access,
    usage,
)

WMI, OTHER_WMI = "WVW", "WBA"
PCID = "WVWabcdefgh123456"
OEM = Principal("oem-wvw", frozenset({ClientRole.OEM}), wmis=frozenset({WMI}))
OTHER_OEM = Principal("oem-wba", frozenset({ClientRole.OEM}), wmis=frozenset({OTHER_WMI}))
PROVIDER = Principal("emp", frozenset({ClientRole.MO}), frozenset({"DEABC"}))
OPERATOR = Principal("cpo", frozenset({ClientRole.CPO}), operator_ids=frozenset({"DEABC"}))
SERVICE = Principal("cps", frozenset({ClientRole.CPS}))
AUDITOR = Principal("auditor", frozenset({ClientRole.AUDITOR}))
ADMIN = Principal("admin", frozenset({ClientRole.ADMIN}))

LEAF_USAGE = frozenset({"digital_signature", "key_agreement"})


@dataclass(frozen=True)
class Manufacturer:
    """Root, Sub-CA 1 and Sub-CA 2 of one edition."""

    root: Authority
    sub_ca_1: Authority
    sub_ca_2: Authority
    schema: Schema

    def vehicle(self, pcid: str = PCID, **changes: Any) -> Authority:
        """Issue a provisioning certificate."""
        options: dict[str, Any] = {"key_usage": LEAF_USAGE, **_signature(self.schema)} | changes
        return certify(name(pcid, "OEM"), options.pop("issuer", self.sub_ca_2), **options)

    def publication(self, leaf: Authority, **changes: Any) -> VehicleToPublish:
        """Return what this manufacturer sends to publish a leaf."""
        values: dict[str, Any] = {
            "certificate": leaf.der,
            "sub_ca_2": self.sub_ca_2.der,
            "sub_ca_1": self.sub_ca_1.der,
            "schema": self.schema,
        }
        return VehicleToPublish(**values | changes)


def _signature(schema: Schema) -> dict[str, Any]:
    if schema is Schema.ISO15118_2:
        return {}
    return {"curve": ec.SECP521R1(), "digest": hashes.SHA512()}


@cache
def manufacturer(label: str = "", schema: Schema = Schema.ISO15118_2) -> Manufacturer:
    """Return the one proper PKI of a manufacturer, per `label` and edition."""
    how = _signature(schema)
    root = certify(name(f"OEM Root {label}", "OEM"), ca=True, **how)
    sub1 = certify(name(f"OEM Sub1 {label}", "OEM"), root, ca=True, path_length=1, **how)
    sub2 = certify(name(f"OEM Sub2 {label}", "OEM"), sub1, ca=True, path_length=0, **how)
    return Manufacturer(root, sub1, sub2, schema)


def read(authority: Authority) -> PathCertificate:
    certificate = read_certificate(authority.der)
    assert isinstance(certificate, PathCertificate)
    return certificate


def anchor(root: Authority | bytes, role: CertificateRole = CertificateRole.OEM_ROOT) -> Anchor:
    certificate = read_certificate(root if isinstance(root, bytes) else root.der)
    assert isinstance(certificate, PathCertificate)
    return Anchor(certificate, certificate.name, role, False, "field", RevocationPolicy.SOFT)  # noqa: FBT003 - a value's field


@dataclass
class Responder:
    """`RevocationEvidence` that a test fills: fingerprint -> status."""

    statuses: dict[str, CertificateStatus] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def status(
        self, certificate: JudgedCertificate, issuer: PathCertificate, at: dt.datetime
    ) -> Evidence | None:
        self.asked.append(certificate.fingerprint)
        known = self.statuses.get(certificate.fingerprint)
        return None if known is None else Evidence(known, "crl")


@dataclass
class VehiclePool:
    """The pool's operations over one database."""

    database: Database
    now: dt.datetime
    anchors: AnchorSet = field(
        default_factory=lambda: AnchorSet(
            [
                anchor(manufacturer().root),
                anchor(manufacturer("", Schema.ISO15118_20).root),
            ]
        )
    )

    def __post_init__(self) -> None:
        self.responder = Responder()
        self.deleted: list[str] = []
        self.reader = SqlVehicleReader(self.database)
        self.open_work = SqlVehicleUnitsOfWork(self.database, OUTBOX)
        self.validate = ValidateChain(lambda: self.anchors, (self.responder,), PROFILES, POLICIES)
        control = ControlChain(self.validate, self.trusted_root)
        self.publish = PublishVehicle(CheckVehicle(control, self.clock), self.open_work)
        self.show = ShowVehicle(self.reader, control, self.clock)
        self.look_up = LookUpVehicle(self.reader, self.clock)
        self.delete = DeleteVehicle(self.open_work, self.reader, self.follow, self.clock)
        self.cleanse = CleanseVehicles(self.open_work, self.reader, self.validate)

    def clock(self) -> dt.datetime:
        return self.now

    def trusted_root(self, fingerprint: str) -> PathCertificate | None:
        known = {a.fingerprint: a.certificate for a in self.anchors.anchors}
        return known.get(fingerprint)

    def follow(self, principal: Principal, pcid: Pcid) -> None:
        self.deleted.append(pcid.value)

    def events(self) -> list[tuple[str, list[str], str]]:
        """Return type, owners and PCID of every event."""
        with self.database.read() as connection:
            rows = connection.execute(sa.select(outbox).order_by(outbox.c.id)).all()
        return [
            (row.type, row.owners, OUTBOX.open_personal(row.id, row.personal).get("pcid", ""))
            for row in rows
        ]

    def event_types(self) -> list[str]:
        return [kind.removeprefix("provisioning_certificate.") for kind, _, _ in self.events()]

    def revoke(self, *certificates: Authority) -> None:
        for certificate in certificates:
            self.responder.statuses[read(certificate).fingerprint] = CertificateStatus.REVOKED


def refusal(act: Callable[[], object]) -> ServiceError:
    """Return the refusal that an act meets."""
    with pytest.raises(ServiceError) as refused:
        act()
    return refused.value


def chain_of(leaf: Authority, maker: Manufacturer) -> Sequence[bytes]:
    return (leaf.der, maker.sub_ca_2.der, maker.sub_ca_1.der)


def ed448_chain(pcid: str) -> tuple[bytes, bytes, bytes, bytes]:
    """Return leaf, Sub-CA 2, Sub-CA 1 and root (DER) of a PKI on Ed448."""
    signer, issuer = Ed448PrivateKey.generate(), name("Ed448 Root", "OEM")
    ders: list[bytes] = []
    shapes: list[tuple[x509.Name, int | None, bool]] = [
        (issuer, None, True),
        (name("Ed448 Sub1", "OEM"), 1, True),
        (name("Ed448 Sub2", "OEM"), 0, True),
        (name(pcid, "OEM"), None, False),
    ]
    for subject, path_length, is_ca in shapes:
        is_root = not ders
        key = signer if is_root else Ed448PrivateKey.generate()
        bits = CA_USAGE if is_ca else frozenset({"digital_signature"})
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(START)
            .not_valid_after(LEAF_END)
            .add_extension(x509.BasicConstraints(is_ca, path_length), critical=True)
            .add_extension(usage(bits), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
        )
        if not is_root:
            above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
            builder = builder.add_extension(above, critical=False)
            builder = builder.add_extension(ocsp_access(), critical=False)
        ders.append(builder.sign(signer, None).public_bytes(Encoding.DER))
        signer, issuer = key, subject
    root, sub_ca_1, sub_ca_2, leaf = ders
    return leaf, sub_ca_2, sub_ca_1, root
