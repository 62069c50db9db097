"""The pages of things: what they show, what they mask, what is done on them."""

import re
import time
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from console.model.roles import ConsoleRole
from contract_service.model.contract import ContractCertificate
from contract_service.model.pem import chain_pem
from foundation.identifiers import Emaid
from foundation.outbox import outbox
from foundation.principal import LOCAL_ADMINISTRATOR
from foundation.short_cache import LIFETIME_SECONDS
from pki.model.authority import fingerprint
from pki.model.roles import Edition, KeyAlgorithm
from pki.operations.create_hierarchy import HierarchyRequest
from server.wiring import Services
from tests.console.access.test_second_factor import set_up
from tests.console.browser import Browser, Page
from tests.console.conftest import Office
from tests.server.assembly import OURS, Things, new_emaid, new_mac

VIEWER, OPERATOR = ConsoleRole.VIEWER, ConsoleRole.OPERATOR
SCRIPT = "<script>alert(1)</script>"


@dataclass(frozen=True)
class Scene:
    """Things of a tenant, authorities, and a contract with a certificate and a vehicle."""

    things: Things
    emaid: str
    contract_id: str
    mac: str
    enrolment_id: str
    fingerprint: str
    serial: str
    chain: str


@pytest.fixture(scope="module")
def scene(office: Office) -> Scene:
    application = office.application
    services = application.services
    time.sleep(LIFETIME_SECONDS)  # a test before this one may have validated something
    things = application.things()
    ceremony = Services(
        services.settings,
        database=application.database,
        installation=services.installation,
        offline_keys=True,
    )
    ceremony.create_hierarchy(
        LOCAL_ADMINISTRATOR,
        HierarchyRequest(Edition.ISO15118_2, KeyAlgorithm.P256, "test", "DE", "test"),
    )
    emaid, mac = new_emaid(), new_mac()
    services.create_contract(LOCAL_ADMINISTRATOR, emaid, None)
    issued = issue(office, emaid)
    enrolment = {"emaid": emaid, "type": "mac", "value": mac}
    made = application.ask("POST", "/v1/autocharge/enrolments", enrolment, client="mo")
    time.sleep(LIFETIME_SECONDS)  # so long a process may go by the anchors of before
    contract = services.contract_reader.find(Emaid.parse(emaid))
    assert contract is not None
    return Scene(
        things,
        emaid,
        contract.contract_id,
        mac,
        made.json["enrolment_id"],
        fingerprint(issued.chain[0]),
        issued.serial,
        chain_pem(issued.chain),
    )


def issue(office: Office, emaid: str) -> ContractCertificate:
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    csr = request.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    services = office.application.services
    return services.issue_contract_certificate(LOCAL_ADMINISTRATOR, emaid, csr)


def revealed(office: Office) -> int:
    with office.application.database.read() as connection:
        counted = sa.select(sa.func.count()).select_from(outbox)
        return int(connection.scalar(counted.where(outbox.c.type == "console.revealed")) or 0)


def test_every_list_shows_its_things(office: Office, scene: Scene) -> None:
    browser = office.signed_in(VIEWER)
    for path, shown in (
        ("/contracts", f"/console/contracts/{scene.contract_id}"),
        ("/vehicles", f"/console/vehicles/{scene.enrolment_id}"),
        ("/stations", scene.things.station_id),
        ("/authorities", "mo-sub2-g1"),
        ("/participants", "/console/participants/"),
        ("/decisions", scene.things.reference),
        ("/autocharge", "Owner challenges"),
        ("/", "Authorities that end"),
    ):
        page = browser.get(path)
        assert page.status == 200, path
        assert shown in page.markup, path


@pytest.mark.parametrize(
    ("named", "path"),
    [
        ("emaid", "contracts/{contract_id}"),
        ("contract_id", "contracts/{contract_id}"),
        ("mac", "vehicles/{enrolment_id}"),
        ("fingerprint", "certificates/{fingerprint}"),
        ("serial", "certificates/{fingerprint}"),
    ],
)
def test_each_identifier_leads_to_its_page(
    office: Office, scene: Scene, named: str, path: str
) -> None:
    browser = office.signed_in(VIEWER)
    browser.get("/")
    text = str(getattr(scene, named))
    for spelled in {text, text.lower(), f" {text} "}:
        page = browser.post("/find", {"text": spelled})
        where = path.format(
            contract_id=scene.contract_id,
            enrolment_id=scene.enrolment_id,
            fingerprint=scene.fingerprint,
        )
        assert page.path == f"/console/{where}", (spelled, page.text)


def test_stations_evses_and_decisions_are_found(office: Office, scene: Scene) -> None:
    browser = office.signed_in(VIEWER)
    browser.get("/")
    station = f"/console/stations/{scene.things.station_id}"
    assert browser.post("/find", {"text": scene.things.station_id}).path == station
    assert browser.post("/find", {"text": scene.things.evse_id}).path == station
    decision = f"/console/decisions/{scene.things.reference}"
    assert browser.post("/find", {"text": scene.things.reference}).path == decision


def test_what_is_nowhere_says_as_what_it_was_looked_for(office: Office) -> None:
    browser = office.signed_in(VIEWER)
    browser.get("/")
    page = browser.post("/find", {"text": new_emaid()})
    assert page.status == 200
    assert "It was looked for as an EMAID" in page.text


def identifiers_in(page: Page, scene: Scene) -> set[str]:
    spelled = {scene.emaid, scene.mac}
    return {one for one in spelled if one in page.markup or one.lower() in page.markup.lower()}


def test_identifiers_are_masked_until_somebody_asks_and_that_is_recorded(
    office: Office, scene: Scene
) -> None:
    pages = (
        "/contracts",
        f"/contracts/{scene.contract_id}",
        "/vehicles",
        f"/vehicles/{scene.enrolment_id}",
        f"/certificates/{scene.fingerprint}",
        "/decisions",
        "/decisions/export.csv",
        "/",
    )
    for role in (VIEWER, OPERATOR, ConsoleRole.ADMINISTRATOR):
        browser = office.signed_in(role)
        for path in pages:
            assert identifiers_in(browser.get(path), scene) == set(), path
    before = revealed(office)
    browser = office.signed_in(OPERATOR)
    browser.get(f"/contracts/{scene.contract_id}")
    assert scene.emaid in browser.post(f"/contracts/{scene.contract_id}/reveal", {}).markup
    assert scene.emaid in browser.post(f"/certificates/{scene.fingerprint}/reveal", {}).markup
    assert revealed(office) == before + 2
    viewer = office.signed_in(VIEWER)
    viewer.get(f"/contracts/{scene.contract_id}")
    assert viewer.post(f"/contracts/{scene.contract_id}/reveal", {}).status == 403
    assert viewer.get(f"/certificates/{scene.fingerprint}/certificate.cer").status == 403
    assert revealed(office) == before + 2


def test_a_contract_is_suspended_and_resumed(office: Office, scene: Scene) -> None:
    browser = office.signed_in(OPERATOR)
    path = f"/contracts/{scene.contract_id}"
    browser.get(path)
    assert "suspended" in browser.post(f"{path}/status", {"act": "suspend"}).text
    contract = office.application.services.contract_reader.find(Emaid.parse(scene.emaid))
    assert contract is not None
    assert contract.status.value == "suspended"
    browser.post(f"{path}/status", {"act": "suspend"})  # a double click
    assert "active" in browser.post(f"{path}/status", {"act": "resume"}).text
    refused = browser.post(f"{path}/status", {"act": "terminate"})
    assert (refused.status, "nothing was terminated" in refused.text) == (422, True)


def test_a_terminated_contract_offers_no_buttons(office: Office) -> None:
    emaid = new_emaid()
    office.application.services.create_contract(LOCAL_ADMINISTRATOR, emaid, None)
    browser = office.signed_in(OPERATOR)
    browser.get("/")
    path = browser.post("/find", {"text": emaid}).path.removeprefix("/console")
    page = browser.post(f"{path}/status", {"act": "terminate", "confirm": "yes"})
    assert "terminated" in page.text
    assert "/status" not in page.markup
    assert browser.post(f"{path}/status", {"act": "resume"}).status == 409


def test_a_vehicle_is_suspended_and_removed(office: Office, scene: Scene) -> None:
    enrolment = {"emaid": scene.emaid, "type": "mac", "value": new_mac()}
    made = office.application.ask("POST", "/v1/autocharge/enrolments", enrolment, client="mo")
    path = f"/vehicles/{made.json['enrolment_id']}"
    browser = office.signed_in(OPERATOR)
    browser.get(path)
    assert "suspended" in browser.post(f"{path}/status", {"act": "suspend"}).text
    page = browser.post(f"{path}/status", {"act": "resume"})
    assert [word for word in ("enrol", "suspend", "resume") if word in page.text] == [
        "enrol",
        "suspend",
        "resume",
    ]
    assert browser.post(f"{path}/status", {"act": "remove"}).path == "/console/vehicles"
    assert browser.get(path).status == 404  # a link of yesterday


def officer(office: Office) -> Browser:
    """Return the browser of a PKI officer with a second factor."""
    made, browser = office.person(ConsoleRole.PKI_OFFICER), office.browser()
    browser.sign_in(made.account.email, made.password)
    set_up(browser, office)
    return browser


def test_a_certificate_is_read_and_judged(office: Office, scene: Scene) -> None:
    page = office.signed_in(VIEWER).get(f"/certificates/{scene.fingerprint}")
    for said in ("Basic constraints", "Key usage", "SHA-256 fingerprint", "valid", "mo-sub2-g1"):
        assert said in page.text or said in page.markup, said
    assert "It departs from its profile nowhere" in page.text


def test_a_certificate_is_put_on_hold_released_and_revoked(office: Office, scene: Scene) -> None:
    issued = issue(office, scene.emaid)
    browser, path = officer(office), f"/certificates/{fingerprint(issued.chain[0])}"
    browser.get(path)
    wrong = browser.post(f"{path}/revoke", {"reason": "certificateHold", "serial": "1"})
    assert (wrong.status, "nothing was revoked" in wrong.text) == (422, True)
    assert browser.post(f"{path}/revoke", {"reason": "boredom", "serial": "1"}).status == 400
    held = browser.post(f"{path}/revoke", {"reason": "certificateHold", "serial": issued.serial})
    assert "on hold" in held.text
    assert "good" in browser.post(f"{path}/release", {}).text
    gone = browser.post(f"{path}/revoke", {"reason": "keyCompromise", "serial": issued.serial})
    assert "keyCompromise" in gone.text
    assert browser.post(f"{path}/release", {}).status == 409


def test_an_authority_publishes_its_list(office: Office, scene: Scene) -> None:
    browser = officer(office)
    browser.get("/authorities/mo-sub2-g1")
    page = browser.post("/authorities/mo-sub2-g1/crl", {})
    assert re.search(r"List number \d+ is published", page.text)
    assert scene.serial in page.text
    refused = browser.post("/authorities/v2g-root-g1/crl", {})
    assert (refused.status, "evtrust ca crl" in refused.text) == (409, True)


def test_a_participant_is_registered_rotated_and_withdrawn(office: Office) -> None:
    made, browser = office.person(ConsoleRole.ADMINISTRATOR), office.browser()
    browser.sign_in(made.account.email, made.password)
    set_up(browser, office)
    browser.get("/participants")
    form = {"name": SCRIPT, "roles": "CPO", "operator_ids": "de*abc DEABD"}
    page = browser.post("/participants", form)
    assert SCRIPT not in page.markup
    assert "shown once" in page.text
    secrets = re.findall(r'<dd class="id(?: mb-0)?">([^<]+)</dd>', page.markup)
    client_id, secret = secrets[0], secrets[1]
    services = office.application.services
    assert services.issue_token(client_id, secret).token
    path = f"/participants/{client_id}"
    assert secret not in browser.get(path).markup
    page = browser.post(f"{path}/rotate", {"leaked": "yes"})
    assert "shown once" in page.text
    assert secret not in page.markup
    assert browser.post(f"{path}/withdraw", {}).status == 422
    assert "withdrawn" in browser.post(f"{path}/withdraw", {"confirm": "yes"}).text
    assert browser.post("/participants", {**form, "operator_ids": SCRIPT}).status in {400, 422}
    assert browser.post("/participants", {**form, "roles": "ROOT"}).status == 400


def test_a_pasted_chain_is_decoded_and_judged(office: Office, scene: Scene) -> None:
    browser = office.signed_in(VIEWER)
    browser.get("/tools")
    page = browser.post("/tools/chain", {"chain": scene.chain, "role": "contract"})
    assert page.status == 200
    assert "Key usage" in page.text
    assert browser.post("/tools/chain", {"chain": "nonsense"}).status == 400
    assert browser.post("/tools/chain", {"chain": scene.chain, "at": "soon"}).status == 400
    assert browser.post("/tools/chain", {"chain": scene.chain, "role": SCRIPT}).status == 400


def test_a_script_in_a_certificate_stays_text(office: Office) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, SCRIPT)])
    now = office.hands()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now)
        .not_valid_after(now.replace(year=now.year + 1))
        .sign(key, hashes.SHA256())
    )
    browser = office.signed_in(VIEWER)
    browser.get("/tools")
    page = browser.post("/tools/chain", {"chain": certificate.public_bytes(Encoding.PEM)})
    assert page.status == 200
    assert SCRIPT not in page.markup
    assert "&lt;script" in page.markup


def test_an_exi_message_is_decoded(office: Office) -> None:
    browser = office.signed_in(VIEWER)
    browser.get("/tools")
    schema = "iso15118-2"
    for text in ("", "!", "AAAA", "gJg=", "x" * 100_000):
        page = browser.post("/tools/exi", {"message": text, "schema": schema})
        assert page.status == 400, text
    assert browser.post("/tools/exi", {"message": "AAAA", "schema": SCRIPT}).status == 400


def test_a_provider_is_asked_for_as_it_is_spelled(office: Office, scene: Scene) -> None:
    browser = office.signed_in(VIEWER)
    assert scene.contract_id in browser.get(f"/contracts?provider_id={OURS}").markup
    assert browser.get("/contracts?provider_id=XXXXXXX").status == 400
    assert browser.get("/contracts?after=zzz").status == 200
    assert browser.get("/stations?after=%00").status < 500
