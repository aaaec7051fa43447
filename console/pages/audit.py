"""The disclosure log as an auditor reads it: search, refusals, one entry, its proof, a checkpoint, and who looked.

Nothing that is asked for stands in an address but numbers of entries; each page is in the log before it is shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from starlette.responses import Response

from console.events import fields, told
from console.numbers import whole
from console.routing import Page
from console.visit import Form, Visit
from node.auditing.proving import LARGEST_CHECKPOINT
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import audit_pb2 as wire

_MOST_ENTRIES = 10**15

_ASKED = ("type", "partner", "since", "until", "agreement", "purpose", "officer", "reference")
_NOTHING_ASKED: dict[str, Any] = {**dict.fromkeys(_ASKED, ""), "padding": False, "names": False, "before": 0}


def entry_view(visit: Visit, entry: wire.LogEntry) -> dict[str, Any]:
    """Give an entry as the templates take it: its sentence, its fields, and what is personal by name."""
    event = json.loads(entry.event_json)
    return {
        "number": entry.number,
        "time": datetime.fromisoformat(entry.time),
        "type": entry.type,
        "sentence": told(entry.type, event, visit.language),
        "fields": list(fields(event, visit.language)),
        "commitments": [(one.field, one.commitment.hex()) for one in entry.commitments],
        "leaf_hash": entry.leaf_hash.hex(),
        "officer": entry.officer,
        "reference": entry.reference,
    }


async def search(visit: Visit) -> Response:
    """Show the newest entries, and what they can be searched by."""
    return await _searched(visit, _NOTHING_ASKED, denied=False)


async def search_again(visit: Visit) -> Response:
    """Show what was asked for."""
    return await _searched(visit, _asked(await visit.form()), denied=False)


async def denials(visit: Visit) -> Response:
    """Show the newest refusals and denied calls."""
    return await _searched(visit, _NOTHING_ASKED, denied=True)


async def denials_again(visit: Visit) -> Response:
    """Show the refusals and denied calls that were asked for."""
    return await _searched(visit, _asked(await visit.form()), denied=True)


async def find_entry(visit: Visit) -> Response:
    """Go to an entry by its number."""
    number = (await visit.form()).number("number", _MOST_ENTRIES)
    if number is None:
        error = SymbolonError(ErrorCode.INVALID_INPUT, "expected the number of an entry")
        return await _searched(visit, _NOTHING_ASKED, denied=False, error=error)
    return visit.redirect(f"/audit/entries/{number}")


async def entry(visit: Visit) -> Response:
    """Show one entry without anything personal."""
    return await _entry_shown(visit)


async def open_entry(visit: Visit) -> Response:
    """Open what is personal in an entry, for a reason."""
    form = await visit.form()
    request = wire.OpenEntryRequest(number=_number(visit), reason=form.text("reason"))
    try:
        opened = await visit.desk.audit.open_entry(request, visit.officer)
    except SymbolonError as error:
        if error.code is not ErrorCode.INVALID_INPUT:
            raise
        return await _entry_shown(visit, error=error, reason=request.reason)
    values = [(one.field, read_value(one.value)) for one in opened.opened]
    one = entry_view(visit, opened.entry)
    return visit.page("audit/opened.html", opened=opened, values=values, one=one, reason=request.reason)


def read_value(text: str) -> Any:
    """Read what was opened: the parts of what is written as JSON, else the text itself."""
    if not text.startswith(("[", "{", '"')):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


async def proof(visit: Visit) -> Response:
    """Show the proof that an entry is in the log."""
    proven = await visit.desk.audit.prove_entry(wire.ProveEntryRequest(number=_number(visit)), visit.officer)
    return visit.page("audit/proof.html", proven=proven, one=entry_view(visit, proven.entry))


async def proof_file(visit: Visit) -> Response:
    """Give the proof as a file that symbolon-verify takes."""
    number = _number(visit)
    proven = await visit.desk.audit.prove_entry(wire.ProveEntryRequest(number=number), visit.officer)
    return visit.file(proven.file.encode(), f"entry-{number}.tlog-proof", "application/octet-stream")


async def checkpoint(visit: Visit) -> Response:
    """Ask for a checkpoint kept earlier."""
    return visit.page("audit/checkpoint.html", found=None, error=None)


async def compare_checkpoint(visit: Visit) -> Response:
    """Say whether the log still begins with the entries under a checkpoint."""
    form = await visit.form()
    upload = form.upload("checkpoint")
    content = await upload.read(LARGEST_CHECKPOINT + 1) if upload else b""
    try:
        request = wire.CompareCheckpointRequest(checkpoint=content)
        found = await visit.desk.audit.compare_checkpoint(request, visit.officer)
    except SymbolonError as error:
        if error.code is not ErrorCode.INVALID_INPUT:
            raise
        return visit.page("audit/checkpoint.html", 422, found=None, error=error)
    return visit.page("audit/checkpoint.html", found=found, error=None)


async def viewings(visit: Visit) -> Response:
    """List who looked at the log."""
    return await _viewings(visit, 0)


async def viewings_before(visit: Visit) -> Response:
    """List who looked before."""
    return await _viewings(visit, _whole((await visit.form()).text("before")))


async def _searched(
    visit: Visit, asked: dict[str, Any], *, denied: bool, error: SymbolonError | None = None
) -> Response:
    try:
        request = wire.SearchLogRequest(**asked, denied=denied)
        found = await visit.desk.audit.search_log(request, visit.officer)
    except SymbolonError as failure:
        if failure.code is not ErrorCode.INVALID_INPUT or error is not None:
            raise
        return await _searched(visit, _NOTHING_ASKED, denied=denied, error=failure)
    choices = {kind: _named(found.choices, kind) for kind in ("type", "purpose")}
    return visit.page(
        "audit/search.html",
        422 if error else 200,
        asked=asked,
        asked_by=_ASKED,
        named=bool(asked["names"] or asked["officer"] or asked["reference"]),
        denied=denied,
        found=found,
        is_posted=visit.request.method == "POST",
        entries=[entry_view(visit, one) for one in found.entries],
        choices=choices,
        partners=_named(found.choices, "party"),
        agreements=_named(found.choices, "agreement"),
        error=error,
    )


def _named(choices: Iterable[wire.SearchChoice], kind: str) -> list[str]:
    return [one.value for one in choices if one.kind == kind]


async def _entry_shown(visit: Visit, error: SymbolonError | None = None, reason: str = "") -> Response:
    shown = await visit.desk.audit.show_entry(wire.ShowEntryRequest(number=_number(visit)), visit.officer)
    linked = [(entry_view(visit, one.entry), one.by) for one in shown.linked]
    return visit.page(
        "audit/entry.html",
        422 if error else 200,
        one=entry_view(visit, shown.entry),
        before=[one for one in linked if one[0]["number"] < shown.entry.number],
        after=[one for one in linked if one[0]["number"] > shown.entry.number],
        total=shown.total,
        error=error,
        reason=reason,
    )


async def _viewings(visit: Visit, before: int) -> Response:
    found = await visit.desk.audit.list_viewings(wire.ListViewingsRequest(before=before), visit.officer)
    rows = [(entry_view(visit, one.entry), one.user) for one in found.viewings]
    return visit.page("audit/viewings.html", found=found, rows=rows, is_posted=visit.request.method == "POST")


def _asked(form: Form) -> dict[str, Any]:
    asked: dict[str, Any] = {name: form.text(name) for name in _ASKED}
    return asked | {
        "padding": form.checked("padding"),
        "names": form.checked("names"),
        "before": _whole(form.text("before")),
    }


def _number(visit: Visit) -> int:
    return _whole(visit.part("number"))


def _whole(text: str) -> int:
    """Read a number; 0 where it is none, or none that an entry can have."""
    return whole(text, _MOST_ENTRIES) or 0


PAGES = (
    Page("/audit", search, "audit"),
    Page("/audit", search_again, "audit", "POST"),
    Page("/audit/denials", denials, "audit"),
    Page("/audit/denials", denials_again, "audit", "POST"),
    Page("/audit/entries", find_entry, "audit", "POST"),
    Page("/audit/entries/{number}", entry, "audit"),
    Page("/audit/entries/{number}/open", open_entry, "audit", "POST"),
    Page("/audit/entries/{number}/proof", proof, "audit"),
    Page("/audit/entries/{number}/proof/file", proof_file, "audit"),
    Page("/audit/checkpoint", checkpoint, "audit"),
    Page("/audit/checkpoint", compare_checkpoint, "audit", "POST"),
    Page("/viewings", viewings, "see_viewings"),
    Page("/viewings", viewings_before, "see_viewings", "POST"),
)
