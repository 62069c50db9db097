"""The suite's own promise: tests of a group share a process, and with it what they started."""

import os

import pytest


@pytest.mark.xdist_group("groups")
def test_a_group_stays_together(request: pytest.FixtureRequest) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        # what xdist distributes by; a pytest that it does not know loses it without a word
        assert request.node.nodeid.endswith("@groups")
    else:
        assert request.node.get_closest_marker("xdist_group") is not None
