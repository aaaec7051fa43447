"""Queries in the logs of asker, holder and coordinator, compared: whole, dropped, tampered with, clocks skewed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from auditing.reconciliation_logs import Clocks, clocks_of
from ledger.events import (
    AnswerReceived,
    MessageAccepted,
    MessagePosted,
    QueryAnswered,
    QueryOpened,
    QueryReceived,
    QueryRefused,
    QueryRelayed,
    QuerySent,
)
from ledger.federation_events import AnswerRelayed
from tests.unit.log_traffic import HASH, MONDAY, Said, entries_of
from tests.unit.reconciled import Logs, texts

FR, DE, HUB = "symbolon://agency/FR-DNMS", "symbolon://agency/DE-ZASM", "symbolon://coordinator/HUB"
ASKER, HOLDER = "FR-DNMS", "DE-ZASM"
PURPOSE = "terrorism"
STEP = timedelta(milliseconds=40)


class Traffic:
    """Queries as three parties log them, each a minute after the last."""

    def __init__(self) -> None:
        self.said: dict[str, list[Said]] = {ASKER: [], HOLDER: [], HUB: []}
        self._time = MONDAY

    def logs(self, *parties: str, later: timedelta = timedelta(days=3)) -> Logs:
        entries = {party: tuple(entries_of(self.said[party])) for party in parties or (ASKER, HOLDER, HUB)}
        return replace(Logs(entries), later=later)

    def query(self, level: int = 0, outcome: str = "", *, arrives: bool = True, refused: str = "") -> str:
        """Put a query to the holder; an outcome that is none of a reply is a failure."""
        self._time += timedelta(minutes=1)
        query_id = f"{int(self._time.timestamp()):032x}"
        digest, cases = query_id * 2, (("ca" * 32,) if level == 2 else ())
        outcome = outcome or ("hit" if level else "nothing")
        replied = outcome in ("hit", "nothing", "quota_used")
        about: dict[str, Any] = {"agreement_hash": HASH, "purpose": PURPOSE}
        put = QuerySent(
            query_id=query_id, purpose=PURPOSE, recipients=(DE,), agreements=("fr-de",), agreement_hashes=(HASH,)
        )
        self._say(ASKER, 0, put)
        relayed = QueryRelayed(
            query_id=query_id,
            sender=FR,
            recipients=(DE,),
            purposes=(PURPOSE,),
            agreements=("fr-de",),
            entries=(8,),
            envelope_bytes=(4096,),
            digests=(digest,),
        )
        self._say(HUB, 1, relayed)
        if arrives:
            came = QueryReceived(
                query_id=query_id, envelope_digest=digest, sender=FR, agreement="fr-de", entries=8, **about
            )
            self._say(HOLDER, 2, came)
            named: dict[str, Any] = {"query_id": query_id, "envelope_digest": digest, "sender": FR, **about}
            if refused:
                self._say(HOLDER, 3, QueryRefused(reason=refused, **named), {"justification": "{}"})
            else:
                trace = ("match: strong",) if level else ("nothing opened",)
                if level:
                    self._say(HOLDER, 3, QueryOpened(records=1, rules=("name",), bands=("strong",), **named))
                self._say(HOLDER, 3, QueryAnswered(level=level, cases=cases, trace=trace, **named))
        returned = AnswerRelayed(
            query_id=query_id,
            digest=digest,
            sender=FR,
            recipient=DE,
            purpose=PURPOSE,
            agreement="fr-de",
            outcome="reply" if replied else outcome,
            milliseconds=80,
        )
        self._say(HUB, 4, returned)
        got = AnswerReceived(
            query_id=query_id,
            envelope_digest=digest,
            member=DE,
            outcome=outcome,
            level=level if replied else 0,
            candidates=len(cases),
            cases=cases if replied else (),
            **about,
        )
        self._say(ASKER, 5, got)
        return query_id

    def message(self, sender: str, taker: str, digest: str) -> None:
        """Let a message go from one agency to the other."""
        self._time += timedelta(minutes=1)
        parties = {ASKER: FR, HOLDER: DE}
        self._say(sender, 0, MessagePosted(partner=parties[taker], digest=digest * 32, kibibytes=1))
        self._say(taker, 9, MessageAccepted(partner=parties[sender], digest=digest * 32, kibibytes=1))

    def _say(self, party: str, place: int, event: object, personal: dict[str, str] | None = None) -> None:
        self.said[party].append(Said(self._time + place * STEP, event, personal or {}))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    """Give ordinary queries: nothing, hits, a refusal, a node that cannot be reached."""
    made = Traffic()
    for _ in range(6):
        made.query(0)
        made.query(2)
        made.query(1)
    made.query(0, "quota_used", refused="quota_used")
    made.query(0, refused="fishing")
    made.query(0, "unreachable", arrives=False)
    for digest in ("1a", "2b", "3c"):
        made.message(ASKER, HOLDER, digest)
        made.message(HOLDER, ASKER, digest.replace(digest[0], "f"))
    made.query(2)
    return made


def keys(logs: Logs) -> dict[tuple[str, int], str]:
    """Give what each entry is about."""
    parties = list(logs.entries)
    return {(parties[claim.log], claim.number): claim.key for claim in logs.claims()}


@pytest.mark.parametrize("parties", [(ASKER, HOLDER), (ASKER, HOLDER, HUB), (ASKER, HUB), (HOLDER, HUB)])
def test_honest_logs_match(traffic: Traffic, parties: tuple[str, ...]) -> None:
    outcome = traffic.logs(*parties).compared()
    assert texts(outcome) == []
    assert {row["what"]: row["matched"] for row in outcome.rows() if row["what"] == "query"} == {"query": 22}


@pytest.mark.parametrize("parties", [(ASKER, HOLDER), (ASKER, HOLDER, HUB)])
def test_dropping_any_one_entry_names_that_query_or_message_once(traffic: Traffic, parties: tuple[str, ...]) -> None:
    logs = traffic.logs(*parties)
    about = keys(logs)
    for party, entries in logs.entries.items():
        for entry, _ in entries:
            outcome = logs.without(party, entry).compared()
            where = f"{party} {entry.number} {entry.event.type}"
            if _speaks_of_nothing_that_arrived(entry.event, logs, about[party, entry.number]):
                continue
            assert len(outcome.findings) == 1, (where, texts(outcome))
            (finding,) = outcome.findings
            assert finding.kind == "missing", where
            assert str(finding.text).startswith(f"{party} has no "), where
            assert {about[place] for place in finding.entries} == {about[party, entry.number]}, where


def _speaks_of_nothing_that_arrived(event: object, logs: Logs, key: str) -> bool:
    """Say whether a query failed on its way, of which the coordinator's word is one of several that need not be."""
    outcomes = [claim.facts.get("outcome") for claim in logs.claims() if claim.key == key]
    return "unreachable" in outcomes and isinstance(event, QueryRelayed | AnswerRelayed)


def test_a_level_that_one_side_tells_otherwise_differs(traffic: Traffic) -> None:
    logs = traffic.logs(ASKER, HOLDER)
    hit = next(entry for entry, _ in logs.entries[HOLDER] if getattr(entry.event, "level", 0) == 1)
    outcome = logs.saying(HOLDER, hit, level=0).compared()
    assert [one.kind for one in outcome.findings] == ["differing"]
    assert "answers level 0, entry" in str(outcome.findings[0].text)
    assert "received level 1" in str(outcome.findings[0].text)


def test_a_hit_told_that_the_asker_says_did_not_reach_it_differs() -> None:
    made = Traffic()
    made.query(2, "timed_out")
    (text,) = texts(made.logs(ASKER, HOLDER).compared())
    assert "received no reply (timed_out)" in text


def test_nothing_told_that_did_not_reach_the_asker_is_in_order() -> None:
    made = Traffic()
    made.query(0, "timed_out")
    assert texts(made.logs(ASKER, HOLDER, HUB).compared()) == []


def test_other_references_received_than_told_differ(traffic: Traffic) -> None:
    logs = traffic.logs(ASKER, HOLDER)
    told = next(entry for entry, _ in logs.entries[HOLDER] if getattr(entry.event, "level", 0) == 2)
    (text,) = texts(logs.saying(HOLDER, told, cases=("cb" * 32,)).compared())
    assert "different references" in text


@pytest.mark.parametrize("field", ["purpose", "agreement_hash", "envelope_digest"])
def test_another_purpose_agreement_or_envelope_differs(traffic: Traffic, field: str) -> None:
    logs = traffic.logs(ASKER, HOLDER)
    came = logs.find(HOLDER, "query_received")
    outcome = logs.saying(HOLDER, came, **{field: "ef" * 32}).compared()
    assert [one.kind for one in outcome.findings] == ["differing"]


def test_a_reply_that_the_coordinator_did_not_carry_differs(traffic: Traffic) -> None:
    logs = traffic.logs()
    outcome = logs.saying(HUB, logs.find(HUB, "answer_relayed"), outcome="unreachable").compared()
    assert ["the coordinator carried none" in text for text in texts(outcome)] == [True]


def test_the_coordinator_shows_a_query_that_both_sides_dropped(traffic: Traffic) -> None:
    logs = traffic.logs()
    for party, kinds in ((ASKER, ("query_sent", "answer_received")), (HOLDER, ("query_received", "query_answered"))):
        logs = logs.without(party, *(logs.find(party, kind) for kind in kinds))
    outcome = logs.compared()
    assert {one.kind for one in outcome.findings} == {"missing"}
    assert {text.split(" ")[0] for text in texts(outcome)} == {ASKER, HOLDER}


def test_a_clock_an_hour_ahead_is_one_finding_and_nothing_else(traffic: Traffic) -> None:
    for party, by in ((HOLDER, timedelta(hours=1)), (HOLDER, -timedelta(hours=30)), (ASKER, timedelta(minutes=2))):
        outcome = traffic.logs(ASKER, HOLDER).delayed(party, by).compared()
        assert [one.kind for one in outcome.findings] == ["clock"], texts(outcome)
        assert f"{abs(by.total_seconds()):,.0f} seconds" in str(outcome.findings[0].text)


def test_clocks_that_differ_by_seconds_are_told_and_no_finding(traffic: Traffic) -> None:
    logs = traffic.logs(ASKER, HOLDER).delayed(HOLDER, timedelta(seconds=20))
    assert texts(logs.compared()) == []
    (skew,) = logs.clocks().skews()
    assert skew.offset == pytest.approx(20, abs=0.1)
    assert skew.there is not None
    assert skew.there[0] == 21


def test_a_single_entry_dated_back_is_named(traffic: Traffic) -> None:
    logs = traffic.logs(ASKER, HOLDER)
    came = logs.find(HOLDER, "query_received", 3)
    dated = logs.changed(
        HOLDER, lambda one: (replace(one[0], time=one[0].time - timedelta(hours=2)), one[1]) if one[0] is came else one
    )
    outcome = dated.compared()
    assert [one.kind for one in outcome.findings] == ["clock"]
    assert f"{HOLDER} entry {came.number} (query_received) is dated" in str(outcome.findings[0].text)


def test_queries_at_the_edge_of_a_period_are_not_missing(traffic: Traffic) -> None:
    logs = traffic.logs(ASKER, HOLDER)
    entries = logs.entries[HOLDER]
    early = [entry for entry, _ in entries[:10]]
    part = replace(logs.without(HOLDER, *early), since={HOLDER: entries[10][0].time}).compared()
    assert texts(part) == []
    assert sum(row["not_yet"] for row in part.rows() if row["what"] == "query") >= 4


def test_a_message_that_stands_twice_after_a_power_cut_is_one(traffic: Traffic) -> None:
    made = Traffic()
    made.message(ASKER, HOLDER, "1a")
    made.said[ASKER].append(replace(made.said[ASKER][0], time=made.said[ASKER][0].time + STEP))
    outcome = made.logs(ASKER, HOLDER).compared()
    assert texts(outcome) == []
    assert [row["matched"] for row in outcome.rows()] == [1]


def test_entries_about_others_are_left_out_and_counted() -> None:
    made = Traffic()
    made.query(2)
    other = tuple(entries_of(_as(made.said[HOLDER])))
    logs = Logs({ASKER: tuple(entries_of(made.said[ASKER])), "GR-YPAM": other})
    outcome = logs.compared()
    assert texts(outcome) == []
    assert outcome.rows() == []


def _as(said: list[Said]) -> Iterator[Said]:
    for one in said:
        yield replace(one, event=one.event.model_copy(update={"sender": "symbolon://agency/IT-DCSA"}))


@pytest.mark.parametrize("is_slow_there", [True, False])
def test_where_the_clocks_stand_lies_between_the_ends_that_are_told(is_slow_there: bool) -> None:
    clocks = Clocks()
    for there, back in ((0.08, 0.02), (0.5, 0.021), (0.6, 0.022)):  # one way is slow, so its median misleads
        one, other = (0, 1) if is_slow_there else (1, 0)
        clocks.learn("query", one, 0.0, other, there)
        clocks.learn("query", other, 0.0, one, back)
    (skew,) = clocks.skews()
    assert skew.possible is not None
    logs: Any = [SimpleNamespace(party=ASKER), SimpleNamespace(party=HOLDER)]
    said = str(clocks_of(logs, skew))
    assert ("ahead" in said) is is_slow_there
    seconds, least, most = map(float, re.findall(r"-?\d+(?:\.\d+)?", said))
    assert least <= seconds <= most
    assert (least, most) == (-0.02, 0.08)
