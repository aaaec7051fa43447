"""What ``make`` would do in a fresh clone, without doing it: the steps, their order, and that their files are there.

The real runs, with the network, are the CI's. Here the clone is made from the working tree's last commit.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.skipif(
    not (REPOSITORY / ".git").exists() or shutil.which("make") is None or shutil.which("git") is None,
    reason="a clone needs git and a repository, and make",
)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clone the repository into an empty folder."""
    folder = tmp_path_factory.mktemp("clone") / "symbolon"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(REPOSITORY), str(folder)], check=True)
    return folder


def make(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make in the clone, with nothing of a surrounding make in its environment."""
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "SYMBOLON"))
    }
    return subprocess.run(["make", *arguments], cwd=clone, env=variables, capture_output=True, text=True, check=False)


def steps(clone: Path, *arguments: str) -> list[str]:
    """Give the commands that make would run."""
    shown = make(clone, "--dry-run", *arguments)
    assert shown.returncode == 0, shown.stderr
    return shown.stdout.splitlines()


def place(commands: list[str], words: str) -> int:
    """Give the place of the one command that holds the words."""
    (found,) = (number for number, command in enumerate(commands) if words in command)
    return found


def test_a_demonstration_makes_its_environment_first_and_installs_nothing_for_tests(clone: Path) -> None:
    commands = steps(clone, "demo")
    order = ("-m venv .venv", "--editable .", "-m deploy.demo")
    places = [place(commands, words) for words in order]
    assert places == sorted(places)
    assert not [command for command in commands if "--group dev" in command]


def test_a_demonstration_takes_lists_and_a_folder_to_keep(clone: Path) -> None:
    commands = steps(clone, "demo", "DATA=some where", "KEEP=kept")
    assert commands[-1].rstrip().endswith('-m deploy.demo --data "some where" --keep "kept"')
    assert steps(clone, "demo", "SERVE=1")[-1].rstrip().endswith("-m deploy.demo   --serve")


def test_the_tests_come_after_what_they_need(clone: Path) -> None:
    commands = steps(clone, "test")
    places = [place(commands, words) for words in ("-m venv .venv", "--group dev", "-m pytest")]
    assert places == sorted(places)


def test_an_environment_is_not_made_twice(clone: Path) -> None:
    marks = [clone / ".venv" / name for name in ("runtime", "development")]
    marks[0].parent.mkdir(exist_ok=True)
    for mark in marks:
        mark.touch()
    commands = steps(clone, "test")
    assert not [command for command in commands if "install" in command]
    shutil.rmtree(clone / ".venv")


def test_a_machine_without_python_is_told_so(clone: Path) -> None:
    ended = make(clone, "environment", "PYTHON=")
    assert ended.returncode != 0
    assert "Python 3.11 or newer is needed" in ended.stderr


def test_all_that_installing_reads_is_in_the_repository(clone: Path) -> None:
    for name in ("pyproject.toml", "README.md", "deploy/constraints.txt", "proto/generate.py"):
        assert (clone / name).is_file()


def test_the_demonstration_of_a_clone_can_be_called(clone: Path) -> None:
    variables = os.environ | {"PYTHONPATH": f"{clone}:{clone / 'proto'}"}
    shown = subprocess.run(
        [sys.executable, "-m", "deploy.demo", "--help"],
        cwd=clone,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    assert "--data" in shown.stdout
