"""Every route of the application that needs a token, and who may use it on whose things."""

from collections.abc import Mapping

from tests.server.assembly import COORDINATES, HOOK, OURS, PARTNER
from tests.server.rule import (
    ADMINISTRATOR,
    EVERYONE,
    MANUFACTURER,
    NOBODY,
    OPERATOR,
    PROVIDER,
    READING_MANUFACTURER,
    READING_PROVIDER,
    Rule,
)
from tests.server.rule_bodies import (
    AT_STATION,
    CHAIN_STATUS,
    CONTRACT_DATA,
    CSR,
    EDITION,
    EV_CERTIFICATE,
    OCSP_DATA,
    OICP,
    OLD_CONTRACT_DATA,
    OWN_ROLES,
    ROOT,
    START_TRANSACTION,
    STOP_TRANSACTION,
    TRANSACTION_EVENT,
    VEHICLE,
)
from tests.server.rules_places import PLACE_RULES

RULES: Mapping[tuple[str, str], Rule] = {
    **PLACE_RULES,
    ("POST", "/v1/authorizations"): Rule(AT_STATION, OPERATOR),
    ("GET", "/v1/authorizations/{reference}"): Rule(None, OPERATOR | READING_PROVIDER),
    ("GET", "/v1/authorizations/{reference}/explanation"): Rule(None, OPERATOR | READING_PROVIDER),
    ("GET", "/v1/decisions"): Rule(
        None, OPERATOR | READING_PROVIDER, blind=frozenset({"other_cpo", "other_mo"})
    ),
    ("GET", "/v1/decisions/export"): Rule(
        None, OPERATOR | READING_PROVIDER, blind=frozenset({"other_cpo", "other_mo"})
    ),
    ("POST", "/ocpp/2.0.1/{station_id}/Authorize"): Rule(
        {"idToken": {"idToken": "{mac}", "type": "MacAddress"}}, OPERATOR
    ),
    ("POST", "/ocpp/1.6/{station_id}/Authorize"): Rule({"idTag": "VID:{mac}"}, OPERATOR),
    ("POST", "/ocpp/1.6/{station_id}/StartTransaction"): Rule(START_TRANSACTION, OPERATOR),
    ("POST", "/ocpp/1.6/{station_id}/StopTransaction"): Rule(STOP_TRANSACTION, OPERATOR),
    ("POST", "/ocpp/1.6/{station_id}/MeterValues"): Rule(
        {
            "connectorId": 1,
            "meterValue": [{"timestamp": "2026-12-01T00:00:00Z", "sampledValue": [{"value": "1"}]}],
        },
        OPERATOR,
    ),
    ("POST", "/ocpp/2.0.1/{station_id}/TransactionEvent"): Rule(TRANSACTION_EVENT, OPERATOR),
    ("POST", "/ocpp/2.1/{station_id}/TransactionEvent"): Rule(TRANSACTION_EVENT, OPERATOR),
    ("POST", "/ocpp/1.6/{station_id}/DataTransfer"): Rule({"vendorId": "com.example"}, OPERATOR),
    ("POST", "/ocpp/2.0.1/{station_id}/GetCertificateStatus"): Rule(
        {"ocspRequestData": OCSP_DATA}, OPERATOR
    ),
    ("POST", "/ocpp/2.0.1/{station_id}/SignCertificate"): Rule({"csr": CSR}, OPERATOR),
    ("POST", "/ocpp/2.0.1/{station_id}/Get15118EVCertificate"): Rule(EV_CERTIFICATE, OPERATOR),
    ("POST", "/ocpp/2.1/{station_id}/Get15118EVCertificate"): Rule(EV_CERTIFICATE, OPERATOR),
    ("POST", "/ocpp/2.1/{station_id}/GetCertificateChainStatus"): Rule(CHAIN_STATUS, OPERATOR),
    ("POST", "/ocpp/2.1/{station_id}/Authorize"): Rule(
        {"idToken": {"idToken": "{mac}", "type": "MacAddress"}}, OPERATOR
    ),
    ("POST", "/ocpp/2.1/{station_id}/GetCertificateStatus"): Rule(
        {"ocspRequestData": OCSP_DATA}, OPERATOR
    ),
    ("POST", "/ocpp/2.1/{station_id}/SignCertificate"): Rule({"csr": CSR}, OPERATOR),
    ("POST", "/ocpp/{version}/{station_id}/{action}"): Rule({}, NOBODY),
    ("PUT", "/v1/station-groups/{operator_id}/{name}"): Rule(
        {
            "stations": [
                {
                    "station_id": "{station_id}",
                    "ocpp_version": "2.0.1",
                    "entries": 10,
                    "per_message": 10,
                }
            ],
            "contracts": [],
        },
        OPERATOR,
        path=f"/v1/station-groups/{OURS}/forecourt",
    ),
    ("GET", "/v1/station-groups/{operator_id}/{name}"): Rule(
        None,
        OPERATOR | {"auditor"},
        "group_not_found",
        path=f"/v1/station-groups/{OURS}/nothing",
    ),
    ("GET", "/v1/stations/{station_id}/local-list"): Rule(
        None, OPERATOR | {"auditor"}, "no_local_list"
    ),
    ("PUT", "/v1/local-list-consents/{provider_id}/{operator_id}"): Rule(
        {"consents": False}, PROVIDER, path=f"/v1/local-list-consents/{OURS}/{OURS}"
    ),
    ("GET", "/v1/stations/{station_id}/calls"): Rule(None, OPERATOR | {"auditor"}),
    ("POST", "/v1/stations/{station_id}/calls"): Rule(
        {"ocpp_version": "2.0.1", "action": "GetInstalledCertificateIds", "payload": {}},
        OPERATOR,
        201,
    ),
    ("POST", "/v1/stations/{station_id}/trust-anchors/plan"): Rule(
        {"ocpp_version": "2.1", "wanted": []}, OPERATOR
    ),
    ("GET", "/v1/stations/{station_id}/calls/{call_id}"): Rule(None, OPERATOR | {"auditor"}),
    ("POST", "/v1/stations/{station_id}/calls/{call_id}"): Rule({"status": "Accepted"}, OPERATOR),
    ("POST", "/v1/autocharge/resolve"): Rule(
        # a vehicle roams: whichever operator it comes to may ask whose it is
        {"type": "mac", "value": "{mac}"},
        OPERATOR | {"mo", "other_cpo"},
        blind=frozenset({"other_mo"}),
    ),
    ("POST", "/v1/autocharge/sightings"): Rule(
        {"station_id": "{station_id}", "identifiers": [{"type": "mac", "value": "{mac}"}]},
        OPERATOR,
        201,
    ),
    ("GET", "/v1/autocharge/sightings"): Rule(
        None, OPERATOR | {"auditor"}, path="/v1/autocharge/sightings?station_id={station_id}"
    ),
    ("GET", "/v1/autocharge/step-ups/{reference}"): Rule(
        None, OPERATOR | READING_PROVIDER, path="/v1/autocharge/step-ups/{step_up}"
    ),
    ("POST", "/v1/autocharge/step-ups/{reference}"): Rule(
        {"answer": "confirm"}, PROVIDER, path="/v1/autocharge/step-ups/{step_up}"
    ),
    ("GET", "/v1/stations"): Rule(None, OPERATOR | {"auditor"}, blind=frozenset({"other_cpo"})),
    ("POST", "/v1/stations"): Rule(
        {
            "station_id": "{free_station_id}",
            "operator_id": OURS,
            "coordinates": COORDINATES,
        },
        OPERATOR,
        201,
    ),
    ("GET", "/v1/stations/{station_id}"): Rule(None, OPERATOR | {"auditor"}),
    ("POST", "/v1/sessions"): Rule({"reference": "{unused_reference}"}, OPERATOR, 201),
    ("GET", "/v1/sessions/{session_id}"): Rule(None, OPERATOR | {"auditor"}),
    ("POST", "/v1/sessions/{session_id}/end"): Rule({}, OPERATOR),
    ("GET", "/v1/sessions/{session_id}/cdr-identity"): Rule(
        None, OPERATOR | PROVIDER | {"auditor"}
    ),
    ("POST", "/api/oicp/charging/v21/operators/{operator_id}/authorize/start"): Rule(
        {**OICP, "OperatorID": OURS}, OPERATOR
    ),
    ("POST", "/api/oicp/charging/v21/operators/{operator_id}/authorize/stop"): Rule(
        {**OICP, "OperatorID": OURS}, OPERATOR
    ),
    ("GET", "/v1/partners"): Rule(None, ADMINISTRATOR | {"auditor"}),
    ("PUT", "/v1/partners/{partner_id}"): Rule(PARTNER, ADMINISTRATOR),
    ("GET", "/v1/partners/{partner_id}"): Rule(None, ADMINISTRATOR | {"auditor"}),
    ("DELETE", "/v1/partners/{partner_id}"): Rule(None, ADMINISTRATOR, 204),
    ("GET", "/v1/partners/{partner_id}/ocpi"): Rule(
        None, ADMINISTRATOR | {"auditor"}, path="/v1/partners/{ocpi_partner_id}/ocpi"
    ),
    ("DELETE", "/v1/partners/{partner_id}/ocpi"): Rule(
        None, ADMINISTRATOR, 204, path="/v1/partners/{ocpi_partner_id}/ocpi"
    ),
    ("POST", "/v1/partners/{partner_id}/ocpi/invitation"): Rule(
        {"own_roles": OWN_ROLES},
        ADMINISTRATOR,
        201,
        path="/v1/partners/{ocpi_partner_id}/ocpi/invitation",
    ),
    ("POST", "/v1/partners/{partner_id}/ocpi/registration"): Rule(
        {"own_roles": OWN_ROLES, "token": "a-token"},
        ADMINISTRATOR,
        "registration_failed",
        path="/v1/partners/{ocpi_partner_id}/ocpi/registration",
    ),
    ("POST", "/v1/partners/{partner_id}/ocpi/renewal"): Rule(
        None,
        ADMINISTRATOR,
        "not_registered",
        path="/v1/partners/{ocpi_partner_id}/ocpi/renewal",
    ),
    ("GET", "/v1/partners/{partner_id}/ocpi/token-pull"): Rule(
        None,
        ADMINISTRATOR | {"auditor"},
        "not_registered",
        path="/v1/partners/{ocpi_partner_id}/ocpi/token-pull",
    ),
    ("POST", "/v1/partners/{partner_id}/ocpi/token-pull"): Rule(
        None,
        ADMINISTRATOR,
        "not_registered",
        path="/v1/partners/{ocpi_partner_id}/ocpi/token-pull",
    ),
    ("GET", "/v1/contracts"): Rule(None, READING_PROVIDER, blind=frozenset({"other_mo"})),
    ("POST", "/v1/contracts"): Rule({"emaid": "{free_emaid}"}, PROVIDER, 201),
    ("GET", "/v1/contracts/{emaid}"): Rule(None, READING_PROVIDER),
    ("POST", "/v1/contracts/{emaid}/suspend"): Rule(None, PROVIDER),
    ("POST", "/v1/contracts/{emaid}/resume"): Rule(None, PROVIDER),
    ("POST", "/v1/contracts/{emaid}/terminate"): Rule(None, PROVIDER),
    ("PUT", "/v1/contracts/{emaid}/pcid"): Rule({"pcid": "WAA12345678901234"}, PROVIDER),
    ("POST", "/v1/contracts/{emaid}/certificates"): Rule(
        {"csr": CSR}, PROVIDER, "authority_unknown"
    ),
    ("GET", "/v1/contracts/{emaid}/certificates"): Rule(None, READING_PROVIDER),
    ("POST", "/v1/contracts/{emaid}/renew"): Rule(None, PROVIDER, "no_contract_data"),
    # asked in other words in tests/server/test_bulk_contracts.py: its body is no JSON document,
    # and whose an EMAID is, is judged line by line
    ("POST", "/v1/contracts/provisioning"): Rule(
        None, PROVIDER | {"other_mo"}, "body_not_contracts"
    ),
    ("GET", "/v1/contracts/{emaid}/budget"): Rule(None, READING_PROVIDER),
    ("PUT", "/v1/contracts/{emaid}/budget"): Rule({"sessions_at_once": 2}, PROVIDER),
    ("DELETE", "/v1/contracts/{emaid}/budget"): Rule(None, PROVIDER, 204),
    ("GET", "/v1/contracts/{emaid}/access-methods"): Rule(None, READING_PROVIDER),
    ("POST", "/v1/contracts/{emaid}/access-methods"): Rule(
        {"kind": "app", "uid": "{free_station_id}"}, PROVIDER, 201
    ),
    ("PATCH", "/v1/contracts/{emaid}/access-methods/{method_id}"): Rule(
        {"status": "blocked"}, PROVIDER, 204
    ),
    ("DELETE", "/v1/contracts/{emaid}/access-methods/{method_id}"): Rule(None, PROVIDER, 204),
    ("GET", "/v1/autocharge/enrolments"): Rule(
        None, READING_PROVIDER, blind=frozenset({"other_mo"})
    ),
    ("POST", "/v1/autocharge/enrolments"): Rule(
        {"emaid": "{emaid}", "type": "mac", "value": "{free_mac}"}, PROVIDER, 201
    ),
    ("GET", "/v1/autocharge/enrolments/{enrolment_id}"): Rule(None, READING_PROVIDER),
    ("POST", "/v1/autocharge/enrolments/{enrolment_id}/suspend"): Rule(None, PROVIDER),
    ("POST", "/v1/autocharge/enrolments/{enrolment_id}/resume"): Rule(None, PROVIDER),
    ("DELETE", "/v1/autocharge/enrolments/{enrolment_id}"): Rule(None, PROVIDER, 204),
    ("GET", "/v1/autocharge/enrolments/{enrolment_id}/history"): Rule(None, READING_PROVIDER),
    ("POST", "/v1/autocharge/enrolments/{enrolment_id}/replace"): Rule(
        {"type": "mac", "value": "{free_mac}"}, PROVIDER
    ),
    ("PUT", "/v1/autocharge/enrolments/{enrolment_id}/precedence"): Rule({"position": 1}, PROVIDER),
    ("PUT", "/v1/autocharge/enrolments/{enrolment_id}/vehicle"): Rule(
        {"autocharge": "on"}, PROVIDER
    ),
    ("GET", "/v1/autocharge/proposals"): Rule(
        None, READING_PROVIDER, blind=frozenset({"other_mo"})
    ),
    ("GET", "/v1/autocharge/proposals/{proposal_id}"): Rule(None, READING_PROVIDER),
    ("POST", "/v1/autocharge/proposals/{proposal_id}/confirm"): Rule(None, PROVIDER),
    ("POST", "/v1/autocharge/proposals/{proposal_id}/reject"): Rule(None, PROVIDER),
    ("GET", "/v1/autocharge/challenges"): Rule(
        None, READING_PROVIDER, blind=frozenset({"other_mo"})
    ),
    ("GET", "/v1/autocharge/challenges/{challenge_id}"): Rule(None, READING_PROVIDER),
    ("POST", "/v1/autocharge/challenges/{challenge_id}/answer"): Rule(
        {"answer": "refuse"}, PROVIDER, "not_the_holder"
    ),
    ("POST", "/v1/autocharge/challenges/{challenge_id}/withdraw"): Rule(None, PROVIDER),
    ("GET", "/v1/autocharge/providers/{provider_id}"): Rule(None, READING_PROVIDER),
    ("PUT", "/v1/autocharge/providers/{provider_id}"): Rule({"autocharge": "on"}, PROVIDER),
    ("GET", "/v1/autocharge/quarantines"): Rule(
        None, READING_PROVIDER, blind=frozenset({"other_mo"})
    ),
    ("POST", "/v1/autocharge/quarantines"): Rule(
        {"type": "mac", "value": "{mac}", "reason": "said so"}, PROVIDER, 201
    ),
    ("GET", "/v1/autocharge/quarantines/{quarantine_id}"): Rule(None, READING_PROVIDER),
    ("POST", "/v1/autocharge/quarantines/{quarantine_id}/release"): Rule(
        {"reason": "said so"}, PROVIDER
    ),
    # who does not hold the vehicle is receipted that nothing of it was there
    ("POST", "/v1/autocharge/erasures"): Rule(
        {"type": "mac", "value": "{mac}"}, PROVIDER | {"other_mo"}, 201
    ),
    ("GET", "/v1/autocharge/erasures/keys"): Rule(None, EVERYONE),
    ("GET", "/v1/autocharge/imports"): Rule(None, READING_PROVIDER, blind=frozenset({"other_mo"})),
    # asked in other words in tests/server/test_imports_api.py: its body is no JSON document, and
    # whose an EMAID is, is judged line by line
    ("POST", "/v1/autocharge/imports"): Rule(None, PROVIDER | {"other_mo"}, "body_not_csv"),
    ("GET", "/v1/autocharge/imports/{import_id}"): Rule(None, READING_PROVIDER),
    ("GET", "/v1/autocharge/imports/{import_id}/report"): Rule(None, READING_PROVIDER),
    ("GET", "/v1/autocharge/imports/{import_id}/report.csv"): Rule(None, READING_PROVIDER),
    ("POST", "/v1/autocharge/imports/{import_id}/undo"): Rule(None, PROVIDER, 202),
    ("GET", "/v1/root/rootCerts"): Rule(None, EVERYONE),
    ("PUT", "/v1/root/rootCerts"): Rule(ROOT, ADMINISTRATOR, "certificate_chain_malformed"),
    ("GET", "/v1/webhook/endpoints"): Rule(
        None, READING_PROVIDER, blind=EVERYONE - READING_PROVIDER
    ),
    ("POST", "/v1/webhook/endpoints"): Rule(
        {"url": HOOK, "enabledEvents": ["root.cert.added"]}, EVERYONE - {"auditor"}, 201
    ),
    ("GET", "/v1/webhook/endpoints/{endpoint_id}"): Rule(None, READING_PROVIDER),
    ("PUT", "/v1/webhook/endpoints/{endpoint_id}"): Rule({"url": HOOK}, PROVIDER),
    ("DELETE", "/v1/webhook/endpoints/{endpoint_id}"): Rule(None, PROVIDER),
    ("GET", "/v1/webhook/endpoints/{endpoint_id}/deliveries"): Rule(None, READING_PROVIDER),
    ("POST", "/v1/webhook/endpoints/{endpoint_id}/deliveries/{delivery_id}/replay"): Rule(
        None, PROVIDER, "delivery_waits"
    ),
    ("POST", "/v1/webhook/endpoints/{endpoint_id}/ping"): Rule(None, PROVIDER, "pinged_lately"),
    ("GET", "/v1/root/rootCerts/{root_id}"): Rule(None, EVERYONE),
    ("DELETE", "/v1/root/rootCerts/{root_id}"): Rule(None, ADMINISTRATOR),
    ("GET", "/v1/root/ctl"): Rule(None, EVERYONE),
    ("PUT", "/v1/oem/provCerts"): Rule(VEHICLE, MANUFACTURER, "certificate_chain_malformed"),
    ("GET", "/v1/oem/provCerts/{pcid}"): Rule(None, READING_MANUFACTURER),
    ("GET", "/v1/oem/provCerts/lookupVehicle/{pcid}"): Rule(None, READING_MANUFACTURER),
    ("DELETE", "/v1/oem/provCerts/{pcid}"): Rule(None, MANUFACTURER),
    # asked in other words in tests/server/test_bulk_vehicles.py: its body is no JSON document
    ("POST", "/v1/oem/provCerts/bulk"): Rule(None, MANUFACTURER, "body_not_vehicles"),
    ("PUT", "/v1/cps/contractData/signed"): Rule(
        {"contractData": CONTRACT_DATA, "emaid": "{emaid}", "xsdMsgDefNamespace": EDITION},
        PROVIDER,
        "certificate_unreadable",
    ),
    ("PUT", "/v1/cps/forward/signedContractData"): Rule(
        OLD_CONTRACT_DATA, PROVIDER, "certificate_unreadable"
    ),
    ("PUT", "/v1/cps/signedContractData"): Rule(
        OLD_CONTRACT_DATA, PROVIDER, "certificate_unreadable"
    ),
    ("PUT", "/v1/cps/generate/signedContractData"): Rule(
        {
            "contractBegins": "2026-01-01T00:00:00Z",
            "contractEnds": "2099-01-01T00:00:00Z",
            "emaid": "{emaid}",
            "pcid": "{pcid}",
            "xsdMsgDefNamespace": EDITION,
        },
        PROVIDER,
        "no_cps_signer",
    ),
    ("GET", "/cps/signer"): Rule(None, PROVIDER | {"other_mo", "auditor"}),
    ("POST", "/v1/ccp/signedContractData"): Rule(
        {"certificateInstallationReq": "AAAA", "xsdMsgDefNamespace": EDITION},
        OPERATOR | {"other_cpo"},
        "exi_header",
    ),
    ("PUT", "/v1/ccp/signedContractData"): Rule(
        {
            "xsdMsgDefNamespace": EDITION,
            "emaid": "{emaid}",
            "pcid": "{pcid}",
            "signedContractDataXML": "AAAA",
        },
        frozenset({"cps", "admin"}),
        "exi_xml",
    ),
    ("DELETE", "/v1/ccp/signedContractData/{id}"): Rule(
        None, PROVIDER, "contract_data_unknown", path="/v1/ccp/signedContractData/{emaid}"
    ),
    ("GET", "/v1/ccp/signedContractData/{id}"): Rule(
        None, MANUFACTURER | {"auditor"}, path="/v1/ccp/signedContractData/{pcid}"
    ),
    ("GET", "/v1/ccp/provideSignedContractData/{emaid}/{pcid}"): Rule(
        None, MANUFACTURER, "contract_data_unknown"
    ),
    ("POST", "/v1/ccp/signedContractData/{pcid}/{emaid}/default"): Rule(
        None, MANUFACTURER, "contract_data_unknown"
    ),
    ("GET", "/v1/ccp/lookupContract/{emaid}"): Rule(None, PROVIDER, "contract_data_unknown"),
    ("GET", "/v1/installations/{reference}"): Rule(None, OPERATOR, "installation_not_found"),
}
