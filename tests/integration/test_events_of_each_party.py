"""One walk through a real federation, and every entry that it must leave at each party, with its fields.

What must be there is in ``events_of_each_party.toml``. Invented people only.
"""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import grpc
import pytest

from deploy.agreement import EVERY_CASE, EVERY_PURPOSE
from deploy.local import ANALYST, COORDINATOR, CUSTODIAN, LocalFederation
from ledger.entries import Entry
from ledger.events import Event
from ledger.reading import LedgerReader
from node.config import load_home
from node.desk.client import DeskClient
from node.officers.key import load_key
from symbolon.rpc.channel import TlsFiles, open_channel
from symbolon.rpc.errors import ErrorCode, SymbolonError, from_rpc_error
from symbolon.rpc.folder import certify_party, party_tls, prepare_party
from symbolon.rpc.identity import Party
from symbolon.v1 import cases_pb2 as wire
from symbolon.v1.custodian_pb2 import EVALUATION_USE_QUERY, EvaluateRequest
from symbolon.v1.custodian_pb2_grpc import CustodianStub
from symbolon.v1.desk_pb2 import StatusRequest
from symbolon.v1.desk_pb2_grpc import DeskStub
from symbolon.v1.directory_pb2 import ListMembersRequest
from symbolon.v1.directory_pb2_grpc import DirectoryStub
from tests.conftest import REPOSITORY
from tests.integration import case_nodes as cases
from tests.integration.case_nodes import ASKER, HOLDER, VOGT, ask, case_is, hit_on, hold, load, referral_is
from tests.integration.commands import CommandedFederation

pytestmark = pytest.mark.timeout(1200)

THIRD = "IT-DCPC"
STRANGER = Party.agency("XX-NONE")
TABLE = tomllib.loads((REPOSITORY / "tests/integration/events_of_each_party.toml").read_text(encoding="utf-8"))
HOMES = {"asker": ASKER, "holder": HOLDER, "coordinator": COORDINATOR, "custodian": CUSTODIAN}
OF_A_FILE = ("partner", "agreement_hash", "purpose"), ("reference", "user", "legal_basis", "case_reference")


@dataclass(frozen=True)
class Row:
    """What every entry of one event at one party must have."""

    party: str
    event: str
    clear: tuple[str, ...]
    personal: tuple[str, ...]
    walked: bool

    @classmethod
    def read(cls, party: str, event: str, values: Mapping[str, Any]) -> Row:
        """Read a table of the file."""
        clear, personal = OF_A_FILE if values.get("follows") else ((), ())
        return cls(
            party,
            event,
            (*clear, *values.get("clear", ())),
            (*personal, *values.get("personal", ())),
            values.get("walked", True),
        )


ROWS = [Row.read(party, event, values) for party, events in TABLE.items() for event, values in events.items()]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[Entry]]]:
    """Walk once, and give what stands in each log."""
    folder = tmp_path_factory.mktemp("events")
    agencies = {ASKER: "Asking", HOLDER: "Holding", THIRD: "Joining late"}
    with CommandedFederation(folder, agencies, settings={"mail-tick-seconds": "0.2"}) as made:
        asyncio.run(walk(made, folder))
        made.stop()
        readers = {party: LedgerReader(made.home(home) / "data" / "ledger.db") for party, home in HOMES.items()}
        readers["directory"] = LedgerReader(made.home(COORDINATOR) / "data" / "directory-log.db")
        yield {party: list(reader.verified()) for party, reader in readers.items()}


async def walk(made: CommandedFederation, folder: Path) -> None:
    """Let everything happen."""
    await prepare(made, folder)
    await query_and_follow_up(made, folder)
    await refusals(made, folder)
    await house(made, folder)
    await agreement_and_members(made)


async def prepare(made: LocalFederation, folder: Path) -> None:
    await made.prepare()
    for agency in (ASKER, HOLDER):
        settings = made.home(agency) / "node.toml"
        settings.write_text(settings.read_text().replace("sweep_seconds = 60.0", "sweep_seconds = 0.5"))
    await made.add_officer(ASKER, cases.CHEF, "supervisor")
    await made.add_officer(HOLDER, cases.WEBER, "release_officer")
    await made.add_officer(HOLDER, VOGT, "supervisor")
    await made.run("node", "join", "--home", str(made.home(ASKER)), accept=(ErrorCode.UNREACHABLE.value.exit_code,))
    await made.start_hub()
    for agency in (ASKER, HOLDER):
        await made.command(agency, "node", "join")
    for agency in (ASKER, HOLDER):
        await made.start(agency)
    await load(made, folder, *map(cases.row_of, cases.PEOPLE))


async def query_and_follow_up(made: LocalFederation, folder: Path) -> None:
    """Go every way that a hit can take, most of them to their end."""
    reference = await cases.to_request(made, "way")
    await hold(made, reference, ask=wire.Question(about="facts"))
    await answered(made, reference)
    await hold(made, reference, judge=wire.Plain())
    await hold(made, reference, resume=wire.Plain())
    await hold(made, reference, approve=wire.Worded())
    await hold(made, reference, VOGT, approve=wire.Worded())
    await cases.acknowledge(made, reference)
    await case_is(made, reference, "readable")
    await ask(made, reference, read=wire.Plain())
    await ask(made, reference, ask_leave=wire.Leave(wanted="onward_transfer", to=THIRD, reason="same boat"))
    await waited(made, HOLDER, "consent_requested")
    await hold(made, reference, answer_leave=wire.Leave(number=1, given=False))
    await waited(made, ASKER, "consent_received")
    await ask(made, reference, feedback=wire.Use(use="led_to_inquiry"))
    await ask(made, reference, delete=wire.Plain())
    await referral_is(made, reference, "deleted_there")

    recalled = await cases.to_content(made, "recalled")
    await hold(made, recalled, recall=wire.Worded(words="entered by mistake"))
    await referral_is(made, recalled, "recall_confirmed")

    corrected = await cases.to_content(made, "corrected")
    await ask(made, corrected, dispute=wire.Worded(words="the telephone is another"))
    await referral_is(made, corrected, "disputed")
    await hold(made, corrected, settle=wire.Worded(words="it is not"))
    await case_is(made, corrected, "readable")
    await load(made, folder, cases.row_of("corrected") | {"phones": ["+373 22 11 11 11"]})
    await hold(made, corrected, confirm_match=wire.Worded())
    await hold(made, corrected, correct=wire.Worded())
    await hold(made, corrected, VOGT, correct=wire.Worded())
    await waited(made, HOLDER, "correction_confirmed")

    declined = await cases.to_request(made, "eyes")
    await hold(made, declined, decline=wire.Worded(words="a source would be known"))
    await case_is(made, declined, "declined")

    rejected = await hit_on(made, "down")
    await ask(made, rejected, reject=wire.Worded(words="another person"))

    urgent = await hit_on(made, "emergency")
    appeal = wire.EmergencyUse(responsible=cases.CHEF, danger="forty people at sea")
    await ask(made, urgent, request=wire.FollowUp(facts="a boat without a pilot", emergency=appeal))
    await referral_is(made, urgent, "requested")
    for state in ("requested", "requested", "appeal_refused"):  # three are allowed a month
        urgent = await hit_on(made, "emergency")
        await ask(made, urgent, request=wire.FollowUp(facts="a boat without a pilot", emergency=appeal))
        await referral_is(made, urgent, state)
    await hold(made, urgent, see=wire.Plain())

    assert await hit_on(made, "silent") == ""
    async with cases.desk(made, HOLDER, cases.WEBER) as client:
        (silent,) = [one for one in await client.referrals() if one.file.state == "silent"]
        await client.act_on_referral(silent.file.reference, see=wire.Plain())


async def answered(made: LocalFederation, reference: str) -> None:
    await waited(made, ASKER, "clarification_received")
    await ask(made, reference, answer=wire.Question(number=1, answer="at the border, twice"))
    await waited(made, HOLDER, "clarification_read")


async def waited(made: LocalFederation, agency: str, event: str) -> None:
    async def reached() -> bool:
        return event in cases.events(made, agency)

    await cases.until(reached)


async def refusals(made: LocalFederation, folder: Path) -> None:
    """Try what nobody lets through: another purpose, a step too many, a wrong role, a stranger's certificate."""
    await denied(made, purpose="terrorism")
    reference = await hit_on(made, "suspended")
    await ask(made, reference, confirm=wire.Worded(words="scar"))
    with pytest.raises(SymbolonError) as refused:
        await ask(made, reference, confirm=wire.Worded(words="scar"))
    assert refused.value.code is ErrorCode.STEP_NOT_POSSIBLE
    with pytest.raises(SymbolonError):
        await ask(made, reference, cases.CHEF, feedback=wire.Use(use="no_use"))
    with pytest.raises(SymbolonError):
        await hold(made, reference, judge=wire.Plain())
    tls = stranger(made, folder)
    for party, name in ((COORDINATOR, "coordinator"), (CUSTODIAN, "custodian"), (ASKER, "agency")):
        called = Party(name, party)  # type: ignore[arg-type]
        with pytest.raises(SymbolonError) as refused:
            await call_as_stranger(made.address(party), called, tls)
        assert refused.value.code is ErrorCode.NOT_PERMITTED


async def denied(made: LocalFederation, purpose: str) -> None:
    row = {name: cases.row_of("way")[name] for name in ("names", "dob", "nationality")}
    async with DeskClient(load_home(made.home(ASKER)), load_key(made.officer_key(ASKER))) as client:
        events = client.query(
            row, purpose=purpose, legal_basis="article 1", case_reference="2026/118", justification=EVERY_CASE
        )
        with pytest.raises(SymbolonError) as refused:
            [event async for event in events]
    assert refused.value.code is ErrorCode.NO_AGREEMENT


def stranger(made: LocalFederation, folder: Path) -> TlsFiles:
    """Give a certificate of the federation's authority for an agency that nobody admits."""
    prepare_party(folder / "stranger", STRANGER)
    certify_party(folder / "stranger", STRANGER, made.folder / "authority", datetime.now(UTC))
    return party_tls(folder / "stranger", STRANGER)


async def call_as_stranger(address: str, called: Party, tls: TlsFiles) -> None:
    async with open_channel(address, called, tls) as channel:
        try:
            if called.kind == "coordinator":
                await DirectoryStub(channel).ListMembers(ListMembersRequest(), timeout=10)
            elif called.kind == "custodian":
                await CustodianStub(channel).Evaluate(EvaluateRequest(use=EVALUATION_USE_QUERY), timeout=10)
            else:
                await DeskStub(channel).Status(StatusRequest(), timeout=10)
        except grpc.RpcError as error:
            raise from_rpc_error(error) from None


async def house(made: LocalFederation, folder: Path) -> None:
    """Do at the holder's and the coordinator's own folders what their people do there."""
    user = ("--user", "op")
    await made.command(HOLDER, "node", "records", "show", "Z-way", *user)
    await made.command(HOLDER, "node", "records", "list", *user)
    proof = await made.command(HOLDER, "audit", "enrolled", "Z-way", "--user", "j.auditor")
    assert (proof["leaf"]["record"]["record_id"], proof["records"]) == ("Z-way", len(cases.PEOPLE))
    await made.command(HOLDER, "node", "records", "remove", "Z-down", *user)
    await made.command(HOLDER, "node", "records", "restore", "Z-down", *user)
    await made.command(HOLDER, "node", "officer", "change", VOGT, "--role", "supervisor", "--role", "analyst", *user)
    await made.command(HOLDER, "node", "officer", "disable", VOGT, *user)
    system = ("system", "init", "BORDER-1", "--agency", HOLDER, "--address", made.address(HOLDER))
    await made.run(*system, "--home", str(folder / "border"))
    request = ("--request", str(folder / "border" / "tls" / "request.csr"))
    await made.command(HOLDER, "node", "system", "add", "BORDER-1", *request, *user)
    await made.command(HOLDER, "node", "system", "remove", "BORDER-1", *user)
    received = next(
        entry.number
        for entry in LedgerReader(load_home(made.home(HOLDER)).ledger_path).entries()
        if entry.event.type == "query_received"
    )
    opened = await made.command(HOLDER, "audit", "open", str(received), "--user", "j.auditor")
    assert opened["opened"]["user"] == ANALYST
    await made.command(COORDINATOR, "audit", "open", "1", "--user", "j.auditor")
    held = await made.command(HOLDER, "audit", "hold", "2026/117", "--reason", "complaint 4", "--user", "j.auditor")
    await made.command(HOLDER, "audit", "lift", str(held["hold"]), "--reason", "settled", "--user", "j.auditor")


async def agreement_and_members(made: LocalFederation) -> None:
    """Suspend and resume, fail to, and let a third agency join."""
    own = ("--reason", "a test", "--user", "demo")
    await made.command(ASKER, "agreement", "suspend", "demonstration", *own)
    await waited(made, HOLDER, "agreement_suspended")
    await denied(made, EVERY_PURPOSE)
    await made.command(ASKER, "agreement", "resume", "demonstration", *own)
    await waited(made, HOLDER, "agreement_resumed")
    unknown = ErrorCode.AGREEMENT_UNKNOWN.value.exit_code
    await made.run("agreement", "suspend", "no-such", *own, "--home", str(made.home(ASKER)), accept=(unknown,))
    await made.command(THIRD, "node", "join")
    made.running.pop(ASKER).stop()
    await made.start(ASKER)  # so that it asks for the directory at once
    await hit_on(made, "suspended")


@pytest.mark.parametrize("row", [row for row in ROWS if row.walked], ids=lambda row: f"{row.party}-{row.event}")
def test_each_party_has_the_entry_with_its_fields(logs: dict[str, list[Entry]], row: Row) -> None:
    entries = [entry for entry in logs[row.party] if entry.event.type == row.event]
    assert entries, "no entry"
    for entry in entries:
        values = entry.event.model_dump()
        assert [name for name in row.clear if values[name] in ("", 0, ())] == _may_be_empty(row, values)
        assert set(row.personal) - entry.commitments.keys() == set(), values


def _may_be_empty(row: Row, values: Mapping[str, Any]) -> list[str]:
    """Give what is empty for a reason: a statement or step of which nothing is known here but that it was refused."""
    return [name for name in row.clear if values[name] in ("", 0, ())] if values.get("caller") == "" else []


def test_nothing_that_happened_is_missing_in_the_table(logs: dict[str, list[Entry]]) -> None:
    known = {(row.party, row.event) for row in ROWS} | {("holder", event) for event in TABLE["asker"]}
    known |= {("asker", event) for event in TABLE["holder"]}
    happened = {(party, entry.event.type) for party, entries in logs.items() for entry in entries}
    assert happened - known == set()


def test_every_event_is_in_the_table() -> None:
    types = {event.model_fields["type"].default for event in get_args(get_args(Event)[0])}
    assert {row.event for row in ROWS} == types


def test_nothing_personal_stands_in_clear(logs: dict[str, list[Entry]]) -> None:
    secret = [ANALYST, cases.WEBER, VOGT, cases.CHEF, "2026/117", "article 1", "Z-way", "Quorlvex", "complaint"]
    for entries in logs.values():
        for entry in entries:
            assert [text for text in secret if text.encode() in entry.body] == [], entry.number
