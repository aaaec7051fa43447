"""The invented federation: what each agency lists, who is really whom, and the questions worth asking.

Everything follows from a seed, on every platform and in every process. The truth is kept beside the lists: a
`Listing` says which person stands on which list under which id and how that list changed him or her. Nothing here
knows of the matcher. The files written are those of any other federation folder: ``agency_<id>.jsonl`` (import
format, one record a line), ``truth.tsv`` (pairs of records of the same person) and ``queries.jsonl``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from types import MappingProxyType

from deploy.demo import cast
from deploy.demo.cast import ROLES, Query, draw_double, draw_role, typed
from deploy.demo.listing import Change, Row, Style, draw_changes, latin_name, native_name, person_row, thing_row
from deploy.demo.people import Person, Thing, draw_person, draw_thing, pick

AGENCIES: Mapping[str, Style] = MappingProxyType(
    {
        style.agency: style
        for style in (
            Style("FR-DNMS", "Division nationale Migrations et Surveillance", 1, "FAMILY_given", True),
            Style("DE-ZASM", "Zentrale Auswertestelle Schleusung und Menschenhandel", 2, "family_comma", True),
            Style(
                "GR-YPAM", "Ypiresia Paraktias Asfaleias kai Metanastefsis", 0, "CAPITALS", False, 0.1, {"Grek": 0.8}
            ),
            Style("KR-NMSB", "National Maritime and Smuggling Bureau", 0, "given_FAMILY", True, 0.1, {"Hang": 0.9}),
            Style(
                "MA-BCTM", "Bureau central contre le Trafic de Migrants", 1, "given_family", False, 0.1, {"Arab": 0.8}
            ),
        )
    }
)
"""The five invented agencies by id, in the order the demonstration starts them."""

OVERLAP = 0.125
"""Share of the persons who stand on more than one list."""

THINGS = 0.05
"""Share of organisations and vessels; three in five are organisations."""

NAMESAKES = 0.02
"""Share of persons who are given a namesake of another birth year."""

Drawn = Person | Thing


@dataclass(frozen=True, slots=True)
class Listing:
    """One line of the truth: this person stands on that list under that id, with those changes."""

    person: str
    agency: str
    record_id: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Federation:
    """The agencies' lists and the truth. ``namesakes`` are pairs of different persons of one name."""

    seed: int
    styles: tuple[Style, ...]
    records: Mapping[str, tuple[Row, ...]]
    listings: tuple[Listing, ...]
    namesakes: tuple[tuple[str, str], ...]
    scenes: tuple[Query, ...]
    people: Mapping[str, Drawn] = field(repr=False)

    def expected(self, person: str) -> dict[str, str]:
        """Give the agencies that list a person, each with its record's id."""
        return {listing.agency: listing.record_id for listing in self.listings if listing.person == person}

    def queries(self, n: int = len(ROLES)) -> tuple[Query, ...]:
        """Give ``n`` queries: the scenes of `cast.ROLES` first, then persons of the lists as an analyst types them."""
        found = list(self.scenes[:n])
        shown = {query.person for query in found}
        for listing in self.listings:
            person = self.people[listing.person]
            if len(found) >= n:
                break
            if isinstance(person, Person) and listing.person not in shown:
                shown.add(listing.person)
                subject = typed(person, latin_name(person, 0))
                expected = self.expected(listing.person)
                found.append(Query(person.key, "a person of the lists", subject, person.key, expected))
        return tuple(found)

    def write(self, folder: Path) -> None:
        """Write the lists, the truth and the queries into a folder, which is made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        for agency, rows in self.records.items():
            _write_lines(folder / f"agency_{agency}.jsonl", [_json(row) for row in rows])
        header = "agency_a\trecord_a\tagency_b\trecord_b\tperson\tchanges_a\tchanges_b"
        _write_lines(folder / "truth.tsv", [header, *("\t".join(pair) for pair in self._pairs())])
        _write_lines(folder / "queries.jsonl", [_json(_query_row(query)) for query in self.queries()])

    def _pairs(self) -> Iterator[tuple[str, ...]]:
        together: dict[str, list[Listing]] = defaultdict(list)
        for listing in self.listings:
            together[listing.person].append(listing)
        for key, listings in together.items():
            for place, one in enumerate(listings):
                for other in listings[place + 1 :]:
                    sides = (one.agency, one.record_id, other.agency, other.record_id)
                    yield (*sides, key, "|".join(one.changes), "|".join(other.changes))


@dataclass(slots=True)
class _Draft:
    """What is being put together: who is drawn, and what each list will hold."""

    rng: Random
    styles: tuple[Style, ...]
    room: int
    lists: dict[str, list[tuple[str, tuple[Change, ...]]]] = field(default_factory=dict)
    people: dict[str, Drawn] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    namesakes: list[tuple[str, str]] = field(default_factory=list)

    def free(self) -> list[Style]:
        """Give the agencies whose list has room left."""
        return [style for style in self.styles if len(self.lists[style.agency]) < self.room]

    def seat(self, drawn: Drawn, style: Style, changes: tuple[Change, ...]) -> None:
        """Put somebody on a list; `ValueError` where the list is too small for the scenes."""
        if len(self.lists[style.agency]) >= self.room:
            raise ValueError("records_per_agency is too small for the scenes of the demonstration")
        self.people[drawn.key] = drawn
        self.lists[style.agency].append((drawn.key, changes))

    def draw(self) -> Person:
        """Draw a person whose full name nobody else bears by chance; long lists do run into namesakes."""
        for _ in range(20):
            person = draw_person(self.rng, len(self.people) + 1)
            if self.claims(person):
                break
        return person

    def claims(self, person: Person) -> bool:
        """Say whether the full name was free, and take it."""
        name = native_name(person)
        fresh = name not in self.known
        self.known.add(name)
        return fresh


def federation(seed: int, records_per_agency: int = 300, agencies: Sequence[str] = tuple(AGENCIES)) -> Federation:
    """Make the lists of all agencies and the truth about them.

    ``agencies`` are two or more ids; one that is not among `AGENCIES` gets a plain house style. Raises `ValueError`
    for fewer than two agencies, an id given twice, or lists too short for the scenes.
    """
    if len(agencies) < 2 or len(set(agencies)) != len(agencies):
        raise ValueError("a federation needs two or more different agencies")
    styles = tuple(AGENCIES.get(agency, Style(agency, agency)) for agency in agencies)
    # A seeded generator is the point here: nothing secret is drawn.
    draft = _Draft(Random(seed), styles, records_per_agency, {agency: [] for agency in agencies})  # noqa: S311
    asked = [_stage(draft, role) for role in ROLES]
    _add_overlaps(draft)
    _fill(draft)
    records, listings = _written(draft)
    empty = Federation(seed, styles, records, listings, tuple(draft.namesakes), (), MappingProxyType(draft.people))
    scenes = tuple(replace(query, expected=empty.expected(query.person)) for query in asked)
    return replace(empty, scenes=scenes)


def bulk(seed: int, count: int, agency: str = "FR-DNMS") -> Iterator[Row]:
    """Yield ``count`` rows of one agency's long list, lazily; its persons are on no other list."""
    rng = Random(seed)  # noqa: S311
    style = AGENCIES.get(agency, Style(agency, agency))
    for number in range(1, count + 1):
        record_id = f"{agency}-{number:07}"
        if rng.random() < THINGS:
            yield thing_row(rng, _draw_any_thing(rng, number), style, record_id)
        else:
            yield person_row(rng, draw_person(rng, number), style, record_id, _draw_gaps(rng))


def _stage(draft: _Draft, role: cast.Role) -> Query:
    """Cast a role, seat its person and the namesake; what it finds is filled in when the records have ids."""
    person = draw_role(draft.rng, role, len(draft.people) + 1)
    while not draft.claims(person):
        person = draw_role(draft.rng, role, len(draft.people) + 1)
    draft.people[person.key] = person
    # With fewer agencies than places two seats may fall together: the first one counts.
    seats = {place % len(draft.styles): changes for place, changes in reversed(role.seats)}
    for place, changes in seats.items():
        draft.seat(person, draft.styles[place], changes)
    if role.double_seat is not None:
        double = draw_double(draft.rng, person, len(draft.people) + 1)
        draft.seat(double, draft.styles[role.double_seat % len(draft.styles)], ())
        draft.namesakes.append((person.key, double.key))
    return Query(role.name, role.shows, role.ask(draft.rng, person), person.key, {})


def _add_overlaps(draft: _Draft) -> None:
    """Put persons on two to four lists, the first clean, the others each changed in another way."""
    lists, rng = len(draft.styles), draft.rng
    sizes = (2, 2, 2, 2, 2, 2, 2, 3, 3, min(4, lists))
    mean = sum(min(size, lists) for size in sizes) / len(sizes)
    persons = lists * draft.room / (1 + OVERLAP * (mean - 1))
    for _ in range(round(persons * OVERLAP)):
        seats = draft.free()
        if len(seats) < 2:
            return
        rng.shuffle(seats)
        size = min(pick(rng, sizes), len(seats))
        if rng.random() < THINGS:
            thing = _draw_any_thing(rng, len(draft.people) + 1)
            draft.seat(thing, seats[0], ())
            draft.seat(thing, seats[1], ("other_name",))
            continue
        person = draft.draw()
        given: list[tuple[Change, ...]] = [()]
        while len(given) < size:
            changes = draw_changes(rng, person)
            if changes not in given:
                given.append(changes)
        for style, changes in zip(seats, given, strict=False):
            draft.seat(person, style, changes)


def _fill(draft: _Draft) -> None:
    """Fill every list with persons and things of its own, and a few namesakes."""
    rng = draft.rng
    while seats := draft.free():
        if rng.random() < THINGS:
            draft.seat(_draw_any_thing(rng, len(draft.people) + 1), seats[0], ())
            continue
        person = draft.draw()
        draft.seat(person, seats[0], _draw_gaps(rng))
        elsewhere = draft.free()
        if elsewhere and rng.random() < NAMESAKES:
            double = draw_double(rng, person, len(draft.people) + 1)
            draft.seat(double, pick(rng, elsewhere), ())
            draft.namesakes.append((person.key, double.key))


def _draw_gaps(rng: Random) -> tuple[Change, ...]:
    """Draw what a list does not know of a person: seldom the day of birth, sometimes the nationality."""
    chance = rng.random()
    birth: Change | None = (
        "year_only" if chance < 0.1 else "approximate" if chance < 0.13 else "no_birth" if chance < 0.16 else None
    )
    found: tuple[Change, ...] = () if birth is None else (birth,)
    return (*found, "no_nationality") if rng.random() < 0.15 else found


def _draw_any_thing(rng: Random, number: int) -> Thing:
    return draw_thing(rng, number, "entity" if rng.random() < 0.6 else "vessel")


def _written(draft: _Draft) -> tuple[dict[str, tuple[Row, ...]], tuple[Listing, ...]]:
    """Shuffle each list, give out the record ids, and write every record in its agency's style."""
    records: dict[str, tuple[Row, ...]] = {}
    listings: list[Listing] = []
    for style in draft.styles:
        seated = draft.lists[style.agency]
        draft.rng.shuffle(seated)
        rows = []
        for number, (key, changes) in enumerate(seated, start=1):
            record_id = f"{style.agency}-{number:05}"
            listings.append(Listing(key, style.agency, record_id, changes))
            rows.append(_row(draft.rng, draft.people[key], style, record_id, changes))
        records[style.agency] = tuple(rows)
    return records, tuple(listings)


def _row(rng: Random, drawn: Drawn, style: Style, record_id: str, changes: tuple[Change, ...]) -> Row:
    if isinstance(drawn, Thing):
        return thing_row(rng, drawn, style, record_id, changes)
    return person_row(rng, drawn, style, record_id, changes)


def _query_row(query: Query) -> Row:
    return {"name": query.name, "shows": query.shows, "subject": query.subject, "expected": dict(query.expected)}


def _json(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False)


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
