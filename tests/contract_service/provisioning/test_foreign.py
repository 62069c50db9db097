"""Providers with their own authority, and provisioning services of others: the foreign PKI."""

from dataclasses import replace
from typing import Any

import pytest

from contract_service.model.contract_data import Origin
from contract_service.operations.add_signed_contract_data import (
    AddSignedContractData,
    SignedDataToAdd,
)
from contract_service.operations.sign_contract_data import ContractDataToSign, SignContractData
from exi import Facets, Schema, decode
from exi.messages.iso15118_2 import CertificateInstallationRes
from exi.xml_form import message_from_xml, message_to_xml
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, Pcid
from foundation.principal import ClientRole, Principal
from pki.model.path_anchor import RevocationPolicy
from pki.model.roles import CertificateRole, KeyAlgorithm
from pki.operations.anchors import AddAnchor
from pki.profiles.tolerances import load_tolerance_policies
from pki.store.anchors import anchor_unit_of_work_opener
from tests.contract_service.provisioning.works import (
    MAKER,
    PROVIDER,
    STRANGER,
    Car,
    Works,
    delivered,
    new_pcid,
    public_octets,
    request,
)
from tests.contract_service.signatures.holders import flip, foreign_contract, foreign_holder
from tests.databases import OUTBOX
from tests.exi.vectors import stream
from tests.pki.issuing.house import ADMIN
from tests.pki.validation.vectors import foreign
from tests.server.assembly import all_rows

PCID = "WP0ZZZ99ZTS392124"
SERVICE = Principal("their-cps", frozenset({ClientRole.CPS}))
RESPONSE = decode(stream("foreign/response.exi"), Schema.ISO15118_2, Facets.LENIENT)
assert isinstance(RESPONSE.body, CertificateInstallationRes)
DELIVERY = RESPONSE.body
EMAID = DELIVERY.emaid.value
OTHER = EMAID[:5] + "987654321"
CHAIN = (DELIVERY.contract_chain.certificate, *DELIVERY.contract_chain.sub_certificates)
OWNER = Principal("emp-theirs", frozenset({ClientRole.MO}), frozenset({EMAID[:5]}))
DOCUMENT = message_to_xml(RESPONSE)


class Foreign:
    """The foreign PKI's vehicle is published here, and its roots are trusted."""

    def __init__(self, works: Works) -> None:
        self.works = works.found()
        add = AddAnchor(
            anchor_unit_of_work_opener(works.database, OUTBOX),
            works.house.profiles,
            load_tolerance_policies(),
            works.clock,
        )
        for name, role in {
            "v2gRootCA": CertificateRole.V2G_ROOT,
            "moRootCA": CertificateRole.MO_ROOT,
            "oemRootCA": CertificateRole.OEM_ROOT,
        }.items():
            add(ADMIN, foreign(name), role, revocation=RevocationPolicy.NONE)
        works.refresh()
        own = works.car(publish=False)
        self.car = Car(
            foreign_holder("oemLeaf").key,
            replace(
                own.published,
                pcid=Pcid.parse(PCID),
                certificate=foreign("oemLeaf"),
                sub_certificates=(foreign("oemSubCA2"), foreign("oemSubCA1")),
            ),
        )
        works.publish(self.car)

    def sign(self, principal: Principal = OWNER, **changes: Any) -> Any:
        works = self.works
        data = ContractDataToSign(
            Schema.ISO15118_2,
            CHAIN,
            DELIVERY.encrypted_private_key.value,
            DELIVERY.dh_public_key.value,
            EMAID,
            PCID,
        )
        sign = SignContractData(
            works.vehicles, works.store, works.validate, works.signers, works.clock
        )
        return sign(principal, replace(data, **changes))

    def add(self, message: Any = None, principal: Principal = SERVICE, **changes: Any) -> None:
        works = self.works
        read = message_from_xml(DOCUMENT, Schema.ISO15118_2) if message is None else message
        data = SignedDataToAdd(Schema.ISO15118_2, read, EMAID, PCID)
        AddSignedContractData(works.vehicles, works.pool, works.store, works.validate, works.clock)(
            principal, replace(data, **changes)
        )

    def vehicles_key_matches(self, installed: Any) -> None:
        """Unwrap with the vehicle's key, and match with the contract's certificate and key."""
        assert installed.accepted, installed.steps
        key, chain = delivered(installed.exi, Schema.ISO15118_2, self.car.key, self.car.certificate)
        assert chain == CHAIN
        assert public_octets(key) == public_octets(foreign_contract().key)


@pytest.fixture
def theirs(works: Works) -> Foreign:
    return Foreign(works)


def test_a_providers_own_contract_is_signed_pooled_and_delivered(theirs: Foreign) -> None:
    signed = theirs.sign()
    assert (signed.emaid.canonical, signed.pcid) == (EMAID, Pcid.parse(PCID))
    (pooled,) = theirs.works.pool.of_vehicle(Pcid.parse(PCID), None)
    assert (pooled.data.origin, pooled.data.issuer) == (Origin.SIGNED, None)
    assert pooled.contract.valid_until is None
    (recorded,) = theirs.works.contracts.certificates(Emaid.parse(EMAID))
    assert recorded.chain == CHAIN
    theirs.vehicles_key_matches(theirs.works.ask(theirs.car))
    # and what comes back as XML delivers the same
    document = message_to_xml(decode(signed.message, Schema.ISO15118_2))
    again = message_from_xml(document, Schema.ISO15118_2)
    assert again == decode(signed.message, Schema.ISO15118_2)


def test_without_a_pcid_nothing_is_kept(theirs: Foreign) -> None:
    before = all_rows(theirs.works.database)
    signed = theirs.sign(pcid=None)
    assert signed.pcid is None
    assert delivered(signed.message, Schema.ISO15118_2, theirs.car.key, theirs.car.certificate)
    assert all_rows(theirs.works.database) == before


@pytest.mark.parametrize("reference", ["sha256", "SHA256", "id"])
def test_a_root_is_chosen_by_either_spelling_of_its_reference(
    theirs: Foreign, reference: str
) -> None:
    from contract_service.model.root_pool import root_id

    (signer,) = theirs.works.signers(Schema.ISO15118_2).newest.values()
    fingerprint = signer.root_fingerprint
    root = {"sha256": fingerprint, "SHA256": fingerprint.upper(), "id": root_id(fingerprint)}
    assert theirs.sign(root=root[reference]).signer.fingerprint == signer.fingerprint
    with pytest.raises(ServiceError) as refused:
        theirs.sign(root="0" * 64)
    assert refused.value.code == "root_not_signed_below"


@pytest.mark.parametrize(
    ("changes", "kind", "code"),
    [
        ({"encrypted_private_key": bytes(47)}, Kind.INVALID, "encrypted_private_key_size"),
        ({"dh_public_key": bytes(64)}, Kind.INVALID, "dh_public_key_size"),
        ({"dh_public_key": b"\x04" + bytes(64)}, Kind.INVALID, "dh_public_key_invalid"),
        ({"emaid": OTHER}, Kind.INVALID, "emaid_mismatch"),
        ({"emaid": "DEXYZC12345678"}, Kind.FORBIDDEN, "not_your_provider"),
        ({"pcid": "WP0NOBODYHASTHIS1"}, Kind.NOT_FOUND, "vehicle_unknown"),
        ({"chain": CHAIN[:1]}, Kind.INVALID, "contract_chain_length"),
        ({"chain": (CHAIN[0], CHAIN[2], CHAIN[1])}, Kind.INVALID, "contract_chain_order"),
        ({"chain": (*CHAIN, foreign("moRootCA"))}, Kind.INVALID, "contract_chain_length"),
        ({"chain": (b"\x30\x00", *CHAIN[1:])}, Kind.INVALID, "certificate_unreadable"),
        ({"chain": (CHAIN[0][:-1] + b"\x00", *CHAIN[1:])}, Kind.INVALID, "contract_chain_invalid"),
        ({"schema": Schema.ISO15118_20}, Kind.INVALID, "contract_key_unsuitable"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(
    theirs: Foreign, changes: dict[str, Any], kind: Kind, code: str
) -> None:
    before = all_rows(theirs.works.database)
    with pytest.raises(ServiceError) as refused:
        theirs.sign(**changes)
    assert (refused.value.kind, refused.value.code) == (kind, code)
    assert all_rows(theirs.works.database) == before


@pytest.mark.parametrize("principal", [STRANGER, SERVICE, MAKER])
def test_a_provider_signs_nothing_of_another(theirs: Foreign, principal: Principal) -> None:
    before = all_rows(theirs.works.database)
    for emaid in (EMAID, None):
        with pytest.raises(ServiceError) as refused:
            theirs.sign(principal, emaid=emaid)
        assert refused.value.kind is Kind.FORBIDDEN
    assert all_rows(theirs.works.database) == before


def test_another_services_signature_is_verified_and_delivered_to_who_trusts_it(
    theirs: Foreign,
) -> None:
    """The foreign vehicle's own request lists the foreign V2G root, below which its CPS signs."""
    theirs.add()
    (pooled,) = theirs.works.pool.of_vehicle(Pcid.parse(PCID), None)
    assert pooled.data.origin is Origin.ADDED
    theirs.vehicles_key_matches(theirs.works.ask(theirs.car, stream("foreign/request.exi")))
    # and a vehicle that lists our root gets our signature
    theirs.vehicles_key_matches(theirs.works.ask(theirs.car, request(theirs.works, theirs.car)))


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (
            lambda body: {"emaid": replace(body.emaid, value=OTHER)},
            "emaid_mismatch",
        ),
        (
            lambda body: {
                "encrypted_private_key": replace(
                    body.encrypted_private_key, value=flip(body.encrypted_private_key.value, 9)
                )
            },
            "signed_data_signature",
        ),
        (
            lambda body: {
                "provisioning_service_chain": replace(
                    body.provisioning_service_chain, sub_certificates=()
                )
            },
            "signer_chain_invalid",
        ),
    ],
)
def test_what_another_service_did_not_sign_is_refused(
    theirs: Foreign, spoil: Any, code: str
) -> None:
    before = all_rows(theirs.works.database)
    spoilt = replace(RESPONSE, body=replace(DELIVERY, **spoil(DELIVERY)))
    with pytest.raises(ServiceError) as refused:
        theirs.add(spoilt)
    assert refused.value.code == code
    assert all_rows(theirs.works.database) == before


def test_a_negative_answer_and_a_request_are_no_signed_data(theirs: Foreign) -> None:
    for name in ("hubject/negative_response.exi", "foreign/request.exi"):
        message = decode(stream(name), Schema.ISO15118_2, Facets.LENIENT)
        with pytest.raises(ServiceError) as refused:
            theirs.add(message)
        assert refused.value.code == "no_signed_data"


def test_another_service_replaces_nothing_that_a_provider_had_signed_here(
    theirs: Foreign,
) -> None:
    theirs.sign()
    before = all_rows(theirs.works.database)
    with pytest.raises(ServiceError) as refused:
        theirs.add()
    assert refused.value.code == "signed_here"
    assert all_rows(theirs.works.database) == before


def test_only_a_cps_adds_and_only_for_a_published_vehicle_of_its_curve(theirs: Foreign) -> None:
    for principal in (OWNER, PROVIDER):
        with pytest.raises(ServiceError, match="role_required"):
            theirs.add(principal=principal)
    with pytest.raises(ServiceError, match="vehicle_unknown"):
        theirs.add(pcid=new_pcid())


def test_an_update_of_a_contract_of_another_authority_is_its_providers_to_make(
    theirs: Foreign,
) -> None:
    from contract_service.operations.install import InstallationAction
    from tests.contract_service.provisioning.works import update_request

    theirs.sign()
    holder = foreign_contract()
    message = update_request(theirs.works, CHAIN, holder.key, EMAID)
    installed = theirs.works.ask(theirs.car, message, action=InstallationAction.UPDATE)
    assert (installed.response_code, installed.steps[-1].code) == (
        "FAILED_NoCertificateAvailable",
        "provider_renews",
    )


def test_20_is_signed_alike(works: Works) -> None:
    """A contract of -20 made here, signed again as if its provider had brought it."""
    car = works.found(KeyAlgorithm.P521).car(algorithm=KeyAlgorithm.P521)
    data = works.provisioned(car)
    message: Any = decode(works.ask(car).exi, Schema.ISO15118_20)
    installation = message.signed_installation_data
    sign = SignContractData(works.vehicles, works.store, works.validate, works.signers, works.clock)
    signed = sign(
        PROVIDER,
        ContractDataToSign(
            Schema.ISO15118_20,
            data.chain,
            installation.secp521_encrypted_private_key,
            installation.dh_public_key,
            pcid=car.published.pcid.value,
        ),
    )
    assert signed.signer.schema is Schema.ISO15118_20
    (pooled,) = works.pool.of_vehicle(car.published.pcid, None)
    assert pooled.data.origin is Origin.SIGNED
    assert delivered(works.ask(car).exi, Schema.ISO15118_20, car.key, car.certificate)
