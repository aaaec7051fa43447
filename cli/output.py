"""What all commands share: the options that mean the same everywhere, and how results and errors are shown.

Results go to standard output, everything else to standard error. With ``--json`` a command prints one JSON object, or
one a line where it streams; an error is ``{"error": {...}}``. The exit code of an error is its row's in the catalogue
(`symbolon.rpc.errors`), 0 is success, 2 wrong usage, 130 an interruption from the keyboard.
"""

from __future__ import annotations

import functools
import getpass
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from symbolon.rpc.errors import ErrorCode, SymbolonError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

HomeOption = Annotated[
    Path, typer.Option("--home", envvar="SYMBOLON_HOME", help="Folder of the party.", show_default="the current folder")
]
"""Give it the default ``Path()``."""

OfficerKeyOption = Annotated[
    Path | None,
    typer.Option(
        "--officer-key", envvar="SYMBOLON_OFFICER_KEY", help="File of the officer's key: who asks, for node and log."
    ),
]
"""Give it the default ``None``; `node.officers.key.load_key` reads it."""

UserOption = Annotated[
    str, typer.Option("--user", help="Who does it, for the disclosure log; the login name if not given.")
]
"""Give it the default ``""``; what stands for nobody is `login_name`."""

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON: one object, or one a line where it streams.")]
"""Call the parameter ``as_json`` and give it the default ``False``; `failing_clearly` reads it under that name."""

INTERRUPTED = 130

console = Console(soft_wrap=True, highlight=False)
error_console = Console(stderr=True, soft_wrap=True, highlight=False)


def emit(data: dict[str, Any], as_json: bool, render: Callable[[], object]) -> None:
    """Print a result: as one line of JSON, or as ``render`` shows it (text, a rich table, or nothing more)."""
    if as_json:
        # ensure_ascii: a terminal or pipe of any encoding carries it.
        sys.stdout.write(json.dumps(data, separators=(",", ":")) + "\n")
        sys.stdout.flush()
        return
    shown = render()
    if shown is not None:
        console.print(Text(_printable(shown)) if isinstance(shown, str) else shown)
        console.file.flush()


def foreign(*values: str) -> Text:
    """Give what another party said, one value a line, so that a terminal shows it and does not obey it.

    It is no markup here, and what is no printable character of one line (an escape sequence, a line break, a change of
    direction) is shown as U+FFFD.
    """
    return Text("\n".join(_printable(value).replace("\n", "\N{REPLACEMENT CHARACTER}") for value in values))


def failing_clearly(command: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Decorate a command: an error of the catalogue becomes its text, its way out and its exit code.

    Reads the command's parameter ``as_json``. An error outside the catalogue is a bug and keeps its traceback.
    """

    @functools.wraps(command)
    def wrapped(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        try:
            return command(*arguments, **options)
        except SymbolonError as error:
            show_error(error, as_json=bool(options.get("as_json")))
            raise typer.Exit(error.code.value.exit_code) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None

    return wrapped


@contextmanager
def calling(who: str) -> Iterator[None]:
    """Name the called party in an error of the transport, which knows only that nobody answered."""
    try:
        yield
    except SymbolonError as error:
        if error.detail or error.code not in (ErrorCode.UNREACHABLE, ErrorCode.TIMED_OUT):
            raise
        raise SymbolonError(error.code, who) from None


def login_name() -> str:
    """Give the name of the account; raise `SymbolonError` where it has none, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--user: say who, this account has no name") from None


def counted(number: int, singular: str, plural: str = "") -> str:
    """Give a number with its noun: 1 member, 2 members."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def show_error(error: SymbolonError, *, as_json: bool) -> None:
    """Print an error of the catalogue: what is wrong and what to do, or the same as JSON on standard output."""
    row = error.code.value
    if as_json:
        described = {"code": error.code.code, "text": row.text, "detail": error.detail, "way_out": row.way_out}
        emit({"error": described | {"exit_code": row.exit_code}}, True, lambda: None)
        return
    error_console.print(f"[bold red]Error:[/] {escape(_printable(str(error)))}")
    error_console.print(f"[dim]What to do:[/] {escape(row.way_out)} (error {row.exit_code}, {error.code.code})")


def _printable(text: str) -> str:
    """Keep lines as they are, and of them what is printable."""
    return "".join(one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}" for one in text)
