"""Whatever the verifier, the ledger and a comparison say of a file of a log is known to the console."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.languages import languages
from console.wording.sentences import sentence
from tests.conftest import REPOSITORY

FRENCH = languages()["fr"]

_OPTIONS = ("--witness", "checkpoints kept", "whose checkpoint was kept", "checkpoint that was kept", "cosign")
"""What the verifier says of options that a comparison does not have."""

_IN_PARTS = re.compile(
    r"7( \(|:| is | has an ).*|Entry 7 7\.|entries 7 to 7: 7"
    r"|The export 7, .*|The export has 7 .*|The text given for 7 .*"
)
"""What is put together of parts: it is below as a whole."""

_ERRORS = ("DamagedLogError", "ExportError")


def _literal(said: ast.expr) -> str:
    """Give a text with a number in each place; empty where it is none."""
    if isinstance(said, ast.Constant) and isinstance(said.value, str):
        return said.value
    if isinstance(said, ast.JoinedStr):
        return "".join(_literal(part) if isinstance(part, ast.Constant) else "7" for part in said.values)
    return ""


def _said_in(path: Path) -> Iterator[str]:
    for element in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(element, ast.Call):
            called = element.func
            named = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            texts = [text for one in element.args if (text := _literal(one))]
            if named in ("find", *_ERRORS):
                yield from texts
            elif named == "_find":
                yield from (f"Entry 7 {text}." for text in texts)
            elif named == "skip":
                yield from (text.replace("7", "not opened, or erased") for text in texts)
        elif isinstance(element, ast.Subscript) and getattr(element.value, "attr", "") == "unchecked":
            yield from filter(None, [_literal(element.slice)])


FILES = [
    *(REPOSITORY / "verifier" / f"{name}.py" for name in ("agreements", "decisions", "entries", "export", "heads")),
    REPOSITORY / "verifier" / "standings.py",
    *sorted((REPOSITORY / "ledger").glob("*.py")),
    REPOSITORY / "node" / "auditing" / "reconciling.py",
]

LARGER = (
    "Entry 5 is dated 2026-09-07 08:09:00.000+00:00, before one that stands earlier (2026-09-08 08:09:00.000+00:00).",
    "The export says that it has entries 1 to 9, 9 of them, but it has 8.",
    "Entry 12 put a query that fr-de-2026 version 1, clause purposes, allows at most 0.",
    "Entry 12 says level 4 was answered, but fr-de-2026 version 1, clause answer.maximum, allows at most 2.",
    "The checkpoint over 9 entries is signed by none of the keys given.",
    "The checkpoint over 9 entries has another root than they have: they are not those signed.",
    "The checkpoint over 9 entries is signed by a key that another had followed: whoever has the old one may have"
    " forged it.",
    "Entry 7 is dated 2026-09-07 08:09:00+00:00, before one that stands earlier (2026-09-08 08:09:00+00:00).",
    "The checkpoint over 7 entries has an invalid signature.",
    "The checkpoint over 7 entries is of another log than that of the key given.",
    "The export has agreement abababababababab twice, or too many agreements.",
    "The text given for agreement abababababababab is no agreement of that hash.",
    "file 2: line 3: it is no JSON",
    "own log: entry 4 is missing",
    "line 3: longer than 65,536 bytes",
    "two exports are of the same party",
)


def is_known(said: str) -> bool:
    return sentence(said, FRENCH) != said


def test_what_is_said_of_a_file_is_known() -> None:
    said = {one for path in FILES for one in _said_in(path)}
    assert len(said) > 70
    reachable = {one for one in said if " " in one and not any(option in one for option in _OPTIONS)}
    reachable -= {one for one in reachable if _IN_PARTS.fullmatch(one)}
    assert {one for one in reachable if not is_known(one)} == set()


@pytest.mark.parametrize("said", LARGER)
def test_what_is_put_together_is_known_in_all_its_parts(said: str) -> None:
    translated = sentence(said, FRENCH)
    assert translated != said
    assert not re.search(r"\b(entry|entries|allows|line|over)\b", translated), translated
