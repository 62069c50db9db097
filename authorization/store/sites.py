"""Sites and access groups in the database; members are keyed hashes only."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, tuple_
from sqlalchemy import Row as ResultRow
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite compiles it as well
from sqlalchemy.exc import IntegrityError

from authorization.model.access_token import TokenKind, TokenUid
from authorization.model.connector import ConnectorType
from authorization.model.site import Access, Site, SiteEvse
from authorization.model.station import Coordinates
from authorization.operations.place_ports import GroupCount, GroupMembers
from authorization.store.place_tables import access_groups, access_members, site_evses, sites
from authorization.store.restrictions import SqlRestrictionRepository
from authorization.store.tokens import TokenVault
from autocharge.model.enrolment import Identifier, kind_of
from contract_service.model.contract import identity
from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, EvseId
from foundation.many_rows import is_one_of
from foundation.outbox import Outbox

AnyRow = ResultRow[*tuple[Any, ...]]

CONTRACT, VEHICLE, TOKEN = "contract", "vehicle", "token"

_groups_of = select(access_members.c.group_id, access_members.c.kind).where(
    access_members.c.operator_id == bindparam("operator_id"),
    access_members.c.digest.in_(bindparam("digests", expanding=True)),
)


class MemberHash:
    """Keyed hashes of the members of access groups (the pepper of tokens, kinds apart)."""

    def __init__(self, vault: TokenVault) -> None:
        self._vault = vault

    def contract(self, emaid: Emaid) -> bytes:
        """Return the 32 bytes that every spelling of the contract's EMAID shares."""
        return self._vault.member_digest(CONTRACT, identity(emaid))

    def vehicle(self, identifier: Identifier) -> bytes:
        """Return the 32 bytes of a vehicle's identifier."""
        return self._vault.member_digest(f"{VEHICLE}.{kind_of(identifier).value}", identifier.key)

    def token(self, kind: TokenKind, uid: TokenUid) -> bytes:
        """Return the 32 bytes of a card or an app account."""
        return self._vault.member_digest(f"{TOKEN}.{kind.value}", uid.key)

    def all(self, members: GroupMembers) -> dict[bytes, str]:
        """Return every member's hash and kind."""
        return (
            {self.contract(emaid): CONTRACT for emaid in members.contracts}
            | {self.vehicle(one): VEHICLE for one in members.vehicles}
            | {self.token(kind, uid): TOKEN for kind, uid in members.tokens}
        )


@dataclass(frozen=True, slots=True)
class EraseMember:
    """Deletes a vehicle from every operator's access groups, on somebody else's transaction."""

    hashes: MemberHash

    def __call__(self, connection: Connection, identifier: Identifier) -> int:
        """Return from how many groups it is gone."""
        its = access_members.c.digest == self.hashes.vehicle(identifier)
        return connection.execute(delete(access_members).where(its)).rowcount


@dataclass(frozen=True, slots=True)
class SqlMemberships:
    """`Memberships`."""

    database: Database
    hashes: MemberHash

    def of(self, operator_id: str, members: GroupMembers) -> tuple[frozenset[str], frozenset[str]]:
        """Return the groups that name one of the contracts or vehicles, and one of the tokens."""
        digests = list(self.hashes.all(members))
        if not digests:
            return frozenset(), frozenset()
        with self.database.read() as connection:
            rows = connection.execute(
                _groups_of, {"operator_id": operator_id, "digests": digests}
            ).all()
        return (
            frozenset(row.group_id for row in rows if row.kind != TOKEN),
            frozenset(row.group_id for row in rows if row.kind == TOKEN),
        )

    def of_each(
        self, operator_id: str, emaids: Collection[Emaid], cards: Collection[TokenUid]
    ) -> tuple[Mapping[Emaid, frozenset[str]], Mapping[TokenUid, frozenset[str]]]:
        """Return the groups that name each of these contracts, and each of these RFID cards."""
        contracts = {emaid: self.hashes.contract(emaid) for emaid in emaids}
        tokens = {uid: self.hashes.token(TokenKind.RFID, uid) for uid in cards}
        digests = {*contracts.values(), *tokens.values()}
        groups: dict[bytes, set[str]] = {}
        if digests:
            with self.database.read() as connection:
                rows = connection.execute(
                    select(access_members.c.digest, access_members.c.group_id).where(
                        access_members.c.operator_id == operator_id,
                        is_one_of(connection, access_members.c.digest, digests),
                    )
                ).all()
            for row in rows:
                groups.setdefault(row.digest, set()).add(row.group_id)
        return (
            {emaid: frozenset(groups.get(one, ())) for emaid, one in contracts.items()},
            {uid: frozenset(groups.get(one, ())) for uid, one in tokens.items()},
        )


class SqlSiteReader:
    """`SiteReader` on AUTOCOMMIT connections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, operator_id: str, site_id: str) -> Site | None:
        """Return the site."""
        with self._database.read() as connection:
            return _find(connection, operator_id, site_id)

    def page(
        self, operator_ids: frozenset[str] | None, after: tuple[str, str] | None, limit: int
    ) -> tuple[Site, ...]:
        """Return up to `limit` sites of these operators (None: all) in order of operator and id."""
        order = (sites.c.operator_id, sites.c.site_id)
        statement = select(sites).order_by(*order).limit(limit)
        if operator_ids is not None:
            statement = statement.where(sites.c.operator_id.in_(sorted(operator_ids)))
        if after is not None:
            statement = statement.where(tuple_(*order) > tuple_(*after))
        with self._database.read() as connection:
            return _with_evses(connection, connection.execute(statement).all())

    def group(self, operator_id: str, group_id: str) -> GroupCount | None:
        """Return how many members an access group has."""
        found = select(access_groups.c.changed_at).where(
            access_groups.c.operator_id == operator_id, access_groups.c.group_id == group_id
        )
        counted = (
            select(access_members.c.kind, func.count().label("members"))
            .where(access_members.c.operator_id == operator_id)
            .where(access_members.c.group_id == group_id)
            .group_by(access_members.c.kind)
        )
        with self._database.read() as connection:
            row = connection.execute(found).first()
            counts = {one.kind: one.members for one in connection.execute(counted)}
        if row is None:
            return None
        contracts, vehicles, tokens = (counts.get(kind, 0) for kind in (CONTRACT, VEHICLE, TOKEN))
        return GroupCount(operator_id, group_id, contracts, vehicles, tokens, row.changed_at)


def _find(
    connection: Connection, operator_id: str, site_id: str, *, lock: bool = False
) -> Site | None:
    statement = select(sites).where(sites.c.operator_id == operator_id, sites.c.site_id == site_id)
    row = connection.execute(statement.with_for_update() if lock else statement).first()
    return None if row is None else _with_evses(connection, [row])[0]


def _with_evses(connection: Connection, rows: Sequence[AnyRow]) -> tuple[Site, ...]:
    if not rows:
        return ()
    found = connection.execute(
        select(site_evses)
        .where(is_one_of(connection, site_evses.c.site_id, {row.site_id for row in rows}))
        .where(site_evses.c.operator_id.in_({row.operator_id for row in rows}))
        .order_by(site_evses.c.evse_key)
    ).all()
    evses: dict[tuple[str, str], list[SiteEvse]] = {}
    for row in found:
        evse = SiteEvse(
            EvseId.parse(row.spelled), frozenset(map(ConnectorType, row.connector_types))
        )
        evses.setdefault((row.operator_id, row.site_id), []).append(evse)
    return tuple(
        Site(
            row.operator_id,
            row.site_id,
            row.time_zone,
            Access(row.access),
            tuple(row.groups),
            row.name,
            row.owner,
            None if row.latitude is None else Coordinates(row.latitude, row.longitude),
            tuple(evses.get((row.operator_id, row.site_id), ())),
        )
        for row in rows
    )


class SqlSiteRepository:
    """`SiteRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, operator_id: str, site_id: str) -> Site | None:
        """Return the site and keep others from changing it until the unit of work ends."""
        return _find(self._connection, operator_id, site_id, lock=True)

    def put(self, site: Site, at: datetime) -> None:
        """Store the site with these EVSEs and no others; CONFLICT (`evse_taken`)."""
        place = site.coordinates
        values = {
            "name": site.name,
            "owner": site.owner,
            "latitude": None if place is None else place.latitude,
            "longitude": None if place is None else place.longitude,
            "time_zone": site.time_zone,
            "access": site.access.value,
            "groups": list(site.groups),
            "changed_at": at,
        }
        key = {"operator_id": site.operator_id, "site_id": site.site_id}
        self._connection.execute(
            upsert(sites)
            .values(**key, **values)
            .on_conflict_do_update(index_elements=list(key), set_=values)
        )
        self._connection.execute(
            delete(site_evses).where(
                site_evses.c.operator_id == site.operator_id, site_evses.c.site_id == site.site_id
            )
        )
        rows = [
            {
                **key,
                "evse_key": evse.evse_id.key,
                "spelled": evse.evse_id.raw,
                "connector_types": sorted(evse.connector_types),
            }
            # in one order everywhere: two sites that claim each other's EVSEs must not deadlock
            for evse in sorted(site.evses, key=lambda evse: evse.evse_id.key)
        ]
        if not rows:
            return
        try:
            self._connection.execute(insert(site_evses), rows)
        except IntegrityError as failure:
            raise ServiceError(
                Kind.CONFLICT,
                "evse_taken",
                "an EVSE stands at another of your sites; take it off that one first",
                {"evses": "at another site"},
            ) from failure


class SqlGroupRepository:
    """`GroupRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection, hashes: MemberHash) -> None:
        self._connection = connection
        self._hashes = hashes

    def put(self, operator_id: str, group_id: str, members: GroupMembers, at: datetime) -> None:
        """Store the group with these members and no others."""
        key = {"operator_id": operator_id, "group_id": group_id}
        self._connection.execute(
            upsert(access_groups)
            .values(**key, changed_at=at)
            .on_conflict_do_update(index_elements=list(key), set_={"changed_at": at})
        )
        self._empty(operator_id, group_id)
        hashed = self._hashes.all(members)
        if hashed:
            rows = [{**key, "digest": digest, "kind": kind} for digest, kind in hashed.items()]
            self._connection.execute(insert(access_members), rows)

    def remove(self, operator_id: str, group_id: str) -> bool:
        """Delete the group with its members; False where there is none."""
        self._empty(operator_id, group_id)
        gone = self._connection.execute(
            delete(access_groups).where(
                access_groups.c.operator_id == operator_id, access_groups.c.group_id == group_id
            )
        )
        return gone.rowcount == 1

    def _empty(self, operator_id: str, group_id: str) -> None:
        self._connection.execute(
            delete(access_members).where(
                access_members.c.operator_id == operator_id, access_members.c.group_id == group_id
            )
        )


class SqlPlaceUnitOfWork:
    """`PlaceUnitOfWork` on one connection."""

    def __init__(self, connection: Connection, hashes: MemberHash, outbox: Outbox) -> None:
        self._connection = connection
        self.sites = SqlSiteRepository(connection)
        self.groups = SqlGroupRepository(connection, hashes)
        self.restrictions = SqlRestrictionRepository(connection)
        self.events = outbox.log(connection)

    def commit(self) -> None:
        """Make all of it durable and visible at once."""
        self._connection.commit()


@dataclass(frozen=True, slots=True)
class OpenSqlPlaceUnitOfWork:
    """Opens a transaction that ends with its block."""

    database: Database
    hashes: MemberHash
    outbox: Outbox

    @contextmanager
    def __call__(self) -> Iterator[SqlPlaceUnitOfWork]:
        """Yield the unit of work; without `commit()` everything is undone."""
        with self.database.write() as connection:
            yield SqlPlaceUnitOfWork(connection, self.hashes, self.outbox)
