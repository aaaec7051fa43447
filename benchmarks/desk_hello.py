"""A page of two words over the console's own HTTPS: ``python -m benchmarks.desk_hello HOST:PORT CERTIFICATE KEY``.

What such a page takes is the framework, the TLS handshake and the client; the rest of what a page of the console takes
is ours. Prints a line once it serves, and serves until it is ended.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from console.serving import HttpsFiles, serving


async def hello(_: Request) -> HTMLResponse:
    """Give the page."""
    return HTMLResponse("<!doctype html><html lang=en><title>Hello</title><h1>Hello, world</h1></html>")


async def main(address: str, certificate: str, key: str) -> None:
    """Serve."""
    app = Starlette(routes=[Route("/", hello)])
    async with serving(app, address, HttpsFiles(Path(certificate), Path(key))):
        print("serving", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
