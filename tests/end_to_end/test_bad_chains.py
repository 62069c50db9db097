"""Chains that a vehicle or a thief presents: each is refused in clear words, or put in order.

A refusal to charge is an answer (200) with outcome, certificate status and reason; what is no
chain is a problem document and no decision. Neither leaves anything half-written.
"""

import base64
import ssl
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests.end_to_end.abuse import refusal
from tests.end_to_end.foreign import DAY, NOW, authority, pem
from tests.end_to_end.world import STRANGE, TRUSTED, World, demo_pem, ocpp_201


def changed(certificate: x509.Certificate, position: int) -> str:
    """Return the certificate as PEM with one bit changed."""
    der = bytearray(certificate.public_bytes(Encoding.DER))
    der[position] ^= 1
    return ssl.DER_cert_to_PEM_cert(bytes(der))


def below_broken_path_length(world: World) -> str:
    above = authority("Above", TRUSTED.root, 0)
    below = authority("Below", above, 0)
    return pem(TRUSTED.leaf(world.emaid, below), below, above)


def below_three_sub_cas(world: World) -> str:
    first = authority("First", TRUSTED.root, 2)
    second = authority("Second", first, 1)
    third = authority("Third", second, 0)
    return pem(TRUSTED.leaf(world.emaid, third), third, second, first)


def trusted(world: World, **wrong: object) -> str:
    """Return a chain of the trusted foreign PKI whose leaf is as wrong as asked for."""
    leaf = TRUSTED.leaf(**({"common_name": world.emaid} | wrong))  # type: ignore[arg-type] # named by each case
    return pem(leaf, TRUSTED.sub2, TRUSTED.sub1)


INVALID = ("invalid", "CertChainError")
REFUSED_CHAINS: dict[str, tuple[Callable[[World], str], tuple[str, str], str]] = {
    "unknown root": (
        lambda w: pem(STRANGE.leaf(w.emaid), STRANGE.sub2, STRANGE.sub1, STRANGE.root),
        INVALID,
        "unknown_root",
    ),
    "Sub-CA 1 missing": (
        lambda w: pem(TRUSTED.leaf(w.emaid), TRUSTED.sub2),
        INVALID,
        "issuer_not_found",
    ),
    "leaf alone": (lambda w: pem(TRUSTED.leaf(w.emaid)), INVALID, "issuer_not_found"),
    "wrong curve": (
        lambda w: trusted(w, curve=ec.SECP384R1()),
        INVALID,
        "key_algorithm_not_allowed",
    ),
    "path length broken": (below_broken_path_length, INVALID, "path_length_exceeded"),
    "three sub-CAs": (below_three_sub_cas, INVALID, "path_too_long"),
    "below the root": (
        lambda w: pem(TRUSTED.leaf(w.emaid, TRUSTED.root)),
        INVALID,
        "leaf_below_root",
    ),
    "signed by a leaf": (
        lambda w: pem(
            TRUSTED.leaf(w.emaid, (signer := TRUSTED.leaf(w.emaid))),
            signer,
            TRUSTED.sub2,
            TRUSTED.sub1,
        ),
        INVALID,
        "issuer_is_no_ca",
    ),
    "another EMAID": (
        lambda w: trusted(w, common_name=w.other_emaid),
        INVALID,
        "certificate_of_another_emaid",
    ),
    "EMAID and a NUL": (
        lambda w: trusted(w, common_name=w.emaid + "\x00.example"),
        INVALID,
        "certificate_of_another_emaid",
    ),
    "no EMAID": (
        lambda w: trusted(w, common_name="somebody"),
        INVALID,
        "common_name_form_wrong",
    ),
    "usage of an OEM's": (
        lambda w: trusted(w, key_usage=frozenset({"digital_signature"})),
        INVALID,
        "key_usage_lacks_bit",
    ),
    "domain of an OEM's": (
        lambda w: trusted(w, domain="OEM"),
        INVALID,
        "subject_domain_component_wrong",
    ),
    "OEM provisioning": (
        lambda w: w.wrong_roles["oem_provisioning"],
        INVALID,
        "recorded_role_differs",
    ),
    "CPS leaf": (lambda w: w.wrong_roles["cps_leaf"], INVALID, "recorded_role_differs"),
    "SECC leaf": (lambda w: w.wrong_roles["secc_leaf"], INVALID, "recorded_role_differs"),
    "sub-CA": (lambda w: demo_pem(*w.demo_chain[1:]), INVALID, "recorded_role_differs"),
    "expired": (
        lambda w: trusted(w, start=NOW - 20 * DAY, end=NOW - DAY),
        ("expired", "CertificateExpired"),
        "expired",
    ),
    "not yet valid": (lambda w: trusted(w, start=NOW + DAY), INVALID, "not_yet_valid"),
    "signature changed": (
        lambda w: changed(w.demo_chain[0], -5) + demo_pem(*w.demo_chain[1:]),
        ("invalid", "SignatureError"),
        "signature_invalid",
    ),
    "sub-CA's signature changed": (
        lambda w: (
            demo_pem(w.demo_chain[0]) + changed(w.demo_chain[1], -5) + demo_pem(w.demo_chain[2])
        ),
        ("invalid", "SignatureError"),
        "signature_invalid",
    ),
    "zeros in a sequence": (
        lambda _: ssl.DER_cert_to_PEM_cert(b"\x30\x82\x01\x00" + b"\x00" * 256),
        INVALID,
        "serial_not_positive",
    ),
}


@pytest.mark.parametrize("case", sorted(REFUSED_CHAINS))
def test_a_chain_that_proves_nothing_is_refused(world: World, case: str) -> None:
    make, (outcome, certificate_status), reason = REFUSED_CHAINS[case]
    chain = make(world)
    decided = world.abused.decide(
        {"type": "contract_certificate", "emaid": world.emaid, "certificate_chain": chain}
    )
    assert (decided["outcome"], decided["certificate_status"]) == (outcome, certificate_status)
    assert reason in {one["code"] for one in decided["reasons"]}
    assert decided["valid_until"] is None or outcome == "expired"
    assert ocpp_201(world, world.emaid, certificate=chain) == (
        outcome.capitalize(),
        certificate_status,
    )


def test_a_chain_in_any_order_is_put_in_order(world: World) -> None:
    leaf, sub2, sub1 = world.demo_chain
    for chain in (
        (sub1, leaf, sub2),
        (sub2, sub1, leaf),
        (leaf, sub1, sub2),
        (leaf, leaf, sub2, sub1),
    ):
        decided = world.abused.decide(
            {
                "type": "contract_certificate",
                "emaid": world.abused.demo["emaid"],
                "certificate_chain": demo_pem(*chain),
            }
        )
        assert decided["outcome"] == "accepted", decided


UNREADABLE: dict[str, tuple[Callable[[World], str], int, str]] = {
    "truncated": (lambda w: demo_pem(*w.demo_chain)[:-200], 400, "certificate_chain_malformed"),
    "cut inside": (
        lambda w: demo_pem(*w.demo_chain)[:300] + demo_pem(*w.demo_chain)[401:],
        400,
        "certificate_chain_malformed",
    ),
    "DER truncated": (
        lambda w: ssl.DER_cert_to_PEM_cert(w.demo_chain[0].public_bytes(Encoding.DER)[:-9]),
        400,
        "certificate_chain_malformed",
    ),
    "DER followed by more": (
        lambda w: ssl.DER_cert_to_PEM_cert(w.demo_chain[0].public_bytes(Encoding.DER) + b"more"),
        400,
        "certificate_chain_malformed",
    ),
    "ten certificates": (
        lambda w: demo_pem(*w.demo_chain * 3, w.demo_chain[0]),
        413,
        "certificate_chain_too_long",
    ),
    "a large certificate": (
        lambda _: ssl.DER_cert_to_PEM_cert(b"\x30\x82\x20\x00" + b"\x00" * 8192),
        413,
        "certificate_too_large",
    ),
    "much around it": (
        lambda w: demo_pem(*w.demo_chain) + "#" * 50_000,
        400,
        "invalid_request",
    ),
    "a private key": (
        lambda w: (
            "-----BEGIN {0}-----\nMIIB\n-----END {0}-----\n".format("PRIVATE" + " KEY")
            + demo_pem(*w.demo_chain)
        ),
        400,
        "certificate_chain_malformed",
    ),
    "base64 of DER": (
        lambda w: base64.b64encode(w.demo_chain[0].public_bytes(Encoding.DER)).decode(),
        400,
        "certificate_chain_empty",
    ),
    "DER as text": (
        lambda w: w.demo_chain[0].public_bytes(Encoding.DER).decode("latin-1"),
        400,
        "certificate_chain_malformed",
    ),
    "nothing": (lambda _: "", 400, "invalid_request"),
    "NULs": (lambda _: "\x00" * 100, 400, "certificate_chain_empty"),
}


@pytest.mark.parametrize("case", sorted(UNREADABLE))
def test_what_is_no_chain_is_no_decision(world: World, case: str) -> None:
    make, status, code = UNREADABLE[case]
    chain = make(world)
    identification = {
        "type": "contract_certificate",
        "emaid": world.emaid,
        "certificate_chain": chain,
    }
    with world.abused.unchanged():
        answer = world.abused.ask(
            "POST",
            "/v1/authorizations",
            {"station_id": world.abused.demo["station_id"], "identification": identification},
            client="cpo",
        )
        assert refusal(answer) == (status, code)
    if len(chain) <= 5500:  # a station passes on what a vehicle gave it: a status, no error
        assert ocpp_201(world, world.emaid, certificate=chain) == ("Invalid", "CertChainError")
