"""Groups whose commands are imported when they are called, and not before.

Importing all of it costs a second or two (gRPC, the kernel and its tables, the node); an overview must not, nor should
one command for all the others beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """Where a command lives: a `typer.Typer`, or a single function with the example that its help shows."""

    module: str
    attribute: str
    summary: str
    example: str | None = None

    def load(self, name: str) -> Any:
        """Import the module and give its command."""
        found = getattr(import_module(self.module), self.attribute)
        if not isinstance(found, typer.Typer):
            single = typer.Typer(add_completion=False, rich_markup_mode=None)
            single.command(name, epilog=self.example and f"Example: {self.example}")(found)
            found = single
        return typer.main.get_command(found)


class LazyGroup(TyperGroup):
    """The overview is drawn from `entries`; a command is imported when it is resolved."""

    entries: ClassVar[Mapping[str, CommandEntry]]

    def list_commands(self, ctx: Any) -> list[str]:
        """Give the names in the order of the table."""
        return list(self.entries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Give a stand-in that carries name and summary."""
        entry = self.entries.get(cmd_name)
        return entry and TyperCommand(cmd_name, help=entry.summary)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Give the real command, imported now."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, name and command and self.entries[name].load(name), rest


def lazy_group(entries: Mapping[str, CommandEntry], summary: str, example: str | None = None) -> typer.Typer:
    """Give a group of commands that are imported one by one."""
    group = typer.Typer(
        cls=type("Commands", (LazyGroup,), {"entries": entries}),
        help=summary,
        epilog=example and f"Example: {example}",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,  # its tracebacks would show local variables, and with them people
    )
    group.callback()(_nothing)  # Typer wants a group to have commands of its own, or this
    return group


def _nothing() -> None:
    pass
