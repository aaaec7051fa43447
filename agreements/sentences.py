"""Sentences for people that can be worded in any language: an English text with places, and the values for them.

Who says something gives the text and the values apart, as facts. Printed it is English, which is what the command line
and logs of errors show; who shows it to people of another language looks up the text and writes the values as they are
written there (`console.wording.said`). A sentence is never put together of words that another language would put in
another order: what varies is a value, or another sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Code:
    """A word of a closed list, such as an event or a purpose: printed as it is, and shown by its word elsewhere."""

    name: str

    def __str__(self) -> str:
        """Give it as it is."""
        return self.name


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text with ``%(name)s`` for each value; ``plural`` is the text for any number ``count`` but one."""

    text: str
    values: Mapping[str, Value] = field(default_factory=dict)
    plural: str = ""

    def __hash__(self) -> int:
        """Count equal ones as one."""
        return hash((self.text, *self.values))

    def __str__(self) -> str:
        """Give it in English."""
        text = self.plural if self.plural and self.values["count"] != 1 else self.text
        return text % {name: _printed(value) for name, value in self.values.items()} if self.values else text


@dataclass(frozen=True, slots=True)
class Several:
    """Values in a row, of which all count or any one does."""

    values: tuple[Value, ...]
    join: Literal["and", "or"] = "and"

    def __str__(self) -> str:
        """Give them in English."""
        parts = [_printed(value) for value in self.values]
        return f" {self.join} ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


Value: TypeAlias = str | int | float | date | datetime | Code | Sentence | Several
"""What stands in a place: a name as it is, a number, a day, a moment (with its offset), a code, or words of ours."""


def said(text: str, /, **values: Value) -> Sentence:
    """Make a sentence."""
    return Sentence(text, values)


def plural(one: str, many: str, /, count: int, **values: Value) -> Sentence:
    """Make a sentence that has two forms: for one, and for any other ``count``."""
    return Sentence(one, {"count": count, **values}, many)


def all_of(values: Iterable[Value]) -> Several:
    """Give values that all count."""
    return Several(tuple(values))


def any_of(values: Iterable[Value]) -> Several:
    """Give values of which any one counts."""
    return Several(tuple(values), "or")


def joined(sentences: Iterable[Sentence]) -> Sentence:
    """Give sentences as one, with semicolons between; there is at least one."""
    first, *others = sentences
    for one in others:
        first = said("%(one)s; %(other)s", one=first, other=one)
    return first


def parts(one: Value) -> Iterator[Sentence]:
    """Give a sentence and all that stand in it, for who looks through them."""
    if isinstance(one, Sentence):
        yield one
    inner = one.values.values() if isinstance(one, Sentence) else one.values if isinstance(one, Several) else ()
    for value in inner:
        yield from parts(value)


def _printed(value: Value) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.15g}" if isinstance(value, float) else str(value)
