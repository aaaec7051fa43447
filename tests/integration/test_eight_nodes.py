"""Eight nodes under different agreements: nobody sees what he may not, by content, count, size or time.

What may be seen is a table written by hand (`tests.integration.eight_agencies`); what was seen is one run of real
nodes (`tests.integration.eight_nodes`). That a search or comparison can fail is shown beside it.
"""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest

from deploy.local import COORDINATOR
from ledger.reading import LedgerReader
from matching.envelope import SealedQuery
from matching.reply import REPLY_BYTES
from node.cases_file import open_cases
from node.config import load_home
from node.queries.outcome_words import LEFT
from symbolon.v1.relay_pb2 import AnswerResponse, DeliverRequest
from tests.integration import eight_agencies as eight
from tests.integration.delays import ALPHA, COMPARISONS, REPEATS, by_ranks, told_apart
from tests.integration.eight_agencies import DE, ES, FR2, GR, IT, NAMES, PL
from tests.integration.eight_nodes import (
    NOTHING,
    RACERS,
    SILENT,
    TICK,
    TIMED,
    Evidence,
    gather,
)
from tests.integration.evidence import ANSWER, DELIVER
from tests.unit import kept_files

pytestmark = pytest.mark.timeout(400)

EVERYBODY = (*eight.PERSONS, eight.STRANGER)
PAIRS = tuple(itertools.permutations(NAMES, 2))


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """Give what one run left with each party."""
    return gather(tmp_path_factory.mktemp("eight"))


# What was shown at the desks, against the table.


def test_the_table_has_each_kind_at_each_agency_once_and_each_person_under_as_many_rules_as_agencies() -> None:
    for agency in NAMES:
        assert {eight.kind_at(agency, person).name for person in eight.PERSONS} == {one.name for one in eight.KINDS}
    for person in eight.PERSONS:
        assert len({eight.kind_at(agency, person).name for agency in NAMES}) == len(NAMES)
    assert {level for pair in PAIRS for person in EVERYBODY for _, level in [eight.may_see(*pair, person)]} == {0, 1, 2}


@pytest.mark.parametrize("asker", NAMES)
def test_every_analyst_is_told_of_everybody_what_the_table_says_and_no_more(evidence: Evidence, asker: str) -> None:
    for person in EVERYBODY:
        shown = evidence.shown[asker, person]
        told = {holder: (one["outcome"], one["level"]) for holder, one in shown.items() if holder != "error"}
        assert told == {holder: eight.may_see(asker, holder, person) for holder in NAMES if holder != asker}, person
        asks_nobody = {outcome for outcome, _ in told.values()} == {"not_asked"}
        assert ("error" in shown) == asks_nobody


def test_a_hit_has_as_many_candidates_and_a_contact_as_its_level_says(evidence: Evidence) -> None:
    for (_, _), shown in evidence.shown.items():
        for holder, one in shown.items():
            expected = (1, f"desk@{holder.lower()}.example") if one.get("level") == 2 else (0, "")
            assert holder == "error" or (len(one["candidates"]), one["contact"]) == expected


def test_what_is_shown_of_whom_nothing_may_be_told_is_what_is_shown_of_a_stranger(evidence: Evidence) -> None:
    """Every word of it, but for the time and for what is left of the day, which counts the questions."""
    for asker, holder in PAIRS:
        of_stranger = _words(evidence.shown[asker, eight.STRANGER][holder])
        for person in eight.PERSONS:
            if eight.may_see(asker, holder, person)[1] == 0:
                assert _words(evidence.shown[asker, person][holder]) == of_stranger


def _words(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name not in ("milliseconds", *LEFT)}


def test_what_is_left_of_the_day_counts_questions_and_nothing_else(evidence: Evidence) -> None:
    for asker, holder in PAIRS:
        left = [evidence.shown[asker, person][holder]["left_today"] for person in EVERYBODY]
        if eight.agreed(asker, holder) in eight.ANSWERED:
            assert sorted(left, reverse=True) == list(range(max(left), max(left) - len(left), -1))
        else:
            assert set(left) == ({0} if eight.agreed(asker, holder) == "empty" else {None})


def test_a_joint_team_s_member_is_answered_in_its_case(evidence: Evidence) -> None:
    assert (evidence.of_team["outcome"], evidence.of_team["level"]) == ("hit", 2)


def test_no_other_agreement_opens_what_is_owed_to_nobody(evidence: Evidence) -> None:
    """Past the asker's own node: ended, suspended, superseded, not accepted, a team's, without quota, of others."""
    assert {word for _, _, word in evidence.misnamed} >= {
        "past",
        "paused",
        "amended",
        "unready",
        "team",
        "empty",
        "zero",
    }
    for listed, stranger in evidence.misnamed.values():
        contents = [json.loads(content) | {"left": None} for _, content in (listed, stranger)]
        assert contents[0] == contents[1]
        assert contents[0]["level"] == 0
        assert {size for size, _ in (listed, stranger)} == {REPLY_BYTES}


# What an agency holds.


def _found(lowered: bytes, mark: str) -> bool:
    """Look for a mark in bytes made lower: in ASCII or two bytes a letter, in hexadecimal in three cases."""
    forms = [mark.lower().encode(), mark.lower().encode("utf-16-le")]
    forms += [one.encode().hex().encode() for one in (mark, mark.lower(), mark.upper())]
    return any(form in lowered for form in forms)


def _messages(evidence: Evidence, party: str) -> bytes:
    return b"\0".join(message.data for message in evidence.messages[party])


@pytest.mark.parametrize("party", [*NAMES, COORDINATOR])
def test_nobody_holds_a_word_of_a_partner_s_record(evidence: Evidence, party: str) -> None:
    """Files, databases, logs, and every message after TLS, the desk's included; the follow-up's content is below."""
    held = (evidence.before_release[party] + _messages(evidence, party)).lower()
    for holder in NAMES:
        found = {name for name, mark in eight.marks(holder).items() if _found(held, mark)}
        released = {"aliases", "caveats"} if (party, holder) == (IT, DE) else set()
        assert found == (set(eight.marks(holder)) if party == holder else found & released)


def test_of_a_record_that_withholds_fields_the_others_are_released_and_reach_its_asker_only(evidence: Evidence) -> None:
    person = eight.person_of(DE, "withheld")
    marks = eight.marks(DE, person)
    assert evidence.released["aliases"] == [marks["aliases"]]
    assert not {"documents", "phones", "record_id"} & evidence.released.keys()
    held = {party: (evidence.stored[party] + _messages(evidence, party)).lower() for party in evidence.stored}
    holding = {name: {party for party, one in held.items() if _found(one, mark)} for name, mark in marks.items()}
    assert holding == {
        "aliases": {DE, IT}, "caveats": {DE, IT}, "record_id": {DE}, "documents": {DE}, "phones": {DE},
    }  # fmt: skip
    others = [other for other in eight.PERSONS if other != person]
    assert not any(_found(held[IT], mark) for other in others for mark in eight.marks(DE, other).values())


def _references(text: bytes) -> set[str]:
    return {one.decode() for one in re.findall(rb"(?<![A-Z2-7])[A-Z2-7]{16}(?![A-Z2-7])", text)}


def _drawn(evidence: Evidence, holder: str) -> dict[str, tuple[str, str]]:
    """Give the asker and state behind each reference that a holder drew and kept, told or not."""
    with open_cases(load_home(evidence.scene.federation.home(holder)).cases_path) as file:
        return {one.reference: (one.asked.asker, one.state.value) for one in kept_files.referrals(file.connection)}


def test_nobody_holds_a_reference_that_he_was_not_told(evidence: Evidence) -> None:
    told: dict[str, set[str]] = {agency: set() for agency in NAMES}
    by_desk = [(asker, shown) for (asker, _), shown in evidence.shown.items()]
    raced = [(asker, {DE: one}) for asker, race in evidence.races.items() for one in race]
    for asker, shown in [*by_desk, *raced, (IT, {GR: evidence.of_team})]:
        told[asker] |= {one["reference"] for answer in shown.values() for one in answer.get("candidates", ())}
    drawn = {holder: _drawn(evidence, holder) for holder in NAMES}
    states = {state for ones in drawn.values() for _, state in ones.values()}
    assert states >= {"told", "silent"}
    everywhere = {reference for ones in drawn.values() for reference in ones}
    for agency in NAMES:
        held = _references(evidence.stored[agency] + _messages(evidence, agency))
        assert held & (everywhere - drawn[agency].keys()) == told[agency]


def test_an_asker_s_log_and_cases_have_one_entry_an_answer_and_one_case_a_candidate(evidence: Evidence) -> None:
    for asker in NAMES:
        home = load_home(evidence.scene.federation.home(asker))
        shown = [(person, holder) for person in EVERYBODY for holder in NAMES if holder != asker]
        asked = [one for one in shown if eight.may_see(asker, one[1], one[0])[0] != "not_asked"]
        candidates = [one for one in asked if eight.may_see(asker, one[1], one[0])[1] == 2]
        entries = [entry.event.model_dump() for entry in LedgerReader(home.ledger_path).entries()]
        answers = [one for one in entries if one["type"] == "answer_received"]
        beside = {FR2: RACERS, PL: RACERS, ES: 3, IT: 1}.get(asker, 0)
        assert len(answers) == len(asked) + beside
        beside_found = sum(one["level"] == 2 for one in [*evidence.races.get(asker, ())]) + (asker == IT)
        assert sum(one["candidates"] for one in answers) == len(candidates) + beside_found
        with open_cases(home.cases_path) as file:
            assert len(list(kept_files.cases(file.connection))) == len(candidates) + beside_found


# What the hub saw: sizes and numbers.


def test_replies_and_what_the_hub_passes_on_have_one_size_each(evidence: Evidence) -> None:
    sizes: dict[tuple[str, str], set[int]] = {}
    for message in evidence.messages[COORDINATOR]:
        sizes.setdefault((message.direction, message.method.rpartition("/")[2]), set()).add(len(message.data))
    replies = [
        len(AnswerResponse.FromString(message.data).reply.reply)
        for message in evidence.messages[COORDINATOR]
        if (message.direction, message.method) == ("in", ANSWER)
    ]
    assert set(replies) == {REPLY_BYTES}
    assert len(sizes["in", "Answer"]) == 1
    assert sizes["in", "Carry"] == sizes["out", "Accept"], "bags, those of the follow-up among them"
    assert len(sizes["in", "Carry"]) == 1


def test_an_agency_s_question_is_as_long_and_goes_to_as_many_whoever_is_asked_about(evidence: Evidence) -> None:
    questions: dict[tuple[str, ...], set[tuple[int, ...]]] = {}
    for message in evidence.messages[COORDINATOR]:
        if (message.direction, message.method) == ("in", DELIVER):
            queries = [one.query for one in DeliverRequest.FromString(message.data).envelopes]
            if len(queries) > 1:
                questions.setdefault(_addresses(queries), set()).add(tuple(map(len, queries)))
    assert all(len(lengths) == 1 for lengths in questions.values()), questions
    assert len(questions) == sum(
        sum(eight.may_see(asker, holder, 0)[0] != "not_asked" for holder in NAMES if holder != asker) > 1
        for asker in NAMES
    )


def _addresses(queries: list[bytes]) -> tuple[str, ...]:
    headers = [SealedQuery.from_bytes(query).header for query in queries]
    return (headers[0].sender, *(header.recipient for header in headers))


# Time.


def _ticks(evidence: Evidence) -> dict[str, list[int]]:
    """Give the delays in ticks as the hub has them: from handing an envelope on to having the reply."""
    seconds = {one.data: one.seconds for one in evidence.messages[COORDINATOR] if one.method == ANSWER}
    ticks: dict[str, list[int]] = {}
    for one in evidence.timed:
        ticks.setdefault(one.kind, []).append(round((seconds[one.response] - seconds[one.request]) / TICK))
    return ticks


@pytest.mark.parametrize("kind", TIMED)
def test_delays_in_ticks_do_not_tell_what_was_answered(evidence: Evidence, kind: str) -> None:
    ticks = _ticks(evidence)
    assert min(ticks[NOTHING]) >= 1
    assert len(ticks[kind]) == REPEATS
    assert told_apart(ticks[kind], ticks[NOTHING]) > ALPHA, ticks


@pytest.mark.parametrize("kind", SILENT)
def test_delays_below_the_tick_do_not_tell_what_is_kept_silent(evidence: Evidence, kind: str) -> None:
    times = {one: [timed.seconds for timed in evidence.timed if timed.kind == one] for one in (kind, NOTHING)}
    assert by_ranks(times[kind], times[NOTHING]) > ALPHA, times


def test_the_chance_of_a_false_alarm_is_shared_out_among_all_comparisons() -> None:
    assert len(TIMED) + len(SILENT) <= COMPARISONS


# Races.


def test_two_askers_that_race_each_get_their_own_quota_to_the_last_question(evidence: Evidence) -> None:
    left = eight.QUOTA_OF_FEW - len(EVERYBODY)
    for race in evidence.races.values():
        answered = [one for one in race if one["outcome"] != "quota_used"]
        assert sorted(one["left_today"] for one in answered) == list(range(left))
        assert [(one["outcome"], one["level"]) for one in answered] == [one["expected"] for one in answered]
        assert {(one["left_today"], one["level"]) for one in race if one not in answered} == {(0, 0)}


def test_a_change_of_the_agreement_while_a_question_is_under_way_ends_it_at_either_side(evidence: Evidence) -> None:
    assert {change: one["outcome"] for change, one in evidence.interrupted.items()} == {
        "suspended by the holder": "inconclusive",
        "suspended by the asker": "lapsed",
        "amended at the holder": "inconclusive",
    }
    assert not any(one["level"] or one["candidates"] or one["contact"] for one in evidence.interrupted.values())
