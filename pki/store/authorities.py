"""Authorities and their own trust anchors in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from foundation.errors import Kind, ServiceError
from pki.model.authority import Authority, AuthorityState, fingerprint
from pki.model.chain_parser import parse_chain
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.store.tables import anchors, authorities

_by_name = select(authorities).where(authorities.c.name == bindparam("name"))
_active = (
    select(authorities)
    .where(authorities.c.slot == bindparam("slot"), authorities.c.state == AuthorityState.ACTIVE)
    .order_by(authorities.c.generation.desc())
    .limit(1)
)
_newest = (
    select(authorities)
    .where(authorities.c.slot == bindparam("slot"))
    .order_by(authorities.c.generation.desc())
    .limit(1)
)
_all = select(authorities).order_by(authorities.c.slot, authorities.c.generation)
_insert = insert(authorities)
_replace = update(authorities).where(authorities.c.name == bindparam("of_name"))


class SqlAuthorities:
    """`AuthorityRepository` on a connection, inside a transaction or for reading."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> Authority | None:
        """Return the authority with that name."""
        row = self._connection.execute(_by_name, {"name": name}).one_or_none()
        return None if row is None else _authority(row)

    def active(self, slot: str) -> Authority | None:
        """Return the active generation of a slot."""
        row = self._connection.execute(_active, {"slot": slot}).one_or_none()
        return None if row is None else _authority(row)

    def newest(self, slot: str) -> Authority | None:
        """Return the highest generation of a slot, pending ones included."""
        row = self._connection.execute(_newest, {"slot": slot}).one_or_none()
        return None if row is None else _authority(row)

    def all(self) -> Sequence[Authority]:
        """Return every generation of every authority, by slot and generation."""
        return [_authority(row) for row in self._connection.execute(_all)]

    def add(self, authority: Authority) -> None:
        """Store a new authority; CONFLICT where its name or slot and generation are taken."""
        try:
            self._connection.execute(_insert, _values(authority))
        except IntegrityError as taken:
            raise ServiceError(
                Kind.CONFLICT,
                "authority_exists",
                f"there is an authority {authority.name} already; `evtrust ca list` shows it",
            ) from taken

    def replace(self, authority: Authority) -> None:
        """Store what has changed of an authority that exists."""
        values = _values(authority)
        del values["name"]
        self._connection.execute(_replace.values(**values), {"of_name": authority.name})


class SqlOwnAnchors:
    """`OwnAnchors` inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, certificate: bytes, authority: Authority, added_at: datetime) -> None:
        """Trust a root of ours (DER): tolerance `strict`, revocation `hard`."""
        self._connection.execute(
            insert(anchors),
            {
                "fingerprint": fingerprint(certificate),
                "name": authority.name,
                "role": authority.role,
                "certificate": certificate,
                "own": True,
                "tolerance_policy": "strict",
                "revocation_policy": "hard",
                "added_at": added_at,
            },
        )


def _authority(row: Row[Any]) -> Authority:
    return Authority(
        name=row.name,
        slot=row.slot,
        generation=row.generation,
        role=CertificateRole(row.role),
        edition=Edition(row.edition),
        algorithm=KeyAlgorithm(row.algorithm),
        state=AuthorityState(row.state),
        online=row.online,
        key_id=row.key_id,
        parent=row.parent,
        certificate=row.certificate,
        upper_chain=parse_chain(row.upper_chain) if row.upper_chain else (),
        not_before=row.not_before,
        not_after=row.not_after,
        created_at=row.created_at,
    )


def _values(authority: Authority) -> dict[str, Any]:
    return {
        "name": authority.name,
        "slot": authority.slot,
        "generation": authority.generation,
        "role": authority.role,
        "edition": authority.edition,
        "algorithm": authority.algorithm,
        "state": authority.state,
        "online": authority.online,
        "key_id": authority.key_id,
        "parent": authority.parent,
        "certificate": authority.certificate,
        "upper_chain": b"".join(authority.upper_chain) or None,
        "not_before": authority.not_before,
        "not_after": authority.not_after,
        "created_at": authority.created_at,
    }
