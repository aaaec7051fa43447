"""A console in memory, served to a browser over a line that a test can cut."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, async_playwright

from console.certificate import certify_where_needed
from console.serving import HttpsFiles, serving
from console.session import COOKIE
from tests.unit.console_desk import ORIGIN, ConsoleDesk

CHROMIUM = shutil.which("chromium")


class Line:
    """Hands bytes to and from the console at ``port`` until it is cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: set[asyncio.StreamWriter] = set()
        self._is_cut = False

    def cut(self) -> None:
        """Break what is open, and take nothing new."""
        self._is_cut = True
        for end in self._ends:
            end.transport.abort()

    def mend(self) -> None:
        """Take what comes from now on."""
        self._is_cut = False

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one connection of the browser."""
        if self._is_cut:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._ends |= {writer, back}
        await asyncio.gather(_hand_on(reader, back), _hand_on(there, writer))
        self._ends -= {writer, back}


async def _hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def looked_at(desk: ConsoleDesk, officer: str, folder: Path) -> AsyncIterator[tuple[Page, Line]]:
    """Give a window in which somebody is signed in, and its line."""
    files = HttpsFiles(folder / "console.crt", folder / "console.key")
    certify_where_needed(files, ORIGIN)
    async with serving(desk.app, "127.0.0.1:0", files) as port, async_playwright() as playwright:
        line = Line(port)
        server = await asyncio.start_server(line.take, "127.0.0.1", 0)
        to = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        rule = f"--host-resolver-rules=MAP {ORIGIN.partition('://')[2]} {to}"
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", rule])
        context = await browser.new_context(base_url=ORIGIN, ignore_https_errors=True, locale="en")
        token = desk.token(officer)
        await context.add_cookies(
            [{"name": COOKIE, "value": token, "url": ORIGIN, "secure": True, "sameSite": "Strict"}]
        )
        try:
            yield await context.new_page(), line
        finally:
            await browser.close()
            line.cut()
            server.close()
