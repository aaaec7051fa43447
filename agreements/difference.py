"""In what two versions of an agreement differ: clause by clause, in words, and whether the new one tells more or less.

Each clause is judged alone, by ``agreements.meanings``. A clause of free text has to be read by people. Nothing is
decided by this; both nodes evaluate the text that is in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from agreements.agreement import Agreement
from agreements.meanings import MEANINGS, Meaning
from agreements.sentences import Code, Sentence, Value, all_of, joined, said

_WRITTEN = frozenset({"title", "legal_basis", "authorities", "contact", "caveats", "supersedes", "case", "members"})
"""Clauses of free text."""

Effect = Literal["tells more", "tells less", "tells neither more nor less", "has to be read"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One clause that differs: its place, what changed in words, and what that does."""

    place: str
    change: Sentence
    effect: Effect

    def __str__(self) -> str:
        """Give it as one line."""
        return f"{self.place}: {self.change} ({self.effect})"


def differences(old: Agreement, new: Agreement) -> tuple[Difference, ...]:
    """Give everything in which the new version differs from the old one, in the order of the document."""
    return tuple(_differences("", _document(old), _document(new)))


def _document(agreement: Agreement) -> dict[str, Any]:
    """Give the clauses as plain values, parties and members by name instead of in a list."""
    values = agreement.model_dump(by_alias=True)
    values["parties"] = {party["agency"]: party for party in values["parties"]}
    if team := values["joint_team"]:
        team["members"] = frozenset(f"{one['agency']} {one['officer']}" for one in team["members"])
    return values


def _differences(place: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for name in [*old, *(name for name in new if name not in old)]:
        inner = f"{place}.{name}" if place else name
        one, other = old.get(name), new.get(name)
        if one == other:
            continue
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _differences(inner, one, other)
        elif isinstance(one, Mapping) or isinstance(other, Mapping):
            yield _whole(inner, is_new=one is None)
        else:
            yield _of_values(inner, one, other)


def _whole(place: str, is_new: bool) -> Difference:
    """Tell of a party or a joint team that came or went: a party tells more, a team asks less than all could."""
    tells_more = is_new == place.startswith("parties.")
    return Difference(place, said("added") if is_new else said("removed"), "tells more" if tells_more else "tells less")


def _of_values(place: str, one: Any, other: Any) -> Difference:
    meaning = MEANINGS[_clause(place)]
    if isinstance(one, tuple | frozenset):
        return _of_lists(place, meaning, one, other)
    change = said("%(before)s becomes %(after)s", before=_value(place, one), after=_value(place, other))
    return Difference(place, change, _effect_of_values(meaning, one, other))


def _clause(place: str) -> str:
    """Give the clause of a place: without the name of the party."""
    parts = place.split(".")
    return f"parties.{parts[-1]}" if parts[0] == "parties" else place


def _of_lists(place: str, meaning: Meaning, one: Any, other: Any) -> Difference:
    came = sorted((value for value in other if value not in one), key=str)
    went = sorted((value for value in one if value not in other), key=str)
    changes = [said("adds %(what)s", what=_listed(place, came))] * bool(came)
    changes += [said("removes %(what)s", what=_listed(place, went))] * bool(went)
    change = joined(changes) if changes else said("another order")
    return Difference(place, change, _effect_of_lists(meaning, bool(came), bool(went)))


def _listed(place: str, values: Iterable[Any]) -> Value:
    return all_of(_value(place, value) for value in values)


def _effect_of_lists(meaning: Meaning, came: bool, went: bool) -> Effect:
    if meaning.more not in ("longer list", "shorter list") or came == went:
        return "has to be read"
    return "tells more" if came == (meaning.more == "longer list") else "tells less"


def _effect_of_values(meaning: Meaning, one: Any, other: Any) -> Effect:
    match meaning.more:
        case "higher":
            return "tells more" if other > one else "tells less"
        case "lower":
            return "tells more" if other < one else "tells less"
        case "later words":
            is_later = meaning.order.index(other) > meaning.order.index(one)
            return "tells more" if is_later else "tells less"
        case "read":
            return "has to be read"
        case _:
            return "tells neither more nor less"


def _value(place: str, value: Any) -> Value:
    """Give a value of a clause: a word of a closed list as its code, what people wrote as it is."""
    if value == "":
        return said("nothing")
    if isinstance(value, str):
        return value if _clause(place).rpartition(".")[2] in _WRITTEN else Code(value)
    return value if isinstance(value, int | float | date) else str(value)
