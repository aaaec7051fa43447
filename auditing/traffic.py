"""What was asked and told, counted: by partner, agreement and purpose, user, level, day and hour; times and quotas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC

from agreements.agreement import Agreement
from auditing.exchanges import Exchange
from auditing.measures import Durations, Tally, others
from auditing.people import OTHERS, People
from auditing.tables import Bars, Cell, Rows, Table, columns

HIGHEST_LEVEL = 4
_COUNTED = ("queries", "answered", "opened", "told", "silent", "refused")


class Traffic:
    """Counts the queries that were asked for."""

    def __init__(self, people: People) -> None:
        """Count nothing yet."""
        self._people = people
        self._groups: Tally[tuple[str, ...]] = Tally(others(4))
        self._levels: Tally[tuple[str, ...]] = Tally(others(2))
        self._users: Tally[tuple[str, ...]] = Tally(others(2))
        self._days: Tally[tuple[str, ...]] = Tally(others(1))
        self._hours: Counter[int] = Counter()
        self._times: dict[tuple[str, str], Durations] = {}
        self._quotas: Tally[tuple[str, ...]] = Tally(others(5))

    def add(self, exchange: Exchange) -> None:
        """Count a query."""
        names = tuple(_counted(exchange))
        self._groups.add((exchange.direction, exchange.partner, exchange.agreement, exchange.purpose), *names)
        self._levels.add((exchange.direction, exchange.partner), f"level {min(exchange.level, HIGHEST_LEVEL)}")
        house = exchange.partner if exchange.direction == "received" else ""
        label = self._people.label(house, exchange.user)
        if label:
            self._users.add((exchange.direction, label), *names)
        moment = exchange.time.astimezone(UTC)
        self._days.add((f"{moment:%Y-%m-%d}",), exchange.direction)
        self._hours[moment.hour] += 1
        if exchange.seconds is not None:
            key = (exchange.direction, exchange.partner)
            self._times.setdefault(key if len(self._times) < 1000 else (OTHERS, OTHERS), Durations()).add(
                exchange.seconds
            )
        if exchange.agreement_hash and exchange.purpose:
            day = (f"{moment:%Y-%m-%d}",)
            pair = (exchange.direction, exchange.partner, exchange.agreement, exchange.agreement_hash)
            self._quotas.add(pair + day, "used", *(("refused",) if _over(exchange) else ()))

    def tables(self, agreements: Mapping[str, Agreement]) -> Iterator[Table]:
        """Give the tables."""
        yield self._queries()
        yield self._told()
        yield self._asked_by()
        yield self._open_rate()
        yield self._by_day()
        yield self._by_hour()
        yield self._to_answer()
        yield self._quota(agreements)

    def total(self, name: str) -> int:
        """Give the number of all queries, or of those answered, opened, told, silent or refused."""
        return self._groups.total(name)

    def _queries(self) -> Table:
        rows: list[tuple[Cell, ...]] = [
            (*key, *(counts[name] for name in _COUNTED)) for key, counts in self._groups.rows()
        ]
        named = columns(direction="direction", partner="partner", agreement="agreement", purpose="purpose")
        about = (
            "Queries put (sent) and received, one for each partner asked. Answered: with a word on the person."
            " Opened: a record of the holder's fits. Told: level 1 or more. Silent: hits the asker is not told of."
        )
        counted = columns(**{name: name for name in _COUNTED})
        return Table(
            "queries",
            "Queries",
            about,
            named + counted,
            tuple(rows),
            Bars("queries", ("direction", "partner", "purpose")),
        )

    def _told(self) -> Table:
        names = [f"level {level}" for level in range(HIGHEST_LEVEL + 1)]
        rows: list[tuple[Cell, ...]] = [
            (*key, *(counts[name] for name in names)) for key, counts in self._levels.rows()
        ]
        named = columns(direction="direction", partner="partner")
        levels = columns(**{name.replace(" ", "_"): name for name in names})
        about = "The level of each answer; level 0 is also where there was none."
        return Table("levels", "Levels", about, named + levels, tuple(rows))

    def _asked_by(self) -> Table:
        everybody = Counter[str]()
        for (direction, _), counts in self._users.rows():
            everybody[direction] += counts["queries"]
        rows: Rows = tuple(
            (
                direction,
                label,
                counts["queries"],
                100 * counts["queries"] / everybody[direction],
                counts["told"],
                counts["refused"],
            )
            for (direction, label), counts in self._users.rows()
        )
        named = columns(
            direction="direction", user="user", queries="queries", share="share %", told="told", refused="refused"
        )
        about = "Who put the queries, as far as users are shown; those of partners as the partner names them."
        return Table("users", "Users", about, named, rows, Bars("queries", ("direction", "user")))

    def _open_rate(self) -> Table:
        received: dict[str, Counter[str]] = {}
        for (direction, partner, *_), counts in self._groups.rows():
            if direction == "received":
                received.setdefault(partner, Counter()).update(counts)
        rows: Rows = tuple(
            (partner, one["queries"], one["opened"], _percent(one["opened"], one["queries"]), one["told"])
            for partner, one in received.items()
        )
        named = columns(partner="partner", received="received", opened="opened", rate="opened %", told="told")
        about = "How many of a partner's queries opened here: it learns nothing of the others, and neither do we."
        return Table("open_rate", "Open rate", about, named, rows, Bars("rate", ("partner",)))

    def _by_day(self) -> Table:
        directions = ("sent", "received", "relayed")
        rows: Rows = tuple(
            (day, *(counts[one] for one in directions), sum(counts.values())) for (day,), counts in self._days.rows()
        )
        named = columns(day="day (UTC)", sent="sent", received="received", relayed="relayed", all="all")
        return Table("days", "Queries by day", "Days without a query are left out.", named, rows, Bars("all", ("day",)))

    def _by_hour(self) -> Table:
        rows: Rows = tuple((hour, self._hours[hour]) for hour in range(24))
        named = columns(hour="hour (UTC)", queries="queries")
        return Table("hours", "Queries by hour of the day", "Over all days.", named, rows, Bars("queries", ("hour",)))

    def _to_answer(self) -> Table:
        rows: list[tuple[Cell, ...]] = [
            (*key, times.count, times.quantile(0.5), times.quantile(0.95), times.longest)
            for key, times in sorted(self._times.items())
        ]
        named = columns(direction="direction", partner="partner", answers="answers")
        seconds = columns(median="median s", p95="95 % within s", longest="longest s")
        about = "Seconds from the entry of the query to that of its answer; quantiles within 5 %."
        return Table("times", "Times to answer", about, named + seconds, tuple(rows))

    def _quota(self, agreements: Mapping[str, Agreement]) -> Table:
        busiest: dict[tuple[str, ...], tuple[int, str, int]] = {}
        for (*pair, day), counts in self._quotas.rows():
            used, since, refused = busiest.get(tuple(pair), (0, "", 0))
            used, since = max((used, since), (counts["used"] - counts["refused"], day))
            busiest[tuple(pair)] = (used, since, refused + counts["refused"])
        rows: list[tuple[Cell, ...]] = []
        for key, (used, day, refused) in sorted(busiest.items()):
            agreement = agreements.get(key[3])
            limit = agreement.quotas.queries_a_day if agreement else None
            rows.append((*key[:3], key[3][:12], day, used, limit, _percent(used, limit), refused))
        named = columns(direction="direction", partner="partner", agreement="agreement", hash="agreement hash")
        use = columns(day="busiest day", used="queries", limit="allowed a day", percent="used %", refused="over quota")
        about = "The busiest day under each agreement, beside what it allows a day, where its text is at hand."
        return Table("quotas", "Use of quotas", about, named + use, tuple(rows))


def _counted(exchange: Exchange) -> Iterator[str]:
    yield "queries"
    if exchange.answered:
        yield "answered"
    if exchange.opened:
        yield "opened"
    if exchange.level:
        yield "told"
    if exchange.silent:
        yield "silent"
    if exchange.reason or exchange.outcome in ("refused", "quota_used"):
        yield "refused"


def _over(exchange: Exchange) -> bool:
    return exchange.outcome == "quota_used" or exchange.reason == "quota_used"


def _percent(part: int, whole: int | None) -> float | None:
    return 100 * part / whole if whole else None
