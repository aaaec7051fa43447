"""The benchmark of a running federation runs, and names everything it is to measure. No time is asserted here."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.query_report import print_report
from benchmarks.query_stages import STAGES
from tests.integration.benchmarked import report_of

pytestmark = pytest.mark.timeout(400)

NODES, RECORDS, ENROLLED, QUERIES, ANALYSTS = 2, 60, 30, 6, 2


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """Run it once, as one would from the command line."""
    options = ("--nodes", NODES, "--records", RECORDS, "--enrolled", ENROLLED, "--queries", QUERIES)
    return report_of("query", *map(str, options), "--concurrency", str(ANALYSTS))


@pytest.fixture
def size(report: dict[str, Any]) -> dict[str, Any]:
    """Give the figures of the one size that was run."""
    (figures,) = report["sizes"]
    assert isinstance(figures, dict)
    return figures


def test_every_query_reaches_every_other_node_and_half_of_them_hit(size: dict[str, Any]) -> None:
    assert size["outcomes"] == {"hit": QUERIES // 2, "nothing": QUERIES * NODES - QUERIES // 2}
    assert sum(size["throughput"]["outcomes"].values()) == QUERIES * NODES


def test_every_stage_named_was_timed(size: dict[str, Any]) -> None:
    assert list(size["stages_ms"]) == [stage for stages in STAGES.values() for stage, _ in stages]
    assert size["stages_ms"]["responder: in all"]["count"] == QUERIES * NODES
    assert list(size["steps_ms"]) == ["features", "tokens", "envelopes", "relay"]


def test_a_query_costs_a_node_less_than_60_kilobytes_on_both_legs(size: dict[str, Any]) -> None:
    found = size["bytes_per_query"]
    to_and_from_the_coordinator = (found["coordinator, sent"] + found["coordinator, received"]) / NODES
    assert 20_000 < to_and_from_the_coordinator + found["one node, both ways"] < 60_000
    assert 0 < found["custodian, sent"] < 4_000


def test_the_machine_and_the_command_are_told(report: dict[str, Any]) -> None:
    assert {"cpu", "cores", "python", "libsodium", "date", "command", "load_average"} <= report["machine"].keys()


def test_the_rest_of_the_index_is_filled(size: dict[str, Any]) -> None:
    assert (size["records_per_node"], size["really_enrolled_per_node"]) == (RECORDS, ENROLLED)
    assert size["index_entries"] > 3 * RECORDS


def test_the_tables_print(report: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    print_report(report["machine"], report["sizes"])
    printed = capsys.readouterr().out
    assert "random entries" in " ".join(printed.split())
    assert "look-up" in printed
