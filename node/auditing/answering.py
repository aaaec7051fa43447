"""Answering a request of a data subject: who is looked for, what is decided, and whether that may be written to him.

Nothing is decided here: everything found has to be told or withheld on a ground, after its owner was heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import get_args

from auditing.sources import short
from auditing.subject_extract import GROUNDS, Category, Decision, Ground, ToldLine, outcome
from auditing.subjects import Wanted
from ledger.subject_events import SubjectAccessDecided
from node.auditing.search import read_party
from symbolon.rpc.errors import ErrorCode, SymbolonError

_CATEGORIES = frozenset(get_args(Category))


def read_wanted(
    names: Sequence[str],
    births: Sequence[str],
    documents: Sequence[str],
    records: Sequence[str],
    references: Sequence[str],
    also: Sequence[int],
    without: Sequence[str] = (),
) -> Wanted:
    """Read whom to look for; raise `SymbolonError` naming what is missing or wrong."""
    if not (names or documents or records or references):
        detail = "say whom: --name with --born, --document, --record or --reference"
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
    given = (*(names), *(documents), *(records), *(references))
    if not all(any(map(str.isalnum, one)) for one in given):
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--name, --document, --record, --reference: one of them is empty")
    for one in births:
        try:
            date.fromisoformat(one)
        except ValueError:
            raise SymbolonError(ErrorCode.INVALID_INPUT, "--born: expected YYYY-MM-DD") from None
    if not frozenset(records).isdisjoint(without):
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--without: a record is the person's or is not, not both")
    return Wanted(
        tuple(names),
        tuple(births),
        tuple(documents),
        frozenset(records),
        frozenset(references),
        frozenset(also),
        frozenset(without),
    )


def read_decision(tell: Iterable[str], withhold: Iterable[str], heard: Iterable[str], refuse: str) -> Decision:
    """Read what an officer decided; raise `SymbolonError` naming what is wrong."""
    told = frozenset(tell)
    if not told <= _CATEGORIES:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"--tell: expected one of {', '.join(sorted(_CATEGORIES))}")
    withheld: dict[str, Ground] = {}
    for what, ground in map(_pair, withhold):
        withheld[what if what in _CATEGORIES else _party(what)] = _ground(ground, "--withhold")
    if told & withheld.keys():
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--withhold: a category is told or withheld, not both")
    answers: dict[str, bool] = {}
    for partner, answer in map(_pair, heard):
        if answer not in ("agrees", "objects"):
            raise SymbolonError(ErrorCode.INVALID_INPUT, "--heard: expected PARTNER=agrees or PARTNER=objects")
        answers[_party(partner)] = answer == "agrees"
    return Decision(told, withheld, answers, _ground(refuse, "--refuse") if refuse else None)


def _ground(text: str, option: str) -> Ground:
    for ground in GROUNDS:
        if ground == text:
            return ground
    raise SymbolonError(ErrorCode.INVALID_INPUT, f"{option}: expected one of the grounds {', '.join(GROUNDS)}")


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip()


def check_decided(lines: Sequence[ToldLine], decision: Decision) -> None:
    """Raise `SymbolonError` unless everything found is decided, and every owner was heard."""
    undecided = sorted(decision.undecided(lines))
    if undecided:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"--tell or --withhold: not decided: {', '.join(undecided)}")
    unheard = sorted(decision.unheard(lines))
    if unheard:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"--heard: hear first, or withhold: {', '.join(unheard)}")
    unfounded = sorted(decision.unfounded(lines))
    if unfounded:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"--withhold: state a ground for {', '.join(unfounded)}")


def decided(lines: Sequence[ToldLine], decision: Decision) -> SubjectAccessDecided:
    """Give the event that stands in the log before the letter is written."""
    withheld = [f"{what}={ground}" for what, ground in sorted(decision.withheld.items())]
    if decision.refused:
        withheld.append(f"all={decision.refused}")
    return SubjectAccessDecided(
        outcome=outcome(lines, decision),
        entries=sum(map(decision.tells, lines)),
        withheld=tuple(withheld),
        heard=tuple(f"{name}={'agrees' if agrees else 'objects'}" for name, agrees in sorted(decision.heard.items())),
    )


def _party(text: str) -> str:
    """Give a party as lines name it."""
    return short(read_party(text))
