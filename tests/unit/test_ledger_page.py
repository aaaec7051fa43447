"""The page on the log leaves nothing out: each event is named."""

from __future__ import annotations

import re
from typing import get_args

from ledger.checkpoints import verify_checkpoint
from ledger.events import Event
from ledger.notes import VerifierKey, parse_note
from tests.conftest import REPOSITORY


def _named(page: str) -> set[str]:
    """Give what stands in code style, and the last part of a dotted name too."""
    names = re.findall(r"`([^`\n]+)`", (REPOSITORY / page).read_text(encoding="utf-8"))
    return {*names, *(name.rpartition(".")[2] for name in names)}


def test_the_checkpoint_on_the_page_verifies() -> None:
    page = (REPOSITORY / "docs/explanation/disclosure-log.md").read_text(encoding="utf-8")
    (key,) = (VerifierKey.parse(name) for name in re.findall(r"`(symbolon/\S+\+\S+\+\S+)`", page))
    (note,) = (text for text in re.findall(r"^```\n(.*?)^```$", page, flags=re.M | re.S) if "\u2014" in text)
    assert verify_checkpoint(parse_note(note.encode()), key.name, [key]).head.size == 700


def test_every_event_is_named() -> None:
    types = {event.model_fields["type"].default for event in get_args(get_args(Event)[0])}
    assert types - _named("docs/explanation/disclosure-log.md") == set()
