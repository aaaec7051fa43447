"""The laws of the mail: everything arrives, once and in order, and nothing stays or shows that need not."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.events import MessageAccepted, MessagePosted
from matching.mailbag import Mailbag, MailbagHeader, seal_mailbag
from node.mail import bags, inbox, store, tables
from node.mail.frames import LARGEST_MESSAGE, MOST_MESSAGES, Receipt
from node.mail.recording import digest, size_class
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.mail_pair import ALFA, BRAVO, KEYS, SECRET, STRANGER, House, Pair


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(House(ALFA, tmp_path / "alfa"), House(BRAVO, tmp_path / "bravo"))
    yield made
    made.alfa.close()
    made.bravo.close()


def test_messages_arrive_once_and_in_order_in_both_directions(pair: Pair) -> None:
    sent = [b"%d" % number * (1 + 3_000 * number) for number in range(12)]
    for content in sent:
        pair.alfa.post(content, pair.now)
        pair.bravo.post(content[::-1], pair.now)
    pair.ticks(20)
    assert pair.bravo.steps() == sent
    assert pair.alfa.steps() == [content[::-1] for content in sent]
    assert store.waiting(pair.alfa.cases.connection) == store.waiting(pair.bravo.cases.connection) == []


def test_messages_that_say_the_same_are_handed_over_each_under_its_name(pair: Pair) -> None:
    names = [pair.alfa.post(SECRET, pair.now) for _ in range(3)]
    pair.ticks(4)
    steps = pair.bravo.cases.connection.execute("SELECT message FROM step ORDER BY rowid")
    assert [row["message"] for row in steps] == names


def test_the_largest_message_arrives_and_one_byte_more_is_refused(pair: Pair) -> None:
    content = bytes(range(256)) * (LARGEST_MESSAGE // 256)
    pair.alfa.post(content, pair.now)
    pair.ticks(262)
    assert pair.bravo.steps() == [content]
    for wrong in (content + b"x", b""):
        with pytest.raises(SymbolonError) as refused:
            pair.alfa.post(wrong, pair.now)
        assert refused.value.code is ErrorCode.INVALID_INPUT


def test_bags_have_one_size_whether_messages_flow_or_not(pair: Pair) -> None:
    quiet = {pair.tick() for _ in range(3)}
    pair.alfa.post(bytes(70_000), pair.now)
    pair.alfa.post(b"short", pair.now)
    assert {pair.tick() for _ in range(10)} == quiet
    assert len(quiet) == 1


def test_a_message_and_the_step_it_tells_of_are_one_commit(pair: Pair) -> None:
    def interrupted() -> None:
        with pair.alfa.cases.transaction() as connection:
            store.post(connection, BRAVO, SECRET, pair.now, pair.now + timedelta(days=1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    pair.ticks(4)
    assert pair.bravo.steps() == []
    with pytest.raises(RuntimeError, match="inside the transaction"):
        store.post(pair.alfa.cases.connection, BRAVO, SECRET, pair.now, pair.now + timedelta(days=1))


def test_what_was_lost_on_the_way_is_sent_again_until_it_is_confirmed(pair: Pair) -> None:
    content = bytes(range(250)) * 400
    message = pair.alfa.post(content, pair.now)
    for number in range(30):
        pair.tick(there=number % 3 != 1, back=number % 4 != 2)
    assert pair.bravo.steps() == [content]
    assert pair.alfa.ended(message) == "delivered"


def test_a_message_whose_receipt_was_lost_is_not_handled_twice(pair: Pair) -> None:
    pair.alfa.post(SECRET, pair.now)
    for _ in range(12):
        pair.tick(back=False)
    assert pair.bravo.steps() == [SECRET]
    assert len(store.waiting(pair.alfa.cases.connection)) == 1
    pair.ticks(4)
    assert pair.bravo.steps() == [SECRET]
    assert store.waiting(pair.alfa.cases.connection) == []


@pytest.mark.parametrize("moment", ["after post", "mid-way", "before receipt"])
def test_nothing_is_lost_or_doubled_when_either_side_starts_again(pair: Pair, moment: str) -> None:
    sent = [bytes(60_000), SECRET]
    for content in sent:
        pair.alfa.post(content, pair.now)
    for _ in range({"after post": 0, "mid-way": 2, "before receipt": 6}[moment]):
        pair.tick(back=moment == "mid-way")
    pair.alfa.restart()
    pair.bravo.restart()
    pair.ticks(12)
    assert pair.bravo.steps() == sent
    assert store.waiting(pair.alfa.cases.connection) == []


def test_mail_waits_for_days_and_says_for_how_long(pair: Pair) -> None:
    posted_at = pair.now
    pair.alfa.post(SECRET, pair.now)
    pair.now += timedelta(days=9)
    for _ in range(40):
        pair.tick(there=False, back=False)
    waits = store.waiting(pair.alfa.cases.connection)
    assert waits == [store.Waiting(BRAVO, 1, posted_at)]
    pair.ticks(4)
    assert pair.bravo.steps() == [SECRET]


def test_an_expired_message_is_erased_said_to_be_and_holds_up_nobody(pair: Pair) -> None:
    expired = pair.alfa.post(SECRET * 1_000, pair.now, days=1)
    pair.tick()
    pair.alfa.post(b"later", pair.now, days=9)
    pair.now += timedelta(days=2)
    pair.ticks(6)
    assert pair.bravo.steps() == [b"later"]
    assert pair.alfa.ended(expired) == "expired"
    assert SECRET not in pair.alfa.on_disk()
    assert SECRET not in pair.bravo.on_disk()


def test_what_the_partner_holds_is_erased_from_the_outbox(pair: Pair) -> None:
    pair.alfa.post(SECRET, pair.now)
    assert SECRET in pair.alfa.on_disk()
    pair.ticks(4)
    assert SECRET not in pair.alfa.on_disk()


def test_a_message_that_no_handler_takes_is_set_aside_and_blocks_nobody(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    pair.bravo.raises = ValueError(SECRET.decode())
    pair.alfa.post(SECRET, pair.now)
    pair.ticks(3)
    pair.bravo.raises = None
    pair.alfa.post(b"good", pair.now)
    pair.ticks(3)
    assert pair.bravo.steps() == [b"good"]  # what the handler wrote before it raised is undone
    aside = store.set_aside(pair.bravo.cases.connection)
    assert [(one.partner, one.reason) for one in aside] == [(ALFA, "ValueError")]
    kept = pair.bravo.cases.connection.execute("SELECT content FROM mail_set_aside").fetchone()
    assert kept["content"] == SECRET
    assert "ValueError" in caplog.text
    assert "Zhavande" not in caplog.text


@pytest.mark.parametrize(
    "failure", [OSError(28, "no space"), MemoryError(), SymbolonError(ErrorCode.LOG_NOT_WRITABLE)], ids=type
)
def test_a_fault_of_the_machine_is_not_held_against_the_message(pair: Pair, failure: Exception) -> None:
    pair.bravo.raises = failure
    pair.alfa.post(SECRET, pair.now)
    for _ in range(3):
        pair.now += timedelta(minutes=1)
        bag = pair.bag(pair.alfa)
        try:
            pair.bravo.room.read_bag(bag, pair.now)
        except type(failure):
            break
    assert store.set_aside(pair.bravo.cases.connection) == []
    pair.bravo.raises = None
    pair.ticks(8)
    assert pair.bravo.steps() == [SECRET]


def test_without_an_event_in_the_log_nothing_leaves_and_bags_go_on(pair: Pair) -> None:
    pair.tick()
    pair.alfa.post(SECRET, pair.now)
    moved = pair.alfa.folder / "elsewhere.db"
    (pair.alfa.folder / "ledger.db").rename(moved)
    sizes = {pair.tick() for _ in range(4)}
    assert len(sizes) == 1
    assert pair.bravo.steps() == []
    moved.rename(pair.alfa.folder / "ledger.db")
    pair.ticks(4)
    assert pair.bravo.steps() == [SECRET]


def test_both_logs_have_the_same_digest_of_each_message_and_none_of_a_bag(pair: Pair) -> None:
    message = pair.alfa.post(SECRET, pair.now)
    pair.ticks(8)
    wanted = [digest(ALFA, BRAVO, message, SECRET).hex()]
    assert pair.alfa.logged(MessagePosted) == pair.bravo.logged(MessageAccepted) == wanted
    assert pair.alfa.ledger.count() == pair.bravo.ledger.count() == 1


def test_a_size_class_is_a_power_of_two() -> None:
    sizes = (1, 1024, 1025, 2048, 2049, 100_000, LARGEST_MESSAGE)
    assert [size_class(size) for size in sizes] == [1, 1, 2, 2, 4, 128, 4096]


def test_a_bag_that_is_replayed_older_or_for_somebody_else_is_ignored(pair: Pair) -> None:
    pair.alfa.post(b"first", pair.now)
    old = pair.bag(pair.alfa)
    pair.now += timedelta(minutes=1)
    new = pair.bag(pair.alfa)
    pair.bravo.room.read_bag(new, pair.now)
    for ignored in (old, new, new[:-1], b"", pair.bag(pair.alfa, STRANGER)):
        pair.bravo.room.read_bag(ignored, pair.now)
    assert pair.bravo.steps() == []
    pair.ticks(6)
    assert pair.bravo.steps() == [b"first"]


def test_a_bag_held_back_for_too_long_is_ignored(pair: Pair) -> None:
    pair.alfa.post(b"first", pair.now)
    bag = pair.bag(pair.alfa)
    pair.bravo.room.read_bag(bag, pair.now + timedelta(minutes=13))
    assert pair.bravo.steps() == []


def test_the_process_log_names_from_whom_an_unread_bag_says_it_is(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    pair.bravo.partners = (STRANGER,)
    pair.bravo.room.read_bag(pair.bag(pair.alfa), pair.now)
    assert f"from {ALFA} was not read: PartyError" in caplog.text
    header = MailbagHeader("symbolon://agency/A|ERROR:all-is-lost", BRAVO, 1, int(pair.now.timestamp()))
    odd = seal_mailbag(header, b"", KEYS[BRAVO].sealing.public_key(), KEYS[ALFA].signing)
    pair.bravo.room.read_bag(odd.to_bytes(), pair.now)
    pair.bravo.room.read_bag(b"no bag", pair.now)
    assert "from no party was not read: PartyError" in caplog.text
    assert "from nobody that can be read was not read: EncodingError" in caplog.text
    assert "all-is-lost" not in caplog.text


def test_a_member_without_an_agreement_is_not_read(pair: Pair) -> None:
    pair.bravo.partners = (STRANGER,)
    pair.alfa.post(SECRET, pair.now)
    pair.ticks(3)
    assert pair.bravo.steps() == []
    assert pair.bravo.room.partners() == [STRANGER]


def test_one_partner_cannot_confirm_or_end_what_is_for_another(pair: Pair, tmp_path: Path) -> None:
    stranger = House(STRANGER, tmp_path / "stranger")
    pair.alfa.partners = (BRAVO, STRANGER)
    message = pair.alfa.post(SECRET, pair.now)
    line = stranger.room._line(ALFA)
    line.receipts[message] = len(SECRET)
    pair.alfa.room.read_bag(stranger.room.make_bag(ALFA, pair.now), pair.now)
    assert pair.alfa.ended(message) is None
    stranger.close()


def test_a_sender_put_back_to_a_backup_is_heard_at_once_and_nothing_is_handled_twice(pair: Pair) -> None:
    pair.alfa.post(b"kept", pair.now)
    pair.alfa.close()
    shutil.copytree(pair.alfa.folder, pair.alfa.folder.with_name("backup"))
    pair.alfa.open()
    pair.ticks(3)
    pair.alfa.post(b"gone with the disk", pair.now)
    pair.ticks(3)
    pair.alfa.close()
    shutil.rmtree(pair.alfa.folder)
    pair.alfa.folder.with_name("backup").rename(pair.alfa.folder)
    pair.alfa.open()
    pair.now += timedelta(minutes=1)
    pair.alfa.post(b"new", pair.now)
    pair.ticks(5)
    assert pair.bravo.steps() == [b"kept", b"gone with the disk", b"new"]
    assert store.waiting(pair.alfa.cases.connection) == []


def test_a_receiver_put_back_to_a_backup_goes_on_with_what_is_outstanding(pair: Pair) -> None:
    pair.bravo.close()
    shutil.copytree(pair.bravo.folder, pair.bravo.folder.with_name("backup"))
    pair.bravo.open()
    pair.alfa.post(bytes(60_000), pair.now)
    pair.alfa.post(b"last", pair.now)
    pair.ticks(2)
    pair.bravo.close()
    shutil.rmtree(pair.bravo.folder)
    pair.bravo.folder.with_name("backup").rename(pair.bravo.folder)
    pair.bravo.open()
    pair.ticks(10)
    assert pair.bravo.steps() == [bytes(60_000), b"last"]


def test_a_bag_that_is_full_of_messages_costs_its_reader_a_few_and_one_write_of_the_log(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partner need not pack as this node does: 160 messages of a byte fit into a bag."""
    pair.alfa.post(b"first", pair.now)
    pair.ticks(4)
    monkeypatch.setattr(bags, "MOST_MESSAGES", 160)
    with pair.alfa.cases.transaction() as connection:
        for number in range(160):
            store.post(connection, BRAVO, b"%d" % number, pair.now, pair.now + timedelta(days=1))
    commits = pair.bravo.ledger_commits()
    pair.now += timedelta(minutes=1)
    pair.bravo.room.read_bag(pair.bag(pair.alfa), pair.now)
    assert pair.bravo.steps() == [b"first", *(b"%d" % number for number in range(MOST_MESSAGES))]
    assert len(pair.bravo.logged(MessageAccepted)) == 1 + MOST_MESSAGES
    assert pair.bravo.ledger_commits() - commits == 1
    pair.ticks(200)
    assert pair.bravo.steps()[1:] == [b"%d" % number for number in range(160)]


def test_of_a_partner_that_sends_nonsense_the_newest_is_kept_and_for_a_time(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_SET_ASIDE", 3)
    pair.bravo.raises = ValueError()
    for number in range(5):
        pair.alfa.post(b"%d" % number, pair.now)
    pair.ticks(4)
    connection = pair.bravo.cases.connection
    assert [store.read_set_aside(connection, one.number) for one in store.set_aside(connection)] == [b"2", b"3", b"4"]
    assert store.count_set_aside(connection) == 3
    pair.now += tables.SET_ASIDE_FOR
    pair.tick()
    assert store.set_aside(connection) == []


def test_what_became_of_a_message_is_forgotten_in_the_end_and_nothing_that_waits(pair: Pair) -> None:
    pair.alfa.post(SECRET, pair.now)
    pair.ticks(4)
    kept = pair.alfa.post(b"waits", pair.now, days=1_000)
    pair.now += tables.KNOWN_FOR
    pair.tick(there=False, back=False)
    rows = [row["message"] for row in pair.alfa.cases.connection.execute("SELECT message FROM mail_outbox")]
    assert rows == [kept]
    taken = pair.bravo.cases.connection.execute("SELECT count(*) FROM mail_taken").fetchone()
    assert tuple(taken) == (0,)
    pair.ticks(6)
    assert pair.bravo.steps() == [SECRET, b"waits"]


def test_a_bag_does_not_say_when_mail_was_posted(pair: Pair) -> None:
    before = Mailbag.from_bytes(pair.bag(pair.alfa)).header
    pair.alfa.post(SECRET, pair.now)
    after = Mailbag.from_bytes(pair.bag(pair.alfa)).header
    assert (after.number - before.number, after.issued_at - before.issued_at) == (1, 0)


def test_nothing_of_a_message_is_in_the_process_s_log(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    pair.alfa.post(SECRET, pair.now)
    pair.ticks(4)
    assert "Zhavande" not in caplog.text


def test_a_bag_is_made_even_where_the_cases_cannot_be_read(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    pair.alfa.post(SECRET, pair.now)
    usual = len(pair.bag(pair.alfa))
    pair.now += timedelta(minutes=1)
    connection = pair.alfa.cases.connection
    connection.execute("UPDATE mail_outbox SET content = NULL")
    assert len(pair.bag(pair.alfa)) == usual
    connection.execute("ALTER TABLE mail_partner RENAME TO elsewhere")
    pair.now += timedelta(minutes=1)
    bag = pair.bag(pair.alfa)
    assert len(bag) == usual
    pair.bravo.room.read_bag(bag, pair.now)
    assert "a mailbag says nothing" in caplog.text


def test_a_flood_of_small_messages_arrives_in_order_though_its_receipts_are_lost_for_a_while(pair: Pair) -> None:
    with pair.alfa.cases.transaction() as connection:
        for number in range(600):
            store.post(connection, BRAVO, b"%d" % number, pair.now, pair.now + timedelta(days=1))
    for tick in range(100):
        pair.tick(back=tick > 6)
    assert pair.bravo.steps() == [b"%d" % number for number in range(600)]
    assert store.waiting(pair.alfa.cases.connection) == []


def test_a_partner_is_owed_no_more_receipts_than_one_bag_can_ask_for(pair: Pair) -> None:
    line = pair.bravo.room._line(ALFA)
    for number in range(1_000):
        line.owe([Receipt(number.to_bytes(16, "big"), 1)])
    assert list(line.receipts) == [number.to_bytes(16, "big") for number in range(744, 1_000)]
