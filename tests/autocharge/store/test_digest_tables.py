"""No table holds digests of vehicle identifiers without rotation and erasure knowing of it."""

import pytest
import sqlalchemy as sa

from autocharge.store.digest_tables import (
    ADMINISTRATOR,
    OWNER,
    ErasedBy,
    digest_tables,
    register_digests,
)
from server.schema import metadata

OF_OTHER_THINGS = {
    "participants_client_secrets",
    "authorization_ocpi_tokens",  # of partners' credentials
    "authorization_decisions",  # of EMAIDs kept nowhere else; vehicles: `ErasePresented`
    "pki_foreign_evidence",  # of OCSP responses and CRLs
    "pki_evidence_documents",
    "authorization_access_members",  # erased by `EraseMember`; its key does not change
}
"""Tables whose digests are of no vehicle, or under a key that does not change with the pepper."""


def test_every_table_with_a_digest_is_registered() -> None:
    holding = {
        table.name
        for table in metadata.sorted_tables
        if any("digest" in column.name for column in table.columns)
    }
    assert "autocharge_enrolments" in holding
    assert holding - OF_OTHER_THINGS == set(digest_tables())


@pytest.mark.parametrize("lacking", ["kind", "digest", "key_id", "sealed", "provider_id"])
def test_a_table_that_cannot_be_renewed_is_refused(lacking: str) -> None:
    names = {"kind", "digest", "key_id", "sealed", "provider_id"} - {lacking}
    table = sa.Table(
        "lacking",
        sa.MetaData(),
        sa.Column("record_id", sa.String(36), primary_key=True),
        *(sa.Column(name, sa.LargeBinary) for name in sorted(names)),
    )
    with pytest.raises(ValueError, match=lacking):
        register_digests(table, erased_by=OWNER)
    assert "lacking" not in digest_tables()


@pytest.mark.parametrize("primary", [0, 2])
def test_a_record_has_one_id(primary: int) -> None:
    table = sa.Table(
        "lacking",
        sa.MetaData(),
        *(sa.Column(f"id_{i}", sa.String(36), primary_key=True) for i in range(primary)),
        *(sa.Column(name, sa.LargeBinary) for name in ("kind", "digest", "key_id", "sealed")),
    )
    with pytest.raises(ValueError, match="one column as its primary key"):
        register_digests(table, erased_by=ADMINISTRATOR)


def test_the_words_of_the_list_are_those_of_the_enumeration() -> None:
    assert (OWNER, ADMINISTRATOR) == (ErasedBy.OWNER, ErasedBy.ADMINISTRATOR)
