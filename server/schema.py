"""Every table of every context on one metadata, for migrations and their check."""

import authorization.store.authdata_tables
import authorization.store.foreign_token_tables
import authorization.store.ocpi_tables
import authorization.store.place_tables
import authorization.store.tables
import autocharge.store.claim_tables
import autocharge.store.import_tables
import autocharge.store.proposal_tables
import autocharge.store.quarantine_tables
import autocharge.store.tables
import console.store.tables
import contract_service.store.contract_pool_tables
import contract_service.store.pool_tables
import contract_service.store.tables
import foundation.outbox
import participants.store.tables
import pki.store.evidence_tables
import pki.store.tables
import server.installation
from foundation.database import metadata

TABLE_MODULES = (
    foundation.outbox,
    pki.store.tables,
    pki.store.evidence_tables,
    participants.store.tables,
    contract_service.store.pool_tables,
    contract_service.store.tables,
    contract_service.store.contract_pool_tables,
    autocharge.store.tables,
    autocharge.store.claim_tables,
    autocharge.store.quarantine_tables,
    autocharge.store.proposal_tables,
    autocharge.store.import_tables,
    authorization.store.place_tables,
    authorization.store.tables,
    authorization.store.foreign_token_tables,
    authorization.store.authdata_tables,
    authorization.store.ocpi_tables,
    console.store.tables,
    server.installation,
)

__all__ = ["TABLE_MODULES", "metadata"]
