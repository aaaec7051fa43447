"""What an agreement and a record's own rules make of a match, and that a record nobody may know of is no record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from operator import sub
from pathlib import Path
from typing import Any

import pytest

from agreements.template import TEMPLATE
from matching.reply import REPLY_BYTES
from node.queries.answers import INCONCLUSIVE, NOTHING
from node.queries.examination import MAX_COMPARED, write_payload
from node.records.rules import HouseRules
from tests.unit import kept_files
from tests.unit.holder import JUSTIFICATION, OPEN, Asking, Holder, holder, person

MELANOS: dict[str, Any] = {"names": ["Giorgos Melanos"], "dob": ["1984-08-16"], "nationality": ["GR"], "gender": "M"}
ASKED = person(**MELANOS)
ROW: dict[str, Any] = {
    "record_id": "DE-1",
    "names": ["MELANOS Georgios"],
    "dob": ["1984-08-16"],
    "nationality": ["GR"],
}
LATER = "2100-01-01T00:00:00+00:00"
EARLIER = "2026-01-01T00:00:00+00:00"
TOLD_TO_NOBODY: list[dict[str, Any]] = [
    {"barred": ["FR"]},
    {"barred": ["FRA"]},
    {"barred": ["FR-DNMS"]},
    {"sealed": "yes"},
    {"sealed": "unknown"},
    {"hidden_until": LATER},
    {"at_most": 0},
    {"victim": "yes"},
    {"witness": "yes"},
    {"person_role": "missing"},
    {"category": "judicial_procedure"},
    {"nature": "political"},
]


def _row(**rules: Any) -> str:
    return json.dumps({**ROW, "rules": rules})


@contextmanager
def _holding(folder: Path, *rows: str, **given: Any) -> Iterator[Holder]:
    with holder(folder, "\n".join(rows), **given) as opened:
        yield opened


@pytest.mark.parametrize("rules", TOLD_TO_NOBODY, ids=json.dumps)
async def test_a_record_told_to_nobody_is_answered_like_no_record(tmp_path: Path, rules: dict[str, Any]) -> None:
    with _holding(tmp_path, _row(**rules)) as zasm:
        query, reply_key = zasm.envelope(Asking(ASKED))
        reply = await zasm.responder.answer(query.to_bytes())
        answer = zasm.read(reply, query, reply_key)
        assert len(reply) == REPLY_BYTES
        assert answer == NOTHING.model_copy(update={"left": answer.left})
        assert answer.left is not None
        assert answer.left.today == 499
        assert kept_files.referrals(zasm.cases.connection) == []
        (hits,) = (one for one in zasm.ledger.openings(2) if one.name == "hits")
    assert json.loads(hits.value)[0]["record_id"] == "DE-1"  # only this node's own log knows


@pytest.mark.parametrize(
    "rules",
    [{"barred": ["IT"]}, {"barred": []}, {"hidden_until": EARLIER}, {"at_most": 2}, {"category": "intelligence"}],
    ids=json.dumps,
)
async def test_rules_that_do_not_concern_the_asker_change_nothing(tmp_path: Path, rules: dict[str, Any]) -> None:
    with _holding(tmp_path, _row(**rules)) as zasm:
        assert (await zasm.ask(Asking(ASKED))).level == 2


@pytest.mark.parametrize("rules", [{"at_most": 1}, {"minor": "yes"}], ids=json.dumps)
async def test_a_record_with_a_bound_is_told_of_up_to_it(tmp_path: Path, rules: dict[str, Any]) -> None:
    with _holding(tmp_path, _row(**rules)) as zasm:
        answer = await zasm.ask(Asking(ASKED))
    assert (answer.level, answer.candidates, answer.contact) == (1, (), "")


@pytest.mark.parametrize("nationality", [["DE"], ["GR", "DE"], ["GR", "DEU"], []], ids=str)
async def test_own_nationals_dual_and_unknown_ones_are_protected(tmp_path: Path, nationality: list[str]) -> None:
    text = TEMPLATE.replace("own_nationals = 4", "own_nationals = 1")
    row = json.dumps({**ROW, "nationality": nationality})
    with _holding(tmp_path, row, agreement=text) as zasm:
        assert (await zasm.ask(Asking(ASKED))).level == 1


async def test_where_neither_record_nor_node_says_anything_nobody_is_told(tmp_path: Path) -> None:
    with _holding(tmp_path, json.dumps(ROW), house=HouseRules()) as zasm:
        assert await zasm.ask(Asking(ASKED)) == NOTHING
        zasm.change({**ROW, "rules": {name: getattr(OPEN, name) for name in HouseRules().unsaid}})
        assert (await zasm.ask(Asking(ASKED))).level == 2


async def test_a_change_of_the_rules_holds_from_the_next_query_on_without_enrolment(tmp_path: Path) -> None:
    with _holding(tmp_path, _row()) as zasm:
        assert (await zasm.ask(Asking(ASKED))).level == 2
        zasm.change({**ROW, "rules": {"sealed": "yes"}})
        assert await zasm.ask(Asking(ASKED)) == NOTHING
        zasm.change(ROW)
        assert (await zasm.ask(Asking(ASKED))).level == 2


async def test_namesakes_told_to_nobody_take_no_place_from_the_one_who_may_be_told(tmp_path: Path) -> None:
    closed = [
        json.dumps({**ROW, **MELANOS, "record_id": f"DE-{number}", "rules": {"barred": ["FR"]}})
        for number in range(100, 200)
    ]
    with _holding(tmp_path / "alone", _row()) as zasm:
        alone = await zasm.ask(Asking(ASKED))
    with _holding(tmp_path / "among", *closed, _row()) as zasm:
        among = await zasm.ask(Asking(ASKED))
        (hits,) = (one for one in zasm.ledger.openings(2) if one.name == "hits")
        (referral,) = kept_files.referrals(zasm.cases.connection)
    of_the_holder = {"candidates": {"__all__": {"reference", "repeat"}}}
    nameless = [answer.model_dump(exclude=of_the_holder) for answer in (alone, among)]
    assert nameless[0] == nameless[1]
    assert len(alone.candidates) == 1
    assert referral.record_id == "DE-1"
    assert len(json.loads(hits.value)) == MAX_COMPARED + 1


async def test_a_namesake_told_of_less_is_not_told_beside_one_told_of_more(tmp_path: Path) -> None:
    lesser = json.dumps({**ROW, "record_id": "DE-2", "rules": {"at_most": 1}})
    with _holding(tmp_path, _row(), lesser) as zasm:
        answer = await zasm.ask(Asking(ASKED))
        (referral,) = kept_files.referrals(zasm.cases.connection)
    assert (answer.level, len(answer.candidates), referral.record_id) == (2, 1, "DE-1")


async def test_whoever_fishes_for_a_closed_record_beside_an_honest_query_sees_no_difference(tmp_path: Path) -> None:
    closed = {"record_id": "DE-9", "names": ["Tatsuo Kirimori"], "dob": ["1961-02-03"], "rules": {"sealed": "yes"}}
    honest = person(names=["Giorgos Melanos"], dob=["1984-08-16"])
    both = person(names=["Giorgos Melanos", "Tatsuo Kirimori"], dob=["1984-08-16", "1961-02-03"])
    for place, rows in enumerate(([_row()], [_row(), json.dumps(closed)])):
        with _holding(tmp_path / str(place), *rows) as zasm:
            assert (await zasm.ask(Asking(both, payload=write_payload(honest)))).level == 2
            reasons = [entry.event.model_dump()["reason"] for entry in zasm.logged("query_refused")]
        assert reasons == ["fishing"] * place


async def test_fishing_for_a_closed_record_alone_takes_the_way_of_no_record_and_is_logged(tmp_path: Path) -> None:
    stranger = person(names=["Tatsuo Kirimori"], dob=["1961-02-03"])
    with _holding(tmp_path, _row(sealed="yes")) as zasm:
        assert await zasm.ask(Asking(ASKED, payload=write_payload(stranger))) == NOTHING
        kinds = zasm.kinds()
    assert kinds == ["query_received", "query_opened", "query_answered", "query_refused"]


async def test_a_discreet_hit_is_told_to_the_holder_s_officer_and_to_nobody_else(tmp_path: Path) -> None:
    with _holding(tmp_path, _row(category="discreet_check")) as zasm:
        assert await zasm.ask(Asking(ASKED)) == NOTHING
        (referral,) = kept_files.referrals(zasm.cases.connection)
        (silent,) = zasm.logged("hit_silent")
        kinds = zasm.kinds()
        answered = zasm.logged("query_answered")[0].event.model_dump()
    assert (referral.record_id, referral.state.value, referral.level) == ("DE-1", "silent", 2)
    assert (silent.event.model_dump()["records"], answered["level"]) == (1, 0)
    assert kinds == ["query_received", "query_opened", "query_answered", "hit_silent"]


async def test_a_discreet_hit_is_told_to_both_where_the_agreement_says_so(tmp_path: Path) -> None:
    text = TEMPLATE.replace('discreet_hits = "tell_holder_only"', 'discreet_hits = "tell_both"')
    with _holding(tmp_path, _row(discreet="yes"), agreement=text) as zasm:
        assert (await zasm.ask(Asking(ASKED))).level == 2
        assert zasm.logged("hit_silent") == []


async def test_a_discreet_record_that_is_barred_is_told_to_nobody_at_all(tmp_path: Path) -> None:
    with _holding(tmp_path, _row(discreet="yes", barred=["FR"])) as zasm:
        assert await zasm.ask(Asking(ASKED)) == NOTHING
        assert kept_files.referrals(zasm.cases.connection) == []


async def test_a_hit_is_noted_for_its_follow_up_with_what_was_asked(tmp_path: Path) -> None:
    with _holding(tmp_path, _row()) as zasm:
        answer = await zasm.ask(Asking(ASKED))
        (referral,) = kept_files.referrals(zasm.cases.connection)
    assert referral.reference == answer.candidates[0].reference
    assert (referral.record_id, referral.level, referral.state.value) == ("DE-1", 2, "told")
    assert (referral.asked.asker, referral.asked.user, referral.asked.case) == ("FR-DNMS", "a.analyst", "2026/117")
    assert (referral.asked.offence, referral.asked.penalty_months) == ("migrant_smuggling", 120)


@pytest.mark.parametrize(
    "change",
    [
        {"offence": "arson"},
        {"offence": ""},
        {"penalty_months": 11},
        {"penalty_months": None},
        {"nature": "political"},
        {"nature": ""},
        {"person_role": "witness"},
        {"person_role": ""},
        {"death_penalty": "yes"},
        {"death_penalty": "unknown"},
    ],
    ids=json.dumps,
)
async def test_what_the_justification_does_not_carry_opens_nothing(tmp_path: Path, change: dict[str, Any]) -> None:
    justification = JUSTIFICATION.model_copy(update=change).to_text()
    with _holding(tmp_path, _row()) as zasm:
        assert await zasm.ask(Asking(ASKED, body={"justification": justification})) == INCONCLUSIVE
        assert zasm.logged("query_opened") == []
        assert zasm.logged("query_refused")[0].event.model_dump()["reason"] == "not_allowed"


@pytest.mark.parametrize("text", ["", "{}", "danger to life", JUSTIFICATION.to_text() + " "])
async def test_a_justification_that_cannot_be_read_is_told_to_its_asker_as_inconclusive(
    tmp_path: Path, text: str
) -> None:
    with _holding(tmp_path, _row()) as zasm:
        for subject in (ASKED, person(names=["Tatsuo Kirimori"], dob=["1961-02-03"])):
            assert await zasm.ask(Asking(subject, body={"justification": text})) == INCONCLUSIVE


async def test_an_assurance_against_the_death_penalty_is_enough_where_the_agreement_says_so(tmp_path: Path) -> None:
    assured = JUSTIFICATION.model_copy(update={"death_penalty": "yes", "assurance": True}).to_text()
    with _holding(tmp_path / "assurance", _row()) as zasm:
        assert (await zasm.ask(Asking(ASKED, body={"justification": assured}))).level == 2
    text = TEMPLATE.replace('death_penalty = "assurance"', 'death_penalty = "refuse"   ')
    with _holding(tmp_path / "refuse", _row(), agreement=text) as zasm:
        assert await zasm.ask(Asking(ASKED, body={"justification": assured})) == INCONCLUSIVE


@pytest.mark.parametrize("by", ["DE-ZASM", "FR-DNMS"])
async def test_a_suspension_by_either_party_holds_from_the_next_query_on_and_until_taken_back(
    tmp_path: Path, by: str
) -> None:
    with _holding(tmp_path, _row()) as zasm:
        assert (await zasm.ask(Asking(ASKED))).level == 2
        zasm.declare("suspends", by)
        assert await zasm.ask(Asking(ASKED)) == INCONCLUSIVE
        assert zasm.logged("query_refused")[0].event.model_dump()["reason"] == "agreement_not_ours"
        zasm.declare("resumes", by)
        assert (await zasm.ask(Asking(ASKED))).level == 2


@pytest.mark.parametrize("rules", [{}, {"sealed": "yes"}], ids=["hit", "nothing"])
async def test_a_suspension_while_a_query_is_examined_keeps_its_answer_back(
    tmp_path: Path, rules: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with _holding(tmp_path, _row(**rules)) as zasm:
        examined = zasm.responder._examine

        def suspend_meanwhile(*given: Any) -> Any:
            finding = examined(*given)
            zasm.declare("suspends")
            return finding

        monkeypatch.setattr(zasm.responder, "_examine", suspend_meanwhile)
        assert await zasm.ask(Asking(ASKED)) == INCONCLUSIVE
        assert zasm.logged("query_refused")[0].event.model_dump()["reason"] == "agreement_lapsed"
        assert kept_files.referrals(zasm.cases.connection) == [], "what was not told is not noted as told"


async def test_an_agreement_whose_days_are_over_is_answered_under_no_more(tmp_path: Path) -> None:
    today, yesterday = datetime.now(UTC).date(), datetime.now(UTC).date() - timedelta(days=1)
    for until, level in ((today, 2), (yesterday, 0)):
        text = TEMPLATE.replace("until = 2027-12-31", f"until = {until}").replace(
            "from = 2026-01-01", "from = 2025-01-01"
        )
        with _holding(tmp_path / str(level), _row(), agreement=text) as zasm:
            assert (await zasm.ask(Asking(ASKED))).level == level


async def test_a_record_told_to_nobody_costs_the_same_writes_as_no_record(tmp_path: Path) -> None:
    rules: list[dict[str, Any]] = [*TOLD_TO_NOBODY[:5], {"category": "discreet_check"}]
    rows = [json.dumps({"record_id": "DE-2", "names": ["Ilse Brandhorst"]}), *(_row(**one) for one in rules), _row()]
    written = []
    for place, row in enumerate(rows):
        with _holding(tmp_path / str(place), row) as zasm:
            await zasm.ask(Asking(ASKED))  # the first makes the rows of the quota
            before = [_commits_and_pages(path) for path in _files(tmp_path / str(place))]
            await zasm.ask(Asking(ASKED))
            after = [_commits_and_pages(path) for path in _files(tmp_path / str(place))]
        written.append([tuple(map(sub, *pair)) for pair in zip(after, before, strict=True)])
    assert [[commits for commits, _ in one] for one in written] == [[2, 2]] * len(rows)
    (nothing, *closed, discreet, told), _ = zip(*written, strict=True)
    assert closed == [nothing] * 5
    assert discreet == told != nothing


def _files(folder: Path) -> list[Path]:
    return [folder / "data" / name for name in ("cases.db", "ledger.db")]


def _commits_and_pages(path: Path) -> tuple[int, int]:
    """Count what stands in a database's write-ahead log: a frame is a page, and one with a size ends a commit."""
    wal = path.with_name(path.name + "-wal").read_bytes()
    page = int.from_bytes(wal[8:12], "big")
    frames = range(32, len(wal) - 23, page + 24)
    return sum(wal[place + 4 : place + 8] != bytes(4) for place in frames), len(frames)
