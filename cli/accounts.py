"""``symbolon node account``: officers' accounts for the console, kept by the operator on the node's own machine."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.output import HomeOption, JsonOption, UserOption, emit, failing_clearly, login_name
from cli.tables import Table
from ledger.log import Ledger
from node.accounts.keeping import AccountKeeping, AccountState
from node.accounts.store import Accounts
from node.config import NodeHome, load_home
from node.officers.register import Officers

accounts = typer.Typer(
    help="Invite officers to the console, lock, reset and remove their accounts.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_Name = Annotated[str, typer.Argument(help="The officer's name.")]


@accounts.command(epilog="Example: symbolon node account invite a.martin")
@failing_clearly
def invite(name: _Name, user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Print a code with which an officer sets up an account, once, within 48 hours. Only a hash of it is kept."""
    _invite(name, user, home, as_json, reset=False)


@accounts.command(epilog="Example: symbolon node account reset a.martin")
@failing_clearly
def reset(name: _Name, user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Void an officer's password, authenticator and recovery codes, end all sessions, and invite anew."""
    _invite(name, user, home, as_json, reset=True)


@accounts.command(epilog="Example: symbolon node account confirm a.martin --user b.second")
@failing_clearly
def confirm(name: _Name, user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Say that it was the officer who enrolled after an invitation from the console; who invited may not say it."""
    with _Keeping(home, user) as keeping:
        keeping.accounts.confirm(name, keeping.accounts.state_of(name).enrolled_at)
        _tell(name, keeping, as_json, f"{name} is confirmed, and can sign in.")


@accounts.command("list", epilog="Example: symbolon node account list")
@failing_clearly
def list_accounts(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """List the officers with the state of their accounts; it holds nothing that lets anybody in."""
    with _Keeping(home, "list") as keeping:
        states = {
            entry.officer.name: keeping.accounts.state_of(entry.officer.name) for entry in keeping.officers.entries()
        }
    emit({"accounts": [_described(name, state) for name, state in states.items()]}, as_json, lambda: _table(states))


@accounts.command(epilog="Example: symbolon node account lock a.martin")
@failing_clearly
def lock(name: _Name, user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Let nobody in by an account, and end its sessions at once, also at a running node."""
    with _Keeping(home, user) as keeping:
        keeping.accounts.lock(name)
        _tell(name, keeping, as_json, f"{name} is locked; symbolon node account unlock ends it.")


@accounts.command(epilog="Example: symbolon node account unlock a.martin")
@failing_clearly
def unlock(name: _Name, user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """End the lock of an account, whether an operator's or one by failures."""
    with _Keeping(home, user) as keeping:
        keeping.accounts.unlock(name)
        _tell(name, keeping, as_json, f"{name} is unlocked.")


@accounts.command(epilog="Example: symbolon node account remove a.martin")
@failing_clearly
def remove(name: _Name, user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Forget an account, and end its sessions. The officer stays, and may be invited again."""
    with _Keeping(home, user) as keeping:
        keeping.accounts.remove(name)
        _tell(name, keeping, as_json, f"The account of {name} is removed.")


class _Keeping:
    """What a change takes, for one operator; a context manager."""

    def __init__(self, home: Path, user: str) -> None:
        self._home: NodeHome = load_home(home)
        self._user = user or login_name()
        self._stack = ExitStack()

    def __enter__(self) -> _Keeping:
        ledger = self._stack.enter_context(Ledger(self._home.ledger_path))
        self.officers = self._stack.enter_context(Officers(self._home.officers_path))
        store = self._stack.enter_context(Accounts(self._home.accounts_path))
        self.accounts = AccountKeeping(store, self.officers, ledger, self._user, time.time())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _invite(name: str, user: str, home: Path, as_json: bool, *, reset: bool) -> None:
    with _Keeping(home, user) as keeping:
        invitation = keeping.accounts.invite(name, reset=reset, confirmed=True)
    until = _moment(invitation.until)
    text = f"{invitation.code}\nHand this code to {name}: it counts once, on the console's page /enrol, until {until}."
    emit({"name": name, "code": invitation.code, "until": until}, as_json, lambda: text)


def _tell(name: str, keeping: _Keeping, as_json: bool, text: str) -> None:
    emit(_described(name, keeping.accounts.state_of(name)), as_json, lambda: text)


def _described(name: str, state: AccountState) -> dict[str, Any]:
    until = _moment(state.until) if state.until else None
    return {"name": name, "state": state.state, "until": until, "recovery_codes": state.recovery_codes}


def _table(states: dict[str, AccountState]) -> Table | str:
    if not states:
        return "No officers: nobody may use the desk. Next: symbolon node officer add."
    table = Table()
    for column in ("officer", "account", "until", "recovery codes"):
        table.add_column(column)
    for name, state in states.items():
        until = _moment(state.until) if state.until else ""
        table.add_row(name, state.state.replace("_", " "), until, str(state.recovery_codes))
    return table


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
