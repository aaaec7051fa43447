"""Labelled pairs scored by us and by the peers, cold, in one run: what every quality benchmark reports.

``microseconds_per_pair`` is *cold*: the processor time of the thread during the first and only comparison of each pair
(other work on the machine is not counted); pairs that stand in the file twice are timed once. What is cached of single
words warms up as it does within one query in production, by other pairs alone; ``microseconds_caches_cleared`` is the
same with even those caches emptied before every pair (`matching.forgetting`), on a sample of Latin pairs. Tables and
dictionaries are loaded before, by a pair of invented names (`WARM_UP`); no name of the file is read with a matcher
before its clock runs.

Figures are given over all pairs and by group, by script and by kind of difference (`benchmarks.differences`). A group
whose pairs are all positive takes the negatives of the narrowest wider group that has some: with ``--group
list,strength``, those of the same list, and if that has none, all. ``negatives_of`` says where they came from. Scripts
and kinds borrow nothing.
"""

from __future__ import annotations

import gc
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import track

from benchmarks.differences import kind_of_difference, script_pair
from benchmarks.measures import Figures, figures
from benchmarks.peers import strings
from benchmarks.peers.environment import LOGIC_V2, LOGIC_V2_CUTOFF, Answer, PeerMissingError, ask_peer
from matching.forgetting import forget_words
from matching.subject import Name, Subject

CLEARED_SAMPLE = 300
LATIN = "Latin/Latin"
WARM_UP = Subject(names=(Name("Nemoryan Vantro"),)), Subject(names=(Name("欧阳望舒"),))

Item = TypeVar("Item")

Compare = Callable[[Subject, Subject], float]


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled pair; ``groups`` has the values of the columns of each grouping."""

    one: Subject
    other: Subject
    same: bool
    groups: tuple[tuple[str, ...], ...] = ()
    schema: str = ""

    @property
    def texts(self) -> tuple[str, str]:
        """Give the first name of both sides."""
        return self.one.names[0].text, self.other.names[0].text


@dataclass(frozen=True, slots=True)
class Scored:
    """What one matcher made of all cases: a score each, and microseconds, None for a pair seen before."""

    name: str
    cutoff: float
    scores: Sequence[float]
    microseconds: Sequence[float | None]

    def figures(self, places: Sequence[int], cases: Sequence[Case], lent: Sequence[int] = ()) -> Figures:
        """Give the figures of some of the cases, with negatives lent by others; these are not timed again."""
        timed = [taken for taken in (self.microseconds[place] for place in places) if taken is not None]
        places = [*places, *lent]
        told = figures([self.scores[place] for place in places], [cases[place].same for place in places], self.cutoff)
        return told | {
            "microseconds_per_pair": round(fmean(timed), 1) if timed else None,
            "microseconds_median": round(median(timed), 1) if timed else None,
        }


Grouping = Mapping[tuple[str, ...], Sequence[int]]


def score_all(cases: Sequence[Case], compare: Compare, name: str, cutoff: float) -> Scored:
    """Score every case in order with the clock running."""
    compare(*WARM_UP)
    gc.collect()
    gc.freeze()  # so that no collection walks the rows of the file while a pair is timed
    scores, taken, seen = [], list[float | None](), set[tuple[Subject, Subject]]()
    for case in _tracked(cases, name):
        start = time.thread_time()
        scores.append(compare(case.one, case.other))
        end = time.thread_time()
        taken.append(None if (case.one, case.other) in seen else 1e6 * (end - start))
        seen |= {(case.one, case.other), (case.other, case.one)}
    gc.unfreeze()
    return Scored(name, cutoff, scores, taken)


def score_peers(cases: Sequence[Case], python: Path | None) -> tuple[list[Scored], dict[str, str]]:
    """Score every case with each peer; of those that cannot be run, say why."""
    peers = [
        score_all(cases, strings.score_anyascii, strings.ANYASCII, strings.CUTOFF),
        score_all(cases, strings.score_jellyfish, strings.JELLYFISH, strings.CUTOFF),
    ]
    try:
        peers.append(_score_elsewhere(cases, python))
    except PeerMissingError as missing:
        return peers, {"nomenklatura logic-v2": str(missing)}
    return peers, {}


def report(cases: Sequence[Case], ours: Scored, peers: Sequence[Scored], groupings: Sequence[str]) -> dict[str, Any]:
    """Give the figures of all matchers, in all and by every grouping, as the published JSON has them."""
    everything = range(len(cases))
    by = [_by_columns(cases, place) for place in range(len(groupings))]
    by_script = _by(cases, lambda case: (script_pair(*case.texts),))
    by_kind = _by(cases, lambda case: (kind_of_difference(*case.texts),))

    def tell(scored: Scored) -> dict[str, Any]:
        return {
            "by": {group: told for each in by for group, told in _grouped(scored, cases, each).items()},
            "by_script": {script: scored.figures(places, cases) for (script,), places in by_script.items()},
            "by_kind": {kind: scored.figures(places, cases) for (kind,), places in by_kind.items()},
        }

    return {
        "cutoff": ours.cutoff,
        "pairs": len(cases),
        "groupings": list(groupings),
        "ours": ours.figures(everything, cases),
        **tell(ours),
        "peers": {peer.name: {"cutoff": peer.cutoff} | peer.figures(everything, cases) | tell(peer) for peer in peers},
    }


def time_caches_cleared(cases: Sequence[Case], compare: Compare) -> float | None:
    """Give the mean microseconds of a sample of Latin pairs, every cache of words emptied before each."""
    latin = [case for case in cases if script_pair(*case.texts) == LATIN]
    taken = []
    for case in latin[:: max(1, len(latin) // CLEARED_SAMPLE)]:
        forget_words()
        start = time.thread_time()
        compare(case.one, case.other)
        taken.append(1e6 * (time.thread_time() - start))
    return round(fmean(taken), 1) if taken else None


def _score_elsewhere(cases: Sequence[Case], python: Path | None) -> Scored:
    pairs = (json.dumps([_row(case.one, case.schema), _row(case.other, case.schema)]) for case in cases)
    answers = ask_peer(LOGIC_V2, pairs, python)
    name = str(next(answers))
    told = [one for one in _tracked(answers, name, len(cases)) if isinstance(one, Answer)]
    if len(told) != len(cases):
        raise PeerMissingError("left out: it did not answer every pair")
    return Scored(name, LOGIC_V2_CUTOFF, [one.score for one in told], [one.microseconds for one in told])


def _row(subject: Subject, schema: str) -> dict[str, Any]:
    return subject.to_row() | ({"schema": schema} if schema else {})


def _by_columns(cases: Sequence[Case], grouping: int) -> Grouping:
    return _by(cases, lambda case: case.groups[grouping])


def _by(cases: Sequence[Case], key: Callable[[Case], tuple[str, ...]]) -> Grouping:
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, case in enumerate(cases):
        places[key(case)].append(place)
    return dict(sorted(places.items()))


def _grouped(scored: Scored, cases: Sequence[Case], grouping: Grouping) -> dict[str, Figures]:
    return {
        "/".join(group): scored.figures(places, cases, lent) | ({"negatives_of": source} if lent else {})
        for group, places in grouping.items()
        for lent, source in (_lent_negatives(group, grouping, cases),)
    }


def _lent_negatives(group: tuple[str, ...], grouping: Grouping, cases: Sequence[Case]) -> tuple[list[int], str]:
    if any(not cases[place].same for place in grouping[group]):
        return [], ""
    for length in reversed(range(len(group))):
        wider = (places for other, places in grouping.items() if other[:length] == group[:length])
        lent = [place for places in wider for place in places if not cases[place].same]
        if lent:
            return lent, "/".join(group[:length]) or "all"
    return [], ""


def _tracked(items: Iterable[Item], name: str, total: int | None = None) -> Iterator[Item]:
    shown = Console(stderr=True)
    yield from track(items, name, total, console=shown, disable=not shown.is_terminal, transient=True)


def measure_beside_peers(
    cases: Sequence[Case],
    compare: Compare,
    cutoff: float,
    groupings: Sequence[str],
    *,
    peers: bool,
    python: Path | None,
) -> dict[str, Any]:
    """Score the cases with us and the peers that are installed, and give all figures and which peers are not."""
    ours = score_all(cases, compare, "symbolon", cutoff)
    others, left_out = score_peers(cases, python) if peers else ([], {})
    told = report(cases, ours, others, groupings)
    told["ours"]["microseconds_caches_cleared"] = time_caches_cleared(cases, compare)
    return told | {"peers_left_out": left_out}
