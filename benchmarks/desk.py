"""How soon does the console show a page, and the nodes' answers to a query, from a node with 100,000 records?

``python -m benchmarks.desk [--records N] [--nodes N] [--quick] [--json]``

Starts coordinator, custodian, one agency node with ``--records`` records and a console, and ``--nodes`` small nodes to
ask, each a process of its own with mutual TLS, on this machine. The console's node also has some hundred cases and
referrals and 100,000 entries in its disclosure log. Then, in this order:

- *pages* (`benchmarks.desk_pages`): every page of the console that has an address of its own, a case and some
  searches, fetched over new connections, and painted by Chromium in a known and in a new profile;
- *the bare page*: two words from the same framework over the same HTTPS, by the same clients: what is not ours.
  All other parties are stopped meanwhile, for each would be on a machine of its own;
- *streaming* (`benchmarks.desk_stream`): queries to all nodes in Chromium, and by turns with them over gRPC;
- *analysts at once*: several people who send a query at the same moment.

``first_page_milliseconds`` is the larger of two medians of the first page after signing in: fetched over a new
connection, and painted whole by Chromium in a profile that has shown the sign-in page. It is painted more often than
the others, for paints differ much on a machine that others share. What the same page takes in a new profile, and when
its first text was there, is among the figures of its own.
``slowest_page`` is the same of the page where it is largest. Without Chromium (``--no-browser``, or none found) only
what is fetched counts, and ``browser`` is null.

Client, browser and all parties that are not stopped share the cores of one machine; the load average before and after
is in the report.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright
from rich.console import Console
from rich.progress import Progress

from benchmarks.desk_federation import STAFF, Contents, DeskFederation
from benchmarks.desk_pages import Asked, Measured, Visitor, fetch_all, pages, paint_all, trusting
from benchmarks.desk_report import print_report
from benchmarks.desk_stream import alternating, at_once
from benchmarks.oblivious import machine
from benchmarks.query import Spread
from benchmarks.query_asking import processor_seconds, resident_mib
from benchmarks.query_federation import Report, unknown_persons
from deploy.local import free_port

FULL = Contents(nodes=30, records=100_000, others=100, cases=300, referrals=300, entries=100_000, analysts=10)
QUICK = Contents(nodes=2, records=60, others=40, cases=12, referrals=12, entries=200, analysts=2)
_INDEX_SECONDS = 600.0
_FIRST_PAGE_MORE = 4  # times as often as the others, and beside them, the first page is painted


@dataclass(frozen=True, slots=True)
class Effort:
    """How often each thing is measured, and how many of the pages are painted at most, beside the last."""

    fetched: int
    painted: int
    queries: int
    pages_painted: int = 1000


LITTLE = Effort(2, 1, 1, pages_painted=2)


async def measure(contents: Contents, effort: Effort, chromium: str, report: Report) -> dict[str, Any]:
    """Make the federation, measure, and give the figures."""
    with tempfile.TemporaryDirectory(prefix="symbolon-benchmark-") as scratch:
        federation = DeskFederation(Path(scratch), contents)
        with federation.local:
            await federation.load(report)
            return await _measured(federation, effort, chromium, report)


async def _measured(federation: DeskFederation, effort: Effort, chromium: str, report: Report) -> dict[str, Any]:
    contents, memory = federation.contents, {}
    report("enter the staff", 0, 1)
    staff = await federation.enter_staff()
    report("enter the staff", 1, 1)
    load = {"before": os.getloadavg()[0]}
    memory["started"] = resident_mib(federation, federation.agency)
    visitor = Visitor(federation)
    signing_in = [await visitor.sign_in(one) for one in staff.values()]
    every, used = (
        list(pages(federation)),
        partial(processor_seconds, federation.local.running[federation.agency].process.pid),
    )
    async with _browser(chromium, federation.home.console_certificate) as browser:
        index_seconds = await _indexed(visitor)
        with federation.alone():
            found = await fetch_all(visitor, every, effort.fetched, _told(report, "fetch", len(every)), used)
            if browser is not None:
                seen = [*found[: effort.pages_painted], found[-1]] if effort.pages_painted < len(found) else found
                paints = _told(report, "paint", effort.painted * len(seen))
                await paint_all(visitor, browser, seen, effort.painted, paints)
                more = _FIRST_PAGE_MORE * effort.painted
                await paint_all(visitor, browser, found[:1], more, _told(report, "paint the first page", more))
            bare = await _bare(federation, browser, effort)
        memory["after_pages"] = resident_mib(federation, federation.agency)
        people = _people(federation, 2 * effort.queries + 2)
        queries = _told(report, "ask", effort.queries + 1)
        painted, called = await alternating(federation, visitor, browser, people, queries)
        many = _people(federation, contents.analysts)
        await at_once(visitor, federation.analysts, many)  # each analyst's first query is not counted
        together, seconds = await at_once(visitor, federation.analysts, many)
        memory["after_queries"] = resident_mib(federation, federation.agency)
    load["after"] = os.getloadavg()[0]
    by_name = {one.asked.name: one for one in found}
    slowest = max(found, key=lambda one: one.milliseconds)
    return {
        "first_page_milliseconds": by_name["/"].milliseconds,
        "slowest_page": {"page": slowest.asked.name, "milliseconds": slowest.milliseconds},
        "pages": {name: one.to_json() for name, one in by_name.items()},
        "bare_page": bare.to_json(),
        "sign_in": asdict(Spread.of(signing_in)),
        "streaming": (painted.to_json() | {"reloads": painted.reloads} if browser is not None else None),
        "streaming_grpc": called.to_json(),
        "analysts_at_once": together.to_json() | {"analysts": contents.analysts, "seconds": seconds},
        "memory_mib": memory,
        "log_index_seconds": index_seconds,
        "browser": browser.version if browser is not None else None,
        **asdict(contents),
        "index_entries": federation.loading.index_entries,
        "load": load,
    }


async def _indexed(visitor: Visitor) -> float:
    """Have the log indexed, as the first search after a start does, and give how long it takes."""
    started = time.perf_counter()
    officer = next(name for name, role in STAFF.items() if role == "auditor")
    while time.perf_counter() < started + _INDEX_SECONDS:
        _, answer = await visitor.fetch(Asked("/audit", officer))
        if "<tbody" in answer.text:
            return time.perf_counter() - started
        await asyncio.sleep(0.2)
    raise TimeoutError("the log was not indexed")


async def _bare(federation: DeskFederation, browser: Browser | None, effort: Effort) -> Measured:
    """Measure a page of two words in a process of its own."""
    home, address = federation.home, f"127.0.0.1:{free_port()}"
    with _hello(address, str(home.console_certificate), str(home.console_key)) as process:
        visitor = Visitor(federation, f"https://{address}", "/")
        (found,) = await fetch_all(
            visitor, [Asked("/")], effort.fetched, lambda _: None, partial(processor_seconds, process)
        )
        if browser is not None:
            await paint_all(visitor, browser, [found], effort.painted, lambda _: None)
    return found


@contextmanager
def _hello(address: str, certificate: str, key: str) -> Iterator[int]:
    """Serve the bare page; give the process's id."""
    command = [sys.executable, "-m", "benchmarks.desk_hello", address, certificate, key]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline(), "the bare page is not served"
            yield process.pid
        finally:
            process.kill()


@asynccontextmanager
async def _browser(chromium: str, certificate: Path) -> AsyncIterator[Browser | None]:
    if not chromium:
        yield None
        return
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", trusting(certificate)]
        )
        try:
            yield browser
        finally:
            await browser.close()


def _people(federation: DeskFederation, count: int) -> list[dict[str, Any]]:
    """Mix persons that some node has enrolled, and persons of no list."""
    known = (next(federation.known_persons(agency)) for agency in federation.agencies[1:])
    mixed = chain.from_iterable(zip(chain(known, unknown_persons()), unknown_persons(), strict=False))
    return list(islice(mixed, count))


def _told(report: Report, step: str, total: int) -> Any:
    return lambda done: report(step, done, total)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.desk", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--records", type=int, help="records of the node with the console (100000)")
    parser.add_argument("--nodes", type=int, help="nodes that a query goes to (30)")
    parser.add_argument("--entries", type=int, help="entries of its disclosure log (100000)")
    parser.add_argument("--fetches", type=int, default=20, help="times each page is fetched (20)")
    parser.add_argument("--paints", type=int, default=5, help="times each page is painted in either profile (5)")
    parser.add_argument("--queries", type=int, default=10, help="queries in the browser, and over gRPC (10)")
    parser.add_argument("--quick", action="store_true", help="little of all, to see that it runs")
    parser.add_argument("--no-browser", action="store_true", help="without Chromium")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    options = parser.parse_args(arguments)
    if options.fetches < 2 or min(options.paints, options.queries) < 1:  # the first fetch counts apart
        parser.error("--fetches is at least 2, --paints and --queries are at least 1")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; give the exit code."""
    options = _options(arguments)
    usual = asdict(QUICK if options.quick else FULL)
    given = {name: getattr(options, name) for name in ("records", "nodes", "entries")}
    contents = Contents(**usual | {name: value for name, value in given.items() if value is not None})
    effort = LITTLE if options.quick else Effort(options.fetches, options.paints, options.queries)
    chromium = "" if options.no_browser else shutil.which("chromium") or ""
    terminal = Console(stderr=True)
    with Progress(console=terminal, transient=True, disable=not terminal.is_terminal) as progress:
        tasks: dict[str, Any] = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step)
                if not terminal.is_terminal:
                    terminal.print(f"{datetime.now(UTC):%H:%M:%S} {step}")
            progress.update(tasks[step], completed=done, total=total)

        found = asyncio.run(measure(contents, effort, chromium, report))
    where = machine() | {"date": datetime.now(UTC).date().isoformat()}
    where["command"] = " ".join(("python -m benchmarks.desk", *(sys.argv[1:] if arguments is None else arguments)))
    found["machine"] = where
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print_report(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
