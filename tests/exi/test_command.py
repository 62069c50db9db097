"""`evtrust exi`: what it prints, and how it refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from exi import ExiError
from server.cli.exi import exi_group
from tests.exi.vectors import FOLDER, Row, rows, smallest_of_each, stream

NEGATIVE = str(FOLDER / "hubject" / "negative_response.exi")


def run(*words: str, given: bytes | str | None = None) -> Result:
    return CliRunner().invoke(exi_group, words, input=given)


def options(row: Row) -> list[str]:
    return ["--schema", row.schema.value, *(["--fragment", row.element] if row.fragment else [])]


@pytest.mark.parametrize("row", smallest_of_each(), ids=lambda row: row.name)
def test_published_messages(row: Row) -> None:
    printed = run("decode", *options(row), given=row.stream)
    assert printed.exit_code == 0
    assert json.loads(printed.output) == row.form
    written = run("encode", *options(row), "-", given=printed.output)
    assert written.exit_code == 0
    assert written.stdout_bytes == row.stream


def test_a_file_and_one_line_of_json() -> None:
    """Serial numbers keep all their digits; a negative response is read, placeholders and all."""
    printed = run("decode", "--schema", "iso15118-2", "--json", NEGATIVE)
    assert printed.exit_code == 0
    assert printed.output.count("\n") == 1
    body = json.loads(printed.output)["V2G_Message"]["Body"]["CertificateInstallationRes"]
    assert body["eMAID"] == {"Id": "0", "value": "0"}
    written = run("encode", "--schema", "iso15118-2", given=printed.output)
    assert written.stdout_bytes == stream("hubject/negative_response.exi")


def test_digits_of_serial_numbers() -> None:
    row = max(
        rows(), key=lambda row: len(row.stream) if row.element.endswith("InstallationReq") else 0
    )
    printed = run("decode", *options(row), "--json", given=row.stream)
    assert json.loads(printed.output) == row.form
    assert any(len(word.strip(",}]")) > 30 and word[0].isdigit() for word in printed.output.split())


@pytest.mark.parametrize(
    ("words", "given", "code"),
    [
        (["decode", "--schema", "iso15118-2"], b"", "exi_truncated"),
        (["decode", "--schema", "iso15118-2"], b"\x80" * 100_000, "exi_too_large"),
        (["decode", "--schema", "iso15118-20", NEGATIVE], b"", "exi_unsupported"),
        (["encode", "--schema", "iso15118-2"], b"{", "exi_json"),
        (["encode", "--schema", "iso15118-2"], b"\xff", "exi_json"),
        (["encode", "--schema", "iso15118-2"], b"[" * 100_000, "exi_json"),
        (["encode", "--schema", "iso15118-2"], b"9" * 5000, "exi_json"),
        (["encode", "--schema", "iso15118-2"], b" " * 1_100_000, "exi_too_large"),
        (["encode", "--schema", "iso15118-2", "--fragment", "eMAID"], b"{}", "exi_json"),
    ],
)
def test_refusals(words: list[str], given: bytes, code: str) -> None:
    """A typed error; the command line prints it and exits with 1."""
    failure = run(*words, given=given).exception
    assert isinstance(failure, ExiError)
    assert failure.code == code


@pytest.mark.parametrize(
    "words",
    [
        ["decode"],
        ["decode", "--schema", "din"],
        ["decode", "--schema", "iso15118-2", "--fragment", "SignedInstallationData"],
        ["encode", "--schema", "iso15118-20", "--fragment", "eMAID"],
        ["decode", "--schema", "iso15118-2", str(Path(NEGATIVE) / "nowhere")],
    ],
)
def test_wrong_usage(words: list[str]) -> None:
    assert run(*words).exit_code == 2


def test_texts_cannot_command_a_terminal() -> None:
    row = next(row for row in rows() if row.element == "eMAID")
    form = json.dumps({"eMAID": {"Id": "\x9b31m\u202e", "value": "DEABCC123ABC56"}})
    written = run("encode", *options(row), given=form)
    printed = run("decode", *options(row), given=written.stdout_bytes)
    assert printed.output.isascii()
    assert json.loads(printed.output) == json.loads(form)
