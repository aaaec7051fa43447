"""Leaving one resource out: a copy of the matcher in which one table is empty, and the benchmarks run on that copy.

A resource is a constant of a module that holds a table, written ``matching.scripts:_KOREAN_SURNAMES``; several that
make up one resource are joined by ``+``. Right after the constant is assigned, the copy assigns it anew, empty, so
that whatever else the module derives from it is derived from nothing. The product is not touched and needs no switch.
"""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

COPIED = ("matching", "benchmarks")
"""All the benchmarks of quality need: a test runs one in such a copy."""


class ResourceError(ValueError):
    """A resource that is not there; the message names it."""


def emptied_copy(repository: Path, resource: str, folder: Path) -> None:
    """Copy the matcher and the benchmarks into a folder, with one resource emptied."""
    for name in COPIED:
        shutil.copytree(repository / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for constant in resource.split("+"):
        module, colon, name = constant.partition(":")
        file = folder.joinpath(*module.split(".")).with_suffix(".py")
        if not (colon and module.startswith("matching.") and file.is_file()):
            raise ResourceError(f"{constant}: must be matching.MODULE:CONSTANT")
        file.write_text(empty_constant(file.read_text(encoding="utf-8"), name), encoding="utf-8")


def empty_constant(source: str, name: str) -> str:
    """Give the source with the constant emptied after its assignment; raise `ResourceError` where it has none."""
    lines = source.splitlines(keepends=True)
    ends = [statement.end_lineno for statement in ast.parse(source).body if name in _assigned(statement)]
    if not ends or ends[-1] is None:
        raise ResourceError(f"{name}: no such constant")
    return "".join([*lines[: ends[-1]], f"{name} = type({name})()\n", *lines[ends[-1] :]])


def _assigned(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
        targets = [statement.target]
    else:
        return set()
    return {target.id for target in targets if isinstance(target, ast.Name)}
