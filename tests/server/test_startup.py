"""What must hold before anything is served, and what `init` leaves behind."""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from foundation.database import Database
from foundation.errors import ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.roles import Edition, KeyAlgorithm
from pki.operations.create_hierarchy import HierarchyRequest
from server.cli.output import refusal_of
from server.demo import read_demo
from server.settings import Settings, load_settings
from server.startup import check_startable, initialise_everything
from server.wiring import Services
from tests.databases import create_schema, temporary_postgresql_database

EVTRUST = Path(sys.executable).with_name("evtrust")
SECONDS = 60


def silent(_: str) -> None:
    """Tell nobody how far it is."""


def settings_for(home: Path, **more: str) -> Settings:
    return load_settings({"EVTRUST_HOME": str(home), **more})


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demonstration that nobody changes."""
    home = tmp_path_factory.mktemp("demo") / "home"
    initialise_everything(settings_for(home), demo=True, progress=silent)
    return home


@pytest.fixture
def demo(demo_home: Path, tmp_path: Path) -> Path:
    """A demonstration to spoil."""
    return Path(shutil.copytree(demo_home, tmp_path / "home"))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Settings of an installation that is yet to be made."""
    home = {"EVTRUST_HOME": str(tmp_path / "home")}
    if request.param == "sqlite":
        yield home
    else:
        server: str = request.getfixturevalue("postgresql_server_url")
        with temporary_postgresql_database(server) as url:
            yield home | {"EVTRUST_DATABASE_URL": url}


def why_not(settings: Settings) -> str:
    """Return the code with which serving is refused."""
    with pytest.raises(ServiceError) as refused:
        check_startable(settings)
    assert "\n" not in refused.value.detail
    return refused.value.code


@contextmanager
def services_of(settings: Settings) -> Iterator[Services]:
    database = Database(settings.database_url)
    try:
        yield Services(settings, database=database, offline_keys=True)
    finally:
        database.close()


def test_a_demonstration_may_start(demo_home: Path) -> None:
    check_startable(settings_for(demo_home))


@pytest.mark.parametrize(
    ("listen", "management", "named"),
    [
        ("0.0.0.0:8080", "127.0.0.1:9080", "0.0.0.0:8080"),
        ("[::]:8080", "[::1]:9080", "[::]:8080"),
        ("192.0.2.1:8080", "127.0.0.1:9080", "192.0.2.1:8080"),
        ("evtrust.example:8080", "127.0.0.1:9080", "evtrust.example:8080"),
        ("127.0.0.1:8080", "0.0.0.0:9080", "0.0.0.0:9080"),
    ],
)
def test_a_demonstration_is_served_on_loopback_alone(
    demo_home: Path, listen: str, management: str, named: str
) -> None:
    exposed = settings_for(demo_home, EVTRUST_LISTEN=listen, EVTRUST_MANAGEMENT_LISTEN=management)
    with pytest.raises(ServiceError) as refused:
        check_startable(exposed)
    assert refused.value.code == "demo_exposed"
    assert named in refused.value.detail


def test_a_demonstration_is_not_served_beside_other_authorities(demo: Path) -> None:
    settings = settings_for(demo)
    with services_of(settings) as services:
        services.create_hierarchy(
            LOCAL_ADMINISTRATOR,
            HierarchyRequest(Edition.ISO15118_20, KeyAlgorithm.P521, "Real", "DE", "Real"),
        )
    assert why_not(settings) == "demo_beside_real"


def test_nothing_is_served_from_nothing(empty: dict[str, str]) -> None:
    settings = load_settings(empty)
    settings.home.mkdir()
    assert why_not(settings) == "database_not_ready"
    create_schema(settings.database_url)
    assert why_not(settings) == "not_initialised"


def test_another_schema_is_refused(empty: dict[str, str]) -> None:
    settings = load_settings(empty)
    initialise_everything(settings, demo=False, progress=silent)
    check_startable(settings)
    database = Database(settings.database_url)
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
        connection.commit()
    database.close()
    assert why_not(settings) == "schema_outdated"


def test_the_passphrase_file_must_be_there_and_right_and_private(
    demo: Path, tmp_path: Path
) -> None:
    def named(file: Path) -> Settings:
        return settings_for(demo, EVTRUST_KEY_PASSPHRASE_FILE=str(file))

    assert why_not(named(tmp_path / "nothing")) == "passphrase_file_unreadable"
    other = tmp_path / "other"
    other.touch(mode=0o600)
    other.write_text("another passphrase of some length\n")
    assert why_not(named(other)) == "sealed_blob_unreadable"
    (demo / "key-passphrase").chmod(0o644)
    assert why_not(settings_for(demo)) == "passphrase_file_exposed"


def test_a_second_init_changes_and_tells_nothing_new(demo: Path) -> None:
    with services_of(settings_for(demo)) as services:
        before = read_demo(services)
    files = {path.name for path in demo.iterdir()}
    told = initialise_everything(settings_for(demo), demo=True, progress=silent).payload
    assert told == before
    assert {path.name for path in demo.iterdir()} == files
    # without --demo it is no error, and tells no secrets
    assert (
        initialise_everything(settings_for(demo), demo=False, progress=silent).payload["clients"]
        == {}
    )


def test_init_tells_the_address_of_now(demo: Path) -> None:
    moved = settings_for(demo, EVTRUST_LISTEN="127.0.0.1:9999")
    told = initialise_everything(moved, demo=True, progress=silent).payload
    assert told["base_url"] == "http://127.0.0.1:9999"


def test_no_demonstration_is_made_in_a_real_installation(empty: dict[str, str]) -> None:
    settings = load_settings(empty)
    initialise_everything(settings, demo=False, progress=silent)
    with pytest.raises(ServiceError) as refused:
        initialise_everything(settings, demo=True, progress=silent)
    assert refused.value.code == "demo_beside_real"


class Interrupted(Exception):  # noqa: N818 - no error: a moment
    """Stands for a kill at this moment."""


@pytest.mark.parametrize("step", range(1, 6))
def test_an_interrupted_init_goes_on(empty: dict[str, str], step: int) -> None:
    settings = load_settings(empty)
    told: list[str] = []

    def interrupt(progress: str) -> None:
        told.append(progress)
        if len(told) == step:
            raise Interrupted

    with pytest.raises(Interrupted):
        initialise_everything(settings, demo=True, progress=interrupt)
    if step > 2:
        assert why_not(settings) == "demo_unfinished"
    payload = initialise_everything(settings, demo=True, progress=silent).payload
    assert payload["demo"]["mac"]
    check_startable(settings)


def test_an_init_that_ended_before_the_status_was_published_publishes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(tmp_path / "home")
    with monkeypatch.context() as patch:
        patch.setattr(Services, "_after_create", (fail,))
        with pytest.raises(Interrupted):
            initialise_everything(settings, demo=True, progress=silent)
    initialise_everything(settings, demo=True, progress=silent)
    with services_of(settings) as services:
        for authority in services.authorities.all():
            assert services.crls.newest(authority.name) is not None


def fail(*_: object) -> None:
    raise Interrupted


def test_nothing_that_init_leaves_is_for_others_or_in_clear(demo_home: Path) -> None:
    with services_of(settings_for(demo_home)) as services:
        told = read_demo(services)
    assert told is not None
    secrets = [client["client_secret"] for client in told["clients"].values()]
    personal = [told["demo"][name] for name in ("mac", "vin")]
    forms = [text.encode() for text in (*secrets, *personal)]
    forms += [told["demo"]["mac"].lower().encode(), bytes.fromhex(told["demo"]["mac"])]
    assert stat.S_IMODE(demo_home.stat().st_mode) == 0o700
    files = [path for path in demo_home.rglob("*") if path.is_file()]
    assert len(files) >= 2
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        content = path.read_bytes()
        assert not [form for form in forms if form in content], path


# the command itself: exit code, one line, no trace


def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("EVTRUST_", "PROM"))}
    done = subprocess.run(
        [EVTRUST, *words],
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout
    return done


def refused_in_a_line(done: subprocess.CompletedProcess[str], code: str) -> None:
    assert done.returncode == 1, done
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("refused: "), done.stderr
    assert last.endswith(f"[{code}]"), done.stderr


def test_serve_says_in_a_line_why_it_will_not(demo_home: Path, tmp_path: Path) -> None:
    free = {"EVTRUST_LISTEN": f"127.0.0.1:{free_port()}"}
    home = {"EVTRUST_HOME": str(demo_home)}
    exposed = {
        "EVTRUST_LISTEN": f"0.0.0.0:{free_port()}",
        "EVTRUST_MANAGEMENT_LISTEN": free["EVTRUST_LISTEN"],
    }
    refused_in_a_line(run(home | exposed, "serve"), "demo_exposed")
    nothing = {"EVTRUST_HOME": str(tmp_path / "home")}
    refused_in_a_line(run(nothing | free, "serve"), "database_not_ready")
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700
    url = {"EVTRUST_DATABASE_URL": "mysql://host/name"}
    refused_in_a_line(run(home | free | url, "serve"), "bad_database_url")
    away = {"EVTRUST_DATABASE_URL": f"postgresql://127.0.0.1:{free_port()}/evtrust"}
    refused_in_a_line(run(home | away, "init"), "database_failed")


def test_serve_does_not_share_an_address(demo_home: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as other workers do
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run({"EVTRUST_HOME": str(demo_home), "EVTRUST_LISTEN": f"127.0.0.1:{port}"}, "serve")
    refused_in_a_line(done, "address_not_free")


@pytest.mark.parametrize(
    "words", [("station", "list"), ("contract", "show", "DEEVTC12345678"), ("worker",)]
)
def test_commands_before_init_say_what_to_do(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run({"EVTRUST_HOME": str(tmp_path)}, *words)
    assert done.returncode == 1
    assert "evtrust init" in done.stderr
    assert "DEEVTC12345678" not in done.stderr
    if words != ("worker",):
        as_json = run({"EVTRUST_HOME": str(tmp_path)}, *words, "--json")
        assert set(json.loads(as_json.stdout)["error"]) == {"code", "detail", "fields"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def crash() -> None:
    raise RuntimeError("VIN WVWZZZ1JZXW000001 must not be told")


def test_the_unexpected_is_told_by_kind_and_place_alone() -> None:
    with pytest.raises(RuntimeError) as crashed:
        crash()
    told = refusal_of(crashed.value)
    assert told.code == "unexpected"
    assert "RuntimeError" in told.detail
    assert "test_startup.py" in told.fields["trace"]
    assert "WVWZZZ" not in str(told) + str(dict(told.fields))
