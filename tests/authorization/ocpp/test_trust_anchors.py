"""Trust anchors of a station over HTTP: asked, planned, queued, and planned again."""

import json
from itertools import product
from typing import Any

import pytest

from authorization.model.certificate_hash import HashAlgorithm
from tests.authorization.model.test_trust_anchors import told
from tests.authorization.ocpp import published
from tests.authorization.ocpp.assembly import PNC, Csms
from tests.end_to_end.foreign import pem
from tests.pki.validation.authorities import certify, name

ROOT = certify(name("Anchor"), ca=True)
PEM = pem(ROOT)
LEAF = pem(certify(name("Leaf"), ROOT))
SUB_CA = pem(certify(name("Sub"), ROOT, ca=True))
OWN_LEAF = pem(certify(name("Own"), ca=False))


def plan(csms: Csms, version: str, client: str = "cpo", **more: Any) -> Any:
    body = {"ocpp_version": version, "wanted": [], **more}
    path = f"/v1/stations/{csms.station_id}/trust-anchors/plan"
    return csms.application.ask("POST", path, body, client=client)


def v2g_root(csms: Csms) -> str:
    listed = csms.application.ask("GET", "/v1/root/rootCerts?rootType=V2G", client="cpo").json
    root: str = listed["RootCertificateCollection"]["rootCertificates"][0]["rootCertificateId"]
    return root


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_from_the_question_to_a_station_that_has_it_all(csms: Csms, version: str) -> None:
    asked = plan(csms, version)
    assert (asked.status, asked.json["known"]) == (200, False)
    (step,) = asked.json["steps"]
    wanted = [
        {"use": "V2GRootCertificate", "root": v2g_root(csms)},
        {"use": "MORootCertificate", "certificate": PEM},
    ]
    made = plan(csms, version, wanted=wanted, installed={"status": "NotFound"}, queue=True)
    assert made.status == 200, made
    assert len(made.json["steps"]) == 2
    waiting = csms.calls()
    for step, call in zip(made.json["steps"], waiting, strict=True):
        assert (step["action"], step["payload"], step["call_id"]) == (
            call["action"],
            call["payload"],
            call["id"],
        )
        if version == "1.6":
            assert (step["action"], step["payload"]["vendorId"]) == ("DataTransfer", PNC)
            payload = json.loads(step["payload"]["data"])
        else:
            payload = step["payload"]
        judge = "2.0.1" if version == "1.6" else version
        assert published.errors(judge, "InstallCertificate", payload) == []


def test_what_is_there_is_not_installed_again_and_others_go(csms: Csms) -> None:
    other = certify(name("Other"), ca=True)
    chains = [
        {
            "certificateType": "MORootCertificate",
            "certificateHashData": told(one.der, HashAlgorithm.SHA384, odd=True),
        }
        for one in (ROOT, other)
    ]
    own = {**chains[1], "certificateType": "V2GCertificateChain"}  # no trust anchor
    installed = {"status": "Accepted", "certificateHashDataChain": [*chains, own]}
    wanted = [{"use": "MORootCertificate", "certificate": PEM}]
    kept = plan(csms, "2.0.1", wanted=wanted, installed=installed).json
    assert (kept["steps"], len(kept["left_alone"])) == ([], 1)
    gone = plan(csms, "2.0.1", wanted=wanted, installed=installed, remove_others=True).json
    (step,) = gone["steps"]
    assert step["action"] == "DeleteCertificate"
    assert step["payload"]["certificateHashData"] == chains[1]["certificateHashData"]
    assert csms.calls() == []


def test_what_is_deleted_is_queued_once_the_new_root_is_there(csms: Csms) -> None:
    old = {
        "certificateType": "MORootCertificate",
        "certificateHashData": told(certify(name("Old"), ca=True).der, HashAlgorithm.SHA256),
    }
    new = {**old, "certificateHashData": told(ROOT.der, HashAlgorithm.SHA256)}
    asked: dict[str, Any] = {
        "wanted": [{"use": "MORootCertificate", "certificate": PEM}],
        "remove_others": True,
        "queue": True,
    }

    def queued(*chains: object) -> Any:
        installed = {"status": "Accepted", "certificateHashDataChain": chains}
        return plan(csms, "2.0.1", installed=installed, **asked).json["steps"]

    install, delete = queued(old)
    # the station may refuse the new root: then it still has the old one
    assert (install["call_id"], "call_id" in delete) == (csms.call()["id"], False)
    assert csms.answer(csms.call()["id"], {"status": "Accepted"}).status == 200
    (delete,) = queued(old, new)
    assert (delete["action"], delete["call_id"]) == ("DeleteCertificate", csms.call()["id"])


def test_a_plan_that_finds_no_room_queues_nothing(csms: Csms) -> None:
    uses_31 = list(product(["V2GRootCertificate", "MORootCertificate"], repeat=5))[1:]
    for uses in uses_31:
        assert csms.queue("GetInstalledCertificateIds", {"certificateType": uses}).status == 201
    two = [{"use": use, "certificate": PEM} for use in ("MORootCertificate", "V2GRootCertificate")]
    full = plan(csms, "2.0.1", wanted=two, installed={"status": "NotFound"}, queue=True)
    assert (full.status, full.code) == (409, "too_many_calls")
    assert len(csms.calls()) == 31


@pytest.mark.parametrize(
    "anchor",
    [
        {},
        {"root": "0" * 36},
        {"root": "0" * 64},
        {"certificate": "nonsense"},
        {"certificate": PEM + PEM},
        {"certificate": "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----"},
        {"certificate": LEAF},
        {"certificate": SUB_CA},
        {"certificate": OWN_LEAF},
        {"certificate": PEM, "root": "0" * 36},
    ],
)
def test_a_root_that_is_none_is_refused_and_nothing_queued(
    csms: Csms, anchor: dict[str, str]
) -> None:
    wanted = [{"use": "V2GRootCertificate", **anchor}]
    told = plan(csms, "2.1", wanted=wanted, installed={"status": "NotFound"}, queue=True)
    assert (told.status, told.code) == (422, "root_unusable")
    assert csms.calls() == []


@pytest.mark.parametrize(
    "change",
    [
        {"ocpp_version": "2.2"},
        {"wanted": [{"use": "RootCertificate", "certificate": PEM}]},
        {"wanted": [{"use": "V2GRootCertificate", "certificate": PEM}] * 33},
        {"wanted": None},
        {"installed": {"status": "Maybe"}},
        {"installed": {"status": "Accepted", "certificateHashDataChain": []}},
        {"more": 1},
    ],
)
def test_what_is_off_the_schema_is_refused_by_name(csms: Csms, change: dict[str, Any]) -> None:
    told = plan(csms, "2.1", **change) if "ocpp_version" not in change else plan(csms, "2.2")
    assert (told.status, told.code) == (400, "invalid_request")


def test_another_operator_s_station_is_nobody_s(csms: Csms) -> None:
    told = plan(csms, "2.1", client="other_cpo")
    assert (told.status, told.code) == (403, "station_not_yours")
