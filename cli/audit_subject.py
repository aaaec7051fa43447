"""``symbolon audit subject``: what the log says about one person, for that person, as far as an officer decides."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.console import Group
from rich.progress import track

from auditing.subject_extract import (
    Category,
    Decision,
    Ground,
    ToldLine,
    outcome,
    read_lines,
)
from auditing.subject_letter import write_data, write_letter
from auditing.subjects import SEARCHED_FIELDS, Search, Wanted
from auditing.tables import Table, columns
from cli.audit_proofs import log_path
from cli.audit_report import show_table
from cli.audit_sources import new_file, own_log, telling_why, tracked
from cli.output import HomeOption, JsonOption, UserOption, emit, error_console, failing_clearly, foreign, login_name
from ledger.entries import Statement
from ledger.log import Ledger
from ledger.subject_events import SubjectAccessDecided
from node.auditing.answering import check_decided, decided, read_decision, read_wanted
from node.auditing.own_records import OwnRecords, look_up, looks_up
from node.auditing.sources import Source
from node.records.recording import records_listed
from node.records.sqlite import SqliteRecordStore
from symbolon.rpc.errors import ErrorCode, SymbolonError

_CATEGORIES = frozenset(get_args(Category))

Several = list[str] | None


@failing_clearly
def subject(
    request: Annotated[str, typer.Option(help="The reference of the person's request, for letter and log.")],
    name: Annotated[Several, typer.Option(help="A name of the person; once for each.")] = None,
    born: Annotated[Several, typer.Option(help="A birth date (YYYY-MM-DD); once for each.")] = None,
    document: Annotated[Several, typer.Option(help="The number of a document; once for each.")] = None,
    record: Annotated[Several, typer.Option(help="The id of a record of the person here; once for each.")] = None,
    reference: Annotated[Several, typer.Option(help="The reference of a hit; once for each.")] = None,
    without: Annotated[
        Several, typer.Option(help="The id of a record that is not the person's, though it fits; once for each.")
    ] = None,
    also: Annotated[
        list[int] | None, typer.Option(help="An unclear entry that is about the person all the same; once for each.")
    ] = None,
    tell: Annotated[
        Several, typer.Option(metavar="CATEGORY", help=f"Told: {', '.join(get_args(Category))}; once for each.")
    ] = None,
    withhold: Annotated[
        Several,
        typer.Option(
            metavar="WHAT=GROUND",
            help=f"A category or a partner that is not told, and why: {', '.join(get_args(Ground))}; once for each.",
        ),
    ] = None,
    heard: Annotated[
        Several, typer.Option(metavar="PARTNER=ANSWER", help="A partner that was heard: agrees or objects.")
    ] = None,
    refuse: Annotated[str, typer.Option(metavar="GROUND", help="Refuse the whole request on this ground.")] = "",
    reason: Annotated[str, typer.Option(help="Why something is withheld or refused, for the log alone.")] = "",
    letter: Annotated[Path | None, typer.Option(help="Decide, and write the letter to this new file.")] = None,
    data: Annotated[Path | None, typer.Option(help="With --letter: write the same as JSON to this new file.")] = None,
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Give what the log says about one person, to answer a request of that person.

    The records here that fit the person are looked up, and the log is searched for these too. First without --letter:
    it shows an officer what was found, and nothing is decided. That it was looked for is written into the log before,
    and so is the decision before the letter.
    """
    particulars = (name or (), born or (), document or (), record or (), reference or (), also or (), without or ())
    wanted = read_wanted(*particulars)
    decision = read_decision(tell or (), withhold or (), heard or (), refuse)
    if data and not letter:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--data: name --letter too; it is the decision that is written")
    if letter and (decision.withheld or decision.refused) and not reason.strip():
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--reason: say why something is withheld, for the log")
    who = user or login_name()
    with ExitStack() as made:
        files = [made.enter_context(new_file(path)) for path in (letter, data) if path]
        own = _look_up(home, wanted, who, as_json)
        source = own_log(home, SEARCHED_FIELDS, who)
        lines, unclear = _find(source, replace(wanted, records=own.taken), as_json)
        if letter:
            check_decided(lines, decision)
            _record(home, decided(lines, decision), {"user": who, "request": request, "reason": reason.strip()})
            now = datetime.now(UTC)
            for file, write in zip(files, (write_letter, write_data), strict=False):
                file.write(write(source.party, request, now, lines, decision).encode())
    found = _overview(lines, decision)
    answer = outcome(lines, decision) if letter else None
    records = _own_overview(own)
    result = {"request": request, "records": records.to_json(), "found": found.to_json()}
    shown = [show_table(one) for one in (records, found) if one.rows or one is found]
    said = (*_record_remarks(own), *_remarks(unclear, answer))
    emit(
        result | {"unclear": unclear, "decided": answer},
        as_json,
        lambda: Group(*shown, *(foreign(one) for one in said)),
    )


def _look_up(home: Path, wanted: Wanted, user: str, as_json: bool) -> OwnRecords:
    """Look the records up that fit, where the party has a list; that this is done is written into the log first."""
    path = home / "data" / "records.db"
    if not path.exists():
        return look_up(wanted, ())
    with SqliteRecordStore(path) as store:
        if looks_up(wanted):
            with telling_why(), Ledger(log_path(home)) as log:
                records_listed(log, "fitting", user)
        hidden, total = as_json or not error_console.is_terminal, store.counts().records
        listed = track(
            store.records(), "looking up", total=total, console=error_console, transient=True, disable=hidden
        )
        return look_up(wanted, listed)


def _find(source: Source, wanted: Wanted, as_json: bool) -> tuple[list[ToldLine], list[int]]:
    """Read the log twice: an entry may come before the one that says whom it is about."""
    search = Search(wanted)
    for one in tracked(source, "searching", as_json):
        search.observe(one)
    return read_lines(tracked(source, "collecting", as_json), search), search.unclear


def _record(home: Path, event: SubjectAccessDecided, personal: dict[str, str]) -> None:
    with Ledger(log_path(home)) as log:
        log.append(Statement(event, {name: value for name, value in personal.items() if value}))


def _overview(lines: list[ToldLine], decision: Decision) -> Table:
    rows: list[tuple[Any, ...]] = [
        (line.number, line.day.isoformat(), line.category, line.partner, str(line.text), _said(line, decision))
        for line in lines
    ]
    named = columns(entry="entry", day="day", category="category", owner="owner", text="what the letter says")
    return Table("found", "Found", "", named + columns(told="told"), tuple(rows))


def _said(line: ToldLine, decision: Decision) -> str:
    return "yes" if decision.tells(line) else "no"


def _own_overview(own: OwnRecords) -> Table:
    rows: list[tuple[Any, ...]] = [
        (one.record_id, one.name, ", ".join(one.births), one.band or "named", "yes" if one.is_taken else "no")
        for one in own.listed
    ]
    named = columns(record="record", name="name", births="births", fits="fits", taken="taken")
    return Table("records", "Records of this agency", "", named, tuple(rows))


def _record_remarks(own: OwnRecords) -> Iterable[str]:
    if not own.taken:
        yield (
            "No record of this agency is named or fits the person: what other agencies asked of this agency was not"
            " searched."
        )
    elif any(one.fits for one in own.listed):
        yield "Records that fit were searched for too: leave one that is another person's out with --without."
    in_doubt = sum(not one.is_taken for one in own.listed) + own.left_off
    if in_doubt:
        yield f"Records not taken, and not searched for: {in_doubt}. Add one that is the person's with --record."


def _remarks(unclear: list[int], answer: str | None) -> Iterable[str]:
    if unclear:
        numbers = ", ".join(map(str, unclear))
        yield f"Unclear, and left out: {numbers}. Look at each with symbolon audit open; add it with --also."
    yield f"Decided and logged: {answer}." if answer else "Nothing is decided yet: decide with --letter."
