"""What a node believes of a directory: the rules of `node.directory.trust`, lie by lie."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from ledger.directory import DirectoryEntryError, read_directory
from ledger.directory_events import DirectoryEvent
from ledger.entries import Statement, draft, place
from ledger.events import MailRelayed
from ledger.notes import parse_note
from matching.keys import SigningKey
from node.directory.trust import (
    DirectoryCopy,
    Dispute,
    DisputedDirectoryError,
    Shown,
    UnreadableDirectoryError,
    continue_copy,
    count_cosignatures,
    foreign_entry,
    settle,
    settle_up_to,
    usable_members,
)
from tests.directory_log import (
    BEGAN,
    ORIGIN,
    WrittenLog,
    announced,
    cosigned,
    digest,
    entered,
    left,
    rekeyed,
    renewed,
    stated,
    uri,
)

KEYS = {name: SigningKey.generate() for name in ("AA", "BB", "CC", "DD")}
OWN = uri("AA")


def key_of(name: str) -> str:
    return KEYS[name].public_key().fingerprint()


def federation(*names: str) -> WrittenLog:
    """Give the log of a federation of these members."""
    members = [entered(name, key_of(name)) for name in names]
    return WrittenLog().write(stated(), announced(), *members)


def taken(log: WrittenLog, copy: DirectoryCopy | None = None, shown: Shown | None = None) -> DirectoryCopy:
    """Give a node's copy after it was shown the log."""
    copy = copy or DirectoryCopy()
    shown = shown or log.shown(copy.size)
    after = continue_copy(copy, shown, ORIGIN, log.key.public_key())
    return settle(count_cosignatures(after, shown, {uri(name): key.public_key() for name, key in KEYS.items()}), OWN)


def with_cosignatures(log: WrittenLog, copy: DirectoryCopy, *names: str) -> DirectoryCopy:
    """Show the log with its head cosigned by these members."""
    note = cosigned(log.head(), [(name, KEYS[name]) for name in names])
    return taken(log, copy, log.shown(copy.size, cosigned=note))


def disputed(log: WrittenLog, copy: DirectoryCopy, shown: Shown | None = None) -> DisputedDirectoryError:
    with pytest.raises(DisputedDirectoryError) as caught:
        taken(log, copy, shown)
    return caught.value


def test_a_log_that_grows_is_followed_entry_by_entry_and_in_one_go() -> None:
    log = federation("AA", "BB")
    step_by_step = DirectoryCopy()
    for size in range(1, 5):
        step_by_step = taken(log, step_by_step, log.shown(step_by_step.size, size))
    at_once = taken(log)
    assert step_by_step.logged == at_once.logged == at_once.settled
    assert set(at_once.logged.members) == {uri("AA"), uri("BB")}
    assert at_once.logged.live == "2026-1"


@pytest.mark.parametrize("size", [3, 4, 5])
def test_another_history_of_any_length_is_a_dispute_and_both_heads_are_kept(size: int) -> None:
    log = federation("AA", "BB")
    copy = taken(log)
    other = log.forked(2).write(entered("BB", "another key"), entered("AA", key_of("AA")), announced("2027-1"))
    found = disputed(log, copy, other.shown(copy.size, size)).evidence
    assert found.kind is Dispute.FORKED
    kept = json.loads(found.content)
    assert parse_note(kept["believed"].encode()).text == log.head().text
    assert parse_note(kept["head"].encode()).text == other.head(size).text


def test_an_entry_removed_from_the_log_is_another_history() -> None:
    log = federation("AA", "BB", "CC").write(left("CC"))
    copy = taken(log)
    without = log.forked(5).write(announced("2027-1"))
    assert disputed(log, copy, without.shown(copy.size)).evidence.kind is Dispute.FORKED


def test_an_older_directory_is_a_dispute_only_where_the_node_said_that_it_has_more() -> None:
    log = federation("AA", "BB")
    copy = taken(log)
    assert disputed(log, copy, log.shown(4, 3)).evidence.kind is Dispute.ROLLED_BACK
    late = log.shown(2, 3)  # asked before another process of this node learned more
    assert taken(log, copy, late).size == 4


def test_a_head_of_another_key_or_log_and_entries_that_are_none_prove_nothing() -> None:
    log = federation("AA", "BB")
    stranger = WrittenLog(entries=log.entries)
    elsewhere = WrittenLog(log.key, log.entries, "symbolon/coordinator/OTHER/directory")
    garbled = replace(log.shown(), bodies=[b"{}", *log.shown().bodies[1:]])
    missing = replace(log.shown(), bodies=log.shown().bodies[:-1])
    more = replace(log.shown(0, 2), bodies=log.shown().bodies)
    for shown in (
        stranger.shown(),
        elsewhere.shown(),
        garbled,
        missing,
        more,
        Shown(0, [], b""),
        Shown(0, [], b"\xff"),
    ):
        with pytest.raises(UnreadableDirectoryError):
            taken(log, None, shown)


def test_a_cosigned_head_of_another_history_is_a_dispute() -> None:
    log = federation("AA", "BB")
    copy = taken(log)
    other = log.forked(3).write(entered("BB", "another key"))
    log.write(renewed("BB", key_of("BB")))
    shown = replace(log.shown(copy.size), cosigned_head=str(cosigned(other.head(), [("BB", KEYS["BB"])])).encode())
    assert disputed(log, copy, shown).evidence.kind is Dispute.FORKED


@pytest.mark.parametrize(
    "events",
    [
        [entered("BB")],
        [renewed("BB", "another key")],
        [rekeyed("BB", key_of("BB"))],
        [renewed("DD")],
        [left("DD")],
        [announced(key="another")],
        [left("BB"), entered("BB", key_of("BB"), at=0)],
        [renewed("BB", key_of("BB"), at=1)],
    ],
)
def test_a_log_that_contradicts_itself_is_a_dispute(events: Sequence[DirectoryEvent]) -> None:
    log = federation("AA", "BB")
    copy = taken(log)
    log.write(*events)
    assert disputed(log, copy).evidence.kind is Dispute.CONTRADICTORY
    with pytest.raises(DirectoryEntryError):
        read_directory(log.entries)


def test_an_event_of_another_kind_of_log_does_not_belong_here() -> None:
    log = federation("AA", "BB")
    copy = taken(log)
    event = MailRelayed(sender=uri("AA"), recipient=uri("BB"), bags=1)
    log.entries.append(place(draft(Statement(event)), 5, log.entries[-1].leaf_hash, BEGAN))
    assert disputed(log, copy).evidence.kind is Dispute.CONTRADICTORY


def test_an_entry_about_this_node_is_its_own_or_a_dispute() -> None:
    log = federation("AA", "BB")
    copy = taken(log)
    made = rekeyed("AA", "new key")
    log.write(made)
    after = taken(log, copy)
    assert foreign_entry(copy, after, OWN, None) == 5
    assert foreign_entry(copy, replace(after, own=frozenset({made.description_digest})), OWN, None) is None
    assert foreign_entry(copy, after, uri("BB"), None) is None


def test_a_node_without_a_copy_knows_its_last_entry_by_its_keys() -> None:
    after = taken(federation("AA", "BB"))
    sealing = digest("sealing")
    assert foreign_entry(DirectoryCopy(), after, OWN, (key_of("AA"), sealing)) is None
    assert foreign_entry(DirectoryCopy(), after, OWN, (key_of("BB"), sealing)) == 3


def test_of_one_or_two_members_nothing_waits() -> None:
    log = federation("AA", "BB")
    copy = taken(log)
    log.write(rekeyed("BB", "new key"), announced("2027-1"))
    copy = taken(log, copy)
    assert usable_members(copy)[1] == ()
    assert usable_members(copy)[0][uri("BB")].keys[0] == digest("new key")
    assert copy.settled.live == "2027-1"


Change = Callable[[WrittenLog], WrittenLog]


@pytest.mark.parametrize(
    ("change", "waits"),
    [
        (lambda log: log.write(rekeyed("BB", "new key")), True),
        (lambda log: log.write(announced("2027-1")), True),
        (lambda log: log.write(left("BB"), entered("BB", "new key", at=2)), True),
        (lambda log: log.write(renewed("BB", key_of("BB"))), False),
        (lambda log: log.write(entered("DD", key_of("DD"))), False),
        (lambda log: log.write(left("BB")), False),
    ],
)
def test_of_three_members_a_changed_key_and_an_epoch_wait_for_another_members_cosignature(
    change: Change, waits: bool
) -> None:
    log = federation("AA", "BB", "CC")
    copy = taken(log)
    change(log)
    copy = taken(log, copy)
    assert bool(usable_members(copy)[1]) is waits
    assert copy.settled.size == 5
    copy = with_cosignatures(log, copy, "CC")
    assert usable_members(copy)[1] == ()
    assert copy.settled == copy.logged


def test_while_a_new_key_waits_the_old_one_counts_and_who_left_does_not() -> None:
    log = federation("AA", "BB", "CC")
    copy = taken(log)
    copy = taken(log.write(rekeyed("BB", "new key")), copy)
    assert usable_members(copy)[0][uri("BB")].keys[0] == key_of("BB")
    copy = taken(log.write(left("BB")), copy)
    assert uri("BB") not in usable_members(copy)[0]


def test_neither_the_member_concerned_nor_this_node_nor_a_stranger_vouches_for_a_change() -> None:
    log = federation("AA", "BB", "CC")
    copy = taken(log)
    log.write(rekeyed("BB", KEYS["DD"].public_key().fingerprint()))
    copy = with_cosignatures(log, copy, "BB", "AA", "DD")
    assert usable_members(copy)[1] == (6,)
    assert usable_members(with_cosignatures(log, copy, "CC"))[1] == ()


def test_a_member_made_up_together_with_the_change_does_not_vouch_for_it() -> None:
    log = federation("AA", "BB", "CC")
    copy = taken(log)
    log.write(entered("DD", key_of("DD")), rekeyed("BB", "new key"))
    copy = with_cosignatures(log, copy, "DD")
    copy = with_cosignatures(log, copy, "DD")
    assert usable_members(copy)[1] == (7,)


def test_removing_the_witnesses_first_does_not_help() -> None:
    log = federation("AA", "BB", "CC")
    copy = taken(log)
    copy = taken(log.write(left("CC"), rekeyed("BB", "new key")), copy)
    assert uri("CC") not in usable_members(copy)[0]
    assert usable_members(copy)[1] == (7,)


def test_a_cosignature_of_an_earlier_head_does_not_cover_a_later_change() -> None:
    log = federation("AA", "BB", "CC")
    copy = with_cosignatures(log, taken(log), "CC")
    earlier = cosigned(log.head(), [("CC", KEYS["CC"])])
    log.write(rekeyed("BB", "new key"))
    copy = taken(log, copy, log.shown(copy.size, cosigned=earlier))
    assert usable_members(copy)[1] == (6,)


def test_a_person_may_let_it_count_and_nothing_beyond_it() -> None:
    log = federation("AA", "BB", "CC")
    copy = taken(log)
    copy = taken(log.write(rekeyed("BB", "new key"), announced("2027-1")), copy)
    copy = settle_up_to(copy, 6)
    assert usable_members(copy)[0][uri("BB")].keys[0] == digest("new key")
    assert usable_members(copy)[1] == (7,)


def test_while_something_is_disputed_nothing_settles() -> None:
    log = federation("AA", "BB")
    copy = replace(taken(log), is_disputed=True)
    copy = taken(log.write(rekeyed("BB", "new key")), copy)
    assert copy.settled.size == 4


def test_this_nodes_own_new_key_waits_for_nobody() -> None:
    log = federation("AA", "BB", "CC")
    copy = taken(log)
    made = rekeyed("AA", "new key")
    after = taken(log.write(made), copy)
    assert usable_members(after)[1] == (6,)
    usable, waiting = usable_members(replace(after, own=frozenset({made.description_digest})))
    assert (usable[OWN].keys[0], waiting) == (digest("new key"), ())
