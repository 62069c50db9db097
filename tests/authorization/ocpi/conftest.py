"""A platform that serves, and the OCPI routes over either database."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from foundation.database import Database
from tests.authorization.ocpi.partner_server import PartnerServer, serving
from tests.authorization.ocpi.world import OcpiWorld


@pytest.fixture(scope="session")
def platform() -> Iterator[PartnerServer]:
    with serving(PartnerServer()) as server:
        yield server


@pytest.fixture
def server(platform: PartnerServer) -> PartnerServer:
    """The one platform, as new."""
    fresh = PartnerServer(port=platform.port)
    for name, value in vars(fresh).items():
        setattr(platform, name, value)
    return platform


@pytest.fixture
def world(database: Database, clock: Callable[[], datetime], server: PartnerServer) -> OcpiWorld:
    return OcpiWorld(database, clock, server)
