"""A partner is what an administrator registered, or it is refused."""

from typing import Any

import pytest

from authorization.model.partner import MAX_PARTY_IDS, Partner, PartnerProtocol
from foundation.errors import Kind, ServiceError


def partner(**changed: Any) -> Partner:
    """Return a hub, with some of it changed."""
    given: dict[str, Any] = {
        "partner_id": "hub",
        "protocol": PartnerProtocol.OICP_23,
        "base_url": "https://hub.example",
    }
    return Partner(**(given | changed))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("partner_id", ""),
        ("partner_id", "-hub"),
        ("partner_id", "Hub"),
        ("partner_id", "h" * 37),
        ("base_url", "hub.example"),
        ("base_url", "ftp://hub.example"),
        ("base_url", "https://hub.example/"),
        ("base_url", "https://user@hub.example"),
        ("base_url", "https://hub.example/#a"),
        ("base_url", "https://hub.example\\@other.example"),
        ("base_url", "https://hub.example:99999999"),
        ("base_url", "https://hub.example/" + "a" * 500),
        ("provider_ids", frozenset({"DE-ABC"})),
        ("provider_ids", frozenset(f"DE{number:03}" for number in range(MAX_PARTY_IDS + 1))),
        ("operator_ids", frozenset({"DEABCD"})),
        ("priority", -1),
        ("priority", 1001),
    ],
)
def test_what_is_no_partner_is_refused_by_the_field_s_name(field: str, value: object) -> None:
    """Nothing half usable is ever stored."""
    with pytest.raises(ServiceError) as refused:
        partner(**{field: value})
    assert (refused.value.kind, refused.value.code) == (Kind.INVALID, "invalid_partner")
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://hub.example/api/oicp", True),
        ("https://HUB.example:443/", True),
        ("https://hub.example:8443/", False),
        ("http://hub.example/", False),
        ("https://hub.example.evil.test/", False),
        ("https://evil.test/https://hub.example/", False),
        ("https://hub.example@evil.test/", False),
        ("", False),
    ],
)
def test_calls_stay_with_the_host_of_the_registration(url: str, *, allowed: bool) -> None:
    """A partner that names other URLs of its own does not lead us elsewhere."""
    assert partner().allows(url) is allowed
