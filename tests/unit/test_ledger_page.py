"""The pages on the log and the agreement say what the code does: every event, every clause, and the example's bytes."""

from __future__ import annotations

import json
import re
from typing import get_args

from pydantic import BaseModel

from agreements.agreement import Agreement, LevelClause, PartyClause, Purpose
from agreements.decision import AskContext, decide
from agreements.template import TEMPLATE
from ledger.entries import FIRST_PREVIOUS, Opening, check_opening, read_entry
from ledger.events import Event
from ledger.log import CHECKED_AT_OPENING, MOST_TOGETHER
from tests.conftest import REPOSITORY
from tests.unit.test_decision_choice import AGREEMENT, NOW

LOG_PAGE = (REPOSITORY / "docs/explanation/disclosure-log.md").read_text(encoding="utf-8")
AGREEMENT_PAGE = (REPOSITORY / "docs/reference/agreement.md").read_text(encoding="utf-8")


def _first_column(page: str, heading: str) -> set[str]:
    table = page.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return {name for row in table.splitlines()[2:] for name in re.findall(r"`([^`]+)`", row.split("|")[1])}


def test_every_event_is_in_the_table_and_no_other() -> None:
    types = {event.model_fields["type"].default for event in get_args(get_args(Event)[0])}
    assert _first_column(LOG_PAGE, "event") == types


def test_the_example_is_an_entry_with_that_hash_and_that_commitment() -> None:
    body = next(line for line in LOG_PAGE.splitlines() if line.startswith('{"commitments"')).encode()
    entry = read_entry(body, 1, FIRST_PREVIOUS)
    assert f"Leaf hash: `{entry.leaf_hash.hex()}`" in LOG_PAGE
    check_opening(entry, Opening("case_reference", bytes(range(32)), "2026/117"))
    assert _first_column(LOG_PAGE, "member") == json.loads(body).keys()


def test_the_limits_named_are_those_in_force() -> None:
    assert f"last {CHECKED_AT_OPENING} entries" in LOG_PAGE
    assert f"at most {MOST_TOGETHER} submissions" in LOG_PAGE


def _clauses(model: type[BaseModel], prefix: str = "") -> set[str]:
    return {prefix + (field.alias or name) for name, field in model.model_fields.items()}


def test_every_clause_is_in_the_table_and_no_other() -> None:
    clauses = _clauses(Agreement) - {"answer"} | _clauses(LevelClause, "answer.") | _clauses(PartyClause, "parties.")
    assert _first_column(AGREEMENT_PAGE, "clause") == clauses


def test_every_purpose_is_named_on_the_page_and_in_the_template() -> None:
    for purpose in get_args(Purpose):
        assert f"`{purpose}`" in AGREEMENT_PAGE
        assert purpose in TEMPLATE


def test_every_row_of_a_trace_is_explained() -> None:
    context = AskContext("FR-DNMS", "DE-ZASM", AGREEMENT.hash, "migrant_smuggling", NOW, True, True)
    rows = {line.partition(":")[0] for line in decide([AGREEMENT], context, None).trace}
    assert _first_column(AGREEMENT_PAGE, "row of the trace") == rows
