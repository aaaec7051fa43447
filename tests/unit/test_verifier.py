"""The verifier against an insider: every edit of a log is found, and what is not checked is said."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.checkpoints import Checkpoint
from ledger.entries import Statement
from ledger.events import AuditorAccess, QueryRefused
from ledger.exporting import House, Scope, export_lines
from ledger.exports import ExportedAgreement, ExportedEntry, ExportError, Line
from ledger.log import Ledger
from ledger.merkle import CompactRange, TreeHead, hash_leaf
from ledger.retention import erase
from tests.unit.exported import Audited, Forger, Party, agreement_line, said, saying, texts, verify, walked
from tests.unit.signatories import Signatories
from tests.unit.two_desks import ASKER, HOLDER, TEXT, agreement
from verifier.export import verify_export
from verifier.report import MOST_FINDINGS, Report
from verifier.trust import Trust

NOW = datetime.now(UTC)
REFUSED = Statement(QueryRefused(envelope_digest="00", sender="symbolon://agency/GR-YPAM", reason="fishing"))


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    return walked(tmp_path_factory.mktemp("walked"))


@pytest.fixture
def forger(audited: Audited) -> Forger:
    return Forger(audited.exports[HOLDER], audited.parties[HOLDER])


def _entries(lines: list[Line]) -> list[int]:
    return [place for place, one in enumerate(lines) if isinstance(one, ExportedEntry)]


def _changed(forger: Forger, change: Callable[[list[Line], list[int]], None]) -> bytes:
    """Change lines of the file and nothing else: an insider without the key."""
    lines = list(forger.lines)
    change(lines, _entries(lines))
    return b"".join(one.line() for one in lines)


@pytest.mark.parametrize("side", [ASKER, HOLDER])
def test_an_honest_log_is_right_and_every_decision_was_made_again(audited: Audited, side: str) -> None:
    report = verify(audited.exports[side], audited.trust(side))
    assert texts(report) == []
    assert report.checked["decisions"] == (5 if side == ASKER else 7)
    assert report.checked["agreements"] == 1
    assert dict(report.unchecked) == {"cosignatures: no --witness was given": 1}


def test_rewriting_and_signing_anew_is_right_by_itself(audited: Audited, forger: Forger) -> None:
    """The forger forges well: else the tests below would find his mistakes."""
    assert texts(verify(forger.rewritten(forger.lines), audited.trust(HOLDER))) == []


def _drop(lines: list[Line], entries: list[int]) -> None:
    del lines[entries[3]]


def _insert(lines: list[Line], entries: list[int]) -> None:
    lines.insert(entries[3], lines[entries[2]])


def _swap(lines: list[Line], entries: list[int]) -> None:
    lines[entries[-1]], lines[entries[-2]] = lines[entries[-2]], lines[entries[-1]]


def _cut_entry(lines: list[Line], entries: list[int]) -> None:
    del lines[entries[-1] : -2]


def _change(old: bytes, new: bytes) -> Callable[[list[Line], list[int]], None]:
    def change(lines: list[Line], entries: list[int]) -> None:
        place = next(one for one in entries if old in lines[one].line())
        body = lines[place].line()[:-1].replace(old, new, 1)
        lines[place] = ExportedEntry(body)

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_drop, r"Entry 4 carries another number\."),
        (_insert, r"Entry 4 carries another number\."),
        (_swap, r"Entry \d+ carries another number\."),
        (_cut_entry, r"The export says that it has entries 1 to \d+, \d+ of them, but it has \d+\."),
        (
            _change(b'"role":"release_officer"', b'"role":"supervisor"'),
            r"Entry \d+ does not follow the entry before it\.",
        ),
        (_change(b"DE-ZASM", b"GR-YPAM"), r"Entry 2 does not follow the entry before it\."),
        (_change(b'"event"', b'"event" '), r"Entry 1 is not in its canonical form\."),
        (_change(b"agreement_accepted", b"agreement_accepter"), r"Entry 1 cannot be read\."),
    ],
)
def test_an_edit_without_the_key_is_found_in_entry_and_root(
    audited: Audited, forger: Forger, change: Callable[[list[Line], list[int]], None], expected: str
) -> None:
    found = texts(verify(_changed(forger, change), audited.trust(HOLDER)))
    assert any(re.fullmatch(expected, one) for one in found), found
    assert any("another root" in one or "stands after entry" in one for one in found), found


def test_every_byte_of_every_entry_counts(audited: Audited) -> None:
    content = audited.exports[HOLDER]
    begin = content.index(b'{"commitments"')
    for place in range(begin, begin + 200, 3):
        changed = bytearray(content)
        changed[place] ^= 1
        with suppress(ExportError):
            assert texts(verify(bytes(changed), audited.trust(HOLDER)))


def test_a_back_dated_entry_is_found_though_all_is_signed_anew(audited: Audited, forger: Forger) -> None:
    lines = list(forger.lines)
    place = _entries(lines)[-1]
    values = {**said(lines[place]), "time": (NOW - timedelta(days=400)).isoformat()}  # type: ignore[arg-type]
    lines[place] = saying(values)
    found = texts(verify(forger.rewritten(lines), audited.trust(HOLDER)))
    assert re.match(r"Entry \d+ is dated 20.*, before one that stands earlier", found[0])


def _kept(forger: Forger, size: int) -> Checkpoint:
    tree = CompactRange()
    for one in [one for one in forger.lines if isinstance(one, ExportedEntry)][:size]:
        tree.append(hash_leaf(one.body))
    return Checkpoint(forger.party.origin, TreeHead(tree.size, tree.root()))


def test_a_history_rewritten_and_signed_anew_is_found_by_a_kept_checkpoint(audited: Audited, forger: Forger) -> None:
    lines = list(forger.lines)
    del lines[_entries(lines)[2]]
    trust = replace(audited.trust(HOLDER), earlier=(_kept(forger, 2), _kept(forger, 3)))
    report = verify(forger.rewritten(lines), trust)
    expected = "The first 3 entries are not those whose checkpoint was kept: history was rewritten."
    assert expected in texts(report)
    assert "The log begins with the 2 entries of the checkpoint that was kept." in report.said
    assert texts(verify(audited.exports[HOLDER], trust)) == []


def test_a_log_whose_end_was_cut_and_signed_anew_is_found_by_a_kept_checkpoint(
    audited: Audited, forger: Forger
) -> None:
    entries = _entries(forger.lines)
    kept = _kept(forger, len(entries))
    lines = [*forger.lines[: entries[-1]], forger.lines[-2]]
    report = verify(forger.rewritten(lines), replace(audited.trust(HOLDER), earlier=(kept,)))
    size = len(entries)
    assert texts(report)[-1] == (
        f"The checkpoint that was kept is over {size} entries, but the export ends with {size - 1}."
    )


def test_a_kept_checkpoint_before_the_export_is_said_to_be_unchecked(tmp_path: Path) -> None:
    party, kept = _long_log(tmp_path)
    trust = Trust((party.key,), earlier=(kept,))
    report = verify(party.export(tmp_path / "ledger.db", first=kept.head.size + 2), trust)
    assert texts(report) == []
    assert any("before the first entry" in one for one in report.unchecked)
    assert texts(verify(party.export(tmp_path / "ledger.db", first=kept.head.size + 1), trust)) == []


@pytest.mark.parametrize("first", [1, 2, 4, 5, 8])
def test_a_part_of_a_log_verifies_by_its_frontier(tmp_path: Path, first: int) -> None:
    party, _ = _long_log(tmp_path)
    content = party.export(tmp_path / "ledger.db", first=first)
    assert texts(verify(content, Trust((party.key,)))) == []
    lines = content.splitlines(keepends=True)
    if first > 1:
        head = json.loads(lines[0])
        head["frontier"][0] = "00" * 32
        found = texts(verify(json.dumps(head).encode() + b"\n" + b"".join(lines[1:]), Trust((party.key,))))
        assert any("another root" in one for one in found)


def _long_log(folder: Path) -> tuple[Party, Checkpoint]:
    party = Party("symbolon://agency/FR-DNMS")
    with Ledger(folder / "ledger.db") as log:
        log.append(*[REFUSED] * 3)
        log.sign_head(party.origin, party.signer)
        kept = Checkpoint(party.origin, log.head())
        log.append(*[REFUSED] * 5)
    return party, kept


def test_an_export_without_entries_is_no_right_log(tmp_path: Path) -> None:
    party, path = Party(HOLDER), tmp_path / "ledger.db"
    Ledger(path).close()
    house = House(party.origin, party.uri, str(party.key), "2026-11-24T12:00:00+00:00", to_end=True)
    content = b"".join(export_lines(path, Scope(1, 0), house))
    assert texts(verify(content, Trust((party.key,)))) == ["The export has no entries."]


def test_another_key_s_signature_is_none(audited: Audited, forger: Forger) -> None:
    other = Forger(audited.exports[HOLDER], Party(forger.party.uri))
    found = texts(verify(other.rewritten(other.lines), audited.trust(HOLDER)))
    assert any("is signed by none of the keys given" in one for one in found)
    assert found[-1].endswith("stand under no signed checkpoint: nobody answers for them.")


def test_the_key_in_the_file_is_not_believed(audited: Audited, forger: Forger) -> None:
    trust = replace(audited.trust(HOLDER), keys=(Party(forger.party.uri).key,))
    assert "The export names another key of the log than was given." in texts(verify(audited.exports[HOLDER], trust))


def test_the_log_of_another_party_is_not_taken_for_this_one(audited: Audited) -> None:
    assert "The export is of another log than that of the key given." in texts(
        verify(audited.exports[ASKER], audited.trust(HOLDER))
    )


def test_a_changed_opening_is_found_and_its_value_not_printed(audited: Audited) -> None:
    content = audited.exports[HOLDER].replace(b'"value":"k.weber"', b'"value":"x.weber"', 1)
    (found,) = texts(verify(content, audited.trust(HOLDER)))
    assert re.fullmatch(r"Entry \d+ committed to another value of officer\.", found)


def _without_decisions(audited: Audited) -> bytes:
    lines = audited.exports[HOLDER].splitlines(keepends=True)
    return b"".join(one for one in lines if b'"field":"decision"' not in one)


def test_an_opening_that_is_held_back_is_found_and_what_it_would_show_is_not_checked(audited: Audited) -> None:
    report = verify(_without_decisions(audited), audited.trust(HOLDER))
    assert {one.partition(" lacks ")[2] for one in texts(report)} == {
        "an opening, and no entry says that it was erased."
    }
    assert report.unchecked["decisions: not opened, or erased"] == len(texts(report)) == 7
    assert report.unchecked_entries["decisions: not opened, or erased"] == [one.entry for one in report.findings]
    assert "decisions" not in report.checked


def test_of_an_export_that_ends_before_the_log_does_an_opening_may_have_been_erased_later(audited: Audited) -> None:
    content = _without_decisions(audited).replace(b'"to_end":true', b'"to_end":false')
    report = verify(content, audited.trust(HOLDER))
    assert texts(report) == []
    assert report.unchecked["why an opening is not there: the export does not go to the log's end"] == 7


def test_an_opening_that_the_export_does_not_say_to_open_is_only_not_checked(audited: Audited) -> None:
    content = _without_decisions(audited).replace(b'"fields":["*"]', b'"fields":["user"]')
    report = verify(content, audited.trust(HOLDER))
    assert texts(report) == []
    assert report.unchecked["decisions: not opened, or erased"] == 7


def test_what_was_erased_by_an_entry_is_not_found(tmp_path: Path) -> None:
    party, path = Party("symbolon://agency/DE-ZASM"), tmp_path / "ledger.db"
    with Ledger(path) as log:
        log.append(Statement(AuditorAccess(entry=1, fields=("user",)), {"user": "i.auditor"}))
    assert erase(path, 0, datetime.now(UTC)) == 1
    assert texts(verify(party.export(path), Trust((party.key,)))) == []


def _with_agreement(content: bytes, line: ExportedAgreement) -> bytes:
    lines = content.splitlines(keepends=True)
    place = next(place for place, one in enumerate(lines) if b'"type":"agreement"' in one)
    return b"".join([*lines[:place], line.line(), *lines[place + 1 :]])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (lambda keys: replace(agreement_line(TEXT, keys), document="{}"), "is no agreement of that hash"),
        (
            lambda keys: replace(agreement_line(agreement(title="Another"), keys), hash=TEXT.hash.hex()),
            "is no agreement of that hash",
        ),
        (lambda keys: agreement_line(TEXT, keys, [ASKER]), "has no valid signature of DE-ZASM"),
        (lambda keys: agreement_line(TEXT, Signatories()), "A signature under agreement fr-de-2026 v1 does not hold"),
        (
            lambda keys: replace(
                agreement_line(TEXT, keys), signatures=agreement_line(agreement(title="Another"), keys).signatures
            ),
            "is of another text",
        ),
        (lambda keys: replace(agreement_line(TEXT, keys), signatures=(1, None, {})), "does not hold"),
    ],
)
def test_a_false_agreement_or_signature_is_found(
    audited: Audited, line: Callable[[Signatories], ExportedAgreement], expected: str
) -> None:
    content = _with_agreement(audited.exports[HOLDER], line(audited.keys))
    found = texts(verify(content, audited.trust(HOLDER)))
    assert any(expected in one for one in found), found


def test_the_auditor_s_own_copy_of_the_agreement_will_do(audited: Audited) -> None:
    lines = audited.exports[HOLDER].splitlines(keepends=True)
    without = b"".join(one for one in lines if b'"type":"agreement"' not in one)
    report = verify(without, audited.trust(HOLDER))
    assert report.unchecked["decisions: the text of the agreement is not there: give it with --agreement"] == 7
    report = verify(without, replace(audited.trust(HOLDER), agreements={TEXT.hash.hex(): TEXT}))
    assert report.checked["decisions"] == 7


def test_findings_are_bounded_and_the_others_counted() -> None:
    report = Report()
    for number in range(MOST_FINDINGS + 5):
        report.find("Something.", number)
    assert (len(report.findings), report.more) == (MOST_FINDINGS, 5)


def test_a_file_cut_at_any_line_cannot_be_used(audited: Audited) -> None:
    lines = audited.exports[HOLDER].splitlines(keepends=True)
    for count in range(len(lines)):
        with pytest.raises(ExportError):
            verify(b"".join(lines[:count]), audited.trust(HOLDER))


def test_an_entry_too_long_for_a_tile_is_found(audited: Audited, forger: Forger) -> None:
    lines: list[Any] = list(forger.lines)
    place = _entries(lines)[0]
    event = {**said(lines[place])["event"], "agreement": "x" * 70_000}
    lines[place] = saying({**said(lines[place]), "event": event})
    found = texts(verify(forger.rewritten(lines), audited.trust(HOLDER)))
    assert "Entry 1 is longer than 65,535 bytes." in found


def test_reading_takes_no_more_memory_for_more_entries(tmp_path: Path) -> None:
    party, _ = _long_log(tmp_path)

    def peak(times: int) -> int:
        with Ledger(tmp_path / "ledger.db") as log:
            for _ in range(times):
                log.append(*[REFUSED] * 500)
        (tmp_path / "file").write_bytes(party.export(tmp_path / "ledger.db"))
        tracemalloc.start()
        with (tmp_path / "file").open("rb") as source:
            assert verify_export(source, Trust((party.key,))).is_right
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1)
    small = peak(1)
    assert peak(8) < small + 100_000
