"""Issuing: who may, in which order, and what a refusal leaves behind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.outbox import outbox
from foundation.principal import Principal
from pki.keys.sealed import generate_key
from pki.model.authority import fingerprint
from pki.model.build import Publication
from pki.model.issued import IN_FLIGHT, CertificateRecord, Reservation
from pki.model.roles import CertificateRole, CertificateStatus, KeyAlgorithm
from pki.operations.issue import IssueRequest
from pki.store.tables import certificates, serial_reservations
from tests.conftest import NOW
from tests.pki.issuing.house import ADMIN, CPO, LEAVES, MO, OEM, House, csr, leaf_request, spki

ROLES_OF_2 = [role for role in LEAVES if role is not CertificateRole.VEHICLE_LEAF]


def refusal(house: House, principal: Principal, request: IssueRequest) -> ServiceError:
    before = count(house.database, certificates)
    with pytest.raises(ServiceError) as refused:
        house.issue(principal, request)
    assert count(house.database, certificates) == before
    return refused.value


def count(database: Database, table: sa.Table) -> int:
    with database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


@pytest.mark.parametrize("role", ROLES_OF_2)
def test_every_leaf_is_issued_recorded_and_told(founded: House, role: CertificateRole) -> None:
    issued = founded.issue(ADMIN, leaf_request(role))
    leaf, sub2, sub1 = (x509.load_der_x509_certificate(der) for der in issued.chain)
    assert issued.root is not None
    root = x509.load_der_x509_certificate(issued.root)
    for child, parent in ((leaf, sub2), (sub2, sub1), (sub1, root), (root, root)):
        child.verify_directly_issued_by(parent)
    assert issued.certificate == issued.chain[0]
    assert f"{leaf.serial_number:X}" == issued.serial
    record = founded.directory.record(issued.fingerprint)
    assert record is not None
    assert record.certificate == issued.certificate
    assert (record.role, record.status, record.issuer) == (
        role,
        CertificateStatus.GOOD,
        issued.issuer,
    )
    assert (record.subject_id, record.owner) == LEAVES[role][2:]
    with founded.database.read() as connection:
        events = connection.execute(sa.select(outbox).where(outbox.c.type == "certificate.issued"))
        told = [row.subject["fingerprint"] for row in events]
    assert fingerprint(issued.certificate) in told


def test_the_contract_names_its_emaid_and_its_provider_alone_may_have_it(founded: House) -> None:
    issued = founded.issue(MO, leaf_request())
    subject = x509.load_der_x509_certificate(issued.certificate).subject
    values = {a.oid: a.value for a in subject}
    assert values == {
        NameOID.COMMON_NAME: "DEABCC12345678",
        NameOID.ORGANIZATION_NAME: "Example Charging",
        NameOID.DOMAIN_COMPONENT: "MO",
    }


@pytest.mark.parametrize(
    ("principal", "role"),
    [
        (CPO, CertificateRole.CONTRACT),
        (OEM, CertificateRole.CONTRACT),
        (replace(MO, provider_ids=frozenset({"DEXYZ"})), CertificateRole.CONTRACT),
        (MO, CertificateRole.SECC_LEAF),
        (MO, CertificateRole.OEM_PROVISIONING),
        (MO, CertificateRole.CPS_LEAF),
        (CPO, CertificateRole.OCSP_SIGNER),
    ],
)
def test_another_participants_subject_is_forbidden(
    founded: House, principal: Principal, role: CertificateRole
) -> None:
    failure = refusal(founded, principal, leaf_request(role))
    assert failure.kind is Kind.FORBIDDEN
    assert count(founded.database, serial_reservations) == 15  # the hierarchy's own
    name = LEAVES[role][1]
    assert name not in str(failure)


@pytest.mark.parametrize("changes", [{"owner": "DEXYZ"}, {"subject_id": "DEABCC00000000"}])
def test_owner_and_key_must_be_the_names_own(founded: House, changes: dict[str, Any]) -> None:
    """Otherwise a provider could record its certificate under another's contract."""
    other = replace(MO, provider_ids=frozenset({"DEABC", "DEXYZ"}))
    assert refusal(founded, other, replace(leaf_request(), **changes)).code == "owner_mismatch"


def test_wishes_of_a_request_count_for_nothing(founded: House) -> None:
    wishes = [
        (x509.BasicConstraints(ca=True, path_length=9), True),
        (x509.SubjectAlternativeName([x509.DNSName("evil.example")]), False),
    ]
    greedy = csr(common_name="evtrust V2G Root G1", extensions=wishes)
    issued = founded.issue(MO, leaf_request(csr=greedy))
    certificate = x509.load_der_x509_certificate(issued.certificate)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert not constraints.ca
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert "Root" not in certificate.subject.rfc4514_string()


@pytest.mark.parametrize(
    ("role", "slot"),
    [
        (CertificateRole.CONTRACT, "v2g-root"),  # [V2G2-867]
        (CertificateRole.CONTRACT, "mo-sub1"),
        (CertificateRole.CONTRACT, "cpo-sub2"),
        (CertificateRole.SECC_LEAF, "mo-sub2"),
        (CertificateRole.CPS_LEAF, "mo-sub2"),
        (CertificateRole.OEM_PROVISIONING, "cpo-sub2"),
        (CertificateRole.VEHICLE_LEAF, "oem-sub2"),  # none in ISO 15118-2
        (CertificateRole.MO_ROOT, "v2g-root"),
    ],
)
def test_each_role_has_its_issuers(founded: House, role: CertificateRole, slot: str) -> None:
    request = replace(leaf_request(CertificateRole.CPS_LEAF), role=role, issuer=slot)
    assert refusal(founded, ADMIN, request).code == "issuer_role_wrong"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"issuer": "nobody"}, "authority_unknown"),
        ({"issuer": "mo-sub2-g9"}, "authority_unknown"),
        ({"csr": csr(KeyAlgorithm.P521)}, "key_algorithm_not_allowed"),
        ({"csr": b""}, "csr_malformed"),
        ({"csr": bytes(5000)}, "csr_too_large"),
        ({"csr": None, "public_key": b"x"}, "public_key_malformed"),
        ({"public_key": b"x"}, "key_missing"),
        ({"csr": None}, "key_missing"),
        ({"common_name": "DEABCC1234567\x00"}, "invalid_emaid"),
        ({"organization": "x" * 65}, "subject_invalid"),
        ({"owner": "DEXYZ\n"}, "subject_invalid"),
        ({"owner": "x" * 65}, "subject_invalid"),
        ({"lifetime": timedelta(days=732)}, "lifetime_not_allowed"),
        ({"lifetime": timedelta.max}, "lifetime_not_allowed"),
        ({"lifetime": timedelta(0)}, "lifetime_not_allowed"),
        ({"lifetime": timedelta(milliseconds=900)}, "lifetime_not_allowed"),
        ({"lifetime": timedelta(days=-1)}, "lifetime_not_allowed"),
        ({"not_before": NOW - timedelta(hours=2)}, "validity_outside_issuer"),
        ({"not_before": NOW + timedelta(days=20_000)}, "validity_outside_issuer"),
        ({"not_before": datetime.max.replace(tzinfo=UTC)}, "validity_outside_issuer"),
    ],
)
def test_bad_requests_are_refused(founded: House, changes: dict[str, Any], code: str) -> None:
    assert refusal(founded, MO, replace(leaf_request(), **changes)).code == code


def test_the_issuers_own_key_is_refused(founded: House) -> None:
    issuer = founded.issuers("mo-sub2")
    public_key = spki(founded.keys.open(issuer.key_id))
    failure = refusal(founded, MO, leaf_request(public_key=public_key, csr=None))
    assert failure.code == "key_is_the_issuers"


def test_a_life_is_clipped_inside_the_issuers(database: Database, founded: House) -> None:
    end = founded.issuers("cps-sub2").not_after
    late = end - timedelta(days=10)
    later = House(database, lambda: late)
    issued = later.issue(ADMIN, leaf_request(CertificateRole.CPS_LEAF))
    assert (issued.not_before, issued.not_after) == (late, end)
    too_late = House(database, lambda: end + timedelta(seconds=1))
    failure = refusal(too_late, ADMIN, leaf_request(CertificateRole.CPS_LEAF))
    assert failure.code == "validity_outside_issuer"


def test_times_are_whole_seconds(database: Database, founded: House) -> None:
    moment = NOW + timedelta(seconds=1, microseconds=999_999)
    issued = House(database, lambda: moment).issue(MO, leaf_request())
    certificate = x509.load_der_x509_certificate(issued.certificate)
    assert issued.not_before == certificate.not_valid_before_utc == NOW + timedelta(seconds=1)
    assert issued.not_after == certificate.not_valid_after_utc
    assert issued.not_after - issued.not_before == timedelta(days=730)


def test_responders_live_a_week_below_online_and_longer_below_offline(founded: House) -> None:
    request = leaf_request(CertificateRole.OCSP_SIGNER, lifetime=timedelta(days=8))
    assert refusal(founded, ADMIN, request).code == "lifetime_not_allowed"
    below_root = replace(request, issuer="v2g-root", lifetime=timedelta(days=396))
    issued = founded.issue(ADMIN, below_root)
    assert issued.not_after - issued.not_before == timedelta(days=396)
    assert issued.chain == (issued.certificate,)
    longer = replace(below_root, lifetime=timedelta(days=397))
    assert refusal(founded, ADMIN, longer).code == "lifetime_not_allowed"


def test_a_serving_process_opens_no_offline_key(
    database: Database, founded: House, clock: Callable[[], datetime]
) -> None:
    serving = House(database, clock, allow_offline=False)
    serving.issue(MO, leaf_request())
    request = replace(leaf_request(CertificateRole.OCSP_SIGNER), issuer="mo-sub1")
    assert refusal(serving, ADMIN, request).code == "key_is_offline"


@pytest.mark.parametrize("status", [CertificateStatus.REVOKED, CertificateStatus.ON_HOLD])
@pytest.mark.parametrize("slot", ["mo-sub2", "mo-sub1", "v2g-root"])
def test_nothing_is_issued_below_a_revoked_authority(
    database: Database, founded: House, clock: Callable[[], datetime], slot: str, status: str
) -> None:
    authority = founded.directory.active(slot)
    assert authority is not None
    with database.write() as connection:
        connection.execute(
            sa.update(certificates)
            .where(certificates.c.fingerprint == fingerprint(authority.certificate or b""))
            .values(status=status)
        )
        connection.commit()
    other_process = House(database, clock)
    assert refusal(other_process, MO, leaf_request()).code == "authority_revoked"


class Steps:
    """An `IssuanceLog` that tells which step was taken, and fails at one if asked to."""

    def __init__(self, fail_at: str | None = None) -> None:
        self.taken: list[str] = []
        self._fail_at = fail_at

    def _take(self, step: str) -> None:
        self.taken.append(step)
        if step == self._fail_at:
            raise OSError("power cut")

    def reserve(self, reservation: Reservation) -> None:
        self._take("reserve")

    def record(self, record: CertificateRecord, event: Event) -> None:
        assert record.issuer
        self._take("record")


class WatchedKeys:
    """A `KeyStore` whose keys tell when they sign."""

    def __init__(self, house: House, steps: Steps) -> None:
        self._inner = house.keys
        self._steps = steps

    def open(self, key_id: str) -> object:
        steps, key = self._steps, self._inner.open(key_id)

        class Key(ec.EllipticCurvePrivateKey):
            def sign(self, data: bytes, algorithm: object) -> bytes:  # type: ignore[override] # one form
                steps.taken.append("sign")
                assert isinstance(key, ec.EllipticCurvePrivateKey)
                return key.sign(data, algorithm)  # type: ignore[arg-type] # passed through

            def public_key(self) -> ec.EllipticCurvePublicKey:
                assert isinstance(key, ec.EllipticCurvePrivateKey)
                return key.public_key()

            exchange = curve = key_size = private_bytes = private_numbers = __copy__ = None  # type: ignore[assignment] # unused here
            __deepcopy__ = None  # type: ignore[assignment] # unused here

        return Key()


def test_the_order_is_reserve_sign_record(founded: House) -> None:
    steps = Steps()
    issue = replace(founded.issue, log=steps, keys=WatchedKeys(founded, steps))  # type: ignore[arg-type] # fakes
    issue(MO, leaf_request())
    assert steps.taken == ["reserve", "sign", "record"]


@pytest.mark.parametrize(
    ("fail_at", "taken"),
    [("reserve", ["reserve"]), ("record", ["reserve", "sign", "record"])],
)
def test_what_is_not_recorded_is_not_delivered(
    founded: House, fail_at: str, taken: list[str]
) -> None:
    steps = Steps(fail_at)
    issue = replace(founded.issue, log=steps, keys=WatchedKeys(founded, steps))  # type: ignore[arg-type] # fakes
    with pytest.raises(OSError, match="power cut"):
        issue(MO, leaf_request())
    assert steps.taken == taken


def test_a_process_that_slept_while_issuing_delivers_nothing(
    database: Database, founded: House
) -> None:
    """Its serial may have been reported, and revoked for good, in the meantime."""
    times = [NOW]
    house = House(database, lambda: times[-1])

    class Slow(Steps):
        def reserve(self, reservation: Reservation) -> None:
            super().reserve(reservation)
            times.append(NOW + IN_FLIGHT + timedelta(seconds=1))

    steps = Slow()
    with pytest.raises(ServiceError) as refused:
        replace(house.issue, log=steps)(MO, leaf_request())
    assert (refused.value.kind, refused.value.code) == (Kind.UNAVAILABLE, "issuing_took_too_long")
    assert steps.taken == ["reserve"]


def test_a_serial_that_led_nowhere_is_reported(database: Database, founded: House) -> None:
    too_large = Publication("http://" + "x" * 500)
    house = House(database, founded.clock, publication=too_large)
    assert set(refusal(house, MO, leaf_request()).fields) == {"der_too_large"}
    assert founded.list_authorities.unfinished(ADMIN) == ()  # it may still be on its way
    later = House(database, lambda: NOW + timedelta(minutes=2))
    (reservation,) = later.list_authorities.unfinished(ADMIN)
    assert (reservation.issuer, reservation.role, reservation.client_id) == (
        "mo-sub2-g1",
        CertificateRole.CONTRACT,
        "mo",
    )
    with pytest.raises(ServiceError, match="role"):
        later.list_authorities.unfinished(MO)


def test_a_taken_serial_is_a_conflict_and_changes_nothing(
    database: Database, founded: House, clock: Callable[[], datetime]
) -> None:
    unlucky = House(database, clock, random_bits=lambda _: 5)
    unlucky.issue(MO, leaf_request())
    failure = refusal(unlucky, MO, leaf_request())
    assert (failure.kind, failure.code) == (Kind.CONFLICT, "serial_taken")


def test_a_sub_ca_of_somebody_else_is_certified_from_its_request(founded: House) -> None:
    request = replace(
        leaf_request(CertificateRole.CPS_LEAF),
        role=CertificateRole.CPO_SUB1,
        issuer="v2g-root",
        common_name="Partner CPO Sub-CA 1",
        subject_id="Partner CPO Sub-CA 1",
        organization="Partner",
    )
    issued = founded.issue(ADMIN, request)
    certificate = x509.load_der_x509_certificate(issued.certificate)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 1)
    assert certificate.subject.rfc4514_string() == "CN=Partner CPO Sub-CA 1,DC=V2G,O=Partner,C=DE"
    assert refusal(founded, CPO, request).kind is Kind.FORBIDDEN


def test_keys_never_repeat_between_fresh_ones() -> None:
    assert spki(generate_key(KeyAlgorithm.P256)) != spki(generate_key(KeyAlgorithm.P256))
