"""Sites and access groups, changed in the database; members are keyed hashes only."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite compiles it as well
from sqlalchemy.exc import IntegrityError

from authorization.model.access_token import TokenKind, TokenUid
from authorization.model.site import Access, Site
from authorization.operations.place_ports import GroupMembers
from authorization.store.place_tables import (
    CONTRACT,
    TOKEN,
    VEHICLE,
    access_groups,
    access_members,
    closed_evses,
    site_evses,
    sites,
)
from authorization.store.restrictions import SqlRestrictionRepository
from authorization.store.site_reader import find_site
from authorization.store.tokens import TokenVault
from autocharge.model.enrolment import Identifier, kind_of
from contract_service.model.contract import identity
from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from foundation.many_rows import is_one_of
from foundation.outbox import Outbox

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


class SqlSiteRepository:
    """`SiteRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, operator_id: str, site_id: str) -> Site | None:
        """Return the site and keep others from changing it until the unit of work ends."""
        return find_site(self._connection, operator_id, site_id, lock=True)

    def add(self, site: Site, at: datetime) -> bool:
        """Take the site's id, without EVSEs; False where another was faster."""
        added = self._connection.execute(
            upsert(sites)
            .values(**_key(site), **_values(site, at))
            .on_conflict_do_nothing()
            .execution_options(preserve_rowcount=True)
        )
        return added.rowcount == 1

    def put(self, site: Site, at: datetime, *, reopens: bool) -> None:
        """Store what a site that is locked or added is now; see `SiteRepository`."""
        wanted = {evse.evse_id.key: evse for evse in site.evses}
        standing = self._sites_of(site.operator_id, site.site_id, wanted)
        if any(its_site != site.site_id for its_site in standing.values()):
            raise _evse_taken()
        self._close(site.operator_id, site.site_id, standing.keys() - wanted.keys(), at)
        self._connection.execute(
            update(sites).where(*_is(sites, _key(site))).values(**_values(site, at))
        )
        self._connection.execute(delete(site_evses).where(*_is(site_evses, _key(site))))
        if not wanted:
            return
        rows = [
            {
                **_key(site),
                "evse_key": key,
                "spelled": evse.evse_id.raw,
                "connector_types": sorted(evse.connector_types),
            }
            # in one order everywhere: two sites that claim each other's EVSEs must not deadlock
            for key, evse in sorted(wanted.items())
        ]
        try:
            self._connection.execute(insert(site_evses), rows)
        except IntegrityError as failure:
            raise _evse_taken() from failure
        self._open(site.operator_id, wanted, reopens=reopens)

    def take_off(self, operator_id: str, site_id: str, evse_key: str, at: datetime) -> bool:
        """Close an EVSE of a site that is locked; False where it does not stand there."""
        if self._sites_of(operator_id, site_id).get(evse_key) != site_id:
            return False
        self._close(operator_id, site_id, {evse_key}, at)
        key = {"operator_id": operator_id, "evse_key": evse_key}
        self._connection.execute(delete(site_evses).where(*_is(site_evses, key)))
        return True

    def remove(self, operator_id: str, site_id: str, at: datetime) -> None:
        """Delete a site that is locked; its EVSEs are closed."""
        standing = self._sites_of(operator_id, site_id)
        self._close(operator_id, site_id, standing.keys(), at)
        key = {"operator_id": operator_id, "site_id": site_id}
        for table in (site_evses, sites):
            self._connection.execute(delete(table).where(*_is(table, key)))

    def _sites_of(
        self, operator_id: str, site_id: str, evse_keys: Collection[str] = ()
    ) -> Mapping[str, str]:
        """Return at which sites the EVSEs of this site, and those with these keys, stand.

        An EVSE that another import is just taking off its site stands there still: to wait for it
        would let two imports that exchange EVSEs wait for each other.
        """
        its = site_evses.c.site_id == site_id
        if evse_keys:
            its = or_(its, is_one_of(self._connection, site_evses.c.evse_key, evse_keys))
        rows = self._connection.execute(
            select(site_evses.c.evse_key, site_evses.c.site_id).where(
                site_evses.c.operator_id == operator_id, its
            )
        )
        return {row.evse_key: row.site_id for row in rows}

    def _close(
        self, operator_id: str, site_id: str, evse_keys: Collection[str], at: datetime
    ) -> None:
        """Remember EVSEs that leave a site, and who could charge there: still nobody else may."""
        if not evse_keys:
            return
        key = {"operator_id": operator_id, "site_id": site_id}
        access = self._connection.scalar(select(sites.c.access).where(*_is(sites, key)))
        self._connection.execute(
            insert(closed_evses),
            [
                {"operator_id": operator_id, "evse_key": one, "access": access, "closed_at": at}
                for one in sorted(evse_keys)
            ],
        )

    def _open(self, operator_id: str, evse_keys: Collection[str], *, reopens: bool) -> None:
        which = (
            closed_evses.c.operator_id == operator_id,
            is_one_of(self._connection, closed_evses.c.evse_key, evse_keys),
        )
        if not reopens:
            private = select(closed_evses.c.evse_key).where(
                *which, closed_evses.c.access != Access.PUBLIC.value
            )
            if self._connection.execute(private.limit(1)).first() is not None:
                raise ServiceError(
                    Kind.CONFLICT,
                    "evse_closed",
                    "an EVSE was taken off a site that was not public, and this file does not "
                    "say who may charge; import the site as CSV or JSON lines with its access",
                    {"evses": "taken off a site that was not public"},
                )
        self._connection.execute(delete(closed_evses).where(*which))


def _key(site: Site) -> dict[str, str]:
    return {"operator_id": site.operator_id, "site_id": site.site_id}


def _values(site: Site, at: datetime) -> dict[str, Any]:
    place = site.coordinates
    return {
        "name": site.name,
        "owner": site.owner,
        "latitude": None if place is None else place.latitude,
        "longitude": None if place is None else place.longitude,
        "time_zone": site.time_zone,
        "access": site.access.value,
        "groups": list(site.groups),
        "changed_at": at,
    }


def _is(table: Table, values: Mapping[str, str]) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in values.items()]


def _evse_taken() -> ServiceError:
    return ServiceError(
        Kind.CONFLICT,
        "evse_taken",
        "an EVSE stands at another of your sites; take it off that one first",
        {"evses": "at another site"},
    )


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
