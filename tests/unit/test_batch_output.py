"""How the commands show lists: numbers with separators, and cleared hits as such."""

from __future__ import annotations

from rich.console import Console

from cli.batch_output import listing, rows_table, told
from node.batches.results import row_json
from symbolon.v1 import batches_pb2 as wire
from symbolon.v1.desk_pb2 import NODE_OUTCOME_HIT

LIST = wire.Batch(
    reference="LIST", owner="a.martin", state="running", rows=2345, counts={"waiting": 1234, "hit": 1001, "thin": 110}
)


def shown(what: object) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(what)
    return captured.get()


def test_numbers_of_a_list_have_separators() -> None:
    words, table = shown(told(LIST)), shown(listing([LIST]))
    assert "2,345 rows: 1,234 waiting, 1,001 hit, 110 thin." in words
    assert [number in table for number in ("2,345", "1,001")] == [True, True]


def test_that_there_is_no_list_is_said() -> None:
    assert listing([]) == "No list is kept."


def test_a_hit_that_was_cleared_is_shown_as_such() -> None:
    hits = [wire.RowHit(reference="NEW"), wire.RowHit(reference="OLD", cleared="FIRST")]
    answer = wire.RowAnswer(member="symbolon://agency/DE", outcome=NODE_OUTCOME_HIT, level=2, hits=hits)
    table = shown(rows_table([row_json(wire.BatchRow(line=2, state="hit", answers=[answer]))]))
    assert "OLD (cleared)" in table
    assert "NEW (cleared)" not in table
