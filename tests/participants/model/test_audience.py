"""The audience: our base URL in every spelling of it, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from participants.model.audience import names_service


@pytest.mark.parametrize(
    ("audience", "public_url"),
    [
        ("https://id.example", "https://id.example"),
        ("https://id.example/", "https://id.example"),
        ("HTTPS://ID.Example", "https://id.example"),
        ("https://id.example:443/", "https://id.example"),
        ("http://id.example:80", "http://id.example"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("https://id.example/evtrust/", "https://id.example/evtrust"),
    ],
)
def test_our_base_url_in_any_spelling(audience: str, public_url: str) -> None:
    assert names_service(audience, public_url)


@pytest.mark.parametrize(
    "audience",
    [
        "",
        "id.example",
        "http://id.example",
        "https://id.example.evil.example",
        "https://id.example@evil.example",
        "https://evil@id.example",
        "https://id.example:8443",
        "https://id.example:0",
        "https://id.example:port",
        "https://id.example/other",
        "https://id.example?x=1",
        "https://id.example#x",
        "https://[id.example",
        "https://eu.plugncharge-qa.hubject.com",
        "https://id.example" + "/" * 5000,
    ],
)
def test_every_other_text_is_another_service(audience: str) -> None:
    assert not names_service(audience, "https://id.example")


@given(st.text(max_size=100))
def test_no_text_makes_it_fail(text: str) -> None:
    assert names_service(text, "https://id.example") in {True, False}
