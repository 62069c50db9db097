"""The whole application with its authorities, once for all tests of OCPP on either database."""

from collections.abc import Iterator

import pytest

from tests.authorization.ocpp.assembly import Csms, new_csms
from tests.databases import database_of_its_own
from tests.pki.est.assembly import found_authorities
from tests.server.assembly import Application


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def application(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Application]:
    """Tests share it: each uses a station of its own."""
    home = tmp_path_factory.mktemp("home")
    with database_of_its_own(request, home) as database:
        application = Application(database, home)
        found_authorities(application)
        yield application


@pytest.fixture
def csms(application: Application) -> Csms:
    """A CSMS with a new station."""
    return new_csms(application)
