"""A world in which one vehicle is enrolled."""

import pytest

from authorization.model.claim import Place
from tests.authorization.fakes import (
    MAC,
    World,
)
from tests.authorization.vehicles import (
    BERLIN,
    RESOLVED,
)


@pytest.fixture
def world() -> World:
    world = World()
    world.stations.places["CS-1"] = Place("CS-1", "DEABC", ("DEABCE1",), BERLIN)
    world.resolve.answers = {MAC: RESOLVED}
    return world
