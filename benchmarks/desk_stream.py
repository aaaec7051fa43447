"""How soon an analyst sees what the nodes answer: in a browser, over gRPC, and as one of several analysts at once.

In the browser the form is filled and sent as a person does it. The clock runs from the form's sending; a node counts as
told when its row on the page has the outcome, as a MutationObserver sees it. ``reloads`` are navigations and requests
for documents after the page of the answers came: none, where the page fills by itself. Over gRPC the clock runs from
the call (`Desk.Query`, an officer's key, a connection that is open) to each node's answer.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx
from playwright.async_api import Browser, Request

from benchmarks.desk_federation import DeskFederation
from benchmarks.desk_pages import Visitor
from benchmarks.query import Spread
from deploy.agreement import EVERY_CASE, EVERY_PURPOSE
from node.desk.client import DeskClient
from node.officers.key import load_key

WATCH = """
addEventListener("submit", () => sessionStorage.setItem("sent", performance.timeOrigin + performance.now()), true);
window.told = {};
const look = () => {
  for (const row of document.querySelectorAll("#nodes > article")) {
    if (!window.told[row.id] && row.querySelector("dl.facts"))
      window.told[row.id] = performance.timeOrigin + performance.now() - Number(sessionStorage.getItem("sent"));
  }
};
new MutationObserver(look).observe(document, { childList: true, subtree: true });
"""
"""Runs before any script of a page. A row has facts once the node has an outcome."""

_OVER = """() => document.querySelector("#after") && !document.querySelector("#after[data-after]")"""
_SECONDS = 60.0
_HINT_MILLISECONDS = 1_200
"""Milliseconds a person looks at the form before pressing Ask: the hint has come by then."""

Person = dict[str, Any]


@dataclass
class Streamed:
    """Queries put one way: milliseconds to the first and to the last answer of each, and how many nodes told."""

    first: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)
    reloads: int = 0

    def add(self, told: Sequence[float]) -> None:
        """Add a query."""
        assert told, "no node told anything"
        self.first.append(min(told))
        self.last.append(max(told))
        self.nodes.append(len(told))

    def to_json(self) -> dict[str, Any]:
        """Give the medians, and how they spread."""
        return {
            "nodes": min(self.nodes),
            "queries": len(self.nodes),
            "first_milliseconds": Spread.of(self.first).p50,
            "last_milliseconds": Spread.of(self.last).p50,
            "first": asdict(Spread.of(self.first)),
            "last": asdict(Spread.of(self.last)),
        }


async def in_browser(visitor: Visitor, browser: Browser, person: Person, streamed: Streamed) -> None:
    """Put a query in a browser, and watch the rows until all nodes have told."""
    page = await visitor.browser_page(browser, "anna.analyst")
    await page.add_init_script(WATCH)
    await page.goto(f"{visitor.origin}/queries/new")
    for name, value in form_of(person).items():
        place = page.locator(f"#query [name={name}]").first
        if await place.evaluate("one => one.tagName") == "SELECT":
            await place.select_option(value)
        else:
            await place.fill(value)
    await page.wait_for_timeout(_HINT_MILLISECONDS)
    await page.locator("button[name=do][value=send]").click()
    await page.wait_for_url(re.compile(r"/queries/(?!new)"), wait_until="commit")
    documents: list[str] = []

    def requested(request: Request) -> None:
        if request.is_navigation_request():
            documents.append(request.url)

    page.on("request", requested)
    await page.wait_for_function(_OVER, timeout=_SECONDS * 1000)
    told = await page.evaluate("window.told")
    streamed.add(list(told.values()))
    streamed.reloads += len(documents)
    await page.context.close()


async def over_grpc(desk: DeskClient, person: Person, streamed: Streamed) -> None:
    """Put a query over gRPC."""
    told = []
    started = time.perf_counter()
    reasons = {"purpose": EVERY_PURPOSE, "legal_basis": "benchmark", "case_reference": "BENCH-1"}
    async for event in desk.query(person, **reasons, justification=EVERY_CASE):
        if event.WhichOneof("event") == "answer":
            told.append((time.perf_counter() - started) * 1000)
    streamed.add(told)


async def at_once(visitor: Visitor, officers: Sequence[str], people: Sequence[Person]) -> tuple[Streamed, float]:
    """Let analysts send their queries at the same moment and read the streams; give also seconds for all."""
    streamed = Streamed()
    started = time.perf_counter()
    every = [_one_of_many(visitor, officer, person) for officer, person in zip(officers, people, strict=True)]
    for told in await asyncio.gather(*every):
        streamed.add(told)
    return streamed, time.perf_counter() - started


async def _one_of_many(visitor: Visitor, officer: str, person: Person) -> list[float]:
    """Put a query by the console's form, follow its stream, and give when each node's row came with an outcome."""
    told: dict[int, float] = {}
    async with visitor.client(officer) as client:
        started = time.perf_counter()
        data = {"csrf": visitor.tokens[officer], "do": "send", **form_of(person)}
        sent = await client.post("/queries/new", data=data, headers=visitor.headers)
        assert sent.status_code == httpx.codes.SEE_OTHER, sent.status_code
        path = sent.headers["location"]
        await client.get(path)
        async with client.stream("GET", f"{path}/events") as stream:
            async for line in stream.aiter_lines():
                news = json.loads(line.removeprefix("data: ")) if line.startswith("data: {") else {}
                if "place" in news and "facts" in news["html"]:
                    told.setdefault(news["place"], (time.perf_counter() - started) * 1000)
    return list(told.values())


def form_of(person: Person) -> dict[str, str]:
    """Give the form's fields for a person."""
    about = EVERY_CASE
    return {
        "purpose": EVERY_PURPOSE,
        "legal_basis": "benchmark",
        "case_reference": "BENCH-1",
        "offence": str(about.offence),
        "penalty_months": str(about.penalty_months),
        "nature": str(about.nature),
        "person_role": str(about.person_role),
        "death_penalty": str(about.death_penalty),
        "names": "\n".join(person["names"]),
        "dob": "\n".join(person["dob"]),
        "nationality": " ".join(person["nationality"]),
    }


async def alternating(
    federation: DeskFederation,
    visitor: Visitor,
    browser: Browser | None,
    people: Sequence[Person],
    told: Callable[[int], None],
) -> tuple[Streamed, Streamed]:
    """Put queries by turns in the browser, where there is one, and over gRPC; the first of each is not counted."""
    painted, called = Streamed(), Streamed()
    key = load_key(federation.local.officer_key(federation.agency))
    async with DeskClient(federation.home, key) as desk:
        await desk.status()  # the connection's handshake is not part of a query
        for turn, (one, other) in enumerate(zip(people[::2], people[1::2], strict=False)):
            counted = turn > 0
            if browser is not None:
                await in_browser(visitor, browser, one, painted if counted else Streamed())
            await over_grpc(desk, other, called if counted else Streamed())
            told(turn + 1)
    return painted, called
