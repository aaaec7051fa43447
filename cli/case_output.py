"""How cases and referrals are shown, and what the commands about them share: the connection and its options.

What another agency wrote is shown as `foreign` text. With ``--json`` a file is one object with the fields of
``cases.proto``, times in ISO form and content as an object.
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from google.protobuf.json_format import MessageToDict
from rich.console import Group
from rich.table import Table

from cli.output import calling, counted, emit, failing_clearly, foreign
from node.cases.client import CaseClient
from node.cases.messages import MOST_CHARACTERS
from node.cases.steps import too_long
from node.config import load_home
from node.officer_key import load_key

Answer = TypeVar("Answer")
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

ReferenceArgument = Annotated[str, typer.Argument(help="The holder's reference, as the hit told it.")]
AgencyOption = Annotated[
    str, typer.Option("--agency", help="The holder, where two agencies gave the same reference.", show_default=False)
]
_WORDS = frozenset({"state", "holder_state", "purpose", "receipt"})
"""Fields whose value is a word of ours, shown without underscores."""

_NOTHING: tuple[Any, ...] = ("", 0, [], None, {})
_TIMES = frozenset({"since", "opened_at", "at", "due_at", "clock_due_at"})


def call(home: Path, officer_key: Path | None, work: Callable[[CaseClient], Awaitable[Answer]]) -> Answer:
    """Do something over a connection to the officer's own node."""
    node = load_home(home)
    officer = load_key(officer_key)

    async def run() -> Answer:
        async with CaseClient(node, officer) as client:
            return await work(client)

    with calling(f"this agency's node {node.party.uri} at {node.settings.address}"):
        return asyncio.run(run())


def taking_words(command: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Decorate a step: as `failing_clearly`, and a text that is too long is refused before anything is sent."""

    @functools.wraps(command)
    def wrapped(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        for name, value in options.items():
            if isinstance(value, str) and len(value.strip()) > MOST_CHARACTERS:
                raise too_long(f"--{name.replace('_', '-')}", value, MOST_CHARACTERS)
        return command(*arguments, **options)

    return failing_clearly(wrapped)


def described(message: Any) -> dict[str, Any]:
    """Give a case or referral as it is printed with ``--json``."""
    values = MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    content = values.pop("content_json", "")
    flat = values.pop("file") | values
    shown: dict[str, Any] = _readable(flat)
    if content:
        shown["content"] = json.loads(message.content_json)
    return shown


def show_list(messages: list[Any], as_json: bool, noun: str) -> None:
    """Print a list of cases or referrals."""
    rows = [described(message) for message in messages]
    emit({"total": len(rows), f"{noun}s": rows}, as_json, lambda: _list(rows, noun))


def show_one(message: Any, as_json: bool) -> None:
    """Print one case or referral whole."""
    shown = described(message)
    emit(shown, as_json, lambda: Group(*_parts(shown)))


def _list(rows: list[dict[str, Any]], noun: str) -> Any:
    if not rows:
        return f"No {noun}s."
    table = Table(title=counted(len(rows), noun).capitalize())
    for column in ("reference", "partner", "state", "since", "what to see to"):
        table.add_column(column, overflow="fold", no_wrap=column == "reference")
    for row in rows:
        state = row["state"].replace("_", " ")
        table.add_row(
            foreign(row["reference"]), foreign(row["partner"]), state, row["since"] or "", "\n".join(row["alerts"])
        )
    return table


def _parts(shown: dict[str, Any]) -> list[Any]:
    """Give a table of what there is, then the history."""
    table = Table(show_header=False, title=foreign(f"{shown['reference']} ({shown['partner']})"))
    table.add_column("what", no_wrap=True)
    table.add_column("how it is", overflow="fold")
    for name, value in shown.items():
        if name in ("reference", "partner", "history") or value in _NOTHING or _is_unneeded(name, value):
            continue
        shown_value = value.replace("_", " ") if name in _WORDS else value
        table.add_row(name.replace("_", " "), foreign(*_lines(shown_value)))
    history = Table(title="What happened")
    for column in ("when", "what", "by"):
        history.add_column(column)
    for line in shown.get("history", []):
        history.add_row(line["at"], line["event"].replace("_", " "), foreign(line["by"]))
    return [table, history] if shown.get("history") else [table]


def _is_unneeded(name: str, value: Any) -> bool:
    return name == "review" and value["state"] == "none"


def _lines(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{name.replace('_', ' ')}: {_flat(one)}" for name, one in value.items() if one not in _NOTHING]
    if isinstance(value, list):
        return [line for one in value for line in (_lines(one) if isinstance(one, dict) else [str(one)])]
    return [str(value)]


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(_lines(value))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _readable(values: Any) -> Any:
    if isinstance(values, list):
        return [_readable(one) for one in values]
    if not isinstance(values, dict):
        return values
    return {name: _time(one) if name in _TIMES else _whole(name, _readable(one)) for name, one in values.items()}


def _time(seconds: str) -> str | None:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat() if int(seconds) else None


def _whole(name: str, value: Any) -> Any:
    return int(value) if name == "clock_left_seconds" else value  # protobuf's JSON has long numbers as text
