"""The pages on the log and the agreement leave nothing out: each event, clause, purpose and row of a trace is named."""

from __future__ import annotations

import re
from typing import get_args

from agreements.agreement import Agreement, LevelClause, PartyClause, Purpose
from agreements.decision import AskContext, decide
from agreements.template import TEMPLATE
from ledger.events import Event
from tests.conftest import REPOSITORY
from tests.unit.test_decision_choice import AGREEMENT, NOW


def _named(page: str) -> set[str]:
    """Give what stands in code style, and the last part of a dotted name too."""
    names = re.findall(r"`([^`\n]+)`", (REPOSITORY / page).read_text(encoding="utf-8"))
    return {*names, *(name.rpartition(".")[2] for name in names)}


def test_every_event_is_named() -> None:
    types = {event.model_fields["type"].default for event in get_args(get_args(Event)[0])}
    assert types - _named("docs/explanation/disclosure-log.md") == set()


def test_every_clause_is_named() -> None:
    models = (Agreement, LevelClause, PartyClause)
    clauses = {field.alias or name for model in models for name, field in model.model_fields.items()}
    assert clauses - _named("docs/reference/agreement.md") - {"parties", "answer"} == set()


def test_every_purpose_is_named_on_the_page_and_in_the_template() -> None:
    assert set(get_args(Purpose)) - _named("docs/reference/agreement.md") == set()
    assert [purpose for purpose in get_args(Purpose) if purpose not in TEMPLATE] == []


def test_every_row_of_a_trace_is_named() -> None:
    context = AskContext("FR-DNMS", "DE-ZASM", AGREEMENT.hash, "migrant_smuggling", NOW, True, True)
    rows = {line.partition(":")[0] for line in decide([AGREEMENT], context, None).trace}
    assert rows - _named("docs/reference/agreement.md") == set()
