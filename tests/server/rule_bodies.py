"""What the routes of `tests.server.rules` are asked with; braces name fields of `Things`."""

AT_STATION = {
    "station_id": "{station_id}",
    "identification": {"type": "mac", "value": "{mac}"},
}
EST, CACERTS = "est", "est_cacerts"  # asked in tests/pki/est
CSR = "MIIB"
VEHICLE = {"vehicleCertificate": "MIIB", "subCA1Certificate": "MIIB"}
ROOT = {"caCertificate": "MIIB", "rootType": "V2G"}
EV_CERTIFICATE = {
    "iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef",
    "action": "Install",
    "exiRequest": "gJo=",
}
HASH_DATA = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "ab",
    "issuerKeyHash": "cd",
    "serialNumber": "1",
}
CHAIN_STATUS = {
    "certificateStatusRequests": [
        {"certificateHashData": HASH_DATA, "source": "OCSP", "urls": ["http://x.example/"]}
    ]
}
OCSP_DATA = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "ab",
    "issuerKeyHash": "cd",
    "serialNumber": "1",
    "responderURL": "",
}
OICP = {
    "SessionID": "b2688855-7f00-0002-6d8e-48d883f6abb6",
    "Identification": {"RFIDMifareFamilyIdentification": {"UID": "04A2B3C4"}},
}

EDITION = "urn:iso:15118:2:2013:MsgDef"
NO_CERTIFICATE = "MAMCAQA="
CONTRACT_DATA = {
    "contractCertificate": NO_CERTIFICATE,
    "contractSubCa1Certificate": NO_CERTIFICATE,
    "contractSignatureEncryptedPrivateKey": "AAAA",
    "dHpublickey": "AAAA",
}
OLD_CONTRACT_DATA = {
    "contractData": {
        "contractSignatureCertChain": {
            "contractSignatureCertChainCertificate": NO_CERTIFICATE,
            "contractSignatureCertChainSubCertificates": [NO_CERTIFICATE],
        },
        "contractSignatureEncryptedPrivateKey": "AAAA",
        "dHpublickey": "AAAA",
        "emaid": "{emaid}",
    },
    "pcid": "{pcid}",
    "emaid": "{emaid}",
    "xsdMsgDefNamespace": EDITION,
}

OWN_ROLES = [{"role": "CPO", "country_code": "DE", "party_id": "AAA", "name": "AAA"}]

AT = "2026-12-01T00:00:00Z"
START_TRANSACTION = {"connectorId": 1, "idTag": "VID:{mac}", "meterStart": 0, "timestamp": AT}
STOP_TRANSACTION = {"transactionId": 1, "meterStop": 1, "timestamp": AT}
TRANSACTION_EVENT = {
    "eventType": "Started",
    "timestamp": AT,
    "triggerReason": "Authorized",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "t1"},
    "idToken": {"idToken": "{mac}", "type": "MacAddress"},
}
