"""What a form may be: how large, how written, whole; and files go to the node as they come, and nowhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import starlette.formparsers

from console.pages import PAGES
from console.routing import LARGEST_FORM
from console.session import COOKIE
from console.visit import MOST_FIELDS
from node.uploads import LARGEST_PART
from symbolon.rpc.errors import ErrorCode
from symbolon.v1 import audit_pb2, operations_pb2
from tests.unit.console_desk import ORIGIN, Browser, ConsoleDesk

KEEPER, AUDITOR = "o.keeper", "i.auditor"
FROM_HERE = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
FROM_HERE_BYTES = {name.encode(): value.encode() for name, value in FROM_HERE.items()}
MULTIPART = "multipart/form-data; boundary=x"


@dataclass
class TaughtLists:
    """Takes uploads, and says what came of them."""

    content: bytearray = field(default_factory=bytearray)
    started: list[operations_pb2.StartImportRequest] = field(default_factory=list)
    dropped: int = 0

    async def add_to_upload(self, request: operations_pb2.AddToUploadRequest, _: Any) -> Any:
        assert request.offset == len(self.content)
        assert len(request.content) <= LARGEST_PART
        self.content += request.content
        return operations_pb2.AddToUploadResponse(upload="u", bytes=len(self.content))

    async def drop_upload(self, _: Any, __: Any) -> Any:
        self.dropped += 1
        return operations_pb2.DropUploadResponse()

    async def start_import(self, request: operations_pb2.StartImportRequest, _: Any) -> Any:
        self.started.append(request)
        return operations_pb2.StartImportResponse()


@dataclass
class TaughtWorks:
    """Takes exports, and keeps what a comparison was begun with."""

    files: dict[str, bytearray] = field(default_factory=dict)
    begun: list[audit_pb2.StartReconciliationRequest] = field(default_factory=list)

    async def upload_part(self, request: audit_pb2.UploadPartRequest, _: Any) -> Any:
        name = request.upload or f"upload-{len(self.files)}"
        assert len(request.content) <= LARGEST_PART
        file = self.files.setdefault(name, bytearray())
        assert request.offset == len(file)
        file.extend(request.content)
        return audit_pb2.UploadPartResponse(upload=name, bytes=len(file))

    async def start_reconciliation(self, request: audit_pb2.StartReconciliationRequest, _: Any) -> Any:
        self.begun.append(request)
        return audit_pb2.StartReconciliationResponse(work="w")


@dataclass
class Scene:
    desk: ConsoleDesk
    lists: TaughtLists
    works: TaughtWorks

    async def browser(self, officer: str) -> Browser:
        browser = self.desk.browser(officer)
        await browser.get("/")
        return browser


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    lists, works = TaughtLists(), TaughtWorks()
    with ConsoleDesk(tmp_path, lists=lists, audit_works=works) as desk:
        desk.enter(KEEPER, "operator")
        desk.enter(AUDITOR, "auditor")
        yield Scene(desk, lists, works)


def part(name: str, content: bytes, file: str = "") -> bytes:
    said = f'form-data; name="{name}"' + (f'; filename="{file}"' if file else "")
    return f"--x\r\nContent-Disposition: {said}\r\n\r\n".encode() + content + b"\r\n"


async def sent(browser: Browser, path: str, content: Any, kind: str = MULTIPART) -> httpx.Response:
    return await browser.client.post(path, content=content, headers={**FROM_HERE, "content-type": kind})


@pytest.mark.parametrize("path", ["/sign-in", "/enrol", "/choose", "/account/password"])
async def test_a_body_without_an_end_is_refused_and_not_read_on(scene: Scene, path: str) -> None:
    browser = await scene.browser(KEEPER)
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        yield part("note", b"", "a.csv")[:-2]
        while given < 8 * LARGEST_FORM:
            given += 65536
            yield b"a" * 65536

    answer = await sent(browser, path, endless())
    assert answer.status_code in (400, 413)
    assert given <= LARGEST_FORM + 65536


@pytest.mark.parametrize("content", [b"&" * MOST_FIELDS, b"a=1&" * MOST_FIELDS])
async def test_a_form_of_more_fields_than_any_has_is_refused_before_it_is_parsed(
    scene: Scene, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mebibyte of separators takes the parser seconds, in which the node would do nothing else."""

    async def parsed(_: object) -> None:
        raise AssertionError("the form is parsed")

    monkeypatch.setattr(starlette.formparsers.FormParser, "parse", parsed)
    browser = await scene.browser(KEEPER)
    assert (await sent(browser, "/sign-in", content, "application/x-www-form-urlencoded")).status_code == 400


def test_only_a_page_that_takes_files_takes_more_than_a_form() -> None:
    larger = {page.path for page in PAGES if page.largest > LARGEST_FORM}
    assert larger == {"/batches/new", "/node/list", "/audit/reconciliation"}


@pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "idna", "punycode", "a\0b", "utf-16", "latin-1", "hex"])
@pytest.mark.parametrize("path", ["/choose", "/sign-in", "/account/password"])
async def test_a_form_in_another_charset_is_not_taken(scene: Scene, charset: str, path: str) -> None:
    browser = await scene.browser(KEEPER)
    content = part("csrf", browser.token.encode()) + part("name", b"\\ud800" + b"x" * 80) + b"--x--\r\n"
    answer = await sent(browser, path, content, f"multipart/form-data; charset={charset}; boundary=x")
    assert answer.status_code == 400
    assert "This cannot be taken" in answer.text


async def test_a_form_in_utf_8_may_say_so(scene: Scene) -> None:
    browser = await scene.browser(KEEPER)
    content = part("theme", b"dark") + b"--x--\r\n"
    answer = await sent(browser, "/choose", content, "multipart/form-data; charset=UTF-8; boundary=x")
    assert "theme=dark" in str(answer.headers.get_list("set-cookie"))


async def test_who_goes_away_before_the_end_leaves_no_line(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    answers: list[dict[str, Any]] = []

    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def keep(message: Any) -> None:
        answers.append(message)

    headers = [(b"host", ORIGIN.partition("://")[2].encode()), (b"content-type", MULTIPART.encode())]
    headers += [(name.encode(), value.encode()) for name, value in FROM_HERE.items()]
    scope = {"type": "http", "method": "POST", "path": "/sign-in", "raw_path": b"/sign-in", "query_string": b""}
    scope |= {"headers": headers, "scheme": "https", "server": ("desk.example", 8443), "root_path": ""}
    await scene.desk.app(scope, gone, keep)
    assert answers[0]["status"] == 400
    assert caplog.records == []


async def test_a_list_goes_to_the_node_whole_and_in_pieces(scene: Scene) -> None:
    browser = await scene.browser(KEEPER)
    content = part("csrf", browser.token.encode()) + part("whole_list", b"yes")
    content += part("file", b"a" * 200_000, "list.csv") + b"--x--\r\n"
    assert (await sent(browser, "/node/list", content)).status_code == 303
    assert bytes(scene.lists.content) == b"a" * 200_000
    assert scene.lists.started[0].whole_list
    assert scene.lists.started[0].row_format == "csv"


async def test_a_list_that_was_cut_off_is_not_imported(scene: Scene) -> None:
    """Its rows would count as all there are: a whole list removes those that are not in it."""
    browser = await scene.browser(KEEPER)
    whole = part("csrf", browser.token.encode()) + part("whole_list", b"yes")
    whole += part("file", b"row\n" * 5000, "list.csv") + b"--x--\r\n"
    for end in (7, 4000):
        answer = await sent(browser, "/node/list", whole[:-end])
        assert answer.status_code == 400
        scene.lists.content.clear()
    assert scene.lists.started == []
    assert scene.lists.dropped == 2


@pytest.mark.parametrize(
    "files",
    [
        part("file", b"one", "a.csv") + part("file", b"two", "b.csv"),
        part("other", b"one", "a.csv"),
        part("file", b"one", "a.csv") * 9,
    ],
)
async def test_two_files_never_become_one_list(scene: Scene, files: bytes) -> None:
    browser = await scene.browser(KEEPER)
    answer = await sent(browser, "/node/list", part("csrf", browser.token.encode()) + files + b"--x--\r\n")
    assert answer.status_code == 400
    assert scene.lists.started == []


@pytest.mark.parametrize("path", ["/node/list", "/audit/reconciliation"])
async def test_a_file_before_the_token_of_the_session_is_not_taken(scene: Scene, path: str) -> None:
    browser = await scene.browser(KEEPER if path == "/node/list" else AUDITOR)
    field_name = "file" if path == "/node/list" else "first"
    file = part(field_name, b"row", "a.csv")
    for content in (file, file + part("csrf", browser.token.encode()), part("csrf", b"x") + file):
        assert (await sent(browser, path, content + b"--x--\r\n")).status_code == 403
    assert scene.lists.content == b""
    assert scene.works.files == {}


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", f"multipart/form-data; boundary={'x' * 300}", "text/plain", ""]
)
async def test_what_is_no_form_with_files_is_not_taken(scene: Scene, kind: str) -> None:
    browser = await scene.browser(KEEPER)
    answer = await browser.client.post("/node/list", content=b"x", headers={**FROM_HERE, "content-type": kind})
    assert answer.status_code == 400


async def test_exports_go_to_the_node_and_never_to_the_machines_folder_of_temporary_files(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept(**_: object) -> None:
        raise AssertionError("an export lies in the folder of temporary files")

    monkeypatch.setattr(starlette.formparsers, "SpooledTemporaryFile", kept)
    browser = await scene.browser(AUDITOR)
    content = part("csrf", browser.token.encode()) + part("first", b"one" * 50_000, "a.export")
    content += part("hub", b"two", "b.export") + part("own", b"yes")
    content += part("open", b"officer") + part("open", b"decision") + b"--x--\r\n"
    answer = await sent(browser, "/audit/reconciliation", content)
    assert answer.headers["location"] == "/audit/works/w"
    (begun,) = scene.works.begun
    assert [len(scene.works.files[name]) for name in begun.uploads] == [150_000, 3]
    assert list(begun.open) == ["officer", "decision"]
    assert begun.own


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_cookie_of_any_bytes_is_nobody_s(scene: Scene, method: str) -> None:
    browser = scene.desk.browser()
    cookie = f"{COOKIE}=".encode() + b"\xff\xfe"
    answer = await browser.client.request(method, "/", headers=FROM_HERE_BYTES | {b"cookie": cookie})
    assert answer.status_code in (303, 405)


def test_every_code_of_an_error_has_a_status_below_500_but_those_that_say_wait() -> None:
    from console.app import _STATUS  # noqa: PLC0415

    waits = {ErrorCode.BUSY, ErrorCode.LOG_NOT_WRITABLE, ErrorCode.UNREACHABLE, ErrorCode.TIMED_OUT}
    assert {code for code, status in _STATUS.items() if status >= 500} == waits
