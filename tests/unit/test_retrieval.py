"""A record is found under another spelling, script or a slip, by its numbers, and no longer once it is removed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest

import matching.vocabulary
from matching import retrieval
from matching.retrieval import RetrievalIndex
from matching.scoring import WithoutNames, compare, compare_without_names, read_subject
from matching.subject import Subject, parse_subject
from matching.vocabulary import (
    CLOSE,
    SAME,
    SAME_COARSE,
    SAME_SKELETON,
    SAME_SOUND,
    SAME_SPELLING,
    Vocabulary,
    codes_of,
)

LIST: Mapping[str, dict[str, Any]] = {
    "R-1": {"names": ["Karlo Vantroyen"], "dob": ["1968-06-13"], "nationality": ["BE"]},
    "R-2": {"names": ["Arvid Testmanov"], "names_original": ["Арвид Тестманов"], "dob": ["1971"]},
    "R-3": {"names": ["Yusuf al-Tarabulusi"], "aliases": ["Abu Nemor"], "alias_quality": ["weak"]},
    "R-4": {"names": ["Nemor Grunbold"], "documents": [{"type": "passport", "country": "LY", "number": "ZZ-0012345"}]},
    "R-5": {"category": "entity", "names": ["Nemoryan Shipping & Trading Co. Ltd"]},
    "R-6": {"names": ["Timo Hakchol"]},
}


@pytest.fixture
def index() -> RetrievalIndex:
    """Give an index over the invented list."""
    return RetrievalIndex((record_id, parse_subject(row)) for record_id, row in LIST.items())


def first(index: RetrievalIndex, **row: Any) -> str | None:
    """Give the record found first."""
    return next((candidate.record_id for candidate in index.search(parse_subject(row))), None)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Karlo Vantroyen", "R-1"),
        ("VANTROYEN, Carlo", "R-1"),
        ("Karlo Vantoryen", "R-1"),
        ("Karlo Vamtroyen", "R-1"),
        ("Арвид Тестманов", "R-2"),
        ("يوسف الطرابلوسي", "R-3"),
        ("Arvid Testmnaov", "R-2"),
        ("Timo Hak-chol", "R-6"),
    ],
)
def test_a_person_is_found_under_another_spelling_or_script(index: RetrievalIndex, asked: str, found: str) -> None:
    assert first(index, names=[asked]) == found


def test_an_organisation_is_found_by_the_words_that_tell(index: RetrievalIndex) -> None:
    assert first(index, category="entity", names=["NEMORYAN SHIPPING LLC"]) == "R-5"


def test_a_number_finds_its_holder_under_another_name(index: RetrievalIndex) -> None:
    document = {"type": "passport", "country": "LY", "number": "zz 0012345"}
    assert first(index, names=["Quite Another"], documents=[document]) == "R-4"


def test_a_street_leads_to_a_record_though_its_number_was_mistaken(index: RetrievalIndex) -> None:
    index.add("R-7", parse_subject({"names": ["Ines Beispiel"], "addresses": ["26 Lance Hill Avenue, Ebenfurth"]}))
    index.add("R-8", parse_subject({"names": ["Ola Beispiel"], "addresses": ["62 Hill Lance Road, Damascus"]}))
    assert first(index, names=["Xaver Qoph"], addresses=["62 Lance Hill Avenue, Ebenfurt"]) == "R-7"


def test_candidates_come_best_first_with_their_comparison(index: RetrievalIndex) -> None:
    found = index.search(parse_subject({"names": ["Nemor Grunbold"], "aliases": ["Abu Nemor"]}))
    points = [candidate.comparison.points for candidate in found]
    assert found[0].record_id == "R-4"
    assert points == sorted(points, reverse=True)
    assert found[0].comparison.contributions


def test_the_best_comes_first_though_more_leads_to_another() -> None:
    born = {"dob": ["1968-06-13"]}
    asked = {"names": ["Karlo Vantroyen"], "nationality": ["BE"], "gender": "M", **born}
    rows = {
        "more": {
            "names": ["Vantroyen Karlo Berta"],
            "aliases": ["Karlo Vantroyen"],
            "gender": "F",
            "nationality": ["LY"],
            **born,
        },
        "best": {"names": ["Karlo Vantroyen"], "nationality": ["BE"], "gender": "M", "dob": ["1968"]},
    }
    index = RetrievalIndex((record_id, parse_subject(row)) for record_id, row in rows.items())
    weights = index._weigh(parse_subject(asked))
    assert weights[0] > weights[1]
    assert [found.record_id for found in index.search(parse_subject(asked))] == ["best", "more"]


def test_a_record_is_not_found_by_itself_where_others_are_asked_for(index: RetrievalIndex) -> None:
    asked = parse_subject(LIST["R-1"])
    assert [found.record_id for found in index.search(asked)] == ["R-1"]
    assert index.search(asked, apart_from="R-1") == ()


@pytest.mark.parametrize("most", [1, retrieval.MOST_COMPARED, 2 * retrieval.MOST_COMPARED])
def test_as_many_are_compared_as_are_asked_for_and_never_fewer_than_may_be_best(most: int) -> None:
    asked = parse_subject({"names": ["Karlo Vantroyen"], "dob": ["1968-06-13"]})
    index = RetrievalIndex((f"R-{number:02}", asked) for number in range(20))
    assert len(index._worth_comparing(asked, most)) == max(most, retrieval.MOST_COMPARED)
    assert len(index.search(asked, most)) == most


def test_no_more_are_given_than_asked_for(index: RetrievalIndex) -> None:
    assert len(index.search(parse_subject({"names": ["Nemor Grunbold"], "aliases": ["Abu Nemor"]}), most=1)) == 1


def test_a_removed_record_is_not_found_and_leaves_nothing_behind(index: RetrievalIndex) -> None:
    assert all(index.remove(record_id) for record_id in LIST)
    assert not index.remove("R-1")
    assert len(index) == 0
    assert first(index, names=["Karlo Vantroyen"], dob=["1968-06-13"]) is None
    assert not index._entries
    assert not index._vocabulary._by_slip
    assert not index._read


def test_a_record_added_again_is_found_by_its_new_content_only(index: RetrievalIndex) -> None:
    index.add("R-1", parse_subject({"names": ["Odo Brenninkmar"]}))
    assert len(index) == len(LIST)
    assert first(index, names=["Odo Brenninkmar"]) == "R-1"
    assert first(index, names=["Vantroyen"]) is None


def test_who_shares_nothing_is_not_compared(index: RetrievalIndex) -> None:
    assert index.search(parse_subject({"names": ["Quilliam Feduxo"]})) == ()


def test_an_empty_list_and_an_unreadable_name_find_nothing(index: RetrievalIndex) -> None:
    assert RetrievalIndex().search(parse_subject({"names": ["Karlo Vantroyen"]})) == ()
    assert index.search(parse_subject({"aliases": ["—"]})) == ()


def test_the_order_of_the_list_makes_no_difference() -> None:
    subjects = [(record_id, parse_subject(row)) for record_id, row in LIST.items()]
    query = parse_subject({"names": ["Karlo Nemor"], "dob": ["1968-06-13"]})
    turned = RetrievalIndex(reversed(subjects)).search(query)
    assert RetrievalIndex(subjects).search(query) == turned


def test_work_is_bounded_where_everybody_bears_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def count(*subjects: Any) -> Any:
        compared.append(subjects)
        return compare_without_names(*subjects)

    monkeypatch.setattr(retrieval, "compare_without_names", count)
    index = RetrievalIndex((f"R-{number:04}", Subject(_names("Karlo Vantroyen"))) for number in range(200))
    index.add("R-X", parse_subject({"names": ["Karlo Vantroyen"], "dob": ["1968-06-13"]}))
    found = index.search(parse_subject({"names": ["Karlo Vantroyen"], "dob": ["1968-06-13"]}), most=3)
    assert found[0].record_id == "R-X"
    assert len(compared) <= retrieval.MOST_COMPARED


def test_who_has_both_names_is_found_among_many_who_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each of 2 * 60 records has up to five entries for each name, and all of both are looked at.
    monkeypatch.setattr(retrieval, "MOST_VISITED", 2 * 61 * 5)
    rows = [f"Karlo {vowel}{other}berensk" for vowel, other in product("aeiou", "bcdfghklmnpr")]
    rows += [f"{vowel}{other}tarvilm Vantroyen" for vowel, other in product("aeiou", "bcdfghklmnpr")]
    index = RetrievalIndex((name, Subject(_names(name))) for name in (*rows, "Karlo Vantroyen"))
    assert first(index, names=["Karlo Vantroyen"]) == "Karlo Vantroyen"


def test_a_common_name_does_not_keep_a_rare_one_from_being_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval, "MOST_VISITED", 50)
    index = RetrievalIndex((f"R-{number:04}", Subject(_names("Karlo Berenski"))) for number in range(200))
    index.add("R-X", Subject(_names("Karlo Vantroyen")))
    assert first(index, names=["Carlo Vantroyen"]) == "R-X"


def test_only_the_records_used_last_are_kept_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval, "MOST_READ", 2)
    index = RetrievalIndex((record_id, parse_subject(row)) for record_id, row in LIST.items())
    assert list(index._read) == [0, 1], "the first are read when they are indexed"
    for row in LIST.values():
        index.search(parse_subject(row))
    assert len(index._read) == 2


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ("vantroyen", "vantroyen", SAME),
        ("philip", "filip", SAME_SPELLING),
        ("vantroyen", "vantroyn", SAME_SKELETON),
        ("wrenski", "renski", SAME_SOUND),
        ("bantromen", "pantronen", SAME_COARSE),
        ("vantroyen", "berenski", None),
        ("r1968", "r1968", SAME),
    ],
)
def test_two_parts_share_the_codes_by_which_they_may_be_one(one: str, other: str, share: float | None) -> None:
    ours = codes_of(one)
    assert max((ours[code] for code in ours.keys() & codes_of(other).keys()), default=None) == share
    assert [*ours.values()] == sorted(ours.values())
    assert codes_of("1968") == {"1968": SAME}
    index = RetrievalIndex([("R", Subject(_names(other)))])
    assert first(index, names=[one]) == ("R" if share else None)


def test_a_part_with_a_letter_left_out_is_found_by_that_slip_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    index = RetrievalIndex([("R", Subject(_names("Vantroyen")))])
    assert first(index, names=["Vanroyen"]) == "R"
    monkeypatch.setattr(Vocabulary, "close_to", lambda *_: [])
    assert first(index, names=["Vanroyen"]) is None


def test_of_all_that_a_part_is_found_by_the_best_counts() -> None:
    names = ("Bantromen", "Vantroyen", "Pantronen", "Bantroyen", "Karelimo")
    index = RetrievalIndex((name, Subject(_names(name))) for name in names)
    weights = index._weigh(Subject(_names("Bantromen")))
    most = max(weights.values())
    assert weights == {0: most, 2: most * SAME_COARSE, 3: most * CLOSE}


def test_of_parts_a_slip_away_those_spelt_nearly_alike_are_close() -> None:
    vocabulary = Vocabulary()
    for part in ("vantroyen", "vantroyn", "vandroyen", "vanroyen", "evantor", "berenski", "1968"):
        vocabulary.add(part)
    assert vocabulary.close_to("vantroyen") == ["vanroyen", "vandroyen"], "the others are found by their skeleton"
    assert vocabulary.close_to("1968") == []
    vocabulary.discard("vandroyen")
    assert vocabulary.close_to("vantroyen") == ["vanroyen"]


def test_of_too_many_close_parts_the_likest_are_kept_whatever_order_they_came_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parts = ["k{}r{}l{}n{}".format(*vowels) for vowels in product("aeiou", repeat=4)]
    kept = []
    for ordered in (parts, parts[::-1]):
        vocabulary = Vocabulary()
        for part in ordered:
            vocabulary.add(part)
        close = vocabulary.close_to("karelimo")
        assert len(close) > 20
        monkeypatch.setattr(matching.vocabulary, "MOST_CLOSE", 20)
        assert vocabulary.close_to("karelimo") == close[:20]
        monkeypatch.undo()
        kept.append(close)
    assert kept[0] == kept[1]
    assert kept[0][0] == "karelino"


def _names(text: str) -> Any:
    return parse_subject({"names": [text]}).names


def test_a_record_no_name_could_make_a_hit_is_not_given_and_its_names_are_not_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = {"names": ["Karlo Vantroyen"], "dob": ["1968-06-13"], "nationality": ["BE"], "gender": "M"}
    other = {"names": ["Karlo Vantroyen"], "dob": ["1941-02-01"], "nationality": ["LY"], "gender": "F"}
    near = {"names": ["Carlo Vantroyen"], "dob": ["1968"]}
    small = RetrievalIndex([("other", parse_subject(other)), ("near", parse_subject(near))])
    query = parse_subject(asked)
    assert compare_without_names(read_subject(query), read_subject(parse_subject(other))).is_out_of_reach
    assert compare(query, parse_subject(other)).band is None
    finished = []

    def count(begun: WithoutNames) -> Any:
        finished.append(begun)
        return with_names(begun)

    with_names = WithoutNames.with_names
    monkeypatch.setattr(WithoutNames, "with_names", count)
    assert [found.record_id for found in small.search(query)] == ["near"]
    assert len(finished) == 1
