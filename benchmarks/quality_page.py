"""The page ``docs/reference/quality.md``, written from the figures of `benchmarks.quality`.

Decides how figures are laid out and what is said about them; measures nothing. The text holds for any figures, so that
the page can be made again at any time.
"""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

FEWEST_PAIRS = 20
"""Pairs and positives a group has at least, to have a row."""

OURS = "Symbolon"
LINE = 120

HEADLINE = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "best_f1": "best F1",
    "average_precision": "average precision",
    "recall_at_1pct_fpr": "recall at 1 %",
}

Figures = Mapping[str, Any]


class Told(Protocol):
    """What the page needs to know about a set."""

    @property
    def title(self) -> str:
        """Give the heading."""

    @property
    def about(self) -> str:
        """Give what to know about the set."""

    def command(self, shared: str) -> list[str]:
        """Give the module and its arguments."""


def write_page(
    results: Sequence[tuple[Told, Figures]], duplicates: Figures | None, without: Mapping[str, Figures]
) -> str:
    """Give the text of the page.

    ``duplicates`` has the figures of `benchmarks.febrl`, ``without`` ours by resource left out and title of the set.
    """
    lines = [*_opening(results), *_headline(results), *_duplicates(duplicates), *_left_out(results, without)]
    for told, result in results:
        lines += ["", f"## {told.title}", "", *_wrapped(told.about), "", *_command(told)]
        lines += [*_groups(result), *_scripts(result), *_kinds(result), *_loss(result)]
    return "\n".join([*lines, ""])


def _opening(results: Sequence[tuple[Told, Figures]]) -> Iterator[str]:
    machines = [result["machine"] for _, result in results]
    where = machines[0]
    dates = sorted({machine["date"] for machine in machines})
    yield "# Quality, beside the peers"
    yield ""
    yield "<!-- Written by `python -m benchmarks.quality --shared DIR`; change that command's text, not this page. -->"
    yield ""
    yield from _wrapped(
        f"Measured with `python -m benchmarks.quality --shared ../shared` on {' and '.join(dates)}: {where['cpu']},"
        f" {where['cores']} cores, Python {where['python']}. All matchers score the same pairs in one run. The labelled"
        " sets are of real official lists and are not part of the repository; weights were set on these very sets, so"
        " others will show less."
    )
    yield ""
    yield "The peers, with the cutoff each declares or, where it declares none, a common one:"
    yield ""
    for name, cutoff in _matchers(results).items():
        yield f"- {name}, {cutoff}"
    for name, reason in {peer: why for _, result in results for peer, why in result["peers_left_out"].items()}.items():
        yield f"- {name}: {reason}"
    yield ""
    yield from _wrapped(
        "Precision, recall and F1 are those at the cutoff. *Best F1* is the highest of all thresholds, *average"
        " precision* needs none, *recall at 1 %* is the recall of a threshold that lets through at most one in a"
        " hundred negatives; equal scores are never parted. Time is processor time of the first and only comparison"
        " of a pair."
    )


def _matchers(results: Sequence[tuple[Told, Figures]]) -> dict[str, float]:
    ours = [(OURS, result["cutoff"]) for _, result in results]
    return dict(ours) | {peer: of["cutoff"] for _, result in results for peer, of in result["peers"].items()}


def _headline(results: Sequence[tuple[Told, Figures]]) -> Iterator[str]:
    yield ""
    yield "## All sets"
    yield ""
    yield from _head(["set", "matcher", *HEADLINE.values(), "µs a pair"], left=2)
    for told, result in results:
        for name, one in _all(result):
            title = f"{told.title} ({result['pairs']:,})" if name == OURS else ""
            yield _row(
                [title, _short(name), *(_share(one[key]) for key in HEADLINE), _micros(one)], strong=name == OURS
            )
    yield ""
    yield "A Latin pair, caches of words warmed by other pairs alone and emptied before every pair, µs:"
    yield ""
    yield from _head(["set", "mean", "median", "caches emptied"])
    for told, result in results:
        latin = result["by_script"].get("Latin/Latin")
        if latin:
            cleared = result["ours"].get("microseconds_caches_cleared")
            yield _row([told.title, _micros(latin), _micros(latin, "microseconds_median"), _whole(cleared)])


def _duplicates(told: Figures | None) -> Iterator[str]:
    if not told:
        return
    yield from ("", "## Duplicates in one list, beside Splink", "")
    yield from _wrapped(
        "Invented persons with invented slips (FEBRL), in groups of records that stand for one person. Splink is"
        " trained in the same run, without labels; the weights of addresses, numbers and dates were set with an eye on"
        " these sets. *Found* is the share of the true"
        " pairs that are proposed at all."
    )
    yield from ("", "```sh", "python -m benchmarks.febrl --data ../shared/data/febrl", "```", "")
    yield from _head(["set", "matcher", "found", "precision", "recall", "F1", "best F1", "F1 of groups", "s"], left=2)
    for name, one in told["sets"].items():
        for matcher, of in {OURS: one["ours"], **one.get("peers", {})}.items():
            first = f"{name} ({one['records']:,} records, {one['pairs']:,} pairs)" if matcher == OURS else ""
            pairs = of["pairs"]
            shares = (pairs["precision"], pairs["recall"], pairs["f1"], pairs["best_f1"], of["groups"]["f1"])
            cells = [_exact(share) for share in (of["found"], *shares)]
            yield _row([first, matcher, *cells, f"{of['seconds']:.1f}"], strong=matcher == OURS)


def _left_out(results: Sequence[tuple[Told, Figures]], without: Mapping[str, Figures]) -> Iterator[str]:
    if not without:
        return
    yield from ("", "## Leaving one resource out", "")
    yield "Our average precision with everything, and what each table of the matcher adds to it, in points."
    yield ""
    yield from _head(["without", *(told.title for told, _ in results)])
    yield _row(["nothing", *(_share(result["ours"]["average_precision"]) for _, result in results)], strong=True)
    for resource, figures in without.items():
        gains = [
            100 * (result["ours"]["average_precision"] - figures[told.title]["average_precision"])
            for told, result in results
        ]
        yield _row([f"`{resource}`", *(f"{gain:+.2f}" for gain in gains)])


def _command(told: Told) -> Iterator[str]:
    yield "```sh"
    yield f"python -m {shlex.join(told.command('../shared'))}"
    yield "```"


def _groups(result: Figures) -> Iterator[str]:
    if result["by"]:
        yield from _compared(result, "by", "group")
        if any("negatives_of" in one for one in result["by"].values()):
            yield ""
            yield "† Positives alone, measured against the negatives that share the columns before its last, or all."


def _scripts(result: Figures) -> Iterator[str]:
    if any(_enough(one) for script, one in result["by_script"].items() if script != "Latin/Latin"):
        yield from _compared(result, "by_script", "scripts")


def _compared(result: Figures, key: str, heading: str) -> Iterator[str]:
    rows = [(name, one) for name, one in result[key].items() if _enough(one)]
    if not rows:
        return
    yield ""
    yield "F1 at the cutoff / best F1 / average precision / recall at 1 %, and what is decided rightly at the cutoff:"
    yield ""
    names = [name for name, _ in _all(result)]
    yield from _head([heading, "pairs", "positive", *(_short(name) for name in names)])
    for group, one in rows:
        cells = [_four(of[key][group]) for of in (result, *result["peers"].values())]
        sign = " †" if "negatives_of" in one else ""
        yield _row([f"{group}{sign}", f"{one['pairs']:,}", f"{one['positives']:,}", *cells])


def _kinds(result: Figures) -> Iterator[str]:
    yield ""
    yield "At the cutoff, by kind of difference between the first names: recall / share of the negatives flagged."
    yield ""
    yield from _head(["kind", "positive", "negative", *(_short(name) for name, _ in _all(result))])
    for kind, one in result["by_kind"].items():
        cells = [
            f"{_share(of['by_kind'][kind]['recall'])} / {_share(of['by_kind'][kind]['false_positive_rate'])}"
            for of in (result, *result["peers"].values())
        ]
        yield _row([kind, f"{one['positives']:,}", f"{one['pairs'] - one['positives']:,}", *cells])


def _loss(result: Figures) -> Iterator[str]:
    forms = {form: one for form, one in result.get("clear_to_blind", {}).items() if isinstance(one, Mapping)}
    if not any(one["queries"] for one in forms.values()):
        return
    yield ""
    yield from _wrapped(
        "From clear to blind: of the queries for the same person, both sides asking in turn, those that the comparison"
        " in clear flags, those that open blind, and those that do both:"
    )
    yield ""
    yield from _head(["asked with", "queries", "flagged in clear", "open blind", "both", "lost, points"])
    for form, one in forms.items():
        if one["queries"]:
            shares = [_share(one[key]) for key in ("clear_recall", "blind_recall", "blind_and_clear_recall")]
            yield _row([form.replace("_", ", "), f"{one['queries']:,}", *shares, f"{one['loss_points']:.2f}"])


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, LINE, break_on_hyphens=False, break_long_words=False)


def _all(result: Figures) -> list[tuple[str, Figures]]:
    return [(OURS, result["ours"]), *result["peers"].items()]


def _enough(one: Figures) -> bool:
    return one["average_precision"] is not None and min(one["pairs"], one["positives"]) >= FEWEST_PAIRS


def _four(one: Figures) -> str:
    shares = (one[key] for key in ("f1", "best_f1", "average_precision", "recall_at_1pct_fpr"))
    return f"{' / '.join(map(_share, shares))}, {_share(one['right'])} right"


def _short(name: str) -> str:
    return next((short for short in ("logic-v2", "anyascii", "jellyfish") if short in name), name)


def _head(headings: Sequence[str], left: int = 1) -> Iterator[str]:
    yield _row(headings)
    yield "|" + "---|" * left + "---:|" * (len(headings) - left)


def _row(cells: Sequence[str], *, strong: bool = False) -> str:
    return "| " + " | ".join(f"**{cell}**" if strong and cell else cell for cell in cells) + " |"


def _share(figure: float | None) -> str:
    if figure is None:
        return "–"
    if figure in {0, 1}:
        return str(int(figure))
    written = f"{figure:.3f}".removeprefix("0")
    return {"1.000": ">.999", ".000": "<.001"}.get(written, written)


def _exact(figure: float | None) -> str:
    """Write a share with four digits: here the third one is the same for everybody."""
    return "–" if figure is None else f"{figure:.4f}".removeprefix("0")


def _micros(one: Figures, key: str = "microseconds_per_pair") -> str:
    return _whole(one[key])


def _whole(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:,.0f}"
