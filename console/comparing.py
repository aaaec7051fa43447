"""Two sides beside each other for the eye: the values of each field, and what of them differs.

Whether a field agrees is the node's verdict (`node.cases.comparing`); here it is only made visible. A difference is
marked by a sign and a word, and within a value by a mark that is drawn as well as coloured: also where the verdict is
that both agree, for what is written otherwise is what a person would overlook. Small and capital letters are alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from symbolon.v1 import cases_pb2 as wire

CODED = frozenset({"category", "gender", "record_category", "person_role", "action", "reliability", "alias_quality"})
"""Fields whose values are codes of closed lists."""

COUNTRIES = frozenset({"nationality", "address_countries"})

SIGNS: Mapping[str, str] = {
    "agrees": "=",
    "agrees_in_part": "≈",
    "one_side_only": "◐",
    "differs": "≠",
    "not_compared": "·",
    "with_names": "↑",
}
"""The sign of each verdict, beside its word."""

_BY_SIGN = frozenset({"dob", "documents", "phones", "emails"})
"""Fields in which each sign counts; in others a mark on single letters would mislead."""

_LEAST_ALIKE = 0.5
"""Share of signs in common under which the whole of two values is marked, and not signs here and there."""

_LONGEST = 100
"""Characters of a value whose single signs are compared."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a value, and whether it differs from the other side."""

    text: str
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a field: in stretches, what kind it is, as a code, and which country and note belong to it."""

    stretches: tuple[Stretch, ...]
    kind: str = ""
    country: str = ""
    note: str = ""
    is_code: bool = False

    @property
    def text(self) -> str:
        """Give the value whole."""
        return "".join(one.text for one in self.stretches)


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part of a name of both sides, the verdict on it, its sign, and in a sentence why it is not the same."""

    role: str
    verdict: str
    asked: tuple[Stretch, ...]
    told: tuple[Stretch, ...]
    why: str

    @property
    def sign(self) -> str:
        """Give the sign of the verdict."""
        return SIGNS.get(self.verdict, SIGNS["not_compared"])


@dataclass(frozen=True, slots=True)
class Row:
    """One field of both sides with the verdict on it, its sign and the reasons; of names, their parts."""

    field: str
    verdict: str
    asked: tuple[Value, ...]
    told: tuple[Value, ...]
    reasons: Sequence[str]
    parts: Sequence[PartRow]

    @property
    def sign(self) -> str:
        """Give the sign of the verdict."""
        return SIGNS.get(self.verdict, SIGNS["not_compared"])


def rows_of(case: wire.CaseShown) -> list[Row]:
    """Give the fields of both sides beside each other, as the node compared them."""
    subject, content = _object(case.subject_json), _object(case.content_json)
    return [_row(one, subject, content) for one in case.comparison]


def _row(one: wire.FieldCompared, subject: Mapping[str, Any], content: Mapping[str, Any]) -> Row:
    asked, told = tuple(_values(one.field, subject)), tuple(_values(one.field, content))
    if told and asked and one.field in _BY_SIGN:
        asked, told = _marked(asked, told), _marked(told, asked)
    return Row(one.field, one.verdict, asked, told, one.reasons, [_part(part) for part in one.parts])


def _part(one: wire.PartCompared) -> PartRow:
    if one.asked and one.told:
        asked, told = stretches(one.asked, [one.told]), stretches(one.told, [one.asked])
    else:
        asked, told = ((Stretch(text, differs=True),) if text else () for text in (one.asked, one.told))
    return PartRow(one.role, one.verdict, asked, told, f"{one.asked} {one.how} {one.told}" if one.how else "")


def _object(document: bytes) -> Mapping[str, Any]:
    found = json.loads(document) if document else {}
    return found if isinstance(found, dict) else {}


def _values(field: str, side: Mapping[str, Any]) -> Iterator[Value]:
    value = side.get(field)
    if isinstance(value, dict):
        yield from (_plain(_written(part), kind=str(kind)) for kind, part in value.items())
        return
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict) and "number" in one:
            told = {name: str(one.get(name, "")) for name in ("type", "country", "note")}
            yield _plain(str(one["number"]), kind=told["type"], country=told["country"], note=told["note"])
        elif field in COUNTRIES and isinstance(one, str):
            yield _plain(one, country=one)
        elif one not in (None, ""):
            yield _plain(_written(one), is_code=field in CODED)


def _plain(text: str, *, kind: str = "", country: str = "", note: str = "", is_code: bool = False) -> Value:
    return Value((Stretch(text),), kind, country, note, is_code)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _marked(values: tuple[Value, ...], others: tuple[Value, ...]) -> tuple[Value, ...]:
    """Mark the signs of each value that the most alike value of the other side does not have."""
    texts = [other.text for other in others]
    return tuple(replace(one, stretches=stretches(one.text, texts)) for one in values)


def stretches(text: str, others: Sequence[str]) -> tuple[Stretch, ...]:
    """Take a text apart into what the most alike of the others has, too, and what it has not."""
    near = [other for other in others if len(other) <= _LONGEST]
    if len(text) > _LONGEST or not near:
        return (Stretch(text),)
    signs = [sign.casefold() for sign in text]
    matchers = (SequenceMatcher(None, signs, [sign.casefold() for sign in other], autojunk=False) for other in near)
    matcher = max(matchers, key=SequenceMatcher.ratio)
    if matcher.ratio() < _LEAST_ALIKE:
        return (Stretch(text, differs=True),)
    return tuple(
        Stretch(text[start:end], differs=tag != "equal")
        for tag, start, end, _, _ in matcher.get_opcodes()
        if start < end
    )
