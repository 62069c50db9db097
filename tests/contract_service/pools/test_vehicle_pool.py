"""The provisioning pool on both databases: control steps, ownership, renewal, deletion."""

import datetime as dt
import random
from collections.abc import Callable
from functools import partial

import pytest

from contract_service.model.vehicle import Change, VehicleToPublish
from exi.schema import Schema
from foundation.database import Database
from foundation.errors import Kind
from foundation.identifiers import Pcid
from foundation.principal import ClientRole, Principal
from pki.model.path_anchor import AnchorSet
from pki.model.roles import CertificateRole, CertificateStatus
from tests.contract_service.pools.manufacturer import (
    ADMIN,
    AUDITOR,
    OEM,
    OPERATOR,
    OTHER_OEM,
    PCID,
    PROVIDER,
    SERVICE,
    WMI,
    VehiclePool,
    anchor,
    chain_of,
    manufacturer,
    read,
    refusal,
)
from tests.pki.validation.authorities import certify, name
from tests.pki.validation.vectors import HUBJECT_TIME, hubject

MAKER = manufacturer()
NEWER = manufacturer("", Schema.ISO15118_20)
FOREIGN = manufacturer("nobody trusts")
LEAF = MAKER.vehicle()
DAY = dt.timedelta(days=1)


def test_a_published_vehicle_is_found_in_any_spelling_and_keeps_its_own(pool: VehiclePool) -> None:
    checked, change = pool.publish(OEM, MAKER.publication(LEAF))
    assert change is Change.ADDED
    assert checked.root.der == MAKER.root.der
    for spelling in (PCID, PCID.upper(), PCID.lower()):
        vehicle = pool.reader.find(Pcid.parse(spelling), Schema.ISO15118_2)
        assert vehicle == checked.vehicle
        assert vehicle is not None
        assert vehicle.pcid.value == PCID
    assert checked.vehicle.chain == chain_of(LEAF, MAKER)
    assert checked.vehicle.root_fingerprint == read(MAKER.root).fingerprint
    assert pool.events() == [("provisioning_certificate.added", [WMI], PCID)]


def test_both_editions_stand_side_by_side(pool: VehiclePool) -> None:
    for maker in (MAKER, NEWER):
        pool.publish(OEM, maker.publication(maker.vehicle()))
    older = pool.reader.find(Pcid.parse(PCID), Schema.ISO15118_2)
    newer = pool.reader.find(Pcid.parse(PCID), Schema.ISO15118_20)
    assert older is not None
    assert newer is not None
    assert older.fingerprint != newer.fingerprint
    assert pool.show(PROVIDER, PCID).vehicle == older
    assert pool.show(PROVIDER, PCID, Schema.ISO15118_20).vehicle == newer


def test_a_vehicle_of_the_newer_edition_alone_is_found_without_naming_it(pool: VehiclePool) -> None:
    pool.publish(OEM, NEWER.publication(NEWER.vehicle()))
    assert pool.show(PROVIDER, PCID).vehicle.schema is Schema.ISO15118_20
    refused = refusal(lambda: pool.show(PROVIDER, PCID, Schema.ISO15118_2))
    assert refused.code == "vehicle_unknown"


@pytest.mark.parametrize("maker", [MAKER, NEWER])
def test_a_key_of_another_edition_is_refused(pool: VehiclePool, maker: object) -> None:
    assert maker in (MAKER, NEWER)
    made = MAKER if maker is MAKER else NEWER
    other = Schema.ISO15118_20 if made is MAKER else Schema.ISO15118_2
    refused = refusal(lambda: pool.publish(OEM, made.publication(made.vehicle(), schema=other)))
    assert refused.code == "key_of_another_edition"
    assert set(refused.fields) == {"xsdMsgDefNamespace"}


def test_the_samples_of_the_field_are_published_at_their_time(database: Database) -> None:
    """Hubject QA: lower-case PCID, no key usage, the PCID as DNS name; April 2022."""
    pool = VehiclePool(
        database,
        HUBJECT_TIME,
        AnchorSet([anchor(hubject("v2g_root_qa_g1"), CertificateRole.V2G_ROOT)]),
    )
    owner = Principal("hubject", frozenset({ClientRole.OEM}), wmis=frozenset({"HUB"}))
    sent = VehicleToPublish(hubject("oem_provisioning"), hubject("oem_sub2"), hubject("oem_sub1"))
    checked, _ = pool.publish(owner, sent)
    assert checked.vehicle.pcid.value == "huboemprovcqa0615"
    assert pool.show(PROVIDER, "HUBOEMPROVCQA0615").vehicle == checked.vehicle
    pool.now = dt.datetime(2025, 7, 1, tzinfo=dt.UTC)
    assert refusal(lambda: pool.publish(owner, sent)).code == "certificate_expired"
    assert refusal(lambda: pool.show(PROVIDER, "huboemprovcqa0615")).code == "certificate_expired"
    assert pool.cleanse(pool.now) == 1
    assert pool.event_types() == ["added", "expired"]


# the control steps


def test_the_first_step_that_fails_is_told(pool: VehiclePool) -> None:
    """WMI, validity, status, chain: each sample fails its step and every later one."""
    leaf = FOREIGN.vehicle(end=dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
    all_wrong = FOREIGN.publication(leaf)
    assert refusal(lambda: pool.publish(OTHER_OEM, all_wrong)).code == "not_your_wmi"
    assert pool.responder.asked == []
    assert refusal(lambda: pool.publish(OEM, all_wrong)).code == "certificate_expired"
    assert pool.responder.asked == []
    revoked = MAKER.vehicle(key_usage=frozenset({"key_encipherment"}))  # its profile fails, too
    pool.revoke(revoked)
    refused = refusal(lambda: pool.publish(OEM, MAKER.publication(revoked)))
    assert refused.code == "certificate_revoked"
    refused = refusal(lambda: pool.publish(OEM, FOREIGN.publication(FOREIGN.vehicle())))
    assert refused.code == "chain_not_valid"
    assert set(refused.fields) == {"issuer_not_found"}
    assert pool.events() == []


@pytest.mark.parametrize("which", ["leaf", "sub_ca_2", "sub_ca_1"])
@pytest.mark.parametrize("when", ["expired", "not_yet_valid"])
def test_the_validity_of_each_certificate_is_controlled(
    pool: VehiclePool, which: str, when: str
) -> None:
    span = (
        {"start": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "end": pool.now - DAY}
        if when == "expired"
        else {"start": pool.now + DAY, "end": pool.now + 30 * DAY}
    )
    sub1 = certify(
        name("OEM Sub1 ", "OEM"),
        MAKER.root,
        ca=True,
        path_length=1,
        **(span if which == "sub_ca_1" else {}),  # type: ignore[arg-type] # keywords of its own
    )
    sub2 = certify(
        name("OEM Sub2 ", "OEM"),
        sub1,
        ca=True,
        path_length=0,
        **(span if which == "sub_ca_2" else {}),  # type: ignore[arg-type] # keywords of its own
    )
    leaf = MAKER.vehicle(
        issuer=sub2,
        **(span if which == "leaf" else {}),  # type: ignore[arg-type] # keywords of its own
    )
    sent = VehicleToPublish(leaf.der, sub2.der, sub1.der)
    refused = refusal(lambda: pool.publish(OEM, sent))
    assert refused.code == f"certificate_{when}"
    names = {"leaf": "vehicleCertificate"} | {
        "sub_ca_2": "subCA2Certificate",
        "sub_ca_1": "subCA1Certificate",
    }
    assert set(refused.fields) == {names[which]}


@pytest.mark.parametrize("which", ["leaf", "sub_ca_2", "sub_ca_1"])
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (CertificateStatus.REVOKED, "certificate_revoked"),
        (CertificateStatus.ON_HOLD, "certificate_on_hold"),
    ],
)
def test_the_status_of_each_certificate_is_controlled(
    pool: VehiclePool, which: str, status: CertificateStatus, code: str
) -> None:
    of = {"leaf": LEAF, "sub_ca_2": MAKER.sub_ca_2, "sub_ca_1": MAKER.sub_ca_1}[which]
    pool.responder.statuses[read(of).fingerprint] = status
    assert refusal(lambda: pool.publish(OEM, MAKER.publication(LEAF))).code == code
    assert pool.events() == []


SWAPPED = MAKER.publication(LEAF, sub_ca_2=MAKER.sub_ca_1.der, sub_ca_1=MAKER.sub_ca_2.der)


@pytest.mark.parametrize(
    ("sent", "kind", "code"),
    [
        (SWAPPED, Kind.INVALID, "sub_cas_out_of_order"),
        (MAKER.publication(LEAF, sub_ca_2=None), Kind.INVALID, "chain_not_valid"),
        (
            MAKER.publication(LEAF, sub_ca_2=FOREIGN.sub_ca_2.der),
            Kind.INVALID,
            "chain_not_valid",
        ),
        (MAKER.publication(LEAF, certificate=b""), Kind.MALFORMED, "certificate_chain_malformed"),
        (
            MAKER.publication(LEAF, sub_ca_1=b"\x30\x03\x02\x01\x01"),
            Kind.MALFORMED,
            "certificate_unreadable",
        ),
        (
            MAKER.publication(LEAF, certificate=LEAF.der * 100),
            Kind.TOO_LARGE,
            "certificate_too_large",
        ),
        (
            MAKER.publication(LEAF, certificate=random.Random(1).randbytes(1_000_000)),
            Kind.TOO_LARGE,
            "certificate_too_large",
        ),
        (MAKER.publication(MAKER.vehicle("WVW-1")), Kind.MALFORMED, "invalid_pcid"),
        (MAKER.publication(MAKER.vehicle("W" * 19)), Kind.MALFORMED, "invalid_pcid"),
        (MAKER.publication(MAKER.sub_ca_2), Kind.MALFORMED, "invalid_pcid"),
        (MAKER.publication(LEAF, previous_pcid="WVW"), Kind.MALFORMED, "invalid_pcid"),
        (
            MAKER.publication(LEAF, previous_pcid="WBAabcdefgh123456"),
            Kind.FORBIDDEN,
            "not_your_wmi",
        ),
    ],
)
def test_what_is_wrong_with_a_publication_is_told_and_nothing_stored(
    pool: VehiclePool, sent: VehicleToPublish, kind: Kind, code: str
) -> None:
    refused = refusal(lambda: pool.publish(OEM, sent))
    assert (refused.kind, refused.code) == (kind, code)
    assert PCID.upper() not in f"{refused.detail} {dict(refused.fields)}".upper()
    assert pool.reader.find(Pcid.parse(PCID), Schema.ISO15118_2) is None
    assert pool.events() == []


def test_a_leaf_signed_by_another_key_in_the_same_name_is_refused(pool: VehiclePool) -> None:
    impostor = certify(name("OEM Sub2 ", "OEM"), MAKER.sub_ca_1, ca=True, path_length=0)
    other = certify(name("OEM Sub2 ", "OEM"), FOREIGN.sub_ca_1, ca=True, path_length=0)
    assert impostor.certificate.subject == other.certificate.subject
    leaf = MAKER.vehicle(issuer=other)
    sent = MAKER.publication(leaf, sub_ca_2=impostor.der)
    refused = refusal(lambda: pool.publish(OEM, sent))
    assert (refused.code, set(refused.fields)) == ("chain_not_valid", {"signature_invalid"})


def test_one_sub_ca_may_issue_vehicles(pool: VehiclePool) -> None:
    only = certify(name("OEM Only", "OEM"), MAKER.root, ca=True, path_length=0)
    leaf = MAKER.vehicle(issuer=only)
    checked, _ = pool.publish(OEM, VehicleToPublish(leaf.der, None, only.der))
    assert checked.vehicle.chain == (leaf.der, only.der)
    assert pool.show(PROVIDER, PCID).vehicle == checked.vehicle


# ownership


@pytest.mark.parametrize(
    ("who", "publishes", "reads", "deletes"),
    [
        (OEM, True, True, True),
        (ADMIN, True, True, True),
        (OTHER_OEM, False, False, False),
        (PROVIDER, False, True, False),
        (AUDITOR, False, True, False),
        (OPERATOR, False, False, False),
        (SERVICE, False, False, False),
        (Principal("nobody", frozenset()), False, False, False),
        # the WMI without the role, as a provider
        (Principal("x", frozenset({ClientRole.MO}), wmis=frozenset({WMI})), False, True, False),
    ],
)
def test_who_may_do_what(
    pool: VehiclePool, who: Principal, publishes: bool, reads: bool, deletes: bool
) -> None:
    pool.publish(ADMIN, MAKER.publication(LEAF))
    acts: list[tuple[bool, Callable[[], object]]] = [
        (publishes, partial(pool.publish, who, MAKER.publication(LEAF))),
        (reads, partial(pool.show, who, PCID)),
        (reads, partial(pool.look_up, who, PCID)),
        (deletes, partial(pool.delete, who, PCID)),
    ]
    for allowed, act in acts:
        if allowed:
            act()
        else:
            assert refusal(act).kind is Kind.FORBIDDEN


def test_a_stranger_learns_nothing_of_what_is_there(pool: VehiclePool) -> None:
    pool.publish(OEM, MAKER.publication(LEAF))
    for act in (pool.show, pool.look_up, pool.delete):
        known = refusal(partial(act, OTHER_OEM, PCID))
        unknown = refusal(partial(act, OTHER_OEM, "WVWnothing1234567"))
        assert (known.kind, known.code, known.detail) == (
            unknown.kind,
            unknown.code,
            unknown.detail,
        )
