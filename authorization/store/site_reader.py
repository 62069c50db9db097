"""Sites and access groups as they are committed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, select, tuple_
from sqlalchemy import Row as ResultRow

from authorization.model.connector import ConnectorType
from authorization.model.site import Access, Site, SiteEvse
from authorization.model.station import Coordinates
from authorization.operations.place_ports import GroupCount
from authorization.store.place_tables import (
    CONTRACT,
    TOKEN,
    VEHICLE,
    access_groups,
    access_members,
    site_evses,
    sites,
)
from foundation.database import Database
from foundation.identifiers import EvseId
from foundation.many_rows import is_one_of

AnyRow = ResultRow[*tuple[Any, ...]]


class SqlSiteReader:
    """`SiteReader` on AUTOCOMMIT connections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, operator_id: str, site_id: str) -> Site | None:
        """Return the site."""
        with self._database.read() as connection:
            return find_site(connection, operator_id, site_id)

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
        its = (access_groups.c.operator_id == operator_id, access_groups.c.group_id == group_id)
        found = self._groups(select(access_groups).where(*its))
        return found[0] if found else None

    def groups(
        self, operator_ids: frozenset[str] | None, after: tuple[str, str] | None, limit: int
    ) -> tuple[GroupCount, ...]:
        """Return up to `limit` groups of these operators (None: all) by operator and id."""
        order = (access_groups.c.operator_id, access_groups.c.group_id)
        statement = select(access_groups).order_by(*order).limit(limit)
        if operator_ids is not None:
            statement = statement.where(access_groups.c.operator_id.in_(sorted(operator_ids)))
        if after is not None:
            statement = statement.where(tuple_(*order) > tuple_(*after))
        return self._groups(statement)

    def _groups(self, statement: Select[*tuple[Any, ...]]) -> tuple[GroupCount, ...]:
        page = statement.subquery()
        counted = (
            select(
                page,
                *(
                    func.count().filter(access_members.c.kind == kind).label(kind)
                    for kind in (CONTRACT, VEHICLE, TOKEN)
                ),
            )
            .select_from(
                page.outerjoin(
                    access_members,
                    (access_members.c.operator_id == page.c.operator_id)
                    & (access_members.c.group_id == page.c.group_id),
                )
            )
            .group_by(*page.c)
            .order_by(page.c.operator_id, page.c.group_id)
        )
        with self._database.read() as connection:
            rows = connection.execute(counted).all()
        return tuple(
            GroupCount(
                row.operator_id, row.group_id, row.contract, row.vehicle, row.token, row.changed_at
            )
            for row in rows
        )


def find_site(
    connection: Connection, operator_id: str, site_id: str, *, lock: bool = False
) -> Site | None:
    """Return a site with its EVSEs; locked, others do not change it until the transaction ends."""
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
