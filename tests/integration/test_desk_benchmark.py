"""The benchmark of the console runs, and names everything it is to measure. No time is asserted here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.desk import QUICK
from benchmarks.desk_report import print_report
from console.pages import PAGES
from tests.integration.benchmarked import report_of

pytestmark = pytest.mark.timeout(600)

HAS_BROWSER = shutil.which("chromium") is not None


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """Run it once, as one would from the command line."""
    return report_of("desk", "--quick")


def times(found: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Give every figure of a time, by its place in the report."""
    for name, value in found.items():
        if isinstance(value, dict):
            yield from times(value, f"{path}{name} ")
        elif name in ("p50", "p95", "mean") or name.endswith(("_milliseconds", "_seconds")):
            yield f"{path}{name}", value


def test_every_time_is_a_number_above_zero(report: dict[str, Any]) -> None:
    found = {name: value for name, value in times(report) if not name.endswith("processor_milliseconds")}
    assert {"first_page_milliseconds", "log_index_seconds", "streaming_grpc last_milliseconds"} <= found.keys()
    assert [name for name, value in found.items() if not value > 0] == []
    assert all(one["processor_milliseconds"] >= 0 for one in report["pages"].values())


def test_every_page_with_an_address_of_its_own_is_measured(report: dict[str, Any]) -> None:
    own = {page.path for page in PAGES if page.method == "GET" and "{" not in page.path and "/oidc" not in page.path}
    assert own <= report["pages"].keys()
    assert report["slowest_page"]["page"] in report["pages"]


def test_all_nodes_answer_whichever_way_they_are_asked(report: dict[str, Any]) -> None:
    ways = [report["streaming_grpc"], report["analysts_at_once"], *([report["streaming"]] if HAS_BROWSER else [])]
    assert [one["nodes"] for one in ways] == [QUICK.nodes] * len(ways)
    assert report["analysts_at_once"]["analysts"] == QUICK.analysts


@pytest.mark.skipif(not HAS_BROWSER, reason="needs Debian's chromium")
def test_the_page_of_a_query_fills_without_a_reload(report: dict[str, Any]) -> None:
    assert report["streaming"]["reloads"] == 0
    assert {"painted_known", "painted_cold"} <= report["pages"]["/"].keys()


def test_the_machine_its_load_and_the_command_are_told(report: dict[str, Any]) -> None:
    assert {"cpu", "cores", "python", "date", "command"} <= report["machine"].keys()
    assert report["load"].keys() == {"before", "after"}


def test_the_tables_print(report: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    print_report(report)
    printed = capsys.readouterr().out
    assert "the bare page" in printed
    assert "over gRPC" in printed
