"""The auditor's messages of ``symbolon.v1`` made of what the log and the reviews give."""

from __future__ import annotations

import json
from collections.abc import Iterable

from agreements.sentences import Sentence
from auditing.findings import Finding
from auditing.tables import Cell, Table
from ledger.entries import Entry
from node.auditing.search import Named
from node.auditing.works import Work
from node.sentences import sentence_shown
from symbolon.v1 import audit_pb2 as wire


def entry_shown(entry: Entry, named: Named | None = None) -> wire.LogEntry:
    """Give an entry without anything personal but whom and what it names, where that was opened."""
    shown = entry.to_json()
    commitments = [
        wire.LogCommitment(field=name, commitment=bytes.fromhex(value))
        for name, value in sorted(entry.commitments.items())
    ]
    return wire.LogEntry(
        number=entry.number,
        time=entry.time.isoformat(),
        type=shown["type"],
        event_json=json.dumps(shown["event"], ensure_ascii=False, separators=(",", ":")).encode(),
        commitments=commitments,
        leaf_hash=entry.leaf_hash,
        officer=named.officer if named else "",
        reference=named.reference if named else "",
    )


def denial_shown(finding: Finding) -> wire.DenialFinding:
    """Give a day with many denials."""
    return wire.DenialFinding(
        who=finding.house,
        what=sentence_shown(finding.what),
        first=finding.first.isoformat(),
        count=finding.count,
        entries=finding.numbers,
    )


def table_shown(table: Table) -> wire.AuditTable:
    """Give a table."""
    return wire.AuditTable(
        name=table.name,
        title=table.title,
        about=sentence_shown(table.about if isinstance(table.about, Sentence) else Sentence(table.about)),
        columns=[column.name for column in table.columns],
        titles=[column.title for column in table.columns],
        rows=[wire.AuditRow(cells=map(_cell, row)) for row in table.rows],
        bars=table.bars.value if table.bars else "",
        labels=table.bars.labels if table.bars else (),
    )


def tables_shown(tables: Iterable[Table]) -> list[wire.AuditTable]:
    """Give tables."""
    return [table_shown(one) for one in tables]


def work_shown(work: Work) -> wire.AuditWork:
    """Give how far a work is."""
    return wire.AuditWork(
        work=work.name,
        kind=work.kind,
        began=int(work.began),
        state=work.state,
        gone=work.gone,
        total=work.total,
        problem=work.problem,
        files=work.files,
    )


def _cell(cell: Cell) -> wire.AuditCell:
    if cell is None:
        return wire.AuditCell()
    if isinstance(cell, Sentence):
        return wire.AuditCell(sentence=sentence_shown(cell))
    if isinstance(cell, str):
        return wire.AuditCell(text=cell)
    if isinstance(cell, int):
        return wire.AuditCell(whole=cell)
    return wire.AuditCell(number=cell)
