"""Keys of roots and of Sub-CA 1 are opened by `ca` commands, never by a process that serves."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from foundation.errors import Kind, ServiceError
from server.installation import open_installation
from server.settings import Settings, load_settings
from server.startup import initialise_everything
from server.wiring import Services


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = load_settings({"EVTRUST_HOME": str(tmp_path_factory.mktemp("home"))})
    initialise_everything(settings, demo=True, progress=lambda _: None)
    return settings


def test_a_serving_process_opens_online_keys_only(settings: Settings) -> None:
    serving, ceremony = Services(settings), Services(settings, offline_keys=True)
    opened = refused = 0
    for authority in serving.authorities.all():
        assert authority.key_id is not None
        assert isinstance(ceremony.keys.open(authority.key_id), ec.EllipticCurvePrivateKey)
        if authority.online:
            serving.keys.open(authority.key_id)
            opened += 1
        else:
            with pytest.raises(ServiceError) as refusal:
                serving.keys.open(authority.key_id)
            assert refusal.value.kind is Kind.FORBIDDEN
            refused += 1
    assert (opened, refused) == (6, 9)  # six Sub-CA 2; three roots and six Sub-CA 1
    serving.database.close()
    ceremony.database.close()


def test_keys_are_noise_without_the_passphrase(settings: Settings, tmp_path: Path) -> None:
    services = Services(settings)
    wrong = tmp_path / "other-passphrase"
    wrong.write_text("another passphrase of some length")
    wrong.chmod(0o600)
    other = load_settings(
        {"EVTRUST_HOME": str(settings.home), "EVTRUST_KEY_PASSPHRASE_FILE": str(wrong)}
    )
    with pytest.raises(ServiceError) as refusal:
        open_installation(services.database, other)
    assert refusal.value.code == "sealed_blob_unreadable"
    services.database.close()
