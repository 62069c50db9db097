"""Tables of sites, access groups and contracts' restrictions."""

from sqlalchemy import JSON, Column, Float, ForeignKeyConstraint, Index, LargeBinary, String, Table

from foundation.database import Instant, metadata

CONTRACT, VEHICLE, TOKEN = "contract", "vehicle", "token"
"""Kinds of members of an access group."""

sites = Table(
    "authorization_sites",
    metadata,
    Column("operator_id", String(5), primary_key=True),
    Column("site_id", String(36), primary_key=True),
    Column("name", String(100)),
    Column("owner", String(100)),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("time_zone", String(64), nullable=False),
    Column("access", String(12), nullable=False),
    Column("groups", JSON, nullable=False),  # ids of the operator's access groups
    Column("changed_at", Instant, nullable=False),
)

site_evses = Table(
    "authorization_site_evses",
    metadata,
    Column("operator_id", String(5), primary_key=True),
    Column("evse_key", String(41), primary_key=True),  # one EVSE of an operator is at one site
    Column("site_id", String(36), nullable=False),
    Column("spelled", String(41), nullable=False),
    Column("connector_types", JSON, nullable=False),
    ForeignKeyConstraint(
        ["operator_id", "site_id"],
        ["authorization_sites.operator_id", "authorization_sites.site_id"],
    ),
    Index("ix_authorization_site_evses_site_id", "operator_id", "site_id"),
)

closed_evses = Table(  # taken off a site, and at none since then: nobody may charge there
    "authorization_closed_evses",
    metadata,
    Column("operator_id", String(5), primary_key=True),
    Column("evse_key", String(41), primary_key=True),
    Column("access", String(12), nullable=False),  # of the site that it stood at
    Column("closed_at", Instant, nullable=False),
    Index("ix_authorization_closed_evses_closed_at", "closed_at"),
)

access_groups = Table(
    "authorization_access_groups",
    metadata,
    Column("operator_id", String(5), primary_key=True),
    Column("group_id", String(36), primary_key=True),
    Column("changed_at", Instant, nullable=False),
)

access_members = Table(
    "authorization_access_members",
    metadata,
    Column("operator_id", String(5), primary_key=True),
    Column("digest", LargeBinary, primary_key=True),  # keyed hash: nobody is named here
    Column("group_id", String(36), primary_key=True),
    Column("kind", String(8), nullable=False),
    Index("ix_authorization_access_members_group_id", "operator_id", "group_id"),
)

restrictions = Table(
    "authorization_restrictions",
    metadata,
    Column("contract_id", String(36), primary_key=True),
    Column("provider_id", String(5), nullable=False),
    Column("restrictions", JSON, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
