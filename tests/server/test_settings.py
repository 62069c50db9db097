"""Settings: the environment wins over the file, and nonsense is refused with what to write."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import ServiceError
from server.settings import Address, load_settings


def test_defaults_are_an_embedded_loopback_service(tmp_path: Path) -> None:
    settings = load_settings({"EVTRUST_HOME": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path / 'evtrust.sqlite'}"
    assert settings.listen == Address("127.0.0.1", 8080)
    assert settings.management_listen == settings.listen
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.key_passphrase_file == tmp_path / "key-passphrase"


def test_a_public_address_gets_a_management_address_of_its_own() -> None:
    settings = load_settings({"EVTRUST_LISTEN": "0.0.0.0:8080"})
    assert settings.management_listen == Address("127.0.0.1", 9080)


def test_metrics_are_never_on_a_public_address() -> None:
    with pytest.raises(ServiceError, match="metrics and docs need an address"):
        load_settings(
            {"EVTRUST_LISTEN": "0.0.0.0:8080", "EVTRUST_MANAGEMENT_LISTEN": "0.0.0.0:8080"}
        )


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    config = tmp_path / "evtrust.toml"
    config.write_text('workers = 3\nlisten = "[::1]:9000"\n')
    settings = load_settings({"EVTRUST_CONFIG": str(config), "EVTRUST_WORKERS": "5"})
    assert settings.workers == 5
    assert str(settings.listen) == "[::1]:9000"
    assert settings.listen.is_loopback


@pytest.mark.parametrize(
    ("content", "code"),
    [("worker = 3\n", "unknown_setting"), ("workers = \n", "config_malformed")],
)
def test_a_wrong_file_is_refused(tmp_path: Path, content: str, code: str) -> None:
    config = tmp_path / "evtrust.toml"
    config.write_text(content)
    with pytest.raises(ServiceError) as refusal:
        load_settings({"EVTRUST_CONFIG": str(config)})
    assert refusal.value.code == code


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ServiceError) as refusal:
        load_settings({"EVTRUST_CONFIG": str(tmp_path / "none.toml")})
    assert refusal.value.code == "config_unreadable"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LISTEN", "8080"),
        ("LISTEN", "127.0.0.1:0"),
        ("LISTEN", "127.0.0.1:65536"),
        ("LISTEN", "host name:80"),
        ("WORKERS", "0"),
        ("WORKERS", "two"),
        ("WORKERS", "٣"),
        ("THREADS", "65"),
        ("PUBLIC_URL", "ftp://id.example"),
        ("PUBLIC_URL", "id.example"),
        ("PUBLIC_URL", "https://id.example/?a=b"),
        ("LOG_LEVEL", "loud"),
        ("EXPERIMENTAL_ED448", "perhaps"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "everyone"),
        ("EGRESS_NETWORKS", "127.0.0.1/8"),
        ("EGRESS_NETWORKS", "localhost"),
        ("REVOCATION_HOSTS", "http://ocsp.example/"),
        ("REVOCATION_HOSTS", "ocsp.example:"),
        ("REVOCATION_HOSTS", "*"),
    ],
)
def test_nonsense_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ServiceError, match=f"EVTRUST_{name}") as refusal:
        load_settings({f"EVTRUST_{name}": value})
    assert refusal.value.code == "bad_setting"


def test_responders_are_hosts_with_their_ports() -> None:
    settings = load_settings({"EVTRUST_REVOCATION_HOSTS": "OCSP.example, ocsp.example:8080,"})
    assert settings.revocation_hosts == {"ocsp.example:80", "ocsp.example:8080"}
    assert load_settings({}).revocation_hosts == frozenset()


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_a_typed_refusal(text: str) -> None:
    try:
        settings = load_settings({"EVTRUST_LISTEN": text})
    except ServiceError as refusal:
        assert refusal.code == "bad_setting"
    else:
        assert 0 < settings.listen.port < 65536
