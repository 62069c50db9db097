"""Every table of every context on one metadata, for migrations and their check."""

import authorization.store.tables
import autocharge.store.tables
import contract_service.store.contract_pool_tables
import contract_service.store.pool_tables
import contract_service.store.tables
import foundation.outbox
import participants.store.tables
import pki.store.tables
import server.installation
from foundation.database import metadata

TABLE_MODULES = (
    foundation.outbox,
    pki.store.tables,
    participants.store.tables,
    contract_service.store.pool_tables,
    contract_service.store.tables,
    contract_service.store.contract_pool_tables,
    autocharge.store.tables,
    authorization.store.tables,
    server.installation,
)

__all__ = ["TABLE_MODULES", "metadata"]
