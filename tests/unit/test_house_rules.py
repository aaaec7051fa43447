"""The house's own rules: who may import whom, how large a room may be, and that generated code is fresh."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

OURS = {
    "agreements",
    "auditing",
    "benchmarks",
    "cli",
    "console",
    "coordinator",
    "deploy",
    "ledger",
    "matching",
    "node",
    "symbolon",
    "tests",
    "verifier",
}
MAY_IMPORT = {
    "matching": {"matching"},
    "symbolon": {"symbolon"},
    "agreements": {"agreements", "matching", "symbolon"},
    "ledger": {"ledger", "matching", "symbolon"},
    "auditing": {"auditing", "agreements", "ledger"},
    "coordinator": {"coordinator", "ledger", "matching", "symbolon"},
    "node": {"node", "agreements", "auditing", "ledger", "matching", "symbolon", "verifier"},
    "verifier": {"verifier", "agreements", "ledger", "matching", "symbolon"},
    "console": {"console", "auditing", "agreements", "ledger", "matching", "node", "symbolon"},
    "cli": OURS - {"tests", "benchmarks", "deploy"},
}
FORBIDDEN_NAMES = {"util", "utils", "helper", "helpers", "misc", "common", "manager"}
LONGEST_FILE = 400


def _sources() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    names = listed.stdout.split() or [str(path.relative_to(REPOSITORY)) for path in REPOSITORY.rglob("*.py")]
    files = [REPOSITORY / name for name in names if "_pb2" not in name and not name.startswith(".")]
    assert len(files) > 50
    return [file for file in files if file.exists()]


def _room(path: Path) -> str:
    parts = path.relative_to(REPOSITORY).parts
    return parts[1] if parts[0] == "proto" and len(parts) > 2 else parts[0]


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for element in ast.walk(tree):
        if isinstance(element, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in element.names}
        elif isinstance(element, ast.ImportFrom) and element.module and not element.level:
            found.add(element.module.partition(".")[0])
    return found & OURS


def test_rooms_import_in_one_direction_only() -> None:
    offences = [
        f"{path.relative_to(REPOSITORY)} imports {name}"
        for path in _sources()
        for name in sorted(_imports(path) - MAY_IMPORT.get(_room(path), OURS))
    ]
    assert offences == []


VERIFIER_READS = {
    "agreements": {"agreement", "clauses", "declarations", "decision", "inputs", "reading", "signing"},
    "ledger": {
        "agreement_events",
        "checkpoints",
        "cosignatures",
        "entries",
        "erasures",
        "events",
        "exports",
        "merkle",
        "notes",
        "proofs",
        "tiles",
    },
    "matching": {"errors"},
    "symbolon": {"rpc"},
}


def test_the_verifier_uses_forms_and_pure_decisions_only() -> None:
    """Who reads it in an afternoon must not have to read a node; what it loads when it runs is tested beside it."""
    offences = []
    for path in (REPOSITORY / "verifier").glob("*.py"):
        for module in _modules(path):
            room, _, rest = module.partition(".")
            named = rest.partition(".")[0]
            if room in VERIFIER_READS and named and named not in VERIFIER_READS[room]:
                offences.append(f"{path.name} imports {module}")
    assert offences == []
    assert sum(_lines(path) for path in (REPOSITORY / "verifier").glob("*.py")) < 1500


def test_hub_and_custodian_do_not_know_each_other() -> None:
    """They are two security contexts: the hub sees envelopes, the custodian holds the key."""
    offences = []
    for path in _sources():
        parts = path.relative_to(REPOSITORY).parts
        if parts[0] != "coordinator":
            continue
        custodian = parts[1] == "custodian"
        allowed = ("coordinator.custodian", "coordinator.metering") if custodian else ()
        for module in _modules(path):
            if custodian and module.startswith("coordinator.") and not module.startswith(allowed):
                offences.append(f"{path.name} imports {module}")
            if not custodian and module.startswith("coordinator.custodian"):
                offences.append(f"{path.name} imports {module}")
    assert offences == []


def _modules(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [element.module for element in ast.walk(tree) if isinstance(element, ast.ImportFrom) and element.module]


def test_no_file_is_longer_than_a_room_should_be() -> None:
    long = {str(path.relative_to(REPOSITORY)): count for path in _sources() if (count := _lines(path)) > LONGEST_FILE}
    assert long == {}


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_every_name_says_what_is_inside() -> None:
    assert [path for path in _sources() if path.stem in FORBIDDEN_NAMES] == []


def test_every_module_says_what_it_decides() -> None:
    silent = [
        str(path.relative_to(REPOSITORY))
        for path in _sources()
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_generated_code_is_fresh() -> None:
    pytest.importorskip("grpc_tools", reason="the generator is a development dependency")
    checked = subprocess.run(
        [sys.executable, "proto/generate.py", "--check"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_proto_is_a_source_root_and_no_package() -> None:
    assert not (REPOSITORY / "proto" / "__init__.py").exists()
