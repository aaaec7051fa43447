"""``symbolon audit hold``, ``holds``, ``lift`` and ``erase``: how long what is personal stays in a log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.audit_proofs import log_path
from cli.output import HomeOption, JsonOption, UserOption, counted, emit, failing_clearly, login_name
from ledger import retention
from ledger.log import Ledger
from node.config import CONFIG_FILE as NODE_CONFIG
from node.config import load_home as load_node

_Reason = Annotated[str, typer.Option("--reason", help="Why, for the log.")]

_KEEPS_NOTHING = "No entry names that value now: compare how the entries write it"


@failing_clearly
def hold(
    value: Annotated[
        str, typer.Argument(help="A case reference, reference, record id or officer, exactly as the entries have it.")
    ],
    reason: _Reason,
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Keep what is personal in all entries that name a value, for as long as it is under review."""
    personal = {"user": user or login_name(), "reason": reason}
    with _log(home) as path:
        number, kept = retention.place_hold(path, value, personal, datetime.now(UTC))
    now = f"It keeps {counted(kept, 'entry', 'entries')} now" if kept else _KEEPS_NOTHING
    text = f"Hold {number} is placed. {now}. End it with: symbolon audit lift {number}"
    emit({"hold": number, "keeps": kept}, as_json, lambda: text)


@failing_clearly
def holds(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """List the holds by number; what they keep is opened with symbolon audit open."""
    with _log(home) as path:
        numbers = retention.holds(path)
    emit({"holds": numbers}, as_json, lambda: "\n".join(map(str, numbers)) or "None.")


@failing_clearly
def lift(
    number: Annotated[int, typer.Argument(help="Number of the hold.", min=1)],
    reason: _Reason,
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """End a hold; what it kept is erased when its time is over."""
    personal = {"user": user or login_name(), "reason": reason}
    with _log(home) as path:
        retention.lift_hold(path, number, personal, datetime.now(UTC))
    emit({"lifted": number}, as_json, lambda: f"Hold {number} is lifted.")


@failing_clearly
def erase(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Erase what is personal in entries older than the retention time, and not held. A node does so once a day."""
    is_node = (home / NODE_CONFIG).exists()
    days = load_node(home).settings.log_personal_days if is_node else retention.KEPT_DAYS
    with _log(home) as path:
        erased = retention.erase(path, days, datetime.now(UTC))
    text = f"{counted(erased, 'entry', 'entries')} older than {days} days: personal fields erased."
    emit({"entries": erased, "days": days}, as_json, lambda: text)


@contextmanager
def _log(home: Path) -> Iterator[Path]:
    """Give the file of a log that opens: a damaged one is refused, and one of an earlier release brought up to date."""
    path = log_path(home)
    with Ledger(path):
        yield path
