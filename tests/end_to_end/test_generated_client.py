"""A client that a generator makes of /openapi.json, against a started service: docs/clients.md."""

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.end_to_end.demonstrations import Demonstrations, on_either_database
from tests.end_to_end.service import Service

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = DOCS / "examples/generated_client.py"
CONFIGURATION = DOCS / "examples/generated_client.yml"
TOOLS = str(Path(sys.executable).parent)
PACKAGE = "evtrust_client"


@dataclass(frozen=True)
class Generated:
    """A client in a folder of its own, and what the generator printed of it."""

    service: Service
    folder: Path
    printed: str

    def module(self, name: str) -> ModuleType:
        return importlib.import_module(f"{PACKAGE}.{name}")

    @property
    def models(self) -> Any:
        return self.module("models")

    def client(self, participant: str) -> Any:
        """Get a token as the demonstration's client; return what asks with it."""
        shown = self.service.told["clients"][participant]
        root = importlib.import_module(PACKAGE)
        base = self.service.told["base_url"]
        asked = self.models.TokenRequest(
            grant_type=self.models.TokenRequestGrantType.CLIENT_CREDENTIALS, **shown
        )
        with root.Client(base_url=base) as anybody:
            given = self.module("api.access_tokens.token").sync(client=anybody, body=asked)
        assert isinstance(given, self.models.TokenResponse)
        return root.AuthenticatedClient(base_url=base, token=given.access_token)


@pytest.fixture(scope="module", params=on_either_database("generated"))
def generated(
    request: pytest.FixtureRequest,
    demonstrations: Demonstrations,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Generated]:
    folder = tmp_path_factory.mktemp("client")
    home = tmp_path_factory.mktemp("home")
    with demonstrations.copied(request.param, home, workers=1) as service, service.serving():
        (folder / "openapi.json").write_bytes(service.ask("GET", "/openapi.json").body)
        printed = generate(folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(str(folder))
            yield Generated(service, folder, printed)
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
            del sys.modules[name]


def generate(folder: Path) -> str:
    """Run the page's own command; return what it printed."""
    page = (DOCS / "clients.md").read_text()
    (line,) = re.findall(r"^openapi-python-client (.*)$", page, re.M)
    words = line.replace(CONFIGURATION.name, str(CONFIGURATION)).split()
    done = subprocess.run(
        [f"{TOOLS}/openapi-python-client", *words],
        cwd=folder,
        env=os.environ | {"PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_nothing_is_left_out(generated: Generated) -> None:
    assert "arning" not in generated.printed, generated.printed
    assert "kipping" not in generated.printed, generated.printed
    described = generated.service.ask("GET", "/openapi.json").json["paths"].values()
    modules = [
        path
        for path in (generated.folder / PACKAGE / "api").rglob("*.py")
        if path.name != "__init__.py"
    ]
    assert len(modules) == sum(len(item) for item in described)
    for module in modules:
        relative = module.relative_to(generated.folder).with_suffix("")
        assert callable(importlib.import_module(".".join(relative.parts)).sync_detailed)


def test_a_decision_for_a_contract_is_asked_for_and_read_back(generated: Generated) -> None:
    models, demo = generated.models, generated.service.told["demo"]
    vehicle = models.ContractCertificate(
        type_="contract_certificate",
        emaid=demo["emaid"],
        certificate_chain=demo["contract_chain_pem"],
    )
    with generated.client("cpo") as client:
        decided = generated.module("api.authorisation.authorize").sync(
            client=client,
            body=models.AuthorizationRequest(station_id=demo["station_id"], identification=vehicle),
        )
        assert isinstance(decided, models.AuthorizationAnswer)
        assert decided.outcome is models.Outcome.ACCEPTED
        assert decided.evcoid == demo["emaid"]
        assert decided.evidence is models.EvidenceKind.CONTRACT_CERTIFICATE
        read = generated.module("api.authorisation.read_authorization").sync(
            decided.reference, client=client
        )
    assert isinstance(read, models.RecordedAuthorization)
    assert (read.outcome, read.evcoid, read.station_id) == (
        decided.outcome,
        decided.evcoid,
        demo["station_id"],
    )
    assert read.valid_until == decided.valid_until


def test_a_refusal_is_a_problem_of_its_type(generated: Generated) -> None:
    read = generated.module("api.authorisation.read_authorization")
    with generated.client("oem") as client:
        told = read.sync_detailed("0" * 8 + "-0000-4000-8000-" + "0" * 12, client=client)
    assert told.status_code == 404
    assert isinstance(told.parsed, generated.models.Problem)
    assert told.parsed.status == 404
    assert told.parsed.code
    assert told.parsed.detail

    root = importlib.import_module(PACKAGE)
    stranger = root.AuthenticatedClient(base_url=generated.service.told["base_url"], token="x")
    with stranger as client:
        refused = generated.module("api.contracts.list_contracts").sync(client=client)
    assert isinstance(refused, generated.models.Problem)
    assert (refused.status, refused.code) == (401, "invalid_token")


def test_what_is_no_json_arrives_as_it_is(generated: Generated) -> None:
    """A revocation list, EST's certificates and a file of sites: octets both ways."""
    root = importlib.import_module(PACKAGE)
    types = generated.module("types")
    issuer = generated.service.run("ca", "show", "mo-sub2")["name"]
    with root.Client(base_url=generated.service.told["base_url"]) as anybody:
        crl = generated.module("api.certificate_status.get_crl").sync(issuer, client=anybody)
        chain = generated.module("api.est.cacerts_ca_edition").sync(
            "mo", "ISO15118-2", client=anybody
        )
    assert crl.payload.read(1) == b"\x30"
    assert chain.payload.read(2) == b"MI"
    file = types.File(payload=b'{"operator_id": "DEEVT"}\n')
    with generated.client("cpo") as client:
        told = generated.module("api.sites.import_sites").sync(
            client=client, body=file, dry_run=True
        )
    assert isinstance(told, generated.models.SitesReport)
    assert told.refused == len(told.lines) == 1


def test_the_page_s_program_does_what_the_page_says(generated: Generated) -> None:
    demo = generated.service.told["demo"]
    shown = generated.service.told["clients"]["cpo"]
    done = subprocess.run(
        [sys.executable, EXAMPLE, demo["station_id"], demo["mac"]],
        cwd=generated.folder,
        env=os.environ
        | {
            "PYTHONPATH": str(generated.folder),
            "EVTRUST": generated.service.told["base_url"],
            "CLIENT_ID": shown["client_id"],
            "CLIENT_SECRET": shown["client_secret"],
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    accepted, decided, refused = done.stdout.splitlines()
    assert re.fullmatch(r"accepted on DE\w+", accepted)
    assert decided.startswith("decided at 20")
    assert refused.startswith("refused: station_not_yours - ")
