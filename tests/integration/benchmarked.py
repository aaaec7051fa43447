"""A benchmark of a federation run once, its parties and commands forked like those of the tests."""

from __future__ import annotations

import io
import json
import runpy
import sys
from contextlib import redirect_stdout
from typing import Any

import pytest

from benchmarks import query_federation
from tests.conftest import REPOSITORY
from tests.integration.commands import CommandedFederation


def report_of(benchmark: str, *options: str) -> dict[str, Any]:
    """Run a benchmark with its command line, as ``python -m`` would; give what it prints."""
    file = REPOSITORY / "benchmarks" / f"{benchmark}.py"
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as printed:
        patch.setattr(query_federation, "LocalFederation", CommandedFederation)
        patch.setattr(sys, "argv", [str(file), *options, "--json"])
        try:
            runpy.run_path(str(file), run_name="__main__")
        except SystemExit as end:
            if end.code:
                raise
    found: dict[str, Any] = json.loads(printed.getvalue())
    return found
