"""``symbolon node serve``: answer partners and this agency's own people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.output import HomeOption, JsonOption, failing_clearly
from cli.serving import run_serving
from console.beside import console_beside
from node.config import load_home
from node.service import serve as serve_node


@failing_clearly
def serve(
    listen: Annotated[str | None, typer.Option(help="host:port to listen at instead of the setting.")] = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Serve partners (through the coordinator) and this agency's own people until told to stop.

    Where console_listen is set, the web console is served beside it.
    """
    node = load_home(home)
    run_serving(
        lambda address, announce: serve_node(node, address, announce, console_beside),
        node.party,
        listen or node.settings.listen,
        as_json,
    )
