"""The logs of a running federation, taken out by the command and compared by the command; insiders rewrite theirs.

A dishonest party here has its own key and all of its log: what it writes is linked, hashed and signed anew, and
``symbolon-verify`` finds nothing wrong with it. Invented people only.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.audit_proofs import signing_key
from deploy.local import ANALYST, COORDINATOR, LocalFederation
from ledger.entries import Entry
from ledger.events import Event
from ledger.exports import ExportedEntry, ExportedOpening
from symbolon.rpc.identity import Party as Identity
from symbolon.v1 import cases_pb2 as wire
from tests.forked import SYMBOLON, run
from tests.integration.case_nodes import (
    ASKER,
    CHEF,
    HOLDER,
    VOGT,
    acknowledge,
    ask,
    case_is,
    events,
    hit_on,
    hold,
    load,
    referral_is,
    row_of,
    to_content,
    two_nodes,
    until,
)
from tests.integration.commands import CommandedFederation
from tests.integration.skewed_party import skewed
from tests.unit.exported import Forger, Party, verify
from tests.unit.reconciled import Logs
from verifier.trust import Trust

pytestmark = pytest.mark.timeout(900)

URIS = {
    ASKER: Identity.agency(ASKER).uri,
    HOLDER: Identity.agency(HOLDER).uri,
    COORDINATOR: f"symbolon://coordinator/{COORDINATOR}",
}

ONE_SIDED = {
    "case_shown",
    "content_read",
    "emergency_reviewed",
    "emergency_used",
    "hit_confirmed",
    "hit_silent",
    "match_confirmed",
}
"""Entries about a query or case of which no other log speaks."""


@dataclass
class Taken:
    """The exports of a federation and the keys that its parties sign with, which insiders have."""

    folder: Path
    exports: Mapping[str, bytes]
    parties: Mapping[str, Party]
    authority: Path

    def forger(self, party: str) -> Forger:
        """Give an insider of a party."""
        return Forger(self.exports[party], self.parties[party])

    def files(self, **forged: bytes) -> list[str]:
        """Write the exports, those of insiders in their place, and give the command's arguments."""
        arguments: list[str] = []
        for party, content in self.exports.items():
            file = self.folder / f"{party}.export"
            file.write_bytes(forged.get(party.replace("-", "_"), content))
            arguments += [str(file), "--key", str(self.parties[party].key)]
        return [*arguments, "--authority", str(self.authority)]


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    """Run a federation through queries, releases, an emergency, a correction, a recall, a deletion; export its logs."""
    folder = tmp_path_factory.mktemp("reconciled")
    with two_nodes(folder) as made, asyncio.Runner() as runner:
        runner.run(_walk(made, folder))
        yield runner.run(_take_out(made))


async def _walk(made: LocalFederation, folder: Path) -> None:
    reference = await to_content(made, "way")
    await ask(made, reference, read=wire.Plain())
    await ask(made, reference, feedback=wire.Use(use="located"))
    await ask(made, reference, delete=wire.Plain())
    await referral_is(made, reference, "deleted_there")
    reference = await to_content(made, "corrected")
    await ask(made, reference, dispute=wire.Worded(words="the telephone is another"))
    await referral_is(made, reference, "disputed")
    await load(made, folder, row_of("corrected") | {"phones": ["+373 22 11 11 11"]})
    await hold(made, reference, confirm_match=wire.Worded())
    await hold(made, reference, correct=wire.Worded())
    await hold(made, reference, VOGT, correct=wire.Worded())
    await case_is(made, reference, "corrected")
    reference = await hit_on(made, "emergency")
    appeal = wire.EmergencyUse(responsible=CHEF, danger="forty people at sea")
    await ask(made, reference, request=wire.FollowUp(facts="a boat without a pilot", emergency=appeal))
    await referral_is(made, reference, "requested")
    await hold(made, reference, approve=wire.Worded())
    await acknowledge(made, reference)
    await case_is(made, reference, "readable")
    assert await hit_on(made, "silent") == ""
    reference = await to_content(made, "recalled")
    await hold(made, reference, recall=wire.Worded(words="entered by mistake"))
    await referral_is(made, reference, "recall_confirmed")
    await _all_is_carried(made)


async def _all_is_carried(made: LocalFederation) -> None:
    async def quiet() -> bool:
        counts = {
            party: [events(made, party).count(kind) for kind in ("message_posted", "message_accepted")]
            for party in (ASKER, HOLDER)
        }
        return counts[ASKER] == counts[HOLDER][::-1]

    await until(quiet)


async def _take_out(made: LocalFederation) -> Taken:
    exports, parties = {}, {}
    for party in (ASKER, HOLDER, COORDINATOR):
        file = made.folder / f"{party}.original"
        await made.command(party, "audit", "export", str(file), "--open", "all", "--user", "i.auditor")
        exports[party] = file.read_bytes()
        parties[party] = Party(URIS[party], signing_key(made.home(party)))
    authority = next((made.folder / "authority").glob("*.pem"))
    return Taken(made.folder, exports, parties, authority)


async def reconciled(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Run the command as an auditor would, where no party's folder is."""
    code, output = await run(*SYMBOLON, "audit", "reconcile", *arguments, "--json")
    return code, json.loads(output)


async def test_honest_logs_of_all_three_say_the_same(taken: Taken) -> None:
    code, report = await reconciled(*taken.files())
    assert report["findings"] == []
    assert code == 0
    counts = {(row["what"], row["from"]): row for row in report["counts"]}
    assert counts["query", ASKER]["matched"] == 5
    for what in ("offer", "content"):
        assert counts[what, HOLDER]["matched"] == 4, what
    assert counts["correction", HOLDER]["matched"] == 1
    assert counts["recall receipt", ASKER]["matched"] == 1
    assert counts["deletion receipt", ASKER]["matched"] == 1
    assert counts["message", ASKER]["matched"] > 10
    assert all(row["missing"] == row["differing"] == 0 for row in report["counts"])
    assert len(report["clocks"]) == 3
    assert all(abs(one["second_ahead_seconds"]) < 5 for one in report["clocks"])
    unchecked = [one for one in report["not_checked"] if "cosignatures" not in one]
    assert unchecked == []


async def test_nothing_personal_is_printed(taken: Taken) -> None:
    insider = taken.forger(HOLDER)
    code, report = await reconciled(*taken.files(DE_ZASM=_dropped(insider, "content_sent")))
    assert code == 1
    said = json.dumps(report)
    for word in ("Zhavilto", "Quorlvex", ANALYST, "k.weber", "l.vogt", "m.chef", "2026/117", "entered by mistake"):
        assert word not in said


async def test_a_release_that_the_holder_dropped_and_signed_over_is_a_receipt_without_release(taken: Taken) -> None:
    code, report = await reconciled(*taken.files(DE_ZASM=_dropped(taken.forger(HOLDER), "content_sent")))
    assert code == 1
    (finding,) = report["findings"]
    assert finding["kind"] == "missing"
    number = _number(taken, ASKER, "content_received")
    place = f"{ASKER} entry {number} (content_received)"
    assert finding["text"] == f"{HOLDER} has no entry that it sent released content, which {place} has."
    assert finding["entries"] == [{"party": ASKER, "entry": number}]


async def test_a_receipt_that_the_asker_dropped_is_a_release_without_receipt(taken: Taken) -> None:
    code, report = await reconciled(*taken.files(FR_DNMS=_dropped(taken.forger(ASKER), "content_received")))
    assert code == 1
    assert [one["kind"] for one in report["findings"]] == ["missing"]
    assert report["findings"][0]["text"].startswith(f"{ASKER} has no entry that it received released content")


async def test_a_level_that_the_holder_makes_smaller_differs_from_what_was_received(taken: Taken) -> None:
    insider = taken.forger(HOLDER)
    told = _entry(taken, HOLDER, "query_answered")
    assert told.event.level == 2  # type: ignore[union-attr]
    smaller = told.event.model_copy(update={"level": 0, "cases": ()})
    code, report = await reconciled(*taken.files(DE_ZASM=insider.restated(told.number, smaller, {"user": "x"})))
    assert code == 1
    (text,) = [one["text"] for one in report["findings"] if one["kind"] == "differing"]
    assert f"entry {told.number} answers level 0" in text
    assert "received level 2" in text


async def test_a_release_whose_approval_was_dropped_is_named(taken: Taken) -> None:
    forged = _dropped(taken.forger(HOLDER), "approval_given")
    assert verify(forged, Trust((taken.parties[HOLDER].key,))).findings == [], "the verifier alone does not see it"
    code, report = await reconciled(*taken.files(DE_ZASM=forged))
    assert code == 1
    assert {one["kind"] for one in report["findings"]} == {"release_without_approval"}
    assert any("was made with 1 of 2 approvals" in one["text"] for one in report["findings"])


async def test_one_officer_who_approves_for_two_is_named(taken: Taken) -> None:
    second = _entry(taken, HOLDER, "approval_given", 1)
    opened = _opened(taken, HOLDER, second.number) | {"officer": "k.weber"}
    forged = taken.forger(HOLDER).restated(second.number, second.event, opened)
    code, report = await reconciled(*taken.files(DE_ZASM=forged))
    assert code == 1
    assert [one["kind"] for one in report["findings"]] == ["release_without_approval"]
    assert "one of them twice" in report["findings"][0]["text"]


async def test_a_receipt_for_an_erasure_that_is_missing_is_named(taken: Taken) -> None:
    code, report = await reconciled(*taken.files(DE_ZASM=_dropped(taken.forger(HOLDER), "deletion_confirmed")))
    assert code == 1
    (finding,) = report["findings"]
    assert finding["text"].startswith(f"{HOLDER} has no entry that it received the receipt for an erasure")


async def test_a_recall_that_was_not_confirmed_is_named(taken: Taken) -> None:
    code, report = await reconciled(*taken.files(FR_DNMS=_dropped(taken.forger(ASKER), "recall_received")))
    assert code == 1
    assert {one["text"].split(", which")[0] for one in report["findings"]} == {
        f"{ASKER} has no entry that it received a recall",
        f"{ASKER} has no entry that it sent the receipt for a recall",
    }


async def test_a_query_that_both_agencies_dropped_is_shown_by_the_coordinator(taken: Taken) -> None:
    forged = {}
    for party in (ASKER, HOLDER):
        gone = (
            {"query_sent", "answer_received"}
            if party == ASKER
            else {"query_received", "query_opened", "query_answered"}
        )
        forged[party.replace("-", "_")] = _dropped(taken.forger(party), *gone)
    code, report = await reconciled(*taken.files(**forged))
    assert code == 1
    missing = [one for one in report["findings"] if one["kind"] == "missing" and f"{COORDINATOR} entry" in one["text"]]
    assert {one["text"].split(" ")[0] for one in missing} == {ASKER, HOLDER}


async def test_a_file_that_was_changed_without_the_key_is_found_before_anything_is_compared(taken: Taken) -> None:
    changed = taken.exports[HOLDER].replace(b'"level":2', b'"level":1', 1)
    code, report = await reconciled(*taken.files(DE_ZASM=changed))
    assert code == 1
    assert any(one["kind"] == "verification" and one["text"].startswith(HOLDER) for one in report["findings"])


@pytest.mark.parametrize("wrong", ["cut", "same", "empty", "one"])
async def test_files_that_cannot_be_used_are_refused_with_2(taken: Taken, wrong: str) -> None:
    arguments = taken.files(
        DE_ZASM=taken.exports[HOLDER][:-40] if wrong == "cut" else b"" if wrong == "empty" else b"x"
    )
    first = arguments[0]
    code, report = await reconciled(*{"same": [first, first], "one": [first]}.get(wrong, arguments))
    assert code == 2
    assert report["error"]["code"] == "invalid_input"


def test_dropping_any_one_entry_names_exactly_that_disclosure(taken: Taken) -> None:
    logs = Logs.of(taken.exports)
    about: dict[tuple[str, int], set[str]] = {}
    for claim in logs.claims():
        about.setdefault((list(logs.entries)[claim.log], claim.number), set()).add(claim.key)
    checked = 0
    for party, entries in logs.entries.items():
        for entry, _ in entries:
            keys = about.get((party, entry.number))
            if not keys or entry.event.type in ONE_SIDED or _tells_nobody(entry.event):
                continue
            outcome = logs.without(party, entry).compared()
            where = f"{party} {entry.number} {entry.event.type}"
            assert outcome.findings, where
            for finding in outcome.findings:
                assert set().union(*(about[place] for place in finding.entries)) == keys, (where, finding.text)
            checked += 1
    assert checked > 100


def _tells_nobody(event: Event) -> bool:
    """Say whether an entry is of an erasure for which the receipt of a recall stands."""
    return getattr(event, "cause", "") == "recalled"


async def test_a_clock_that_is_an_hour_ahead_is_named_and_nothing_else(tmp_path: Path) -> None:
    made = CommandedFederation(tmp_path, {ASKER: "Asking", HOLDER: "Holding"})
    with made:
        await made.prepare()
        await made.start_hub()
        await made.start_nodes()
        await load(made, tmp_path, row_of("way"))
        made.running.pop(HOLDER).stop()
        made.launchers[HOLDER] = skewed(3600)
        await made.start(HOLDER)
        for _ in range(3):
            assert await hit_on(made, "way")
        for party in (ASKER, HOLDER):
            await made.command(party, "audit", "export", str(tmp_path / f"{party}.export"))
    code, report = await reconciled(*(str(tmp_path / f"{party}.export") for party in (ASKER, HOLDER)))
    assert code == 1
    assert {one["kind"] for one in report["findings"]} == {"clock"}, report["findings"]
    (clock,) = report["clocks"]
    assert clock["second_ahead_seconds"] == pytest.approx(3600, abs=5)
    assert [row["matched"] for row in report["counts"] if row["what"] == "query"] == [3]


def _dropped(insider: Forger, *kinds: str) -> bytes:
    """Let the first entry of each type go, with what is opened of it, and sign all anew."""
    gone, skipping, kept = set(kinds), False, []
    for line in insider.lines:
        if isinstance(line, ExportedEntry):
            kind = json.loads(line.body)["event"]["type"]
            skipping = kind in gone
            gone.discard(kind)
        if not (skipping and isinstance(line, ExportedEntry | ExportedOpening)):
            kept.append(line)
    return insider.rewritten(kept)


def _entry(taken: Taken, party: str, kind: str, place: int = 0) -> Entry:
    return Logs.of({party: taken.exports[party]}).find(party, kind, place)


def _number(taken: Taken, party: str, kind: str) -> int:
    return _entry(taken, party, kind).number


def _opened(taken: Taken, party: str, number: int) -> dict[str, str]:
    entries = Logs.of({party: taken.exports[party]}).entries[party]
    return dict(next(opened for entry, opened in entries if entry.number == number))
