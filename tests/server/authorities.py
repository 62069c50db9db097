"""Authorities of an application, and certificates of its contracts."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from contract_service.model.contract import ContractCertificate
from foundation.principal import LOCAL_ADMINISTRATOR
from foundation.sealing import Sealer
from pki.model.roles import Edition, KeyAlgorithm
from pki.operations.create_hierarchy import HierarchyRequest
from server.installation import Installation
from server.wiring import Services
from tests.server.assembly import Application


def found_authorities(application: Application) -> None:
    """Make a hierarchy as the `ca` commands do: serving processes open no offline key."""
    ceremony = Services(
        application.services.settings,
        database=application.database,
        installation=Installation(Sealer(bytes(range(32))), demo=False),
        offline_keys=True,
    )
    request = HierarchyRequest(Edition.ISO15118_2, KeyAlgorithm.P256, "Example", "DE")
    ceremony.create_hierarchy(LOCAL_ADMINISTRATOR, request)


def certified(application: Application, emaid: str) -> ContractCertificate:
    """Issue a certificate for the contract, for a key that nobody keeps."""
    key = ec.generate_private_key(ec.SECP256R1())
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, SHA256())
    return application.services.issue_contract_certificate(
        LOCAL_ADMINISTRATOR, emaid, csr.public_bytes(Encoding.DER)
    )
