"""The page on the log leaves nothing out: each event is named."""

from __future__ import annotations

import re
from typing import get_args

from ledger.events import Event
from tests.conftest import REPOSITORY


def _named(page: str) -> set[str]:
    """Give what stands in code style, and the last part of a dotted name too."""
    names = re.findall(r"`([^`\n]+)`", (REPOSITORY / page).read_text(encoding="utf-8"))
    return {*names, *(name.rpartition(".")[2] for name in names)}


def test_every_event_is_named() -> None:
    types = {event.model_fields["type"].default for event in get_args(get_args(Event)[0])}
    assert types - _named("docs/explanation/disclosure-log.md") == set()
