"""What a curious party can make of all it holds: one run of a federation, and an attacker on each of its parties.

The rule of this file: an attack that fails here is shown to win on a capture that was weakened on purpose, so that a
failure of the attack means something. What the attacker does win is in `docs/explanation/threats.md` with its number.
"""

from __future__ import annotations

import itertools
import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence

import pytest

from deploy.local import COORDINATOR, CUSTODIAN, EPOCH
from ledger.log import Ledger
from matching import sodium
from matching.envelope import QueryBody, open_query
from matching.errors import ProtocolError, SealError
from matching.keys import SealingKey
from matching.lockbox import IndexRow, index_row, lookup_value, open_lockbox
from matching.oblivious import blind, generate_key, token_input
from matching.reply import REPLY_BYTES, open_reply
from node.config import load_home
from node.enrolment.index import IndexStore
from node.keys import NodeKeys, load_keys
from symbolon.v1.custodian_pb2 import EvaluateRequest
from symbolon.v1.relay_pb2 import DeliverRequest
from tests.integration.attacks import (
    Dictionary,
    Needles,
    add_person,
    all_features,
    deviations,
    held_in_memory,
    unlike,
    windows,
)
from tests.integration.crafted import custodian_key
from tests.integration.evidence import (
    ANSWER,
    DELIVER,
    EVALUATE,
    REPEATS,
    SPECIMENS,
    Evidence,
    gather,
)
from tests.integration.invented import ASKER, BYSTANDER, CASE, HOLDER, LEGAL_BASIS, USER, asked
from tests.integration.recording_party import WORDS_KEPT

pytestmark = pytest.mark.timeout(400)

URI = "symbolon://agency/"
BLOCK = 16
IMPROBABLE = 6.0
"""Standard deviations; two unrelated texts are off by more once in 500 million pairs."""

SURE = 0.001
"""Chance at most that the comparison of delays alarms without cause: one in a thousand over all kinds together."""


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """Give what one run left with each party."""
    return gather(tmp_path_factory.mktemp("evidence"))


@pytest.fixture(scope="module")
def dictionary(evidence: Evidence) -> Dictionary:
    """Give all tokens of everybody listed or asked for: what the custodian's key makes of a whole population."""
    rows = [row for rows in evidence.scene.lists.values() for row in rows] + [evidence.scene.stranger]
    queries = [asked(row) for row in rows]
    return Dictionary.of([*rows, *queries], custodian_key(evidence.scene))


def keys_of(evidence: Evidence, agency: str) -> NodeKeys:
    """Read an agency's secrets."""
    return load_keys(load_home(evidence.scene.federation.home(agency)).keys)


def opened_with(evidence: Evidence, keys: NodeKeys, holder: str) -> list[QueryBody]:
    """Open every envelope that came to a holder, with somebody's sealing key."""
    signing = keys_of(evidence, ASKER).signing.public_key()
    return [open_query(query, URI + holder, keys.sealing, signing) for query in evidence.delivered(holder)]


# What is searched for, and where.


def test_the_federation_answers_as_its_lists_say(evidence: Evidence) -> None:
    for answers in evidence.outcomes["listed"]:
        assert (answers[HOLDER]["outcome"], answers[HOLDER]["level"]) == ("hit", 2)
        assert answers[BYSTANDER]["outcome"] == "nothing"
    for answers in evidence.outcomes["stranger"]:
        assert {answer["outcome"] for answer in answers.values()} == {"nothing"}


@pytest.mark.parametrize("party", [COORDINATOR, CUSTODIAN])
def test_hub_and_custodian_hold_no_word_of_any_person_listed_or_asked_for(evidence: Evidence, party: str) -> None:
    needles = Needles()
    for row in (*itertools.chain(*evidence.scene.lists.values()), evidence.scene.stranger):
        add_person(needles, row)
    for text in (LEGAL_BASIS, CASE, USER):
        needles.add_text("reasons of the query", text)
    for answers in evidence.outcomes["listed"]:
        needles.add_text("reference told", answers[HOLDER]["candidates"][0]["reference"])
    captured = evidence.captured(party)
    assert needles.found_in(captured) == set()
    assert needles.found_in(captured + evidence.captured(ASKER)), "the same search finds them where they belong"


@pytest.mark.parametrize("party", [COORDINATOR, CUSTODIAN])
def test_hub_and_custodian_hold_no_token_nor_anything_a_token_is_made_of_or_makes(
    evidence: Evidence, dictionary: Dictionary, party: str
) -> None:
    needles = Needles()
    dictionary.add_to(needles, [URI + HOLDER, URI + BYSTANDER])
    captured = evidence.captured(party)
    assert needles.found_in(captured) == set()
    body = opened_with(evidence, keys_of(evidence, HOLDER), HOLDER)[0]
    assert needles.found_in(captured + body.lockbox) == {"tag"}, "a hub that got the lockbox unsealed would see tags"


def test_a_node_that_does_not_match_holds_no_word_and_no_secret_of_the_query(
    evidence: Evidence, dictionary: Dictionary
) -> None:
    needles = Needles()
    for row in (evidence.wanted, evidence.scene.stranger):
        add_person(needles, row)
    for token in Dictionary.of([asked(evidence.wanted)], custodian_key(evidence.scene)).tokens.values():
        needles.add_bytes("token", token)
    bodies = opened_with(evidence, keys_of(evidence, BYSTANDER), BYSTANDER)
    opened = b"\0".join(body.to_bytes() for body in bodies)
    assert needles.found_in(evidence.captured(BYSTANDER) + opened) == set()
    assert needles.found_in(evidence.captured(HOLDER)), "the node that matches does learn whom it was asked for"
    assert [(body.legal_basis, body.case_reference, body.user_id) for body in bodies] == [
        (LEGAL_BASIS, CASE, USER)
    ] * len(bodies), "what it does learn"


def test_a_node_that_does_not_match_finds_none_of_its_own_people_in_the_lockbox(
    evidence: Evidence, dictionary: Dictionary
) -> None:
    own = Dictionary.of(evidence.scene.lists[BYSTANDER], custodian_key(evidence.scene))
    bodies = opened_with(evidence, keys_of(evidence, BYSTANDER), BYSTANDER)
    assert [own.people_in(body.lockbox, URI + BYSTANDER) for body in bodies] == [{}] * len(bodies)
    body = opened_with(evidence, keys_of(evidence, HOLDER), HOLDER)[0]
    listed = Dictionary.of(evidence.scene.lists[HOLDER], custodian_key(evidence.scene))
    assert listed.people_in(body.lockbox, URI + HOLDER).keys() == {evidence.wanted["names"][0]}


def test_a_node_that_does_not_match_logs_who_asked_and_why_and_nothing_else(evidence: Evidence) -> None:
    with Ledger(load_home(evidence.scene.federation.home(BYSTANDER)).ledger_path) as ledger:
        entries = [entry for entry in ledger.entries() if entry.event.type.startswith("query_")]
        personal = {opening.name for entry in entries for opening in ledger.openings(entry.number)}
        answered = [entry.event.model_dump() for entry in entries if entry.event.type == "query_answered"]
    assert {entry.event.type for entry in entries} == {"query_received", "query_answered"}
    assert personal == {"user", "legal_basis", "case_reference", "justification"}
    assert {(event["level"], event["trace"]) for event in answered} == {(0, ("nothing opened",))}


def test_no_process_that_may_not_know_has_the_name_in_its_memory(evidence: Evidence) -> None:
    if evidence.in_memory is None:
        pytest.skip("this system does not let a process read its children's memory")
    for party in (COORDINATOR, CUSTODIAN, BYSTANDER):
        assert evidence.in_memory[party] == set(), party
    assert evidence.in_memory[ASKER], "the same search finds it in the process that put the query"
    own = evidence.wanted["names"][0].encode()
    assert held_in_memory(os.getpid(), [own]) == {own}


@pytest.mark.parametrize("party", [ASKER, HOLDER, BYSTANDER])
def test_no_node_keeps_words_of_names_in_its_caches_after_its_queries(evidence: Evidence, party: str) -> None:
    """That a query fills them, and that they are all there are, is in `tests/unit/test_forgetting.py`."""
    last = evidence.messages[party][-1]
    assert (last.method, last.data) == (WORDS_KEPT, b"0")


# Linking queries.


def sealed_bodies(evidence: Evidence) -> list[bytes]:
    """Give the sealed part of each envelope the hub relayed to the holder for the command line: A, B, A, B."""
    return [query.sealed for query in evidence.delivered(HOLDER)[:4]]


def linked(bodies: Sequence[bytes]) -> set[tuple[int, int]]:
    """Give the pairs that share a block at any place or agree in more bits than chance allows."""
    pairs = itertools.combinations(range(len(bodies)), 2)
    return {
        (one, other)
        for one, other in pairs
        if windows(bodies[one], BLOCK) & windows(bodies[other], BLOCK)
        or (len(bodies[one]) == len(bodies[other]) and deviations(bodies[one], bodies[other]) > IMPROBABLE)
    }


def test_the_hub_cannot_link_two_queries_for_one_person(evidence: Evidence) -> None:
    assert linked(sealed_bodies(evidence)) == set()
    both = [query.sealed for party in (HOLDER, BYSTANDER) for query in evidence.delivered(party)[:2]]
    assert linked(both) == set(), "nor one query at two responders"
    lockboxes = [body.lockbox for body in opened_with(evidence, keys_of(evidence, HOLDER), HOLDER)[:4]]
    assert linked(lockboxes) == {(0, 2), (1, 3)}, "without the seal, equal tags link the same persons"


def test_bits_betray_a_keystream_used_twice(evidence: Evidence) -> None:
    pad = sealed_bodies(evidence)[0]
    texts = [bytes(len(pad)), b"padding of zeros and little else".ljust(len(pad), b"\0")]
    reused = [bytes(one ^ other for one, other in zip(text, pad, strict=True)) for text in texts]
    assert deviations(*reused) > IMPROBABLE


def query_batches(evidence: Evidence) -> list[tuple[bytes, ...]]:
    """Give the batches that the custodian was sent by the asking node for its queries."""
    sent = [message.data for message in evidence.messages[ASKER] if message.method == EVALUATE]
    requests = [EvaluateRequest.FromString(data) for data in sent[::2]]
    assert {request.epoch for request in requests} == {EPOCH}
    return [tuple(request.blinded[start : start + 32] for start in range(0, len(request.blinded), 32))
            for request in requests]  # fmt: skip


def test_the_custodian_cannot_link_two_queries_for_one_person(evidence: Evidence) -> None:
    batches = query_batches(evidence)
    assert len(batches) == 4
    assert len({len(batch) for batch in batches}) == 1, "nor by the number of elements"
    assert linked([b"".join(batch) for batch in batches]) == set()
    for one, other in itertools.combinations(batches, 2):
        assert not set(one) & set(other)
    features = all_features(asked(evidence.wanted))
    inputs = list(dict.fromkeys(token_input(EPOCH, feature.canonical()) for feature in features))
    one_blind = [sodium.random_scalar()] * len(inputs)
    weak = [b"".join(blind(inputs, blinds=one_blind).elements) for _ in range(2)]
    assert linked(weak) == {(0, 1)}, "a client that used its blinds again would be linked"


# Hit or not, by size and time.


def test_sizes_are_the_same_for_hit_and_nothing(evidence: Evidence) -> None:
    kinds = [message for message in evidence.messages[COORDINATOR] if message.method in (ANSWER, DELIVER)]
    to_holder = evidence.delivered(HOLDER)
    assert len(to_holder) == 4 + 2 + len(SPECIMENS) * REPEATS
    assert {len(query.to_bytes()) for query in to_holder[:4]} == {len(to_holder[0].to_bytes())}
    assert {len(reply) for party in (HOLDER, BYSTANDER) for reply in evidence.replies(party)} == {REPLY_BYTES}
    outcomes = {len(message.data) for message in kinds if (message.direction, message.method) == ("out", DELIVER)}
    assert len(outcomes) == 2, "one for each responder's name"
    questions = [message.data for message in kinds if (message.direction, message.method) == ("in", DELIVER)][:4]
    assert len({len(data) for data in questions}) == 1
    assert {len(DeliverRequest.FromString(data).envelopes) for data in questions} == {2}


def test_only_the_asker_can_tell_the_specimens_apart(evidence: Evidence) -> None:
    assert evidence.told == {
        "hit": {2}, "nothing": {0}, "not allowed": {0}, "malformed": {0}, "fishing": {0}, "replayed": {None},
    }  # fmt: skip


@pytest.mark.parametrize("kind", sorted(set(SPECIMENS) - {"nothing"}))
def test_delays_in_ticks_do_not_tell_what_was_answered(evidence: Evidence, kind: str) -> None:
    nothing = evidence.ticks["nothing"]
    assert min(nothing) >= 1
    assert unlike(evidence.ticks[kind], nothing) > SURE / (len(SPECIMENS) - 1)


@pytest.mark.parametrize("late", [12, 15, 20])
def test_the_comparison_of_delays_finds_hits_that_come_a_tick_late(late: int) -> None:
    """Its power: from 12 late ones of 20 it alarms, so hits late in 3 of 4 cases are found in 95 of 100 runs."""
    weakened = [2] * late + [1] * (REPEATS - late)
    assert unlike(weakened, [1] * REPEATS) <= SURE / (len(SPECIMENS) - 1)


# Dictionary attacks.


def test_the_whole_population_with_the_keys_of_hub_and_custodian_opens_no_envelope(
    evidence: Evidence, dictionary: Dictionary
) -> None:
    relayed = evidence.captured(COORDINATOR)
    assert dictionary.people_in(relayed, URI + HOLDER) == {}
    assert dictionary.people_in(relayed, URI + BYSTANDER) == {}


def test_custodian_and_responder_together_learn_who_was_asked_for_there(
    evidence: Evidence, dictionary: Dictionary
) -> None:
    """T4, open: the bound is that it takes the responder's own sealing key, and wins at that responder only."""
    names = {evidence.wanted["names"][0], evidence.scene.stranger["names"][0]}
    keys = keys_of(evidence, HOLDER)
    for query, body in zip(evidence.delivered(HOLDER)[:2], opened_with(evidence, keys, HOLDER)[:2], strict=True):
        guessed = dictionary.people_in(body.lockbox, URI + HOLDER)
        best = max(guessed, key=lambda name: guessed[name])
        assert best in names
        pepper = bytes(32)
        made = [index_row(token, EPOCH, URI + HOLDER, pepper, None) for token in dictionary.tokens.values()]
        opened = open_lockbox(body.lockbox, query.header.lockbox_context(), pepper, _rows_among(made))
        assert opened is not None
        assert best in json.loads(opened.payload)["names"]
    signing = keys_of(evidence, ASKER).signing.public_key()
    for query in evidence.delivered(BYSTANDER):
        with pytest.raises(SealError):
            open_query(query, URI + BYSTANDER, keys.sealing, signing)


def _rows_among(made: Sequence[IndexRow[None]]) -> Callable[[Sequence[bytes]], list[IndexRow[None]]]:
    return lambda wanted: [row for row in made if row.lookup in wanted]


def test_nobody_but_the_asker_can_open_a_reply(evidence: Evidence) -> None:
    crafted = evidence.crafted
    context = crafted.query.reply_context()
    signing = keys_of(evidence, HOLDER).signing.public_key()
    reply = next(reply for reply in evidence.replies(HOLDER) if _verifies(reply, context, signing))
    everybody = [keys_of(evidence, agency).sealing for agency in (ASKER, HOLDER, BYSTANDER)]
    for sealing in (*everybody, SealingKey.generate()):
        with pytest.raises(SealError):
            open_reply(reply, sealing, context, signing)
    assert json.loads(open_reply(reply, crafted.reply_key, context, signing))["level"] == 2


def _verifies(reply: bytes, context: object, signing: object) -> bool:
    try:
        open_reply(reply, SealingKey.generate(), context, signing)  # type: ignore[arg-type]
    except SealError:
        return True
    except ProtocolError:
        return False
    return True


# A stolen index.


def stolen(evidence: Evidence, agency: str) -> list[tuple[bytes, bytes]]:
    """Read look-up values and masks from the stolen file."""
    with sqlite3.connect(load_home(evidence.scene.federation.home(agency)).index_path) as database:
        return list(database.execute("SELECT lookup, masked FROM entry"))


def people_recovered(
    evidence: Evidence, dictionary: Dictionary, agency: str, peppers: Iterator[bytes] | Sequence[bytes]
) -> set[str]:
    """Guess everybody against a stolen index under some peppers; give who is listed."""
    lookups = {lookup for lookup, _ in stolen(evidence, agency)}
    return {
        person
        for derived, people in dictionary.secrets_at(URI + agency).items()
        for pepper in peppers
        if lookup_value(pepper, derived.tag) in lookups
        for person in people
    }


def test_a_stolen_index_names_nobody_without_the_pepper_nor_without_the_custodians_key(
    evidence: Evidence, dictionary: Dictionary
) -> None:
    guessed = [bytes(32), b"\xff" * 32, (URI + HOLDER).encode().ljust(32, b"\0"), keys_of(evidence, BYSTANDER).pepper]
    assert people_recovered(evidence, dictionary, HOLDER, guessed) == set()
    rows = evidence.scene.lists[HOLDER]
    other_key = Dictionary.of(rows, generate_key())
    pepper = [keys_of(evidence, HOLDER).pepper]
    assert people_recovered(evidence, other_key, HOLDER, pepper) == set()
    listed = {row["names"][0] for row in rows}
    recovered = people_recovered(evidence, dictionary, HOLDER, pepper)
    assert listed <= recovered, "with both, the whole list is read: the bound of T15"
    assert not recovered - listed


def test_a_stolen_index_holds_no_word_of_a_record(evidence: Evidence, dictionary: Dictionary) -> None:
    home = load_home(evidence.scene.federation.home(HOLDER))
    needles = Needles()
    for row in evidence.scene.lists[HOLDER]:
        add_person(needles, row)
    dictionary.add_to(needles, [URI + HOLDER])
    index = b"".join(path.read_bytes() for path in home.index_path.parent.glob("index.db*"))
    assert needles.found_in(index) == set()
    assert needles.found_in(home.records_path.read_bytes()), "the records themselves are in clear, in another file"


def test_two_stolen_indexes_cannot_be_joined_though_they_list_one_person(evidence: Evidence) -> None:
    shared = evidence.scene.lists[HOLDER][-1]
    assert shared["names"] == evidence.scene.lists[BYSTANDER][-1]["names"]
    columns = [{value for row in stolen(evidence, agency) for value in row} for agency in (HOLDER, BYSTANDER)]
    assert not columns[0] & columns[1]
    blocks = [windows(b"".join(sorted(values)), BLOCK) for values in columns]
    assert not blocks[0] & blocks[1]
    tokens = Dictionary.of([shared], custodian_key(evidence.scene)).tokens.values()
    weak = [{index_row(token, EPOCH, "one name for all", bytes(32), None).lookup for token in tokens} for _ in columns]
    assert weak[0] & weak[1], "indexes of one pepper and one name would be joined"


def test_a_stolen_index_says_how_many_records_and_entries_there_are(evidence: Evidence) -> None:
    with IndexStore(load_home(evidence.scene.federation.home(HOLDER)).index_path) as index:
        counts = index.counts(EPOCH)
    assert counts.records == len(evidence.scene.lists[HOLDER])
    assert counts.entries == len(stolen(evidence, HOLDER))
