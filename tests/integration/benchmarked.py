"""A benchmark of a federation run once, its parties and commands forked like those of the tests."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from typing import Any

import pytest

from benchmarks import query_federation
from tests.integration.commands import CommandedFederation


def report_of(main: Callable[[Sequence[str]], int], *options: str) -> dict[str, Any]:
    """Run a benchmark as from the command line; give what it prints."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as printed:
        patch.setattr(query_federation, "LocalFederation", CommandedFederation)
        assert main([*options, "--json"]) == 0
    found: dict[str, Any] = json.loads(printed.getvalue())
    return found
