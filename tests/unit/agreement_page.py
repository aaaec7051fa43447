"""The parts of the agreement's reference that follow from the code, and the rules as the page has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from agreements import codes
from agreements.agreement import Agreement
from agreements.meanings import MEANINGS
from tests.conftest import REPOSITORY

PAGE = REPOSITORY / "docs" / "reference" / "agreement.md"
_LISTS = {
    "Purposes": codes.Purpose,
    "Offences": codes.Offence,
    "Natures": codes.Nature,
    "Roles of a person": codes.PersonRole,
    "Categories of records": codes.RecordCategory,
    "Fields": codes.ReleasedField,
    "Roles of officers": codes.OfficerRole,
    "Actions": codes.Action,
}
_WORDS = {Ge: "from {}", Gt: "above {}", Le: "to {}", Lt: "below {}"}
_FORMS = {"str": "text", "int": "whole number", "float": "number", "date": "day without quotes"}


def agreement_parts() -> dict[str, str]:
    """Give the tables of the page: the clauses, and the lists of words."""
    rows = [f"| `{place}` | {form} | {MEANINGS[place].line} |" for place, form in clauses()]
    clause_table = "\n".join(["", "| clause | form | meaning |", "|---|---|---|", *rows, ""])
    lists = [f"- **{name}**: {', '.join(f'`{word}`' for word in get_args(words))}." for name, words in _LISTS.items()]
    return {"clauses": clause_table, "words": "\n".join(["", *lists, ""])}


def clauses() -> list[tuple[str, str]]:
    """Give every clause of the schema in order: its place and what may stand there."""
    return list(_clauses("", Agreement))


def rules_on_the_page() -> list[str]:
    """Give the rules in the order of the page's table."""
    table = PAGE.read_text(encoding="utf-8").partition("## The rules")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([a-z_.]+)` \|", table, re.M)


def _clauses(place: str, model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        inner = f"{place}{field.alias or name}"
        clause, is_list = _clause_of(field.annotation)
        if clause is None or is_list or not field.is_required():
            yield inner, _form(field, clause)
        if clause is not None:
            yield from _clauses(f"{inner}.", clause)


def _clause_of(kind: Any) -> tuple[type[BaseModel] | None, bool]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind, False
    for part in get_args(kind):
        clause, _ = _clause_of(part)
        if clause is not None:
            return clause, get_origin(kind) is tuple
    return None, False


def _form(field: FieldInfo, clause: type[BaseModel] | None) -> str:
    if clause is not None:
        return f"list of clauses{_bounds(field.metadata)}" if field.is_required() else "a clause, or left out"
    return _kind(field.annotation) + _bounds(field.metadata)


def _kind(kind: Any) -> str:
    origin = get_origin(kind)
    if origin is Literal:
        words = get_args(kind)
        return ", ".join(f"`{word}`" for word in words) if len(words) <= 4 else "a word of the list below"
    if origin in (frozenset, tuple):
        return f"list: {_kind(get_args(kind)[0])}"
    if origin in (Union, UnionType):
        return _kind(get_args(kind)[0])
    if origin is not None:  # Annotated
        inner, *rest = get_args(kind)
        return _kind(inner) + _bounds(rest)
    return _FORMS.get(getattr(kind, "__name__", ""), str(getattr(kind, "__name__", kind)))


def _bounds(metadata: list[Any]) -> str:
    limits = [one for part in metadata for one in (part.metadata if isinstance(part, FieldInfo) else [part])]
    said = [_WORDS[type(one)].format(_limit(one)) for one in limits if type(one) in _WORDS]
    counts = {type(one): _limit(one) for one in limits if isinstance(one, MinLen | MaxLen)}
    if counts:
        said.append(f"{counts.get(MinLen, 0)} to {counts[MaxLen]}" if MaxLen in counts else f"{counts[MinLen]} or more")
    return f" ({', '.join(said)})" if said else ""


def _limit(limit: Any) -> Any:
    names = ("ge", "gt", "le", "lt", "min_length", "max_length")
    return next(getattr(limit, name) for name in names if hasattr(limit, name))
