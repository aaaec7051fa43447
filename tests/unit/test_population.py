"""The invented federation: the same for a seed everywhere, varied as real lists are, and nobody's real contacts."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from stdnum import imo

from deploy.demo import reserved
from deploy.demo.cast import ROLES, Query
from deploy.demo.listing import Row
from deploy.demo.people import Person
from deploy.demo.population import AGENCIES, Federation, bulk, federation
from deploy.demo.stock import cultures
from matching.identifiers import read_document, read_phone
from matching.subject import parse_subject, subject_part

REPOSITORY = Path(__file__).resolve().parents[2]

FICTION = (
    r"\+33 (6 39 98|1 99 00|2 61 91|3 53 01|4 65 71|5 36 49) \d{4}",
    r"\+44 (7700 900|20 7946 0|113 496 0|161 496 0)\d{3}",
    r"\+49 (30 23125|40 66969|69 90009|221 4710) \d{3}",
    r"\+353 20 91\d{5}",
    r"\+61 [2378] (5550|7010) \d{4}",
    r"\+1 (212|305) 555 01\d{2}",
)
"""Ranges kept free for fiction, written down here a second time on purpose."""

DIGEST = """
import hashlib, json
from deploy.demo.population import bulk, federation
made = federation(11, 120)
told = [made.records, [list(map(str, (l.person, l.agency, l.record_id, l.changes))) for l in made.listings]]
told += [[q.name, q.subject, dict(q.expected)] for q in made.queries(20)] + list(bulk(11, 500))
print(hashlib.sha256(json.dumps(told, ensure_ascii=True).encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def made() -> Federation:
    return federation(1)


def all_rows(made: Federation) -> Iterator[Row]:
    for rows in made.records.values():
        yield from rows


def by_id(made: Federation) -> dict[str, Row]:
    return {row["record_id"]: row for row in all_rows(made)}


def scene(made: Federation, name: str) -> Query:
    return next(query for query in made.queries() if query.name == name)


def written_of(row: Row) -> str:
    return json.dumps(subject_part(row), ensure_ascii=False, sort_keys=True)


def test_one_seed_gives_one_population_in_every_process() -> None:
    digests = set()
    for hash_seed in ("0", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'proto'}"}
        done = subprocess.run(
            [sys.executable, "-c", DIGEST], env=environment, cwd=REPOSITORY, check=True, capture_output=True, text=True
        )
        digests.add(done.stdout)
    assert len(digests) == 1


def test_another_seed_gives_other_people() -> None:
    names = [{json.dumps(row["names"]) for row in all_rows(federation(seed, 60))} for seed in (1, 2)]
    assert len(names[0] & names[1]) < len(names[0]) / 10


def test_every_row_and_query_is_a_subject_in_the_import_format(made: Federation) -> None:
    for row in [*all_rows(made), *islice(bulk(3, 3000), 3000)]:
        parse_subject(subject_part(row))
    for query in made.queries(60):
        assert parse_subject(query.subject).names


def test_every_list_is_as_long_as_asked_and_every_id_is_its_agency_s(made: Federation) -> None:
    assert list(made.records) == list(AGENCIES)
    for agency, rows in made.records.items():
        assert len(rows) == 300
        assert len({row["record_id"] for row in rows}) == 300
        assert all(row["record_id"].startswith(f"{agency}-") for row in rows)


def test_all_six_scripts_are_on_the_lists(made: Federation) -> None:
    letters: dict[str, int] = defaultdict(int)
    for row in all_rows(made):
        for script in {
            unicodedata.name(letter).split(" ")[0]
            for text in row["names_original"]
            for letter in text
            if letter.isalpha()
        }:
            letters[script] += 1
        letters["LATIN"] += bool(row["names"])
    wanted = {"LATIN": 1000, "ARABIC": 50, "CYRILLIC": 20, "GREEK": 15, "CJK": 10, "HANGUL": 15}
    assert {script for script, least in wanted.items() if letters[script] < least} == set()


def test_an_eighth_of_the_persons_stand_on_two_to_four_lists(made: Federation) -> None:
    seats: dict[str, set[str]] = defaultdict(set)
    for listing in made.listings:
        assert listing.agency not in seats[listing.person]
        seats[listing.person].add(listing.agency)
    sizes = [len(agencies) for agencies in seats.values()]
    assert 0.10 <= sum(size > 1 for size in sizes) / len(sizes) <= 0.15
    assert {2, 3, 4} <= set(sizes) <= {1, 2, 3, 4}


def test_no_two_lists_write_the_same_row(made: Federation) -> None:
    seen: dict[str, str] = {}
    for agency, rows in made.records.items():
        for row in rows:
            assert seen.setdefault(written_of(row), agency) == agency


def test_every_kind_of_change_comes_between_two_lists(made: Federation) -> None:
    shared = [listing for listing in made.listings if len(made.expected(listing.person)) > 1]
    changes = {change for listing in shared for change in listing.changes}
    assert changes >= {
        "transliteration", "swapped", "no_middle", "typo", "native_only", "alias_primary", "year_only", "day_month",
        "approximate", "no_nationality", "extra_document", "no_documents", "other_name",
    }  # fmt: skip


def test_changes_show_in_the_rows_that_claim_them(made: Federation) -> None:
    rows = by_id(made)
    shown: dict[str, int] = defaultdict(int)
    for listing in made.listings:
        person, row = made.people[listing.person], rows[listing.record_id]
        if not isinstance(person, Person):
            continue
        expected_birth = {
            "year_only": [f"{person.birth.year}"],
            "no_birth": [],
            "day_month": [f"{person.birth.year}-{person.birth.day:02}-{person.birth.month:02}"],
        }
        for change in listing.changes:
            shown[change] += 1
            if change in expected_birth:
                assert row["dob"] == expected_birth[change]
            elif change == "approximate":
                assert abs(int(row["dob"][0].removesuffix("~")) - person.birth.year) <= 1
                assert row["dob"][0].endswith("~")
            elif change == "native_only":
                assert not row["names"]
                assert row["names_original"]
            elif change == "no_nationality":
                assert not row["nationality"]
            elif change == "alias_primary":
                assert row["names"][0] in person.byname.latin
                assert row["alias_quality"] == ["strong"]
    assert min(shown[change] for change in ("day_month", "approximate", "native_only", "alias_primary")) > 5


def test_names_and_patronymics_follow_the_sex(made: Federation) -> None:
    russians = [
        person for person in made.people.values() if isinstance(person, Person) and person.culture.name == "cyrillic"
    ]
    endings = {"M": ("ич",), "F": ("вна", "чна")}
    checked = [person for person in russians if person.middle is not None]
    assert {person.sex for person in checked} == {"M", "F"}
    for person in checked:
        assert person.middle is not None
        assert person.middle.native.endswith(endings[person.sex])
    for person in russians:
        assert not (person.sex == "F" and person.family.native.endswith(("ов", "ев", "ин", "ский")))


def test_every_language_spells_its_names_in_several_ways() -> None:
    for culture in cultures().values():
        words = [*culture.given["M"], *culture.family["M"]]
        several = sum(len(set(word.latin)) > 1 for word in words)
        # In Latin letters only the marks vary, and few of these languages use many.
        assert several / len(words) > (0.05 if culture.script == "Latn" else 0.4), culture.name
        for word in words:
            assert all(
                "LATIN" in unicodedata.name(letter) for text in word.latin for letter in text if letter.isalpha()
            )


def test_expected_agencies_are_those_of_the_truth(made: Federation) -> None:
    rows = by_id(made)
    for query in made.queries(60):
        truth = {listing.agency: listing.record_id for listing in made.listings if listing.person == query.person}
        assert query.expected == truth
        for agency, record_id in truth.items():
            assert record_id in {row["record_id"] for row in made.records[agency]}
            assert rows[record_id]["category"] == "individual"


def test_scenes_are_listed_where_their_story_needs_them(made: Federation) -> None:
    expected = {query.name: set(query.expected) for query in made.queries()}
    assert expected == {
        "three-spellings": {"MA-BCTM", "FR-DNMS", "DE-ZASM"},
        "native-script": {"DE-ZASM", "GR-YPAM"},
        "typing-slip": {"GR-YPAM", "DE-ZASM"},
        "day-and-month": {"FR-DNMS", "MA-BCTM"},
        "one-node": {"KR-NMSB"},
        "passport": {"GR-YPAM", "FR-DNMS"},
        "nobody": set(),
        "namesake": {"KR-NMSB"},
        "han": {"KR-NMSB", "FR-DNMS"},
    }


def test_an_unlisted_query_shares_no_person_no_name_and_no_birth_date(made: Federation) -> None:
    asked = parse_subject(scene(made, "nobody").subject)
    parts = {frozenset(name.text.casefold().split()) for name in asked.names}
    for row in all_rows(made):
        listed = parse_subject(subject_part(row))
        assert not parts & {frozenset(name.text.casefold().replace(",", "").split()) for name in listed.names}
        if asked.births[0] in listed.births:
            assert not {part for whole in parts for part in whole} & {
                part for text in row["names"] for part in text.casefold().split()
            }


def test_namesakes_are_different_persons_of_one_name_born_in_other_years(made: Federation) -> None:
    assert len(made.namesakes) >= 10
    for one_key, other_key in made.namesakes:
        one, other = made.people[one_key], made.people[other_key]
        assert isinstance(one, Person)
        assert isinstance(other, Person)
        assert (one.given, one.family) == (other.given, other.family)
        assert abs(one.birth.year - other.birth.year) >= 3


def test_the_namesake_scene_has_its_namesake_on_another_list(made: Federation) -> None:
    query = scene(made, "namesake")
    double = dict(made.namesakes)[query.person]
    assert set(made.expected(double)).isdisjoint(query.expected)


def test_phones_are_of_ranges_kept_for_fiction_and_never_given_twice(made: Federation) -> None:
    owners: dict[str, str] = {}
    persons = {listing.record_id: listing.person for listing in made.listings}
    for row in all_rows(made):
        for phone in row["phones"]:
            assert any(re.fullmatch(pattern, phone) for pattern in FICTION)
            assert read_phone(phone) is not None
            assert owners.setdefault(phone, persons[row["record_id"]]) == persons[row["record_id"]]
    assert len(owners) > 50
    everywhere = {reserved.phone(index) for index in range(reserved.PHONES)}
    assert len(everywhere) == reserved.PHONES
    assert all(re.fullmatch("|".join(FICTION), phone) for phone in everywhere)


def test_mail_addresses_stand_under_names_kept_for_examples(made: Federation) -> None:
    mails = [mail for row in [*all_rows(made), *bulk(5, 5000)] for mail in row["emails"]]
    assert len(mails) > 50
    for mail in mails:
        assert re.fullmatch(r"[a-z]+\.[a-z]+\d+@([a-z]+\.)?example(\.org|\.net)?", mail)


def test_document_numbers_are_readable_and_their_check_digits_right(made: Federation) -> None:
    kinds: dict[str, int] = defaultdict(int)
    for row in [*all_rows(made), *bulk(6, 3000)]:
        for document in parse_subject(subject_part(row)).documents:
            read = read_document(document)
            assert read is not None
            assert read.valid is not False
            kinds[read.kind] += 1
            if read.kind == "imo":
                # Ship numbers are given out from 5,000,000 on.
                assert imo.is_valid(read.value)
                assert read.value.startswith("3")
            if (read.kind, read.country) == ("national_id", "ES"):
                assert read.valid
                assert read.value.startswith("99")
    assert set(kinds) >= {"passport", "national_id", "imo", "registration"}


def test_written_folder_is_a_federation_folder(made: Federation, tmp_path: Path) -> None:
    made.write(tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    assert {path.name for path in folder.iterdir()} == {f"agency_{agency}.jsonl" for agency in AGENCIES} | {
        "truth.tsv",
        "queries.jsonl",
    }
    for agency, rows in made.records.items():
        lines = (folder / f"agency_{agency}.jsonl").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line) for line in lines] == list(rows)
    pairs = [line.split("\t") for line in (folder / "truth.tsv").read_text(encoding="utf-8").splitlines()]
    assert pairs[0][:4] == ["agency_a", "record_a", "agency_b", "record_b"]
    for agency_a, record_a, agency_b, record_b, person, *_ in pairs[1:]:
        assert made.expected(person)[agency_a] == record_a
        assert made.expected(person)[agency_b] == record_b
    several = [len(made.expected(key)) for key in made.people]
    assert len(pairs) - 1 == sum(size * (size - 1) // 2 for size in several)
    queries = [json.loads(line) for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [query["name"] for query in queries] == [role.name for role in ROLES]


def test_any_two_or_more_agencies_make_a_federation() -> None:
    two = federation(4, 80, ["XX-ONE", "FR-DNMS"])
    assert {agency: len(rows) for agency, rows in two.records.items()} == {"XX-ONE": 80, "FR-DNMS": 80}
    for refused in (["XX-ONE"], ["XX-ONE", "XX-ONE"]):
        with pytest.raises(ValueError, match="two or more different agencies"):
            federation(4, 80, refused)
    with pytest.raises(ValueError, match="too small"):
        federation(4, 3)


def test_a_long_list_is_lazy_and_its_persons_do_not_collide_absurdly() -> None:
    assert len(list(islice(bulk(9, 10**9), 10))) == 10
    people: dict[str, int] = defaultdict(int)
    names: dict[str, int] = defaultdict(int)
    for row in bulk(9, 20_000):
        if row["category"] == "individual":
            name = json.dumps([row["names"], row["names_original"]])
            names[name] += 1
            people[name + json.dumps(row["dob"])] += 1
    assert len(names) > 0.75 * sum(names.values())
    assert max(names.values()) < 20
    assert len(people) > 0.98 * sum(people.values())


def test_a_long_list_is_a_digest_of_its_seed() -> None:
    digests = [hashlib.sha256(json.dumps(list(bulk(seed, 300))).encode()).hexdigest() for seed in (1, 1, 2)]
    assert digests[0] == digests[1] != digests[2]
