"""``symbolon audit subject``: all of one person and nothing of another, owners heard first, silence uniform, logged."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agreements.sentences import said
from auditing.subject_extract import GROUNDS, Decision, ToldLine
from auditing.subject_letter import CATEGORIES, NOTICE, write_data, write_letter
from auditing.subjects import SUBJECT_FIELDS, Likeness, Search, Wanted, compare
from cli import audit
from ledger.case_events import ContentReceived
from ledger.events import AuditorAccess, HitSilent, RecordShown
from ledger.reading import LedgerReader
from ledger.subject_events import SubjectAccessDecided
from matching.subject import SUBJECT_FIELDS as ROW_FIELDS
from node.records.sqlite import SqliteRecordStore
from tests.unit.listed import NAMESAKE, OTHER, enter_list
from tests.unit.listed import PERSON as PERSON_LISTED
from tests.unit.log_traffic import (
    ASKER,
    HASH,
    MONDAY,
    PARTNER,
    Said,
    answered,
    asked_for,
    confirmed,
    entries_of,
    make_home,
    normal_traffic,
    received,
    sent,
)

PERSON = ("--request", "D-7", "--name", "Idris Maran", "--born", "1980-05-17", "--record", "r-77")
AGREED = ("--heard", "DE-ZASM=agrees", "--heard", "GR-YPAM=agrees")
ALL = tuple(one for category in CATEGORIES for one in ("--tell", category))
ALL_BUT_SILENT = tuple(one for category in CATEGORIES if category != "silent" for one in ("--tell", category))


def _silent() -> list[Said]:
    came, *_ = received(MONDAY + timedelta(hours=3), "g.alexis")
    digest: str = came.event.envelope_digest  # type: ignore[union-attr]
    event = HitSilent(envelope_digest=digest, sender=ASKER, records=2)
    hits = [{"record_id": "r-77", "reference": "REFs"}, {"record_id": "r-other", "reference": "REFother"}]
    return [came, Said(came.time + timedelta(seconds=0.1), event, {"hits": json.dumps(hits)})]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    query = sent(
        MONDAY,
        "a.martin",
        "Idris MARAN",
        **{"subject.nationality": '["SY"]', "case_reference": "2026/117 Selma Other", "legal_basis": "decree 55"},
    )
    content = ContentReceived(partner=PARTNER, agreement_hash=HASH, fields=("name",), digest="cc", trace=())
    said = [
        query,
        answered(query, 2, "REF1"),
        *confirmed(MONDAY + timedelta(minutes=30), "a.martin", "REF1"),
        Said(MONDAY + timedelta(minutes=40), content, {"reference": "REF1"}),
        *received(MONDAY + timedelta(hours=2), "g.alexis", 2, "r-77"),
        asked_for(MONDAY + timedelta(hours=2, minutes=30), "REFr-77"),
        *_silent(),
        Said(MONDAY + timedelta(hours=4), RecordShown(), {"user": "c.colleague", "record_id": "r-77"}),
        # others: another person, a namesake, another spelling, another record
        sent(MONDAY + timedelta(hours=5), "b.petit", "Selma Other"),
        sent(MONDAY + timedelta(hours=6), "b.petit", "Idris Maran", "1955-01-02"),
        sent(MONDAY + timedelta(hours=7), "b.petit", "Idris Marann"),
        sent(MONDAY + timedelta(hours=8), "b.petit", "Maran Idris", "1980"),
        *received(MONDAY + timedelta(hours=9), "g.alexis", 2, "r-other"),
        *normal_traffic(days=3),
    ]
    return make_home(tmp_path / "fr", said)


def _subject(home: Path, *arguments: str) -> Result:
    command = ["subject", "--home", str(home), "--user", "l.adviser", *arguments]
    return CliRunner().invoke(audit.app, command)


def _letter(home: Path, name: str, *arguments: str) -> str:
    result = _subject(home, *PERSON, "--letter", str(home / name), *arguments)
    assert result.exit_code == 0, result.output
    return (home / name).read_text(encoding="utf-8")


def _reader(home: Path) -> LedgerReader:
    return LedgerReader(home / "data" / "ledger.db")


def _last(home: Path) -> Any:
    reader = _reader(home)
    return next(reader.entries(reader.count()))


def test_the_search_finds_what_is_about_the_person(home: Path) -> None:
    result = _subject(home, *PERSON, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    kinds = [one["category"] for one in found["found"]]
    assert {kind: kinds.count(kind) for kind in CATEGORIES} == {
        "asked": 1,
        "answers": 1,
        "asked_of_us": 4,
        "silent": 1,
        "follow_up": 4,
        "records": 1,
    }
    assert (len(found["unclear"]), found["decided"]) == (2, None)


def test_looking_is_one_entry_written_first_and_decides_nothing(home: Path) -> None:
    before = _reader(home).count()
    _subject(home, *PERSON)
    assert _reader(home).count() == before + 1
    event = _last(home).event
    assert isinstance(event, AuditorAccess)
    assert (event.entry, event.last) == (1, before)
    assert set(SUBJECT_FIELDS) < set(event.fields)


def test_the_letter_tells_all_and_nothing_of_anybody_else(home: Path) -> None:
    letter = _letter(home, "letter.txt", *ALL, *AGREED)
    for told in (
        "This agency asked whether you are known to: DE-ZASM.",
        "DE-ZASM answered: hit, at level 2.",
        "GR-YPAM was answered at level 2.",
        "which was not told",
        "Content received.",
        "Your record was looked at in this agency.",
        "names: Idris MARAN",
        "nationality: SY",
        "Purpose: migrant smuggling.",
        str(NOTICE),
    ):
        assert told in letter.replace("\n", " ")
    for secret in ("martin", "petit", "alexis", "colleague", "adviser", "Selma", "r-77", "r-other", "REF", "decree"):
        assert secret not in letter


def test_the_data_say_what_the_letter_says(home: Path) -> None:
    _letter(home, "letter.txt", *ALL, *AGREED, "--data", str(home / "letter.json"))
    data = json.loads((home / "letter.json").read_text())
    assert len(data["told"]) == 12
    assert data["told"][0]["fields"]["subject.names"] == ["Idris MARAN"]
    assert not [name for name in ("martin", "Selma", "r-other", "REF") if name in json.dumps(data)]


def test_the_decision_is_logged_with_grounds_and_what_owners_said(home: Path) -> None:
    _letter(
        home, "letter.txt", *ALL_BUT_SILENT, *AGREED, "--withhold", "silent=prevention", "--reason", "order of 3 May"
    )
    entry = _last(home)
    assert isinstance(entry.event, SubjectAccessDecided)
    assert (entry.event.outcome, entry.event.entries) == ("partly", 11)
    assert entry.event.withheld == ("silent=prevention",)
    assert entry.event.heard == ("DE-ZASM=agrees", "GR-YPAM=agrees")
    personal = {one.name: one.value for one in _reader(home).openings(entry.number)}
    assert personal == {"reason": "order of 3 May", "request": "D-7", "user": "l.adviser"}


def test_what_is_withheld_is_neither_there_nor_missed(home: Path) -> None:
    letter = _letter(
        home, "partly.txt", *ALL_BUT_SILENT, *AGREED, "--withhold", "silent=prevention", "--reason", "order"
    )
    assert "not told" not in letter
    assert "silent" not in letter
    assert "withheld" not in letter


def test_a_refusal_reads_like_nothing_found(home: Path) -> None:
    refused = _letter(home, "refused.txt", "--refuse", "national_security", "--reason", "order of 3 May")
    event = _last(home).event
    assert (event.outcome, event.entries, event.withheld) == ("refused", 0, ("all=national_security",))
    nobody = home / "nobody.txt"
    result = _subject(home, "--request", "D-7", "--name", "Nobody Known", "--letter", str(nobody))
    assert result.exit_code == 0, result.output
    assert _last(home).event.outcome == "nothing"
    assert refused == nobody.read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (AGREED, "not decided"),
        ((*ALL, "--heard", "DE-ZASM=agrees"), "hear first, or withhold: GR-YPAM"),
        ((*ALL, "--heard", "DE-ZASM=agrees", "--heard", "GR-YPAM=objects"), "state a ground for GR-YPAM"),
        ((*ALL, *AGREED, "--withhold", "silent=prevention", "--reason", "x"), "told or withheld"),
        ((*AGREED, "--withhold", "silent=secret"), "expected one of the grounds"),
        (("--refuse", "prevention"), "--reason"),
        (("--tell", "everything"), "--tell"),
        (("--record", ""), "empty"),
        (("--reference", " "), "empty"),
    ],
)
def test_without_a_whole_decision_there_is_no_letter(home: Path, arguments: tuple[str, ...], said: str) -> None:
    result = _subject(home, *PERSON, *arguments, "--letter", str(home / "letter.txt"), "--json")
    assert result.exit_code == 3
    assert said in json.loads(result.stdout)["error"]["detail"]
    assert not (home / "letter.txt").exists()
    assert not isinstance(_last(home).event, SubjectAccessDecided)


def test_an_owner_who_objects_is_left_out(home: Path) -> None:
    objecting = ("--heard", "DE-ZASM=agrees", "--heard", "GR-YPAM=objects", "--withhold", "GR-YPAM=inquiries")
    letter = _letter(home, "letter.txt", *ALL, *objecting, "--reason", "the owner objects")
    assert "GR-YPAM" not in letter
    assert "fitted" not in letter  # the entries on its envelopes that do not name it are its own too
    assert "DE-ZASM" in letter


def test_an_unclear_entry_is_told_only_when_an_officer_says_so(home: Path) -> None:
    unclear = json.loads(_subject(home, *PERSON, "--json").stdout)["unclear"]
    assert "Idris Marann" not in _letter(home, "one.txt", *ALL, *AGREED)
    also = [one for number in unclear for one in ("--also", str(number))]
    letter = _letter(home, "two.txt", *ALL, *AGREED, *also)
    assert "Idris Marann" in letter
    assert "1955" not in letter


def test_what_is_erased_stays_erased(home: Path) -> None:
    connection = sqlite3.connect(home / "data" / "ledger.db")
    with connection:
        connection.execute("DELETE FROM opening")
    connection.close()
    assert json.loads(_subject(home, *PERSON, "--json").stdout)["found"] == []


@pytest.mark.parametrize(
    ("opened", "likeness"),
    [
        ({"subject.names": '["Idris Maran"]', "subject.dob": '["1980-05-17"]'}, Likeness.SAME),
        ({"subject.names": '["MARAN, Idrís"]', "subject.dob": '["1980-05-17"]'}, Likeness.SAME),
        ({"subject.aliases": '["Idris Maran"]', "subject.dob": '["1980-05-17"]'}, Likeness.SAME),
        ({"subject.names": '["Idris Maran"]', "subject.documents": '[{"number": "ab 12-3"}]'}, Likeness.SAME),
        ({"subject.dob": '["1980-05-17"]', "subject.documents": '[{"number": "ab 12-3"}]'}, Likeness.SAME),
        ({"subject.names": '["X"]', "subject.documents": '[{"number": "ab 12-3"}]'}, Likeness.UNCLEAR),
        ({"subject.names": '["Idris Maran"]', "subject.dob": '["1980", "1955-01-02"]'}, Likeness.UNCLEAR),
        ({"subject.names": '["Idris Maran"]'}, Likeness.UNCLEAR),
        ({"subject.names": '["Idris Maran"]', "subject.dob": '["1980"]'}, Likeness.UNCLEAR),
        ({"subject.names": '["Idriss Maran"]', "subject.dob": '["1980-05-17"]'}, Likeness.UNCLEAR),
        ({"subject.names": '["Idris Maran"]', "subject.dob": '["1955-01-02"]'}, Likeness.OTHER),
        ({"subject.names": '["Selma Other"]', "subject.dob": '["1980-05-17"]'}, Likeness.OTHER),
        ({"subject.names": "no json", "subject.documents": "[1, null]"}, Likeness.OTHER),
        ({}, Likeness.OTHER),
    ],
)
def test_one_particular_alone_is_never_enough(opened: dict[str, str], likeness: Likeness) -> None:
    wanted = Wanted(names=("Idris Maran",), births=("1980-05-17",), documents=("AB123",))
    assert compare(wanted, opened) is likeness


def test_an_empty_particular_finds_nobody() -> None:
    search = Search(Wanted(records=frozenset({""}), references=frozenset({""}), documents=("",), names=("-",)))
    entries = list(entries_of(normal_traffic(days=2)))
    for one in entries:
        search.observe(one)
    assert not any(map(search.is_about, entries))


def test_every_field_of_a_subject_is_searched_and_every_ground_is_stated() -> None:
    assert {f"subject.{name}" for name in ROW_FIELDS} == set(SUBJECT_FIELDS)
    assert all("art. 15(1)(" in text for text in GROUNDS.values())


BY_NAME = ("--request", "D-7", "--name", "Idris Maran", "--born", "1980-05-17")


def _listed(home: Path) -> None:
    with SqliteRecordStore(home / "data" / "records.db") as store:
        enter_list(store, home, PERSON_LISTED, NAMESAKE, OTHER)


def test_own_records_that_fit_the_person_are_searched_for_too(home: Path) -> None:
    _listed(home)
    before = _reader(home).count()
    found = json.loads(_subject(home, *BY_NAME, "--json").stdout)
    assert [entry.event.type for entry in _reader(home).entries(before + 1)] == ["records_listed", "auditor_access"]
    taken = {one["record"]: one["taken"] for one in found["records"]}
    assert (taken["r-77"], taken["r-80"]) == ("yes", "no")
    named = json.loads(_subject(home, *PERSON, "--json").stdout)
    assert found["found"] == named["found"]
    out = json.loads(_subject(home, *BY_NAME, "--without", "r-77", "--json").stdout)
    assert {one["category"] for one in out["found"]} == {"asked", "answers", "follow_up"}
    assert _subject(home, *PERSON, "--without", "r-77").exit_code == 3


def test_without_a_record_it_is_said_what_was_not_searched(home: Path) -> None:
    assert "was not searched" in " ".join(_subject(home, *BY_NAME).stdout.split())
    _listed(home)
    said = " ".join(_subject(home, *BY_NAME).stdout.split())
    assert "was not searched" not in said
    assert "Records not taken, and not searched for: 1." in said


def test_what_happened_often_on_one_day_is_told_once_with_how_often() -> None:
    shown = ToldLine(7, date(2026, 3, 1), "follow_up", "", "", said("%(event)s.", event=said("Case shown")))
    lines = [shown, replace(shown, number=8), replace(shown, day=date(2026, 3, 2)), replace(shown, number=9)]
    told = Decision(frozenset({"follow_up"}))
    letter = write_letter("DE-ZASM", "D-7", datetime(2026, 3, 4, tzinfo=UTC), lines, told)
    assert letter.count("Case shown.") == 2
    assert "  2026-03-01 Case shown. (3 times)\n  2026-03-02 Case shown.\n" in letter
    data = json.loads(write_data("DE-ZASM", "D-7", datetime(2026, 3, 4, tzinfo=UTC), lines, told))
    assert len(data["told"]) == 4
