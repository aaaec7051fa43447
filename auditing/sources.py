"""What is reviewed: entries, each with what was opened of it by field, and how parties are called in a report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from ledger.entries import Entry

Opened: TypeAlias = tuple[Entry, Mapping[str, str]]
"""An entry, and of its personal fields those that were opened; what was erased or left closed is not there."""

_AGENCY = "symbolon://agency/"

COMPARED_FIELDS = (
    "hits",
    "officer",
    "reference",
    "references",
    "subject.documents",
    "subject.dob",
    "subject.names",
    "subject.names_original",
    "subject.phones",
    "user",
)
"""The personal fields that a report compares; of these it shows officers and users at most."""


def short(party: str) -> str:
    """Give an agency by its name, another party by its URI."""
    return party.removeprefix(_AGENCY)


def read_list(text: str) -> list[Any]:
    """Read an opened field that holds a JSON list; nothing of one that does not, as of a field that was not opened."""
    try:
        value = json.loads(text) if text else []
    except (ValueError, RecursionError):
        return []
    return value if isinstance(value, list) else []
