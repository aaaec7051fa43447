"""The pages and the product agree: commands, options, settings, dependencies, links and quoted output.

The tutorial is run by ``tests/integration/test_tutorial.py``; pages with a test of their own (protocol, import format,
errors, log, agreement) are held to the code there.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.main import COMMANDS
from symbolon.rpc.errors import ErrorCode
from tests.conftest import REPOSITORY
from tests.unit.reference_pages import REFERENCE, SETTINGS, all_commands, pages, with_tables
from verifier.report import Report

DOCS = REPOSITORY / "docs"
README = REPOSITORY / "README.md"
PAGES = [README, *sorted(DOCS.rglob("*.md"))]
COMMANDS_OF = all_commands()
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")


def fenced(page: str, *kinds: str) -> Iterator[str]:
    """Give the blocks of a page in the languages named."""
    for found in re.finditer(r"^```(\w+)\n(.*?)^```$", page, flags=re.M | re.S):
        if found[1] in kinds:
            yield found[2]


def invocations(page: str) -> Iterator[str]:
    """Give every ``symbolon`` command line of the page's blocks, without what the shell does with it."""
    for block in fenced(page, "sh", "bash", "console"):
        without_files = re.sub(r"<<'(\w+)'\n.*?^\1$", "", block, flags=re.M | re.S)
        for line in without_files.replace("\\\n", " ").splitlines():
            command = line.removeprefix("$ ").strip()
            if command.startswith("symbolon "):
                yield re.split(r" (?:>|2>|\||&)", command)[0]


def resolve(words: list[str]) -> tuple[Any, list[str]]:
    """Give the command that words call, and the words left for it; fail when there is none."""
    for length in (3, 2, 1):
        command = COMMANDS_OF.get(" ".join(words[:length]))
        if command is not None:
            return command, words[length:]
    raise AssertionError(f"no such command: symbolon {' '.join(words)}")


def anchors(page: Path) -> set[str]:
    """Give the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_command_shown_is_understood(page: Path) -> None:
    for shown in invocations(page.read_text(encoding="utf-8")):
        words = shlex.split(shown)[1:]
        if words in (["--help"], ["--version"]):
            continue
        command, rest = resolve(words)
        assert command.make_context(command.name, rest) is not None, shown


def test_the_pages_show_commands() -> None:
    shown = [line for page in PAGES for line in invocations(page.read_text(encoding="utf-8"))]
    assert len(shown) > 60
    assert len({resolve(shlex.split(line)[1:])[0].name for line in shown}) > 15


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_command_named_in_a_sentence_exists(page: Path) -> None:
    prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    for named in re.findall(r"`symbolon ([^`]+)`", prose):
        words = named.replace("\n", " ").split()
        path = [word for word in words if re.fullmatch(r"[a-z]+", word)]
        known = {" ".join(name.split()[:length]) for name in COMMANDS_OF for length in (1, 2, 3)}
        assert not path or any(" ".join(path[:length]) in known for length in (3, 2, 1)), named
        for option in (word for word in words if word.startswith("--") and word not in ("--help", "--version")):
            command, _ = resolve(path)
            assert option in {name for parameter in command.params for name in parameter.opts}, named


@pytest.mark.parametrize(
    "name", ["commands.md", "settings.md", "officers.md", "review.md", "../explanation/scoring.md"]
)
def test_the_tables_of_the_reference_are_those_of_the_code(name: str) -> None:
    page = (REFERENCE / name).read_text(encoding="utf-8")
    assert page == with_tables(page, pages()[name]), "write them anew: python -m tests.unit.reference_pages"


def test_every_command_has_its_section() -> None:
    page = (REFERENCE / "commands.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^### `symbolon (.+)`$", page, flags=re.M)) == set(COMMANDS_OF)


def test_the_verifier_s_json_is_described_whole() -> None:
    described = (REFERENCE / "commands.md").read_text(encoding="utf-8").partition("## symbolon-verify")[2]
    assert [name for name in Report().to_json() if f"`{name}`" not in described] == []


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_its_row(name: str) -> None:
    page = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    table = page.partition(f"<!-- {name} -->")[2].partition("<!-- end -->")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, flags=re.M) == list(SETTINGS[name].model_fields)


def test_every_setting_says_what_it_means() -> None:
    fields = [(kind.__name__, name, field) for kind in SETTINGS.values() for name, field in kind.model_fields.items()]
    assert [(kind, name) for kind, name, field in fields if not field.description] == []


def test_the_range_of_exit_codes_is_that_of_the_catalogue() -> None:
    codes = sorted(code.value.exit_code for code in ErrorCode if code is not ErrorCode.INTERNAL)
    assert codes == list(range(3, codes[-1] + 1))
    assert f"| 3 to {codes[-1]} |" in (REFERENCE / "commands.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    for link in _LINK.findall(text):
        assert "://" not in link, f"{link}: the pages have to be readable without the network"
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert target.is_relative_to(REPOSITORY), link
        assert not anchor or anchor in anchors(target), link


def test_the_index_lists_every_page() -> None:
    index = DOCS / "README.md"
    listed = {(DOCS / link).resolve() for link in _LINK.findall(index.read_text(encoding="utf-8"))}
    assert {page for page in PAGES if page not in (README, index)} == listed


def test_every_decision_has_its_own_number() -> None:
    numbers = [page.name[:4] for page in sorted((DOCS / "decisions").glob("*.md"))]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_the_overview_quoted_is_the_real_one() -> None:
    variables = os.environ | {"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'proto'}", "COLUMNS": "80"}
    shown = subprocess.run(
        [sys.executable, "-m", "cli", "--help"],
        cwd=REPOSITORY,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    quoted = [block for block in fenced(README.read_text(encoding="utf-8"), "text") if "Usage: symbolon" in block]
    assert [block.strip() for block in quoted] == [shown.stdout.strip()]
    assert all(f"  {name} " in shown.stdout for name in COMMANDS)


def test_the_answer_quoted_is_the_tutorial_s_which_is_run() -> None:
    quoted = [block for block in fenced(README.read_text(encoding="utf-8"), "text") if "Outcome of each node" in block]
    tutorial = (DOCS / "tutorial" / "first-federation.md").read_text(encoding="utf-8")
    assert len(quoted) == 1
    assert quoted[0] in tutorial


def test_every_target_of_make_that_is_named_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named = set(re.findall(r"`make (\w+)[^`]*`", text))
        named |= {
            name for block in fenced(text, "sh", "console") for name in re.findall(r"^(?:\$ )?make (\w+)", block, re.M)
        }
        assert named <= targets, page


def test_every_benchmark_named_for_a_figure_exists() -> None:
    named = set(re.findall(r"python -m benchmarks\.(\w+)", README.read_text(encoding="utf-8")))
    assert named
    assert {name for name in named if not (REPOSITORY / "benchmarks" / f"{name}.py").is_file()} == set()


def test_every_folder_on_the_map_exists() -> None:
    chart = README.read_text(encoding="utf-8").partition("## What is where")[2]
    folders = re.findall(r"`(\w+)/`", chart)
    assert set(folders) >= {"matching", "agreements", "ledger", "node", "coordinator", "cli", "proto", "deploy", "docs"}
    assert all((REPOSITORY / folder).is_dir() for folder in folders)


def test_every_dependency_is_accounted_for() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.split(r"[><=\[]", text)[0] for text in project["dependencies"]}
    page = (DOCS / "decisions" / "0004-dependencies.md").read_text(encoding="utf-8")
    kept, left_out = page.partition("## Kept")[2].split("## Left out")
    assert {row.split(" | ")[0] for row in re.findall(r"^\| ([a-z].+)", kept, flags=re.M)} - {"package"} == needed
    assert not needed & {row.split(" | ")[0].lower() for row in re.findall(r"^\| (\w.+)", left_out, flags=re.M)}
