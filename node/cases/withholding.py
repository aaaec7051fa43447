"""Why a field of a record leaves or does not: the rule that lets it, or for each one those that keep it here. Pure.

Every field of the record either leaves as it stands or is named here with a reason, so that who approves sees both
sides. Decided is nothing here: the reasons are read off the decision (`node.cases.release`) and the record's own rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from agreements.agreement import Agreement
from agreements.clauses import CORE, SUPPLEMENTARY
from agreements.codes import ReleasedField
from agreements.facts import RecordRules
from node.cases.files import Referral
from node.cases.release import Release
from node.cases.steps import HeldRecord

INTERNAL = "field.internal"
"""Of a field that no agreement can name: it is for this agency alone."""

NOT_AGREED = "release.fields"
"""Of a field that the agreement names for no level."""

WITHHELD = "record.withheld"
"""Of a field that the record's owner or the house releases to nobody."""

NOT_SENT = "release.sent"
"""Of a field that was not sent, where no more can be done than to correct what was."""

FLAG = "action.flag"
"""Of an action in whose place another leaves for the asker's country."""

_RELEASED = frozenset(get_args(ReleasedField))


@dataclass(frozen=True, slots=True)
class Withheld:
    """A field that does not leave as it stands; ``instead`` is what leaves in its place."""

    field: str
    rules: tuple[str, ...]
    instead: str = ""


_LETTING: Mapping[int, str] = {CORE: "release.core_fields", SUPPLEMENTARY: "release.supplementary_fields"}

CONDITIONS = "handling.conditions"
"""Of the conditions under which something leaves."""


def letting(field: str, agreement: Agreement) -> str:
    """Give the rule by which an agreement lets a field leave; empty where it lets none."""
    level = _level_of(field, agreement)
    return _LETTING[level] if level is not None else ""


def row_of(held: HeldRecord) -> dict[str, Any]:
    """Give the record whole, as its owner's people read it: with the fields that its rules give, without the rules."""
    rules = held.rules
    said = {"record_category": rules.category, "person_role": rules.person_role, "action": rules.action}
    row = held.record.to_row() | {name: value for name, value in said.items() if value}
    return {name: value for name, value in row.items() if name != "rules"}


def withheld_of(referral: Referral, held: HeldRecord, release: Release, agreement: Agreement | None) -> list[Withheld]:
    """Give which fields of the record do not leave as they stand, in its order, and why."""
    withheld = []
    for name, value in row_of(held).items():
        if name not in release.content:
            rules = tuple(dict.fromkeys(_reasons(name, referral, held.rules, release, agreement)))
            withheld.append(Withheld(name, rules))
        elif name == "action" and release.content[name] != value:
            withheld.append(Withheld(name, (FLAG,), release.content[name]))
    return withheld


def _reasons(
    field: str, referral: Referral, rules: RecordRules, release: Release, agreement: Agreement | None
) -> Iterator[str]:
    if field not in _RELEASED:
        yield INTERNAL
        return
    if agreement is None:
        yield "agreement.known"
        return
    needed = _level_of(field, agreement)
    if needed is None:
        yield NOT_AGREED
    if rules.withheld is None or not rules.withheld <= _RELEASED or field in rules.withheld:
        yield WITHHELD
    for rule, level in release.decision.caps:
        if level < (needed or CORE) and rule != "approval":
            yield rule
    if release.only_corrects and field not in referral.sent:
        yield NOT_SENT


def _level_of(field: str, agreement: Agreement) -> int | None:
    if field in agreement.release.core_fields:
        return CORE
    return SUPPLEMENTARY if field in agreement.release.supplementary_fields else None
