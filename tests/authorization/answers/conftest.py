"""The OCPI routes over either database, as the tests of OCPI have them."""

from tests.authorization.ocpi.conftest import platform, server, world

__all__ = ["platform", "server", "world"]
