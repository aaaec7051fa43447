"""``symbolon node mail``: the messages of partners that this node could not handle: seen, retried and erased."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.output import HomeOption, JsonOption, UserOption, emit, failing_clearly, foreign, login_name
from cli.tables import Table
from ledger.entries import Statement
from ledger.events import MessageErased, MessageRetried, MessageShown
from ledger.log import Ledger
from node.cases_file import open_cases
from node.config import load_home
from node.mail import store

mail = typer.Typer(
    help="See, retry and erase messages of partners that this node could not handle.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

NumberArgument = Annotated[int, typer.Argument(help="Number of the message, from the list.")]


@mail.command("list", epilog="Example: symbolon node mail list --home /srv/symbolon")
@failing_clearly
def list_messages(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """List the messages set aside: from whom, when, how large, the kind of error, and whether they are retried."""
    with open_cases(load_home(home).cases_path) as cases:
        found = [
            {
                "number": one.number,
                "partner": one.partner,
                "set_aside_at": one.set_aside_at.isoformat(),
                "bytes": one.size,
                "reason": one.reason,
                "again": one.again,
            }
            for one in store.set_aside(cases.connection)
        ]
    emit({"messages": found}, as_json, lambda: _table(found) if found else "No message is set aside.")


@mail.command(epilog="Example: symbolon node mail show 7 --home /srv/symbolon")
@failing_clearly
def show(number: NumberArgument, user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Show the content of a message set aside. It may name persons. The log has it first."""
    _log(home, MessageShown(number=number), user)
    with open_cases(load_home(home).cases_path) as cases:
        content = store.read_set_aside(cases.connection, number).decode(errors="backslashreplace")
    emit({"number": number, "content": content}, as_json, lambda: foreign(content))


@mail.command(epilog="Example: symbolon node mail retry 7 --home /srv/symbolon")
@failing_clearly
def retry(
    number: NumberArgument, user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False
) -> None:
    """Have the running node handle a message set aside once more, at its next tick. The log has it first."""
    _log(home, MessageRetried(number=number), user)
    with open_cases(load_home(home).cases_path) as cases, cases.transaction() as connection:
        store.retry_set_aside(connection, number)
    told = f"The running node handles message {number} at its next tick; then it is on the list only if that failed."
    emit({"again": number}, as_json, lambda: told)


@mail.command(epilog="Example: symbolon node mail erase 7 --home /srv/symbolon")
@failing_clearly
def erase(
    number: NumberArgument, user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False
) -> None:
    """Erase a message set aside. The log has it first, and keeps the message's digest."""
    _log(home, MessageErased(number=number), user)
    with open_cases(load_home(home).cases_path) as cases:
        with cases.transaction() as connection:
            store.erase_set_aside(connection, number)
        cases.shrink_log()
    emit({"erased": number}, as_json, lambda: f"Message {number} is erased.")


def _log(home: Path, event: MessageShown | MessageRetried | MessageErased, user: str) -> None:
    with Ledger(load_home(home).ledger_path) as ledger:
        ledger.append(Statement(event, {"user": user or login_name()}))


def _table(found: list[dict[str, Any]]) -> Table:
    table = Table()
    for column in ("number", "partner", "set aside", "bytes", "reason", "again"):
        table.add_column(column)
    for one in found:
        table.add_row(*(foreign(str(value)) for value in one.values()))
    return table
