"""What does a decision cost, and does it grow with the number of agreements in force?

``python -m benchmarks.decision [--agreements N ...] [--decisions N] [--json]``

A node holds N agreements, all in force, each between two of N agencies and itself; the questions go round all of them.
A quarter are told at level 2, a quarter are refused by the question, a quarter by the record's own rules, and a quarter
are releases at level 4 with their approvals. Timed is `agreements.decision.decide` alone, each call by itself; the
clock's own cost is in it. Other work on the machine shows in the p99.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from agreements.agreement import Agreement
from agreements.decision import decide
from agreements.facts import Approval, Asked, MatchFacts, QuotaUse, RecordRules, Stage, Steps
from agreements.reading import parse_agreement
from agreements.standing import AgreementSet, Standing
from agreements.template import TEMPLATE
from benchmarks.oblivious import machine

DEFAULT_AGREEMENTS = (4, 40, 400)
DEFAULT_DECISIONS = 20_000
WARM_UP = 1_000

_ASKED = Asked(
    asker="FR-DNMS",
    holder="DE-ZASM",
    agreement_hash=b"",
    now=datetime(2026, 11, 24, 12, tzinfo=UTC),
    purpose="migrant_smuggling",
    user="a.durand",
    legal_basis=True,
    case="FR-2026-117",
    offence="migrant_smuggling",
    penalty_months=60,
    nature="ordinary",
    person_role="suspect",
    death_penalty="no",
)
_RECORD = RecordRules(
    category="arrest",
    person_role="suspect",
    nature="ordinary",
    nationalities=("SY", "TR"),
    minor="no",
    victim="no",
    witness="no",
    sealed="no",
    discreet="no",
    barred=frozenset({"US", "GB", "IT-SCOR"}),
    hidden_until=None,
    action="arrest",
    withheld=frozenset({"source"}),
    code="H2",
    at_most=4,
)
_MATCH = MatchFacts(score=0.99, bits=30.0)
_STEPS = Steps(
    confirmed_by=frozenset({"b.petit"}),
    request_complete=True,
    requested_by="a.durand",
    approvals=(Approval("c.weber", "release_officer"), Approval("d.klein", "supervisor")),
)
_QUOTA = QuotaUse(10, 100, 3, 1, 0)
_Facts = tuple[Asked, RecordRules, MatchFacts, Stage, Steps, QuotaUse]


def held(count: int) -> AgreementSet:
    """Give so many agreements of one node, all in force."""
    template = parse_agreement(TEMPLATE).model_dump(by_alias=True)
    one, holder = template["parties"]
    texts = [
        Agreement.model_validate(
            template | {"id": f"benchmark-{number}", "parties": [one | {"agency": f"FR-{number}"}, holder]}
        )
        for number in range(count)
    ]
    return AgreementSet(Standing(text, frozenset(text.party_of), accepted=True) for text in texts)


def questions(agreements: AgreementSet) -> list[_Facts]:
    """Give four questions for each agreement: told, refused by the question, by the record, released."""
    asked: list[_Facts] = []
    for number, standing in enumerate(agreements):
        one = replace(_ASKED, asker=f"FR-{number}", agreement_hash=standing.agreement.hash)
        barred = replace(_RECORD, barred=frozenset({"FR"}))
        asked += [
            (one, _RECORD, _MATCH, Stage.ANSWER, Steps(), _QUOTA),
            (replace(one, offence="arson"), _RECORD, _MATCH, Stage.ANSWER, Steps(), _QUOTA),
            (one, barred, _MATCH, Stage.ANSWER, Steps(), _QUOTA),
            (one, _RECORD, _MATCH, Stage.RELEASE, _STEPS, _QUOTA),
        ]
    return asked


def measure(count: int, decisions: int) -> dict[str, Any]:
    """Decide and give the figures in microseconds."""
    agreements = held(count)
    asked = questions(agreements)
    levels = [decide(agreements, *one).level for one in asked[:4]]
    assert levels == [2, 0, 0, 4], levels
    for number in range(WARM_UP):
        decide(agreements, *asked[number % len(asked)])
    gc.collect()
    gc.disable()
    times = [_timed(agreements, asked[number % len(asked)]) for number in range(decisions)]
    gc.enable()
    return {"agreements": count, "microseconds_per_decision": _spread(times)}


def _timed(agreements: AgreementSet, facts: _Facts) -> int:
    began = time.perf_counter_ns()
    decide(agreements, *facts)
    return time.perf_counter_ns() - began


def _spread(nanoseconds: Sequence[int]) -> dict[str, float]:
    ordered = sorted(nanoseconds)
    return {"median": ordered[len(ordered) // 2] / 1000, "p99": ordered[int(0.99 * len(ordered))] / 1000}


def _print(results: Sequence[dict[str, Any]]) -> None:
    table = Table(title="One decision, in microseconds")
    for column in ("agreements in force", "median", "p99"):
        table.add_column(column, justify="right")
    for result in results:
        spread = result["microseconds_per_decision"]
        table.add_row(f"{result['agreements']:,}", f"{spread['median']:.1f}", f"{spread['p99']:.1f}")
    console = Console()
    console.print(table)
    console.print(", ".join(f"{name}: {value}" for name, value in machine().items()))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.decision", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument(
        "--agreements", type=int, nargs="+", default=DEFAULT_AGREEMENTS, help="in force, one run each (4 40 400)"
    )
    parser.add_argument("--decisions", type=int, default=DEFAULT_DECISIONS, help="of each run (20000)")
    parser.add_argument(
        "--json", action="store_true", help="print JSON instead of a table: of the last run, and all runs"
    )
    options = parser.parse_args()
    if min([*options.agreements, options.decisions]) < 1:
        parser.error("--agreements and --decisions are at least 1")
    results = [measure(count, options.decisions) for count in options.agreements]
    if options.json:
        print(json.dumps(results[-1] | {"runs": results, "machine": machine()}))
    else:
        _print(results)


if __name__ == "__main__":
    main()
