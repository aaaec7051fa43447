"""The built wheel works in an environment of its own: nothing of the source tree is needed or found.

The wheel is built without the network (hatchling is a development dependency) and unpacked into a fresh virtual
environment; the dependencies are those of the environment that runs the tests, put behind the wheel on the path.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

ROOMS = {
    "agreements",
    "auditing",
    "cli",
    "console",
    "coordinator",
    "ledger",
    "matching",
    "node",
    "symbolon",
    "verifier",
}
_IMPORT_ALL = """
import importlib, pkgutil, sys
from pathlib import Path
site, rooms = Path(sys.argv[1]), sys.argv[2:]
count = 0
for room in rooms:
    package = importlib.import_module(room)
    assert Path(package.__file__).is_relative_to(site), package.__file__
    for found in pkgutil.walk_packages(package.__path__, room + "."):
        if not found.name.endswith("__main__"):
            module = importlib.import_module(found.name)
            assert Path(module.__file__).is_relative_to(site), module.__file__
            count += 1
print(count)
"""


@dataclass(frozen=True)
class Installed:
    """The wheel, and the environment that holds it alone."""

    wheel: Path
    environment: Path

    @property
    def site(self) -> Path:
        """Give the folder into which the wheel is installed."""
        return Path(sysconfig.get_path("purelib", "venv", {"base": str(self.environment)}))

    def run(self, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, with nothing of ours in its surroundings."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SYMBOLON"))}
        return subprocess.run(
            [str(self.environment / "bin" / command[0]), *command[1:]],
            cwd=cwd,
            env=variables | {"COLUMNS": "80"},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel and install it."""
    pytest.importorskip("hatchling", reason="the build backend is a development dependency")
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = folder.glob("symbolon-*.whl")
    environment = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    result = Installed(wheel, environment)
    installer = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python"), "install"]
    options = ["--disable-pip-version-check", "--quiet", "--no-deps", "--no-index", str(wheel)]
    put = subprocess.run([*installer, *options], capture_output=True, text=True, check=False)
    assert put.returncode == 0, put.stderr
    # addsitedir would also run the .pth file of an editable install, and so find the source tree: only append the path.
    dependencies = sysconfig.get_path("purelib")
    (result.site / "dependencies.pth").write_text(f"{dependencies}\n")
    return result


def test_the_wheel_holds_the_rooms_and_nothing_beside_them(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    assert {name.partition("/")[0] for name in names} == ROOMS
    beside = [name for name in names if "test" in name or name.endswith((".toml", ".db", ".key", ".pem"))]
    assert beside == ["matching/organisation_words.toml"]


def test_the_wheel_holds_its_data_and_its_generated_code(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        names = set(archive.namelist())
    tree = subprocess.run(
        ["git", "ls-files", "console", "matching", "proto/symbolon"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert any(name.endswith("frequency_table.json") for name in tree)
    assert any(name.endswith("letters/kanji.json") for name in tree)
    assert any(name.endswith("letters/NOTICE") for name in tree)
    assert any(name.endswith("custodian_pb2.py") for name in tree)
    assert {name.removeprefix("proto/") for name in tree} <= names


def test_every_module_is_imported_from_the_wheel(installed: Installed, tmp_path: Path) -> None:
    ended = installed.run("python", "-c", _IMPORT_ALL, str(installed.site), *sorted(ROOMS), cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) > 80


def test_the_command_tells_its_version_and_its_groups(installed: Installed, tmp_path: Path) -> None:
    version = installed.run("symbolon", "--version", cwd=tmp_path)
    assert version.stdout == f"symbolon {installed.wheel.name.split('-')[1]}\n", version.stderr
    shown = installed.run("symbolon", "--help", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "Ask partner agencies whether they know a person" in shown.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        "custodian init --name FIRST --agency FR-DNMS",
        "coordinator init --name HUB --federation Corridor --agency FR-DNMS --custodian FIRST",
        "node init --agency FR-DNMS --display-name Division --listen 127.0.0.1:1 --address 127.0.0.1:1"
        " --coordinator HUB --coordinator-address 127.0.0.1:1 --contact desk",
    ],
    ids=["custodian", "coordinator", "node"],
)
def test_each_party_can_be_set_up(installed: Installed, tmp_path: Path, arguments: str) -> None:
    made = installed.run("symbolon", *arguments.split(), "--home", "home", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "home" / "tls" / "request.csr").exists()
    assert list((tmp_path / "home").glob("*.toml"))
