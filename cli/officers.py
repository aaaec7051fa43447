"""``symbolon node officer``: who may use the desk of this node, kept by its operator on the node's own machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.output import HomeOption, JsonOption, UserOption, emit, failing_clearly, foreign, login_name
from cli.tables import Table
from ledger.log import Ledger
from node.accounts.identities import Identities
from node.config import NodeHome, load_home
from node.officers.key import OfficerKey, write_key
from node.officers.recording import (
    officer_added,
    officer_changed,
    officer_disabled,
    officer_key_rotated,
    officer_linked,
    officer_unlinked,
)
from node.officers.register import MAY, ROLES, OfficerEntry, Officers, Recording, in_order
from symbolon.rpc.errors import ErrorCode, SymbolonError

officers = typer.Typer(
    help="Enter this agency's officers, change their roles and keys, shut them out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_Name = Annotated[str, typer.Argument(help="The officer's name: a-z, 0-9, dot, hyphen, underscore; never given twice.")]
_Roles = Annotated[
    list[str] | None,
    typer.Option("--role", help=f"{', '.join(ROLES)}; repeatable."),
]
_KeyFile = Annotated[Path, typer.Option(help="A new file for the officer's key; it is shown nowhere else.")]
_Authority = Annotated[str | None, typer.Option(help="The unit the officer is for; plain text in the log.")]


@officers.command(epilog="Example: symbolon node officer add a.martin --role analyst --key-file a.martin.key")
@failing_clearly
def add(
    name: _Name,
    key_file: _KeyFile,
    role: _Roles = None,
    authority: _Authority = None,
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Enter an officer and write the key to a file that its owner alone can read. The log has it first."""
    with _Keeping(home, user) as keeping:
        key = OfficerKey.draw(name)
        entry = _with_key_file(
            key_file,
            key,
            lambda: keeping.officers.add(
                key, role or (), authority or "", keeping.user, keeping.now, keeping.recording(officer_added)
            ),
        )
    _tell(entry, as_json, f"{name} is entered; hand over {key_file}, and keep no copy.", key_file)


@officers.command("list", epilog="Example: symbolon node officer list --json")
@failing_clearly
def list_officers(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """List the officers with their roles and authorities, disabled ones too, and what each role may do (--json)."""
    node = load_home(home)
    with Officers(node.officers_path) as store, Identities(node.identities_path) as identities:
        entries = store.entries()
        subjects = identities.subjects(node.settings.oidc_issuer)
    data = {
        "officers": [_described(entry) | {"subject": subjects.get(entry.officer.name, "")} for entry in entries],
        "may": {action: in_order(roles) for action, roles in MAY.items()},
    }
    emit(data, as_json, lambda: _table(entries, subjects))


@officers.command(epilog="Example: symbolon node officer change a.martin --role analyst --role supervisor")
@failing_clearly
def change(
    name: _Name,
    role: _Roles = None,
    authority: _Authority = None,
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Give an officer other roles (all that are to be held), another authority, or both. The log has it first."""
    if not role and authority is None:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--role or --authority: say what changes")
    with _Keeping(home, user) as keeping:
        record = keeping.recording(officer_changed)
        entry = keeping.officers.change(name, role or None, authority, keeping.user, keeping.now, record)
    _tell(entry, as_json, f"{name} is changed.")


@officers.command(epilog="Example: symbolon node officer disable a.martin")
@failing_clearly
def disable(name: _Name, user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Shut an officer out at once, also from a running node; the key is void. The log has it first."""
    with _Keeping(home, user) as keeping:
        record = keeping.recording(officer_disabled)
        entry = keeping.officers.disable(name, keeping.user, keeping.now, record)
    _tell(entry, as_json, f"{name} is disabled.")


@officers.command("rotate-key", epilog="Example: symbolon node officer rotate-key a.martin --key-file a.martin.2.key")
@failing_clearly
def rotate_key(
    name: _Name, key_file: _KeyFile, user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False
) -> None:
    """Give an officer a new key; the old one is void at once. A disabled officer is let in again by it."""
    with _Keeping(home, user) as keeping:
        key = OfficerKey.draw(name)
        record = keeping.recording(officer_key_rotated)
        entry = _with_key_file(key_file, key, lambda: keeping.officers.rotate(key, keeping.user, keeping.now, record))
    _tell(entry, as_json, f"{name} has a new key; hand over {key_file}, and keep no copy.", key_file)


@officers.command(epilog="Example: symbolon node officer link a.martin --subject 3f0c9f6e-7d1b-4c33-9a53-6f5f6c9d0a11")
@failing_clearly
def link(
    name: _Name,
    subject: Annotated[str, typer.Option(help="Who the person is at the identity provider: sub of its tokens.")],
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Say which subject of the agency's identity provider an officer is. Roles stay here. The log has it first."""
    issuer = _issuer(home)
    with _Keeping(home, user) as keeping:
        entry = keeping.entry(name)
        record = partial(officer_linked, keeping.ledger, name, issuer, subject, keeping.user)
        keeping.identities.link(name, issuer, subject, keeping.user, keeping.now, record)
    _tell(entry, as_json, f"{name} signs in by {issuer} as this subject.")


@officers.command(epilog="Example: symbolon node officer unlink a.martin")
@failing_clearly
def unlink(name: _Name, user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Take an officer's subject away: nobody is this officer by the provider. The log has it first."""
    with _Keeping(home, user) as keeping:
        entry = keeping.entry(name)
        keeping.identities.unlink(name, partial(officer_unlinked, keeping.ledger, name, keeping.user))
    _tell(entry, as_json, f"{name} is linked to nobody at the identity provider.")


def _issuer(home: Path) -> str:
    issuer = load_home(home).settings.oidc_issuer
    if not issuer:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "oidc_issuer: the node has no identity provider, see node.toml")
    return issuer


class _Keeping:
    """What a change takes: the officers, the log, who does it and when; a context manager."""

    def __init__(self, home: Path, user: str) -> None:
        self._home: NodeHome = load_home(home)
        self._stack = ExitStack()
        self.user = user or login_name()
        self.now = datetime.now(UTC)

    def __enter__(self) -> _Keeping:
        self.ledger = self._stack.enter_context(Ledger(self._home.ledger_path))
        self.officers = self._stack.enter_context(Officers(self._home.officers_path))
        self.identities = self._stack.enter_context(Identities(self._home.identities_path))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def recording(self, write: Callable[[Ledger, OfficerEntry], None]) -> Recording:
        """Give what makes a change durable in the log."""
        return partial(write, self.ledger)

    def entry(self, name: str) -> OfficerEntry:
        """Give an officer; raise `SymbolonError` (`NOT_FOUND`) where there is none of this name."""
        for entry in self.officers.entries():
            if entry.officer.name == name:
                return entry
        raise SymbolonError(ErrorCode.NOT_FOUND, "no officer of this name: see symbolon node officer list")


def _with_key_file(path: Path, key: OfficerKey, make: Callable[[], OfficerEntry]) -> OfficerEntry:
    """Write the key's file, then make the change; a file of a change that was not made is taken away again."""
    write_key(path, key)
    try:
        return make()
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _described(entry: OfficerEntry) -> dict[str, Any]:
    return {
        "name": entry.officer.name,
        "roles": in_order(entry.officer.roles),
        "authority": entry.authority,
        "active": entry.active,
        "created_by": entry.created_by,
        "created_at": entry.created_at.isoformat(timespec="seconds"),
        "changed_by": entry.changed_by,
        "changed_at": entry.changed_at.isoformat(timespec="seconds"),
    }


def _tell(entry: OfficerEntry, as_json: bool, text: str, key_file: Path | None = None) -> None:
    data = _described(entry) | ({"key_file": str(key_file)} if key_file else {})
    emit(data, as_json, lambda: text)


def _table(entries: list[OfficerEntry], subjects: Mapping[str, str]) -> Table | str:
    if not entries:
        return "No officers: nobody may use the desk. Next: symbolon node officer add."
    table = Table()
    for column in ("officer", "roles", "authority", "active", "changed", *(["subject"] if subjects else [])):
        table.add_column(column)
    for entry in entries:
        table.add_row(
            entry.officer.name,
            ", ".join(in_order(entry.officer.roles)),
            foreign(entry.authority),
            "yes" if entry.active else "no",
            f"{entry.changed_at:%Y-%m-%d %H:%M}",
            *([foreign(subjects.get(entry.officer.name, ""))] if subjects else []),
        )
    return table
