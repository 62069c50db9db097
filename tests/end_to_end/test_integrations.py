"""docs/integrations.md, pasted from top to bottom: every answer is one, and prints what it says."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.end_to_end.demonstrations import Demonstrations
from tests.end_to_end.terminal import Terminal

PAGE = Path(__file__).parents[2] / "docs/integrations.md"
SECTIONS = {section.partition("\n")[0]: section for section in PAGE.read_text().split("\n## ")[1:]}


def lines_of(section: str) -> str:
    (lines,) = re.findall(r"```sh\n(.*?)```", section, re.S)
    return str(lines)


@pytest.fixture(scope="module")
def printed(
    demonstrations: Demonstrations, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, str]:
    """What each section prints; one terminal for all, for what it begins with takes seconds."""
    if shutil.which("openssl") is None:
        pytest.skip("no `openssl` command here, with which a station's request is made")
    home = tmp_path_factory.mktemp("integrations")
    with demonstrations.copied("sqlite", home, workers=1) as service, service.serving():
        terminal = Terminal(service, tmp_path_factory.mktemp("empty"))
        whole = "\n".join(f"echo '## {name}'\n{lines_of(one)}" for name, one in SECTIONS.items())
        parts = terminal.paste(whole).split("## ")[1:]
    return {part.partition("\n")[0]: part for part in parts}


@pytest.mark.xdist_group("integrations")
@pytest.mark.parametrize("asker", SECTIONS)
def test_each_asker_s_lines_do_what_they_say(printed: Mapping[str, str], asker: str) -> None:
    answers = printed[asker]
    refused = [said for said in re.findall(r"^.* (\d{3})$", answers, re.M) if said >= "300"]
    assert refused == [], answers
    for expected in re.findall(r"^#> (.*)$", lines_of(SECTIONS[asker]), re.M):
        assert expected in answers.replace(": ", ":"), (expected, answers)
    assert SECTIONS[asker].count("\n") <= 50  # a page
