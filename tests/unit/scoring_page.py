"""The parts of ``docs/explanation/scoring.md`` that follow from the code: examples with their real output, and weights.

Written into the page by ``python -m tests.unit.reference_pages``, like the tables of the reference.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from matching.comparison.name_points import ALONE, BESIDE_RECORD, NameWeights
from matching.scoring import compare, compare_written_names
from matching.subject import parse_subject

RECORDS: tuple[dict[str, Any], dict[str, Any]] = (
    {
        "names_original": ["Арвид Тестманов"],
        "dob": ["1968-06-13"],
        "nationality": ["AT"],
        "documents": [{"type": "passport", "country": "AT", "number": "U1234509"}],
    },
    {
        "names": ["TESTMAN, Arvid"],
        "dob": ["1969"],
        "nationality": ["AT"],
        "documents": [{"type": "passport", "country": "AT", "number": "U1234590"}],
    },
)
PAIRS = (
    ("王小明", "Hsiao-ming Wang"),
    ("Bill Testmann", "William Testman"),
    ("Samir bin Nadir al-Harbzi", "سمير الحربزي"),
    ("Arvid Johan Testmann", "Arvid Ulrich Testmann"),
)
MEANINGS = {
    "agreeing": "the names agree at all, in full from 4 bits on",
    "bit": "each bit of agreeing parts, to 10",
    "further_bit": "each further bit, to 22",
    "further_bit_doubted": "the same, as far as any part is in doubt",
    "unlike": "an agreeing part, by how far its share is from 1; of the parts after the worst, 0.15 of it",
    "contradiction": "a part that differs",
    "own_contradiction": "the persons' own names differ",
    "further_contradiction": "each further part that differs",
    "omission": "each part on one side only, three at most",
    "own_missing": "the own name of one does not answer that of the other",
    "disorder": "another order, beyond a family name moved to the other end",
    "differs": "no part in common",
    "least": "the least that a pair of names says",
    "weak_at_most": "a weak alias, at most",
}


def scoring_parts() -> dict[str, str]:
    """Give the parts of the page by name."""
    return {"a record": _record(), "names alone": _pairs(), "name weights": _weights()}


def _record() -> str:
    compared = compare(*map(parse_subject, RECORDS))
    return _block([contribution.explanation for contribution in compared.contributions])


def _pairs() -> str:
    blocks = []
    for one, other in PAIRS:
        compared = compare_written_names(one, other)
        lines = [contribution.explanation for contribution in compared.contributions]
        blocks.append("\n".join([f"{one} and {other}: {compared.score:.2f}", *lines]))
    return _block(["\n\n".join(blocks)])


def _weights() -> str:
    rows = [f"| {_meaning(field.name)} | {_of(ALONE, field.name)} | {_of(BESIDE_RECORD, field.name)} |"
            for field in fields(NameWeights)]  # fmt: skip
    return "\n".join(["", "| weight, in points | alone | beside a record |", "|---|---|---|", *rows, ""])


def _meaning(name: str) -> str:
    return f"`{name}`: {MEANINGS[name]}" if name in MEANINGS else f"`{name}`"


def _of(weights: NameWeights, name: str) -> str:
    value: float = getattr(weights, name)
    return f"{value:+g}".replace("-", "−") if value else "0"


def _block(lines: list[str]) -> str:
    return "\n".join(["```", *lines, "```", ""])
