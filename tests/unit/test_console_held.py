"""A form or file that takes its time: it counts, or goes on, as things are then, and has to come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

import console.bodies
from console.bodies import PIECE_BYTES
from console.session import IDLE_SECONDS
from node.officers.permission import Permission
from node.operations.list_calls import LISTS, ListCalls
from node.operations.spool import Spool
from node.operations.workshop import Workshop
from node.uploads import Uploads
from symbolon.v1 import audit_pb2, operations_pb2
from tests.unit.console_desk import ORIGIN, ConsoleDesk

KEEPER, AUDITOR = "o.keeper", "i.auditor"
FROM_HERE = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
PATHS = {"/node/enrol": "/", "/node/list": "/node/list"}
"""Forms, and the page that each leads back to after signing in again."""


class Ordered(ListCalls):
    """The real calls about the list, but that nothing is begun."""

    def __init__(self, permission: Permission, folder: Path) -> None:
        uploads, workshop = Uploads(folder, LISTS), Workshop(folder, Spool(folder))
        super().__init__(permission, *(Any,) * 3, uploads, workshop)  # type: ignore[arg-type]  # unused parts
        self.folder = folder
        self.begun: list[object] = []

    async def start_import(self, request: Any, officer: Any) -> Any:
        await self._permission.check(officer, "operate")
        self.begun.append(request)
        return operations_pb2.StartImportResponse()

    async def start_enrolment(self, request: Any, officer: Any) -> Any:
        await self._permission.check(officer, "operate")
        self.begun.append(request)
        return operations_pb2.StartEnrolmentResponse()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ConsoleDesk]:
    with ConsoleDesk(tmp_path) as made:
        made.enter(KEEPER, "operator")
        made.give(lists=Ordered(made.desk.permission, tmp_path / "spool"))
        yield made


def out(desk: ConsoleDesk, name: str = KEEPER) -> None:
    desk.officers.disable(name, "test", datetime.now(UTC), lambda _: None)


def signed_out(desk: ConsoleDesk, name: str = KEEPER) -> None:
    desk.sessions.end_all_of(name)


def another_role(desk: ConsoleDesk, name: str = KEEPER) -> None:
    desk.officers.change(name, ("analyst",), "", "test", datetime.now(UTC), lambda _: None)


async def held(desk: ConsoleDesk, path: str, meanwhile: Callable[[], Any]) -> httpx.Response:
    """Send all but the end of a form, let something happen, and send the end."""
    browser = desk.browser(KEEPER)
    await browser.get("/account")
    parts = [("csrf", "", browser.token), ("file", "list.csv", "record_id,names\nX-1,Idris Maran\n")]
    named = ((name, f'; filename="{file}"' if file else "", content) for name, file, content in parts)
    whole = "".join(f'--x\r\nContent-Disposition: form-data; name="{n}"{f}\r\n\r\n{c}\r\n' for n, f, c in named)

    async def body() -> AsyncIterator[bytes]:
        yield whole.encode()
        waited = meanwhile()
        if waited is not None:
            await waited
        yield b"--x--\r\n"

    headers = {**FROM_HERE, "content-type": "multipart/form-data; boundary=x"}
    return await browser.client.post(path, content=body(), headers=headers)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("meanwhile", [out, signed_out, another_role])
async def test_a_form_counts_for_who_is_still_let_in_when_all_of_it_has_come(
    desk: ConsoleDesk, path: str, meanwhile: Callable[[ConsoleDesk], None]
) -> None:
    answer = await held(desk, path, lambda: meanwhile(desk))
    assert answer.headers["location"] == f"/sign-in?next={PATHS[path]}&ended=yes"
    lists = desk.desk.lists
    assert isinstance(lists, Ordered)
    assert lists.begun == []
    assert [one for one in lists.folder.rglob("*") if one.is_file()] == [], "a piece of the list stays behind"


@pytest.mark.parametrize(("pieces", "is_taken"), [(8, True), (30, False)])
async def test_a_list_that_takes_longer_to_send_than_a_session_idles_is_taken_within_a_working_day(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch, pieces: int, is_taken: bool
) -> None:
    now = [0.0]
    monkeypatch.setattr(desk.sessions, "_clock", lambda: now[0])
    browser = desk.browser(KEEPER)
    await browser.get("/account")

    async def body() -> AsyncIterator[bytes]:
        yield f'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{browser.token}\r\n'.encode()
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="list.csv"\r\n\r\n'
        for _ in range(pieces):
            now[0] += IDLE_SECONDS * 0.9
            yield b"a" * PIECE_BYTES
        yield b"\r\n--x--\r\n"

    headers = {**FROM_HERE, "content-type": "multipart/form-data; boundary=x"}
    answer = await browser.client.post("/node/list", content=body(), headers=headers)
    assert answer.headers["location"] == ("/node/list" if is_taken else "/sign-in?next=/node/list&ended=yes")
    assert isinstance(desk.desk.lists, Ordered)
    assert len(desk.desk.lists.begun) == is_taken


@pytest.mark.parametrize("path", PATHS)
async def test_a_form_that_is_held_back_too_long_is_not_waited_for(
    desk: ConsoleDesk, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.bodies, "PIECE_SECONDS", 0.1)
    answer = await asyncio.wait_for(held(desk, path, lambda: asyncio.sleep(3)), 2)
    assert answer.status_code == 408
    assert answer.headers["connection"] == "close"
    assert "This took too long" in answer.text
    assert isinstance(desk.desk.lists, Ordered)
    assert desk.desk.lists.begun == []


async def test_a_form_that_comes_byte_by_byte_gets_no_more_time(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.bodies, "PIECE_SECONDS", 0.1)

    async def drops() -> AsyncIterator[bytes]:
        for _ in range(100):
            await asyncio.sleep(0.02)
            yield b"a"

    headers = {**FROM_HERE, "content-type": "application/x-www-form-urlencoded"}
    sent = desk.browser().client.post("/sign-in", content=drops(), headers=headers)
    assert (await asyncio.wait_for(sent, 1)).status_code == 408


async def test_a_list_gets_the_time_it_needs_as_long_as_it_goes_on(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.bodies, "PIECE_SECONDS", 0.2)
    browser = desk.browser(KEEPER)
    await browser.get("/account")

    async def body() -> AsyncIterator[bytes]:
        yield f'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{browser.token}\r\n'.encode()
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="list.csv"\r\n\r\n'
        for _ in range(4):
            await asyncio.sleep(0.1)
            yield b"a" * PIECE_BYTES
        yield b"\r\n--x--\r\n"

    headers = {**FROM_HERE, "content-type": "multipart/form-data; boundary=x"}
    answer = await browser.client.post("/node/list", content=body(), headers=headers)
    assert answer.headers["location"] == "/node/list"


class Exported:
    """An auditor's file in six parts, between the second and the third of which something happens."""

    def __init__(self, meanwhile: Callable[[], None], each: Callable[[], None] = lambda: None) -> None:
        self.meanwhile = meanwhile
        self.each = each
        self.closed = False

    async def download_audit_file(self, *_: Any) -> AsyncIterator[audit_pb2.DownloadAuditFileResponse]:
        try:
            for number in range(6):
                self.each()
                if number == 2:
                    self.meanwhile()
                yield audit_pb2.DownloadAuditFileResponse(content=b"Idris %d\n" % number)
        finally:
            self.closed = True


@pytest.mark.parametrize("meanwhile", [out, signed_out, another_role])
async def test_a_file_goes_on_only_while_its_officer_is_let_in(
    desk: ConsoleDesk, meanwhile: Callable[[ConsoleDesk, str], None]
) -> None:
    desk.enter(AUDITOR, "auditor")
    exported = Exported(lambda: meanwhile(desk, AUDITOR))
    desk.give(audit_works=exported)
    browser = desk.browser(AUDITOR)
    async with browser.client.stream("GET", "/audit/works/w/files/export.jsonl") as answer:
        given = [part async for part in answer.aiter_bytes()]
    assert b"".join(given) == b"Idris 0\nIdris 1\n"
    assert exported.closed


async def test_a_file_that_is_taken_for_longer_than_a_session_may_be_idle_comes_whole(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.enter(AUDITOR, "auditor")
    now = [0.0]
    monkeypatch.setattr(desk.sessions, "_clock", lambda: now[0])

    def later() -> None:
        now[0] += IDLE_SECONDS / 2

    desk.give(audit_works=Exported(lambda: None, later))
    answer = await desk.browser(AUDITOR).get("/audit/works/w/files/export.jsonl")
    assert answer.text.count("Idris") == 6
