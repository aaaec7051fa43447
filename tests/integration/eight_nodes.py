"""One run of eight nodes under different agreements, and all that each agency could see in it.

Every analyst asks everybody about everybody. Then come a member that names agreements it may not use, replies that are
timed one by one, two askers that race for their quotas, agreements suspended while a question is under way, and one
hit that is followed to its content. What each agency holds at the end (home, messages after TLS, what its desk showed)
is kept for the tests to search.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from agreements.agreement import Agreement
from agreements.signing import Declaration, bundle_of, sign, write_bundle
from agreements.signing import Kind as Statement
from cli.query import describe
from deploy.agreement import EVERY_CASE, EVERY_PURPOSE
from deploy.local import ANALYST, COORDINATOR, LocalFederation, RunningProcess
from node.agreements import signing
from node.agreements.signing import load_signatory
from node.cases.client import CaseClient
from node.cases_file import open_book
from node.config import CONFIG_FILE, NodeHome, load_home
from node.desk.client import DeskClient
from node.officers.key import load_key
from symbolon.rpc.errors import SymbolonError
from symbolon.v1 import cases_pb2 as wire
from symbolon.v1.envelope_pb2 import Envelope
from symbolon.v1.relay_pb2 import AnswerRequest, AnswerResponse
from tests.integration import eight_agencies as eight
from tests.integration.attacks import everything_in
from tests.integration.commands import CommandedFederation
from tests.integration.crafted import OTHER_PURPOSE, Crafted, CraftingAsker, crafting
from tests.integration.delays import OF_NOTHING, REPEATS
from tests.integration.eight_agencies import AGENCIES, DE, ES, FR, FR2, GR, IT, NAMES, PL, RO
from tests.integration.evidence import ANSWER
from tests.integration.invented import Row, Scene, enrol_rows
from tests.integration.recording_party import Message, read_messages, recording

CASE = "2026/117"
NOTHING, HIT, FISHING, NOT_ALLOWED = "absent", "plain", "fishing", "not allowed"
SILENT = ("barred country", "sealed", "hidden", "discreet", "victim", "category", "political", FISHING, NOT_ALLOWED)
TIMED = (HIT, *SILENT)
"""What is compared with `NOTHING` in time: a hit, and all that must not look different from nothing."""

TICK = 0.1
"""Of the holder whose replies are timed, and as long as tests on a busy machine need: work must not pass it."""

LANES = 3
RACERS = 9
WEBER, VOGT = "k.weber", "l.vogt"
PATIENCE = 60.0

Shown = dict[str, Any]


@dataclass(frozen=True, repr=False)
class Timed:
    """One reply: its kind, the seconds the asker waited, and both messages as the hub has them."""

    kind: str
    seconds: float
    request: bytes
    response: bytes


@dataclass(repr=False)
class Evidence:
    """What was shown, answered and measured; ``stored`` and ``messages`` are what each party held at the end."""

    scene: Scene
    shown: dict[tuple[str, int], dict[str, Shown]] = field(default_factory=dict)
    of_team: Shown = field(default_factory=dict)
    misnamed: dict[tuple[str, str, str], list[tuple[int, bytes]]] = field(default_factory=dict)
    timed: list[Timed] = field(default_factory=list)
    races: dict[str, list[Shown]] = field(default_factory=dict)
    interrupted: dict[str, Shown] = field(default_factory=dict)
    released: Mapping[str, Any] = field(default_factory=dict)
    before_release: dict[str, bytes] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)
    messages: dict[str, list[Message]] = field(default_factory=dict)


def gather(folder: Path) -> Evidence:
    """Run it once and give what was held."""
    return asyncio.run(_gather(folder))


async def _gather(folder: Path) -> Evidence:
    parties = (COORDINATOR, *NAMES)
    async with _federation(folder, parties) as evidence:
        made = evidence.scene.federation
        await asyncio.gather(*(_ask_about_everybody(evidence, asker) for asker in NAMES))
        evidence.of_team = (
            await ask(evidence, IT, eight.person_of(GR, HIT), eight.TEAM_OFFICER, eight.TEAM_CASE, [GR])
        )[GR]
        await asyncio.gather(*(_name_wrong_agreements(evidence, asker) for asker in NAMES))
        await _time_replies(evidence)
        await asyncio.gather(*(_race(evidence, asker) for asker in (FR2, PL)))
        await _interrupt(evidence, folder)
        evidence.before_release = {party: everything_in(made.home(party)) for party in parties}
        await _follow_up(evidence)
        running = {party: everything_in(made.home(party)) for party in parties}
        for party in made.running.values():
            party.process.terminate()  # all at once, as nobody waits for another
    evidence.stored = {party: running[party] + everything_in(made.home(party)) for party in parties}
    evidence.messages = {party: read_messages(folder / f"{party}.messages") for party in parties}
    return evidence


@contextlib.asynccontextmanager
async def _federation(folder: Path, parties: Sequence[str]) -> AsyncIterator[Evidence]:
    with CommandedFederation(folder / "federation", AGENCIES) as made:
        await made.set_up()
        await made.add_officer(IT, eight.TEAM_OFFICER, "analyst")
        await made.add_officer(DE, WEBER, "release_officer")
        await made.add_officer(DE, VOGT, "supervisor")
        await asyncio.to_thread(_agree, made)
        _set(made, DE, "reply_tick_milliseconds", "40", str(round(TICK * 1000)))
        made.launchers |= {party: recording(folder / f"{party}.messages") for party in parties}
        await made.start_hub()
        await made.start_nodes()
        await asyncio.gather(*(enrol_rows(made, agency, eight.list_of(agency)) for agency in NAMES))
        yield Evidence(Scene(made, {agency: eight.list_of(agency) for agency in NAMES}, eight.asked_about(16)))


def _set(made: LocalFederation, agency: str, setting: str, default: str, value: str) -> None:
    file = made.home(agency) / CONFIG_FILE
    before = file.read_text()
    file.write_text(before.replace(f"{setting} = {default}", f"{setting} = {value}"))
    assert file.read_text() != before


def _agree(made: LocalFederation) -> None:
    """Sign and accept all agreements, and let happen to them what the table says."""
    agreements = eight.agreements()
    for word, agreement in [*agreements.items(), ("amended", eight.amendment(agreements["amended"]))]:
        bundle = _signed(made, agreement)
        for agency in agreement.party_of:
            if word == "past":
                _accept_long_ago(made, agency, bundle)
            elif (word, agency) != ("unready", RO):
                _accept(made, agency, bundle)
    declare(made, ES, agreements["paused"], "suspends")


def _signed(made: LocalFederation, agreement: Agreement) -> bytes:
    """Have all parties sign, as if whatever is over were not: nobody would sign that today; give the bundle."""
    signatures = []
    for agency in agreement.party_of:
        signatory = load_signatory(load_home(made.home(agency)))
        declaration = Declaration(
            kind="signs", agency=agency, agreement=agreement.hash.hex(), at=datetime.now(UTC), last_day=None
        )
        signatures.append(sign(declaration, signatory.key, signatory.certificate))
    return write_bundle(bundle_of(agreement, signatures))


def _accept(made: LocalFederation, agency: str, bundle: bytes) -> None:
    with open_book(load_home(made.home(agency))) as book, book.transaction() as connection:
        book.accept(connection, bundle, datetime.now(UTC))


def _accept_long_ago(made: LocalFederation, agency: str, bundle: bytes) -> None:
    """Leave an agreement accepted that has run out since: nobody can accept it today, so the day is written by hand."""
    with open_book(load_home(made.home(agency))) as book, book.transaction() as connection:
        kept = book.keep(connection, bundle, datetime.now(UTC))
        connection.execute(
            "UPDATE agreement SET accepted_at = '2024-01-01T00:00:00+00:00' WHERE hash = ?", (kept.hash,)
        )


def declare(made: LocalFederation, agency: str, agreement: Agreement, kind: Statement) -> None:
    """Let an agency suspend or resume at its own node; word of it does not travel."""
    home, now = load_home(made.home(agency)), datetime.now(UTC)
    make = {"suspends": signing.suspend, "resumes": signing.resume}[kind]
    with open_book(home) as book:
        statement = make(load_signatory(home), book, agreement, now)
        with book.transaction() as connection:
            book.declare(connection, statement, now)


async def ask(
    evidence: Evidence, asker: str, person: int, officer: str = ANALYST, case: str = CASE, to: Sequence[str] = ()
) -> dict[str, Shown]:
    """Put a question at an agency's desk; give what ``symbolon query --json`` would print of each node."""
    made = evidence.scene.federation
    shown: dict[str, Shown] = {}
    async with DeskClient(load_home(made.home(asker)), load_key(made.officer_key(asker, officer))) as desk:
        events = desk.query(
            eight.asked_about(person),
            purpose=EVERY_PURPOSE,
            legal_basis="article 25, invented",
            case_reference=case,
            justification=EVERY_CASE,
            recipients=[f"symbolon://agency/{agency}" for agency in to],
        )
        try:
            async for event in events:
                told = describe(event)
                if told["event"] == "answer":
                    shown[told["member"].rpartition("/")[2]] = told
        except SymbolonError as error:
            shown["error"] = {"error": error.code.name}
    return shown


async def _ask_about_everybody(evidence: Evidence, asker: str) -> None:
    persons = [*eight.PERSONS, eight.STRANGER]
    for person in Random(asker).sample(persons, len(persons)):  # noqa: S311  # an order
        evidence.shown[asker, person] = await ask(evidence, asker, person)


async def _name_wrong_agreements(evidence: Evidence, asker: str) -> None:
    """Ask those that owe no answer, past the asker's own node: under each agreement of the two, and under another."""
    agreements = {word: one for word, one in eight.agreements().items() if asker in one.party_of}
    if "amended" in agreements:
        agreements["second version"] = eight.amendment(agreements["amended"])
    async with crafting(evidence.scene, asker, agreements["core" if "core" in agreements else min(agreements)]) as able:
        for holder in NAMES:
            for word, agreement in agreements.items():
                if holder == asker or not _is_wrong(asker, holder, word, agreement, min(agreements)):
                    continue
                able.agreement = agreement
                evidence.misnamed[asker, holder, word] = [
                    await _answered(able, holder, eight.asked_about(person))
                    for person in (eight.person_of(holder, HIT), eight.STRANGER)
                ]


def _is_wrong(asker: str, holder: str, word: str, agreement: Agreement, other: str) -> bool:
    """Say whether it gives no answer; of those that the holder is no party to one is enough.

    What the asker alone has suspended or not accepted, the holder answers: only the asker's own node knows.
    """
    owed = {"second version": "amended", "amended": "version 2"}.get(word, word)
    is_owed = eight.agreed(asker, holder) == owed and owed in (*eight.ANSWERED, "paused", "unready")
    return not is_owed and (holder in agreement.party_of or word == other)


async def _answered(able: CraftingAsker, holder: str, row: Row) -> tuple[int, bytes]:
    """Give the length of the reply and what its content says."""
    crafted = able.craft(holder, row)
    delivery = await able.ask(crafted)
    return len(delivery.reply.reply), able.read(crafted, delivery).model_dump_json().encode()


async def _time_replies(evidence: Evidence) -> None:
    """Time one holder's replies to one asker, the kinds in random order and few at once."""
    kinds = [*TIMED * REPEATS, *(NOTHING,) * OF_NOTHING]
    Random(8).shuffle(kinds)  # noqa: S311  # an order
    async with crafting(evidence.scene, FR, eight.agreements()["core"]) as able:
        for kind in (NOTHING, *TIMED):
            _specimen(able, kind)  # its tokens are made before anything is timed
        await asyncio.gather(*(_time_lane(able, kinds[lane::LANES], evidence) for lane in range(LANES)))


async def _time_lane(able: CraftingAsker, kinds: Sequence[str], evidence: Evidence) -> None:
    for kind in kinds:
        crafted = _specimen(able, kind)
        started = time.perf_counter()
        delivery = await able.ask(crafted)
        seconds = time.perf_counter() - started
        assert (able.read(crafted, delivery).level > 0) == (kind == HIT)
        request = AnswerRequest(envelope=Envelope(query=crafted.query.to_bytes()))
        response = AnswerResponse(reply=delivery.reply)
        evidence.timed.append(Timed(kind, seconds, request.SerializeToString(), response.SerializeToString()))


def _specimen(able: CraftingAsker, kind: str) -> Crafted:
    """Make an envelope that the holder answers in one way."""
    nothing = eight.asked_about(eight.person_of(DE, NOTHING))
    known = {one.name for one in eight.KINDS}
    row = eight.asked_about(eight.person_of(DE, kind if kind in known else HIT))
    if kind == FISHING:
        return able.craft(DE, row, payload=nothing)
    return able.craft(DE, row, purpose=OTHER_PURPOSE) if kind == NOT_ALLOWED else able.craft(DE, row)


async def _race(evidence: Evidence, asker: str) -> None:
    """Put more questions at once than the quota has left."""
    persons = Random(asker).sample(eight.PERSONS, RACERS)  # noqa: S311  # an order
    shown = await asyncio.gather(*(ask(evidence, asker, person, to=[DE]) for person in persons))
    evidence.races[asker] = [
        one[DE] | {"expected": eight.may_see(asker, DE, person)} for one, person in zip(shown, persons, strict=True)
    ]


async def _interrupt(evidence: Evidence, folder: Path) -> None:
    """Change an agreement at either side while a question under it lies at the holder, which is halted so long."""
    made, agreement = evidence.scene.federation, eight.agreements()["frank"]
    amended = await asyncio.to_thread(_signed, made, eight.amendment(agreement))
    changes: dict[str, Callable[[], object]] = {
        "suspended by the holder": lambda: declare(made, DE, agreement, "suspends"),
        "suspended by the asker": lambda: declare(made, ES, agreement, "suspends"),
        "amended at the holder": lambda: _accept(made, DE, amended),
    }
    for name, change in changes.items():
        evidence.interrupted[name] = await _asked_meanwhile(evidence, folder, change)
        for agency in (DE, ES):
            with contextlib.suppress(SymbolonError):  # the one that has suspended nothing
                await asyncio.to_thread(declare, made, agency, agreement, "resumes")


async def _asked_meanwhile(evidence: Evidence, folder: Path, change: Callable[[], object]) -> Shown:
    before, process = _answers(folder), evidence.scene.federation.running[DE].process
    await _halt(process, load_home(evidence.scene.federation.home(DE)))
    try:
        asking = asyncio.create_task(ask(evidence, ES, eight.person_of(DE, HIT), to=[DE]))
        while _answers(folder) == before:
            assert not asking.done(), "it never came to the holder"
            await asyncio.sleep(0.05)
        await asyncio.to_thread(change)
    finally:
        process.send_signal(signal.SIGCONT)
    return (await asking)[DE]


async def _halt(process: RunningProcess, home: NodeHome) -> None:
    """Halt a node at a moment when it holds no lock that who changes its agreements would wait for."""
    end = time.monotonic() + PATIENCE
    while True:
        process.send_signal(signal.SIGSTOP)
        if all(map(_is_unlocked, (home.cases_path, home.ledger_path))):
            return
        process.send_signal(signal.SIGCONT)
        assert time.monotonic() < end, "it never lets go of its files"
        await asyncio.sleep(0.05)


def _is_unlocked(path: Path) -> bool:
    with contextlib.closing(sqlite3.connect(path, timeout=0.1, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
        return True


def _answers(folder: Path) -> int:
    """Count the envelopes that the hub has handed on and the replies it has got."""
    return (folder / f"{COORDINATOR}.messages").read_bytes().count(ANSWER.encode())


async def _follow_up(evidence: Evidence) -> None:
    """Follow a hit on a record that withholds some fields to the content, over mail that is quick at both ends."""
    made = evidence.scene.federation
    for agency in (DE, IT):
        _set(made, agency, "mail_tick_seconds", "60.0", "0.5")
        await asyncio.to_thread(made.running.pop(agency).stop)
        await made.start(agency)
    answer = evidence.shown[IT, eight.person_of(DE, "withheld")][DE]
    reference = answer["candidates"][0]["reference"]
    async with _cases(made, IT, ANALYST) as analyst, _cases(made, DE, WEBER) as weber, _cases(made, DE, VOGT) as vogt:
        await analyst.act_on_case(reference, confirm=wire.Worded(words="the same scar"))
        await analyst.act_on_case(reference, request=wire.FollowUp(facts="seen twice at the border"))
        await _until_state(lambda: weber.referral(reference), "requested")
        for officer in (weber, vogt):
            shown = await officer.referral(reference)
            await officer.act_on_referral(reference, approve=wire.Worded(words=shown.digest))
        offered = await _until_state(lambda: analyst.case(reference), "offered")
        await analyst.act_on_case(reference, acknowledge=wire.Worded(words=offered.file.offer.digest))
        await _until_state(lambda: analyst.case(reference), "readable")
    key = ("--officer-key", str(made.officer_key(IT)))
    evidence.released = (await made.command(IT, "case", "read", reference, *key))["content"]


def _cases(made: LocalFederation, agency: str, officer: str) -> CaseClient:
    return CaseClient(load_home(made.home(agency)), load_key(made.officer_key(agency, officer)))


async def _until_state(show: Callable[[], Awaitable[Any]], state: str) -> Any:
    end = time.monotonic() + PATIENCE
    while (shown := await show()).file.state != state:
        assert time.monotonic() < end, f"still {shown.file.state}, not {state}"
        await asyncio.sleep(0.1)
    return shown
