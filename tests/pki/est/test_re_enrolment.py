"""Renewing: the same names, the same owner, a certificate that stands, and not too early."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from foundation.errors import ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole, Principal
from pki.keys.sealed import generate_key
from pki.model.certificate_reference import ByFingerprint
from pki.model.enrolment_rules import choose_target
from pki.model.roles import KeyAlgorithm, RevocationReason
from pki.operations.ports import SigningKey
from tests.pki.est.assembly import (
    at,
    certificates_of,
    enrol,
    issued,
    leaf_of,
    new_csr,
    new_evse_id,
    new_pcid,
    p256,
    refusal,
    value_of,
)
from tests.server.assembly import OURS, Application, new_emaid

AGAIN = "/.well-known/est/cpo/simplereenroll"
CPO = Principal("cpo", frozenset({ClientRole.CPO}), operator_ids=frozenset({OURS}))


def first(application: Application, key: SigningKey | None = None) -> x509.Certificate:
    return leaf_of(enrol(application, "/cpo/simpleenroll", new_csr(new_evse_id(), key=key)))


def same_names(certificate: x509.Certificate, key: SigningKey | None = None) -> bytes:
    return new_csr(None, subject=certificate.subject, key=key)


def renewed_at(application: Application, moment: datetime, csr: bytes) -> str:
    """What comes of renewing at that time: `renewed`, or the refusal's code."""
    try:
        at(application, lambda: moment).est_operations.re_enrol(
            CPO, choose_target("cpo", None, None, None), csr
        )
    except ServiceError as refused:
        return refused.code
    return "renewed"


def test_a_new_key_may_come_at_any_time(application: Application) -> None:
    old = first(application)
    key = p256()
    for path in (AGAIN, "/.well-known/cpo/simplereenroll", "/cpo/simplereenroll/ISO15118-2"):
        new = leaf_of(enrol(application, path, same_names(old, key := p256())))
        assert new.subject == old.subject
        assert new.public_key() == key.public_key()
        assert new.serial_number != old.serial_number
    status = application.services.authorities.record(old.fingerprint(SHA256()).hex())
    assert status is not None
    assert status.status == "good"  # it takes over without a gap


@pytest.mark.parametrize(
    ("days", "outcome"),
    [
        (0, "renewal_too_early"),
        (59, "renewal_too_early"),
        (61, "renewed"),
        (89, "renewed"),
        (91, "nothing_to_renew"),
    ],
)
def test_the_same_key_is_renewed_in_the_last_third(
    application: Application, days: int, outcome: str
) -> None:
    key = p256()
    old = first(application, key)
    moment = old.not_valid_before_utc + timedelta(days=days)
    assert renewed_at(application, moment, same_names(old, key)) == outcome


def test_once_renewed_the_same_key_waits_again(application: Application) -> None:
    key = p256()
    old = first(application, key)
    moment = old.not_valid_before_utc + timedelta(days=61)
    assert renewed_at(application, moment, same_names(old, key)) == "renewed"
    again = renewed_at(application, moment + timedelta(hours=1), same_names(old, key))
    assert again == "renewal_too_early"


def test_the_refusal_says_when_and_what_to_do(application: Application) -> None:
    key = p256()
    old = first(application, key)
    answer = enrol(application, AGAIN, same_names(old, key))
    assert refusal(answer) == (409, "renewal_too_early")
    opens = old.not_valid_before_utc + timedelta(days=60)
    assert f"{opens:%Y-%m-%dT%H:%M:%SZ}" in answer.body.decode()
    assert "new key" in answer.body.decode()


def test_subject_and_alternative_names_are_repeated_to_the_letter(
    application: Application,
) -> None:
    """RFC 7030 section 4.2.2: both MUST be identical to the present certificate's."""
    old = first(application)
    name = value_of(old.subject, NameOID.COMMON_NAME)
    assert name is not None
    before = issued(application)
    reordered = x509.Name(reversed(list(old.subject)))
    renamed = x509.Name(
        [
            *(a for a in old.subject if a.oid != NameOID.ORGANIZATION_NAME),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Another"),
        ]
    )
    alternative = x509.SubjectAlternativeName([x509.DNSName("station.example")])
    for csr in (
        new_csr(name),  # without organization and domain component
        new_csr(None, subject=reordered),
        new_csr(None, subject=renamed),
        new_csr(None, subject=old.subject, extensions=[alternative]),
        new_csr(None, subject=x509.Name([*old.subject][:-1]), more=()),
    ):
        answer = enrol(application, AGAIN, csr)
        assert refusal(answer) in {
            (409, "nothing_to_renew"),
            (400, "csr_common_name_missing"),
        }
    assert issued(application) == before


def test_what_was_never_enrolled_is_not_renewed(application: Application) -> None:
    old = first(application)
    parts = [a for a in old.subject if a.oid != NameOID.COMMON_NAME]
    stranger = x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, new_evse_id())])
    answer = enrol(application, AGAIN, new_csr(None, subject=stranger))
    assert refusal(answer) == (409, "nothing_to_renew")


def test_another_owner_renews_nothing(application: Application) -> None:
    old = first(application)
    before = issued(application)
    for client in ("other_cpo", "oem", "mo", "cps", "auditor"):
        assert refusal(enrol(application, AGAIN, same_names(old), client=client))[0] == 403
    assert issued(application) == before


@pytest.mark.parametrize(
    "reason", [RevocationReason.KEY_COMPROMISE, RevocationReason.CERTIFICATE_HOLD]
)
def test_what_is_revoked_or_on_hold_is_not_renewed(
    application: Application, reason: RevocationReason
) -> None:
    old = first(application)
    application.services.revoke_certificate(
        LOCAL_ADMINISTRATOR, ByFingerprint(old.fingerprint(SHA256()).hex()), reason
    )
    answer = enrol(application, AGAIN, same_names(old))
    assert refusal(answer) == (409, "nothing_to_renew")


def test_another_editions_or_authoritys_certificate_is_not_renewed(
    application: Application,
) -> None:
    """The subjects may well be the same; what is renewed is a certificate, not a name."""
    old = first(application)
    csr = new_csr(None, subject=old.subject, algorithm=KeyAlgorithm.P521)
    answer = enrol(application, f"{AGAIN}/ISO15118-20", csr)
    assert refusal(answer) == (409, "nothing_to_renew")
    path = "/.well-known/est/acme-cpo/simplereenroll"
    assert refusal(enrol(application, path, same_names(old))) == (409, "nothing_to_renew")


def test_a_signature_is_asked_for_here_too(application: Application) -> None:
    old = first(application)
    csr = same_names(old)
    other = x509.load_der_x509_csr(same_names(old)).signature
    signature = x509.load_der_x509_csr(csr).signature
    forged = csr[: -len(signature)] + other[: len(signature)].ljust(len(signature), b"\0")
    assert refusal(enrol(application, AGAIN, forged))[0] == 400


@pytest.mark.parametrize("algorithm", list(KeyAlgorithm))
@pytest.mark.parametrize("client", ["oem", "cps", "mo"])
def test_every_role_renews_in_every_edition(
    application: Application, client: str, algorithm: KeyAlgorithm
) -> None:
    edition = "ISO15118-2" if algorithm is KeyAlgorithm.P256 else "ISO15118-20"
    name = {"oem": new_pcid, "cps": lambda: "x", "mo": new_emaid}[client]()
    if client == "mo":
        application.services.create_contract(LOCAL_ADMINISTRATOR, name)
    csr = new_csr(name, algorithm=algorithm)
    path = f"/.well-known/est/{client}"
    old = leaf_of(enrol(application, f"{path}/simpleenroll/{edition}", csr, client=client))
    key = generate_key(algorithm)
    answer = enrol(
        application, f"{path}/simplereenroll/{edition}", same_names(old, key), client=client
    )
    new = leaf_of(answer)
    assert new.subject == old.subject
    assert new.issuer == old.issuer
    assert new.public_key() == key.public_key()


def test_a_contract_that_no_longer_stands_is_not_renewed(application: Application) -> None:
    emaid = new_emaid()
    services = application.services
    services.create_contract(LOCAL_ADMINISTRATOR, emaid)
    path = "/.well-known/est/mo"
    old = leaf_of(enrol(application, f"{path}/simpleenroll", new_csr(emaid), client="mo"))
    services.suspend_contract(LOCAL_ADMINISTRATOR, emaid)
    answer = enrol(application, f"{path}/simplereenroll", same_names(old), client="mo")
    assert refusal(answer) == (409, "contract_not_active")
    services.terminate_contract(LOCAL_ADMINISTRATOR, emaid)
    answer = enrol(application, f"{path}/simplereenroll", same_names(old), client="mo")
    assert refusal(answer) == (409, "nothing_to_renew")  # terminating revoked it


def test_the_chain_of_a_renewed_leaf_is_that_of_cacerts(application: Application) -> None:
    old = first(application)
    new = leaf_of(enrol(application, AGAIN, same_names(old)))
    sub2 = x509.load_der_x509_certificate(
        certificates_of(application.ask("GET", "/cpo/cacerts/ISO15118-2"))[0]
    )
    new.verify_directly_issued_by(sub2)
    assert new.not_valid_after_utc > datetime.now(UTC)
