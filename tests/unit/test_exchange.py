"""Having a log witnessed: real logs and witnesses without a wire between them; times are the test's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.checkpoints import ledger_origin, parse_checkpoint
from ledger.cosignatures import CosignatureKey, witness_name
from ledger.cosigning import Cosigner, read_response
from ledger.entries import Statement
from ledger.events import RecordShown
from ledger.exchange import Clocks, Exchange, Pace, Told
from ledger.heads import cosigners
from ledger.log import Ledger
from ledger.notes import Note, VerifierKey, verify_note
from ledger.witness import Witness
from ledger.witnessing import Refusal, parse_request
from matching.keys import SigningKey, SigningPublicKey
from symbolon.rpc.errors import ErrorCode, SymbolonError

OWN = "symbolon://agency/FR-DNMS"
HUB, FIRST, SECOND = "symbolon://coordinator/HUB", "symbolon://agency/DE-ZASM", "symbolon://agency/GR-KEAL"
KEYS = {uri: SigningKey(uri[-1].encode() * 32) for uri in (OWN, HUB, FIRST, SECOND)}
ORIGIN = ledger_origin(OWN)
HOUR = 3600.0


@dataclass
class Scene:
    """A log, its witnesses, and what came to them; ``down`` are not reached, ``told`` say what the test says."""

    folder: Path
    stack: ExitStack
    now: list[datetime] = field(default_factory=lambda: [datetime(2026, 11, 24, tzinfo=UTC)])
    ran: list[float] = field(default_factory=lambda: [0.0])
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    told: dict[str, Told] = field(default_factory=dict)
    certified: dict[str, SigningPublicKey] = field(
        default_factory=lambda: {uri: KEYS[uri].public_key() for uri in (HUB, FIRST, SECOND)}
    )

    def __post_init__(self) -> None:
        self.ledger = self.stack.enter_context(Ledger(self.folder / "ledger.db"))
        self.witnesses = {uri: self._witness(uri) for uri in (HUB, FIRST, SECOND)}
        self.exchange = self.begin()

    def _witness(self, uri: str) -> Cosigner:
        log = self.stack.enter_context(Ledger(self.folder / uri[-3:] / "ledger.db"))
        return Cosigner(
            Witness(self.folder / uri[-3:] / "w.db", witness_name(uri), KEYS[uri]), log, lambda: self.now[0]
        )

    def begin(self, needed: int = 1, padding: int = 8, ledger: Ledger | None = None) -> Exchange:
        clocks = Clocks(lambda: self.now[0], lambda: self.ran[0])
        pace = Pace(HOUR, padding, needed)
        return Exchange(ledger or self.ledger, ORIGIN, KEYS[OWN], self.ask, lambda: self.certified, pace, clocks)

    async def ask(self, witness: str, content: bytes) -> Told:
        self.asked.append((witness, content))
        if witness in self.down:
            raise SymbolonError(ErrorCode.UNREACHABLE)
        if witness in self.told:
            return self.told[witness]
        logs = {ORIGIN: [VerifierKey(ORIGIN, KEYS[OWN].public_key())]}
        return read_response(await self.witnesses[witness].add(content, logs))

    def wait(self, seconds: float) -> None:
        self.now[0] += timedelta(seconds=seconds)
        self.ran[0] += seconds

    def write(self, number: int) -> None:
        self.ledger.append(*(Statement(RecordShown(), {"record_id": "DE-1"}) for _ in range(number)))

    def cosigned(self, ledger: Ledger | None = None) -> tuple[int, set[str]]:
        """Give the size of the largest witnessed head, and by whom; each cosignature verifies."""
        note = (ledger or self.ledger).witnessed_head()
        if note is None:
            return 0, set()
        keys = {witness_name(uri): CosignatureKey(witness_name(uri), KEYS[uri].public_key()) for uri in KEYS}
        assert len(verify_note(note, keys.values())) == len(cosigners(note))
        return parse_checkpoint(note.text).head.size, set(cosigners(note))


@contextmanager
def made(folder: Path) -> Iterator[Scene]:
    with ExitStack() as stack:
        yield Scene(folder, stack)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with made(tmp_path) as one:
        yield one


ALL = {witness_name(uri) for uri in (HUB, FIRST, SECOND)}


async def test_the_head_is_signed_at_its_time_and_cosigned_by_all(scene: Scene) -> None:
    await scene.exchange.look()
    assert (scene.asked, scene.ledger.count()) == ([], 0)
    scene.wait(HOUR)
    await scene.exchange.look()
    assert scene.cosigned() == (8, ALL)
    assert scene.asked[0][0] == HUB
    scene.write(3)
    scene.wait(HOUR)
    await scene.exchange.look()
    assert scene.cosigned() == (16, ALL)
    assert len(scene.asked) == 6  # nobody was asked twice: what each has seen is known
    assert scene.ledger.verify() == 16


@pytest.mark.parametrize("written", [[0, 0, 0], [7, 0, 3], [1, 7, 7]])
async def test_sizes_grow_by_a_constant_whatever_was_written(scene: Scene, written: list[int]) -> None:
    sizes = []
    for number in written:
        scene.write(number)
        scene.wait(HOUR)
        await scene.exchange.look()
        sizes += [parse_checkpoint(parse_request(content).note.text).head.size for uri, content in scene.asked[-1:]]
    assert sizes == [8, 16, 24]


async def test_at_the_multiple_itself_the_size_grows_by_one_more(scene: Scene) -> None:
    """What remains to be seen, and is written down as that: that an interval made as many entries as the padding."""
    scene.write(8)
    scene.wait(HOUR)
    await scene.exchange.look()
    assert scene.cosigned()[0] == 16


async def test_a_log_that_everybody_reads_is_not_filled_up(scene: Scene) -> None:
    exchange = scene.begin(padding=0)
    for size in (3, 6):
        scene.write(3)
        scene.wait(HOUR)
        await exchange.look()
        assert (scene.cosigned(), scene.ledger.count()) == ((size, ALL), size)


async def test_who_did_not_cosign_is_asked_again_about_the_same_head_until_the_next(scene: Scene) -> None:
    scene.down = {FIRST}
    scene.wait(HOUR)
    await scene.exchange.look()
    assert scene.cosigned() == (8, {witness_name(HUB), witness_name(SECOND)})
    scene.down = set()
    await scene.exchange.look()
    assert scene.cosigned() == (8, ALL)
    assert scene.ledger.count() == 8
    await scene.exchange.look()
    assert len(scene.asked) == 4


async def test_a_restart_goes_on_with_the_head_of_the_last_round_and_asks_who_is_missing(scene: Scene) -> None:
    scene.down = {FIRST}
    scene.wait(HOUR)
    await scene.exchange.look()
    scene.down, scene.asked = set(), []
    await scene.begin().look()
    assert [uri for uri, _ in scene.asked] == [FIRST]
    assert scene.cosigned() == (8, ALL)
    scene.wait(HOUR)
    await scene.begin().look()  # which knows of no witness what it has seen, and asks twice
    assert scene.cosigned() == (16, ALL)


async def test_the_last_two_at_once_are_enough_together(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all are needed, no later one makes up for two that have each counted without the other."""
    keep = Ledger.keep_cosigned

    def slowly(self: Ledger, cosigned: Note, enough: datetime | None) -> None:
        time.sleep(0.1)
        keep(self, cosigned, enough)

    monkeypatch.setattr(Ledger, "keep_cosigned", slowly)
    exchange = scene.begin(needed=3)
    scene.wait(HOUR)
    await exchange.look()
    assert scene.cosigned() == (8, ALL)
    assert exchange.unwitnessed_seconds() == 0
    assert exchange.rounds.witnessed == scene.begin(needed=3).rounds.witnessed == int(scene.now[0].timestamp())


async def test_only_enough_cosignatures_count_as_witnessed(scene: Scene) -> None:
    exchange = scene.begin(needed=2)
    scene.down = {FIRST, SECOND}
    scene.wait(HOUR)
    await exchange.look()
    assert exchange.unwitnessed_seconds() == HOUR
    scene.down = {SECOND}
    scene.wait(60)
    await exchange.look()
    assert exchange.unwitnessed_seconds() == 0
    assert exchange.rounds.witnessed == int(scene.now[0].timestamp())
    scene.wait(30)
    assert scene.begin(needed=2).unwitnessed_seconds() == pytest.approx(30, abs=1)


@pytest.mark.parametrize("wrong", ["another key", "another head", "nothing", "noise"])
async def test_a_cosignature_that_does_not_verify_under_the_certified_key_counts_for_nothing(
    scene: Scene, wrong: str
) -> None:
    scene.down = {FIRST, SECOND}
    if wrong == "another key":
        scene.certified[HUB] = KEYS[FIRST].public_key()
    else:
        scene.wait(HOUR)
        await scene.exchange.look()
        signed = scene.ledger.witnessed_head()
        assert signed is not None
        line = signed.signatures[-1].line().encode()
        scene.told[HUB] = Told({"another head": line, "nothing": b"", "noise": b"\xff\x00"}[wrong])
    before = scene.cosigned()
    scene.wait(HOUR)
    await scene.exchange.look()
    assert scene.cosigned() == before
    assert scene.exchange.unwitnessed_seconds() >= HOUR


async def test_a_proof_is_given_only_from_a_size_whose_head_was_signed(scene: Scene) -> None:
    """From another, whatever the witness says it has seen, the proof could have hashes of single entries."""
    scene.wait(HOUR)
    await scene.exchange.look()
    scene.write(1)
    scene.wait(HOUR)
    for size in (5, 17, 1000):
        scene.told[HUB] = Told(refusal=Refusal.OUT_OF_DATE, size=size)
        await scene.exchange.look()
    olds = {parse_request(content).old_size for uri, content in scene.asked if uri == HUB}
    assert olds == {0, 8}
    scene.told[HUB] = Told(refusal=Refusal.OUT_OF_DATE, size=8)
    await scene.exchange.look()
    assert parse_request([content for uri, content in scene.asked if uri == HUB][-1]).old_size == 8


async def test_a_log_put_back_to_a_backup_is_cosigned_by_nobody_and_says_so(
    scene: Scene, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = tmp_path / "backup"
    with made(other) as restored:
        scene.wait(HOUR)
        await scene.exchange.look()
        restored.witnesses, restored.now, restored.ran = scene.witnesses, scene.now, scene.ran
        exchange = restored.begin()
        scene.wait(HOUR)
        await exchange.look()
        assert restored.cosigned() == (0, set())
        assert "did not cosign the head over 8 entries" in caplog.text
        assert exchange.unwitnessed_seconds() == 2 * HOUR


async def test_with_the_coordinator_in_league_two_members_can_be_shown_two_histories_but_not_more_than_half_of_all(
    scene: Scene, tmp_path: Path
) -> None:
    """Neither member sees it. Whoever holds both cosigned notes does; and no two heads have a majority each."""
    with made(tmp_path / "second") as second:
        second.witnesses, second.now, second.ran = scene.witnesses, scene.now, scene.ran
        scene.down, second.down = {HUB, SECOND}, {HUB, FIRST}
        scene.wait(HOUR)
        for one in (scene, second):
            one.write(1)
            await one.begin(needed=2).look()
        heads = [one.ledger.witnessed_head() for one in (scene, second)]
        texts = {head.text for head in heads if head is not None}
        assert len(texts) == 2
        assert {parse_checkpoint(text).head.size for text in texts} == {8}
        assert [scene.cosigned()[1], second.cosigned()[1]] == [{witness_name(FIRST)}, {witness_name(SECOND)}]
        scene.down = second.down = set()
        for one in (scene, second):
            await one.begin(needed=2).look()
        enough = [len(one.cosigned()[1]) >= 2 for one in (scene, second)]
        assert enough == [True, False]


async def test_a_witness_that_fails_in_its_own_way_keeps_no_other_from_being_asked(scene: Scene) -> None:
    scene.told[FIRST] = None  # type: ignore[assignment]
    scene.wait(HOUR)
    await scene.exchange.look()
    assert scene.cosigned() == (8, {witness_name(HUB), witness_name(SECOND)})


async def test_a_clock_set_back_makes_nothing_younger(scene: Scene) -> None:
    scene.wait(HOUR)
    await scene.exchange.look()
    scene.ran[0] += 2 * HOUR
    scene.now[0] -= timedelta(days=3)
    assert scene.exchange.unwitnessed_seconds() == 2 * HOUR


async def test_a_time_ahead_of_the_clock_at_the_start_says_nothing_and_a_round_is_due_at_once(scene: Scene) -> None:
    scene.wait(HOUR)
    await scene.exchange.look()
    scene.now[0] -= timedelta(days=3)
    begun = scene.begin()
    assert begun.unwitnessed_seconds() == float("inf")
    await begun.look()
    assert scene.cosigned() == (16, ALL)
    assert begun.unwitnessed_seconds() == 0


async def test_a_machine_that_slept_is_as_late_as_its_clock_says(scene: Scene) -> None:
    scene.now[0] += timedelta(days=2)
    assert scene.exchange.unwitnessed_seconds() == 2 * 86_400


async def test_a_refusal_is_kept_while_it_lasts_and_said_once(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """As a node whose log was rewritten meets it, at each of twelve tries an hour."""
    scene.told[HUB] = Told(refusal=Refusal.OUT_OF_DATE, size=9216)
    expected = "it has seen 9216 entries of this log, which is no head of it"
    for _ in range(5):
        scene.wait(HOUR)
        scene.write(3)
        await scene.exchange.look()
        assert scene.exchange.refusals() == {HUB: expected}
    assert caplog.text.count(expected) == 1
    scene.told[HUB] = Told(refusal=Refusal.FORKED)
    await scene.exchange.look()
    assert scene.exchange.refusals() == {HUB: "it holds against this log that it is forked"}
    assert caplog.text.count("did not cosign the head over") == 2
    del scene.told[HUB]
    await scene.exchange.look()
    assert scene.exchange.refusals() == {}
    assert "does not refuse the head of this log any more" in caplog.text


async def test_a_witness_says_once_which_log_is_not_brought_to_it(
    scene: Scene, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.cosigning.LOOK_SECONDS", 0.01)
    task = asyncio.create_task(scene.witnesses[HUB].watch(lambda: [ORIGIN]))
    await asyncio.sleep(0.1)
    assert not caplog.text
    scene.wait(25 * HOUR)
    await asyncio.sleep(0.1)
    assert caplog.text.count(f"{ORIGIN} has not been brought to this witness since 2026-11-24T00:00:00+00:00") == 1
    assert [one for one, _ in scene.witnesses[HUB].not_seen([ORIGIN])] == [ORIGIN]
    scene.write(1)
    await scene.exchange.look()
    await asyncio.sleep(0.1)
    assert caplog.text.count("is brought to this witness again") == 1
    task.cancel()
