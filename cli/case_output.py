"""How cases and referrals are shown, and what the commands about them share: the connection and its options.

With ``--json`` a file is one object with the fields of ``cases.proto``, times in ISO form, content and subject as
objects, and with each step that can be taken its command; else it is the text of ``cli.case_text``.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from google.protobuf.json_format import MessageToDict

from cli.case_commands import TO_FILL_IN, command_of
from cli.case_text import moment, text_of
from cli.desk import at_desk
from cli.output import counted, emit, failing_clearly, foreign
from cli.tables import Table
from node.cases.client import CaseClient
from node.cases.messages import MOST_CHARACTERS
from node.cases.steps import too_long
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import cases_pb2 as wire

Answer = TypeVar("Answer")
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

ReferenceArgument = Annotated[str, typer.Argument(help="The holder's reference, as the hit told it.")]
AgencyOption = Annotated[
    str, typer.Option("--agency", help="The holder, where two agencies gave the same reference.", show_default=False)
]
WaitingOption = Annotated[
    int,
    typer.Option(
        min=0,
        max=1000,
        help="Only what waits for you: the first so many, and every emergency of it; with how many wait for whom.",
        show_default=False,
    ),
]
Message = wire.CaseShown | wire.ReferralShown

_TIMES = frozenset(
    {"since", "opened_at", "at", "due_at", "see_to_by", "clock_due_at", "clock_paused_at", "returned_at"}
)


def call(home: Path, officer_key: Path | None, work: Callable[[CaseClient], Awaitable[Answer]]) -> Answer:
    """Do something over a connection to the officer's own node."""
    return at_desk(CaseClient, home, officer_key, work)


def taking_words(command: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Decorate a step: as `failing_clearly`, and what is no text of an officer's is refused before anything is sent."""

    @functools.wraps(command)
    def wrapped(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        for name, value in options.items():
            option = f"--{name.replace('_', '-')}"
            if isinstance(value, str) and len(value.strip()) > MOST_CHARACTERS:
                raise too_long(option, value, MOST_CHARACTERS)
            if value == TO_FILL_IN:
                raise SymbolonError(ErrorCode.INVALID_INPUT, f"{option}: write it in place of {TO_FILL_IN}")
        return command(*arguments, **options)

    return failing_clearly(wrapped)


def described(message: Message) -> dict[str, Any]:
    """Give a case or referral as it is printed with ``--json``."""
    values = MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    documents = {name: values.pop(f"{name}_json", "") for name in ("content", "subject", "record", "record_rules")}
    flat = values.pop("file") | values
    shown: dict[str, Any] = _readable(flat)
    for name, text in documents.items():
        if text:
            shown[name] = json.loads(getattr(message, f"{name}_json"))
    for step in shown["next_steps"]:
        step["command"] = command_of(_noun(message), shown, step)
    return shown


def show_list(found: wire.ListCasesResponse | wire.ListReferralsResponse, as_json: bool, noun: str) -> None:
    """Print a list of cases or referrals, with how many wait where that was asked."""
    messages: Sequence[Message] = found.cases if isinstance(found, wire.ListCasesResponse) else found.referrals
    rows = [described(message) for message in messages]
    listed: dict[str, Any] = {"total": len(rows), "has_more": found.has_more, f"{noun}s": rows}
    if found.HasField("waiting"):
        listed["waiting"] = {"own": found.waiting.own, "of_others": found.waiting.of_others}
    emit(listed, as_json, lambda: _list(listed, noun))


def show_one(message: Message, as_json: bool) -> None:
    """Print one case or referral whole."""
    shown = described(message)
    emit(shown, as_json, lambda: text_of(_noun(message), shown, datetime.now(UTC)))


def show_cleared(hits: Sequence[wire.ClearedHit], as_json: bool) -> None:
    """Print the cleared hits."""
    whole = (
        MessageToDict(one, preserving_proto_field_name=True, always_print_fields_with_no_presence=True) for one in hits
    )
    rows = [_readable(one) for one in whole]
    emit({"total": len(rows), "cleared": rows}, as_json, lambda: _cleared(rows))


def _cleared(rows: list[dict[str, Any]]) -> Any:
    if not rows:
        return "No hits are cleared."
    table, now = Table(title=counted(len(rows), "cleared hit").capitalize()), datetime.now(UTC)
    for column in ("reference", "partner", "case", "cleared by", "because", "came again"):
        table.add_column(column, no_wrap=column == "reference")
    for row in rows:
        again = f"{row['returned']} times, last {moment(row['returned_at'], now)}" if row["returned"] else ""
        table.add_row(
            foreign(row["reference"]),
            foreign(row["partner"]),
            foreign(row["case_reference"]),
            foreign(f"{row['by']}, {moment(row['at'], now)}"),
            foreign(row["reason"]),
            again,
        )
    return table


def _noun(message: Message) -> str:
    return "case" if isinstance(message, wire.CaseShown) else "referral"


def _list(listed: dict[str, Any], noun: str) -> Any:
    rows, said = listed[f"{noun}s"], []
    waits = listed.get("waiting")
    if waits:
        said.append(f"{waits['own']} wait for you, {waits['of_others']} for colleagues.")
    if not rows:
        return " ".join(said or [f"No {noun}s."])
    if listed["has_more"] and not waits:
        said.append("There are more: of these, what runs out first and the newest.")
    table, now = Table(title=counted(len(rows), noun).capitalize(), caption=" ".join(said) or None), datetime.now(UTC)
    for column in ("reference", "partner", "state", "what to see to", "until", "since"):
        table.add_column(column, no_wrap=column == "reference")
    for row in rows:
        table.add_row(
            foreign(row["reference"]),
            foreign(row["partner"]),
            "\n".join([row["state"].replace("_", " "), *(["DANGER TO LIFE"] if row["emergency"] else [])]),
            "\n".join(row["alerts"]),
            moment(row["see_to_by"], now),
            moment(row["since"], now),
        )
    return table


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
