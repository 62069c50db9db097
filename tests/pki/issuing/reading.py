"""What tests of authorities look at, and ask for."""

from collections.abc import Sequence

import sqlalchemy as sa
from cryptography import x509

from foundation.database import Database
from pki.model.authority import Authority
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.operations.request_certificate import AuthorityRequest


def rows(database: Database, table: sa.Table) -> Sequence[sa.Row[tuple[object, ...]]]:
    with database.read() as connection:
        return connection.execute(sa.select(table)).all()


def certificate_of(authority: Authority) -> x509.Certificate:
    assert authority.certificate is not None
    return x509.load_der_x509_certificate(authority.certificate)


def sub1_request(slot: str = "partner-sub1", generation: int = 1) -> AuthorityRequest:
    return AuthorityRequest(
        slot=slot,
        role=CertificateRole.CPO_SUB1,
        edition=Edition.ISO15118_2,
        algorithm=KeyAlgorithm.P256,
        common_name=f"Our CPO Sub-CA 1 G{generation}",
        organization="Example Charging",
        country="DE",
    )
