"""The command ``symbolon``: names the groups, and imports one only when it is called.

Importing all of it costs a second (gRPC, the kernel, its tables); the overview of commands must not.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """Where a command lives: a `typer.Typer` called ``app``, or a single function."""

    module: str
    attribute: str
    summary: str

    def load(self, name: str) -> Any:
        """Import the module and give its command."""
        found = getattr(import_module(self.module), self.attribute)
        if not isinstance(found, typer.Typer):
            single = typer.Typer(add_completion=False, rich_markup_mode=None)
            single.command(name, epilog=getattr(found, "epilog", None))(found)
            found = single
        return typer.main.get_command(found)


COMMANDS = {
    "authority": CommandEntry("cli.authority", "app", "Certify parties: the federation's development authority."),
    "coordinator": CommandEntry("cli.coordinator", "app", "Run the hub: directory of members and blind relay."),
    "custodian": CommandEntry("cli.custodian", "app", "Run a key custodian: evaluates blinded elements, metered."),
    "node": CommandEntry("cli.node", "app", "Run an agency's node: records, enrolment, answers."),
    "query": CommandEntry("cli.query", "query", "Ask partner agencies whether they know a person."),
    "case": CommandEntry("cli.case", "app", "Follow up a hit: confirm, request, acknowledge, read."),
    "referral": CommandEntry("cli.referral", "app", "Decide what partners ask about hits on your records."),
    "compare": CommandEntry("cli.compare", "compare", "Say whether two written names are one, and why."),
    "agreement": CommandEntry("cli.agreement", "app", "Write, check, sign and end agreements."),
    "audit": CommandEntry("cli.audit", "app", "Read and check the disclosure log."),
}


class LazyCommands(TyperGroup):
    """The overview is drawn from `COMMANDS`; a command is imported when it is resolved."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Give the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Give a stand-in that carries name and summary."""
        entry = COMMANDS.get(cmd_name)
        return entry and TyperCommand(cmd_name, help=entry.summary)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Give the real command, imported now."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, name and command and COMMANDS[name].load(name), rest


app = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,  # its tracebacks would show local variables, and with them people
    epilog="Example: symbolon node init --help",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        try:
            typer.echo(f"symbolon {version('symbolon')}")
        except PackageNotFoundError:  # run from a source tree
            typer.echo("symbolon, not installed")
        raise typer.Exit


@app.callback()
def symbolon(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Ask partner agencies whether they know a person, without showing the question to those who do not.

    Every command works on one party's folder: --home FOLDER, or the environment variable SYMBOLON_HOME.
    """


def main() -> None:
    """Run the command line."""
    app(prog_name="symbolon")
