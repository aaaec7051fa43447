"""Sequences and variants: what one user asks for, one question after the other, put beside what he asked before."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import comb, factorial

from rapidfuzz import fuzz

from agreements.sentences import Sentence, said
from auditing.asked import Asked, Traits, full_dates
from auditing.findings import Finding, Trail
from auditing.thresholds import Thresholds

_DAY = timedelta(days=1)
_MOST_USERS = 5_000
_MOST_REMEMBERED = 60
"""Questions of a user that are put beside each other."""

_ALIKE = 85
_CLOSE = 10
_CHANCE = 1e-6
_AS_WRITTEN = (
    (False, said("%(number)s of %(all)s names of the day ascend as written")),
    (True, said("%(number)s of %(all)s names of the day descend as written")),
)
_BY_LAST_WORD = (
    (False, said("%(number)s of %(all)s names of the day ascend by their last word")),
    (True, said("%(number)s of %(all)s names of the day descend by their last word")),
)
_Who = tuple[str, str, str]


@dataclass(slots=True)
class _Sitting:
    """A user's questions of one day, up to `_MOST_REMEMBERED`, without other spellings of the one just before."""

    day: date
    questions: list[tuple[datetime, int, Traits]] = field(default_factory=list)


class Sequences:
    """See ``sequence`` in `auditing.thresholds.RULES`."""

    def __init__(self, thresholds: Thresholds) -> None:
        """Know nobody yet."""
        self._thresholds = thresholds
        self._users: OrderedDict[_Who, _Sitting] = OrderedDict()

    def observe(self, asked: Asked, in_period: bool) -> Iterator[Finding]:
        """Put a question beside those of the same user and day."""
        if asked.traits is None or not asked.who:
            return
        key = (asked.direction, asked.house, asked.who)
        day = asked.time.astimezone(UTC).date()
        sitting = self._users.get(key)
        if sitting is None or sitting.day != day or len(sitting.questions) >= _MOST_REMEMBERED:
            yield from self._close(key, sitting)
            sitting = self._users[key] = _Sitting(day)
        self._users.move_to_end(key)
        if not any(_alike(one, asked.traits) for _, _, one in sitting.questions[-3:]):
            sitting.questions.append((asked.time, asked.number, asked.traits))
        if len(self._users) > _MOST_USERS:
            yield from self._close(*self._users.popitem(last=False))

    def end(self) -> Iterator[Finding]:
        """Close what is under way."""
        while self._users:
            yield from self._close(*self._users.popitem())

    def _close(self, key: _Who, sitting: _Sitting | None) -> Iterator[Finding]:
        questions = sitting.questions if sitting else []
        if len(questions) >= self._thresholds.sequence_length:
            yield from self._in_order(key, questions)
        if len(questions) >= self._thresholds.sequence_numbers:
            yield from self._in_a_row(key, questions)

    def _in_order(self, key: _Who, questions: Sequence[tuple[datetime, int, Traits]]) -> Iterator[Finding]:
        names = [traits.name for _, _, traits in questions]
        lasts = [name.rpartition(" ")[2] for name in names]
        for words, orders in ((names, _AS_WRITTEN), (lasts, _BY_LAST_WORD)):
            for backwards, order in orders:
                found = longest_ascent(words[::-1] if backwards else words)
                places = sorted(len(words) - 1 - place for place in found) if backwards else found
                if len(places) >= self._thresholds.sequence_length and chance(len(words), len(places)) < _CHANCE:
                    what = Sentence(order.text, {"number": len(places), "all": len(words)})
                    yield _trail([questions[place] for place in places]).finding("sequence", key, what)
                    return

    def _in_a_row(self, key: _Who, questions: Sequence[tuple[datetime, int, Traits]]) -> Iterator[Finding]:
        numbered = sorted({number: one for one in questions for number in one[2].numbers}.items())
        row: list[tuple[datetime, int, Traits]] = []
        last = 0
        for number, one in [*numbered, (last - 1, None)]:
            if row and (one is None or number - last > _CLOSE):
                if len(row) >= self._thresholds.sequence_numbers:
                    yield _trail(row).finding(
                        "sequence", key, said("%(count)s numbers that follow each other", count=len(row))
                    )
                row = []
            if one is not None:
                row.append(one)
            last = number


def longest_ascent(words: Sequence[str]) -> list[int]:
    """Give the places of a longest strictly ascending selection, in order."""
    tails: list[int] = []
    before: list[int] = []
    for place, word in enumerate(words):
        length = bisect_left([words[tail] for tail in tails], word)
        before.append(tails[length - 1] if length else -1)
        tails[length : length + 1] = [place]
    found = []
    place = tails[-1] if tails else -1
    while place >= 0:
        found.append(place)
        place = before[place]
    return found[::-1]


def chance(count: int, ordered: int) -> float:
    """Give how many ascending selections of that length a random order of ``count`` names has in the mean."""
    return comb(count, ordered) / factorial(ordered)


def _trail(questions: Iterable[tuple[datetime, int, Traits]]) -> Trail:
    (time, number, _), *others = sorted(questions, key=lambda one: one[1])
    trail = Trail.begin(number, time)
    for later, following, _ in others:
        trail.add(following, later)
    return trail


def _alike(one: Traits, other: Traits) -> bool:
    return fuzz.ratio(one.words, other.words) >= _ALIKE


@dataclass(slots=True)
class _Day:
    """A user's last questions, and the guessing under way."""

    questions: deque[tuple[datetime, int, Traits]] = field(default_factory=lambda: deque(maxlen=_MOST_REMEMBERED))
    guessing: Trail | None = None


class Variants:
    """See ``variants`` in `auditing.thresholds.RULES`."""

    def __init__(self, thresholds: Thresholds) -> None:
        """Know nobody yet."""
        self._wanted = thresholds.variants
        self._users: OrderedDict[_Who, _Day] = OrderedDict()

    def observe(self, asked: Asked, in_period: bool) -> Iterator[Finding]:
        """Count the persons of the last day that are nearly the one asked for now."""
        if asked.traits is None or not asked.who:
            return
        key = (asked.direction, asked.house, asked.who)
        day = self._users.setdefault(key, _Day())
        self._users.move_to_end(key)
        while day.questions and asked.time - day.questions[0][0] > _DAY:
            day.questions.popleft()
        if day.guessing is not None and asked.time - day.guessing.last > _DAY:
            yield from self._close(key, day)
        near = [one for one in day.questions if _nearly(one[2], asked.traits)]
        day.questions.append((asked.time, asked.number, asked.traits))
        self._note(day, asked, near)
        if len(self._users) > _MOST_USERS:
            yield from self._close(*self._users.popitem(last=False))

    def end(self) -> Iterator[Finding]:
        """Close what is under way."""
        while self._users:
            yield from self._close(*self._users.popitem())

    def _note(self, day: _Day, asked: Asked, near: Iterable[tuple[datetime, int, Traits]]) -> None:
        near = list(near)
        if len({one.digest for _, _, one in near} | {asked.traits.digest if asked.traits else b""}) < self._wanted:
            return
        if day.guessing is None:
            day.guessing = _trail(near)
        day.guessing.add(asked.number, asked.time)

    def _close(self, key: _Who, day: _Day) -> Iterator[Finding]:
        if day.guessing is not None:
            what = said("%(count)s questions for persons that are nearly one", count=day.guessing.count)
            yield day.guessing.finding("variants", key, what)
            day.guessing = None


def _nearly(one: Traits, other: Traits) -> bool:
    return bool(full_dates(one) & full_dates(other)) or _alike(one, other)
