"""The demonstration's tables: how long each step took, what the coordinator saw, what each node answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.demo.script import SceneQuestion, Script
from matching.reply import REPLY_BYTES
from symbolon.v1 import desk_pb2

_QUERY_STEPS = ("features", "tokens", "envelopes", "relay", "in all")


@dataclass
class Answered:
    """A question with every node's answer and the milliseconds of its steps."""

    question: SceneQuestion
    nodes: dict[str, desk_pb2.NodeAnswer] = field(default_factory=dict)
    milliseconds: dict[str, float] = field(default_factory=dict)

    @property
    def hits(self) -> frozenset[str]:
        """Give the agencies that answered with a hit."""
        return frozenset(agency for agency, answer in self.nodes.items() if answer.outcome == desk_pb2.NODE_OUTCOME_HIT)

    @property
    def unanswered(self) -> frozenset[str]:
        """Give the agencies whose word is not known."""
        known = (desk_pb2.NODE_OUTCOME_HIT, desk_pb2.NODE_OUTCOME_NOTHING)
        return frozenset(agency for agency, answer in self.nodes.items() if answer.outcome not in known)


def show_steps(console: Console, seconds: Mapping[str, float], records: Mapping[str, int]) -> None:
    """Print how long each step took."""
    table = Table(title=f"Steps ({sum(records.values()):,} records at {len(records)} agencies)")
    table.add_column("step")
    table.add_column("seconds", justify="right")
    for name, duration in seconds.items():
        table.add_row(name, f"{duration:.1f}")
    console.print(table)


def show_coordinator(console: Console, seen: Mapping[str, Any]) -> None:
    """Print what the coordinator's own log holds of the queries: who asked whom, when, how large; no more."""
    table = Table(title="What the coordinator saw (its own log: no name, no token, no hit)")
    for column in ("time (UTC)", "asker", "asked", "agreement", "purpose", "bytes each"):
        table.add_column(column)
    for entry in seen["entries"]:
        if entry["type"] == "query_relayed":
            table.add_row(*_relay_cells(entry["time"], entry["event"]))
    console.print(table)
    console.print(f"and back: {REPLY_BYTES:,} bytes from each node, whatever it answered.")


def show_answers(console: Console, script: Script, answered: list[Answered]) -> bool:
    """Print who answered what; say whether that is the truth, as far as the script knows it."""
    table = Table(title="Who knows the person (level, match quality; - learned nothing; ? gave no answer)")
    table.add_column("question")
    for agency in script.agencies:
        table.add_column(agency.replace("-", "\n", 1), justify="center")
    table.add_column("ms", justify="right")
    table.add_column("as known")
    right = True
    for one in answered:
        verdict = _verdict(script, one)
        right = right and verdict.startswith("yes")
        cells = (_cell(one, agency) for agency in script.agencies)
        table.add_row(one.question.name, *cells, f"{one.milliseconds['in all']:.0f}", verdict)
    console.print(table)
    for one in answered:
        console.print(f"  [bold]{one.question.name}[/]: {one.question.shows}")
    medians = ", ".join(f"{step} {_median(answered, step):.0f} ms" for step in _QUERY_STEPS)
    console.print(f"Median of the steps of a query: {medians}")
    return right


def _cell(answered: Answered, agency: str) -> str:
    if agency == answered.question.asker:
        return "asks"
    answer = answered.nodes.get(agency)
    if answer is None or agency in answered.unanswered:
        return "?"
    if agency not in answered.hits:
        return "-"
    quality = f"\n{answer.candidates[0].band}" if answer.candidates else ""
    return f"{answer.level}{quality}"


def _verdict(script: Script, answered: Answered) -> str:
    missed = answered.question.expected - answered.hits
    others = answered.hits - answered.question.expected
    if answered.unanswered or missed:
        return f"no: {', '.join(sorted(answered.unanswered | missed))}"
    if others and script.truth_is_complete:
        return f"no: also {', '.join(sorted(others))}"
    return f"yes, and {', '.join(sorted(others))}" if others else "yes"


def _median(answered: list[Answered], step: str) -> float:
    values = sorted(one.milliseconds.get(step, 0.0) for one in answered)
    return values[len(values) // 2]


def _relay_cells(time: str, event: Mapping[str, Any]) -> tuple[str, ...]:
    sizes = sorted(set(event["envelope_bytes"]))
    return (
        time[11:19],
        event["sender"].rpartition("/")[2],
        f"{len(event['recipients'])} nodes",
        ", ".join(sorted(set(event["agreements"]))),
        ", ".join(sorted(set(event["purposes"]))),
        " to ".join(f"{size:,}" for size in sizes[:1] + sizes[1:][-1:]),
    )
