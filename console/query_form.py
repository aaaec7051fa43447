"""The form of a query and the messages of the desk: what an officer types, and the draft it makes.

Names come one a line in any script: one without a Latin letter is a name in its own script. Dates are those of the
import format. Nothing is judged here but what is no number: the desk's call `hint` says what is wrong or missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from console.numbers import whole
from console.visit import Form
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import desk_pb2
from symbolon.v1.investigations_pb2 import Investigation

LEAST_DOCUMENTS = 2
MOST_DOCUMENTS = 12
"""Rows of documents that the form shows, and that a query may have."""

CASE_FIELDS = ("purpose", "legal_basis", "case_reference", "offence", "nature", "person_role", "death_penalty")
_LINES = {"aliases": "aliases", "pob": "pob", "phones": "phones", "emails": "emails"}
_DOCUMENT = ("type", "country", "number")
_SPAN = ("born_from", "born_to")
_NO_MONTHS = "expected a number of months"
_LATIN = re.compile("[a-z\u00c0-\u024f\u1e00-\u1eff]", re.IGNORECASE)

Values = dict[str, Any]
"""What stands in the form: text by field, and ``documents`` as rows."""


def empty() -> Values:
    """Give an empty form."""
    names = ("names", "dob", *_SPAN, "nationality", "gender", "mrz", "agreement", "penalty_months")
    values: Values = dict.fromkeys((*CASE_FIELDS, *names, *_LINES), "")
    return values | {
        "assurance": False,
        "recipients": [],
        "documents": _filled([]),
        "investigation": "",
    }


def typed(form: Form) -> Values:
    """Give what was typed."""
    values = empty()
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = form.text(name)
    values["assurance"] = form.checked("assurance")
    values["recipients"] = form.texts("recipients")
    rows = range(form.number("rows", MOST_DOCUMENTS) or LEAST_DOCUMENTS)
    documents = [{part: form.text(f"document_{part}_{row}") for part in _DOCUMENT} for row in rows]
    values["documents"] = _filled(documents)
    return values


def with_row(values: Values) -> Values:
    """Add a row for a document."""
    documents = [*values["documents"], dict.fromkeys(_DOCUMENT, "")]
    return values | {"documents": documents[:MOST_DOCUMENTS]}


def describes_somebody(values: Values) -> bool:
    """Say whether anything of a person stands in the form."""
    fields = ("names", "dob", *_SPAN, "nationality", "gender", *_LINES)
    return any(values[name] for name in fields) or any(one["number"] for one in values["documents"])


def with_subject(values: Values, row: Mapping[str, Any]) -> Values:
    """Add what a machine readable zone says to what was typed; what was typed stays."""
    merged = dict(values)
    for name, texts in (("names", row.get("names", ())), ("dob", row.get("dob", ()))):
        merged[name] = _joined(values[name].splitlines(), texts)
    merged["nationality"] = " ".join(dict.fromkeys((*_codes(values["nationality"]), *row.get("nationality", ()))))
    merged["gender"] = values["gender"] or row.get("gender", "")
    known = [one for one in values["documents"] if one["number"]]
    merged["documents"] = _filled([*known, *(one for one in row.get("documents", ()) if one not in known)])
    return merged


def of_request(request: desk_pb2.QueryRequest) -> Values:
    """Give the form of a query that was put, to put it again with changes."""
    row = json.loads(request.subject_json)
    values = empty() | {name: getattr(request, name) for name in CASE_FIELDS}
    values |= {name: "\n".join(row.get(field, ())) for name, field in _LINES.items()}
    values["names"] = "\n".join((*row.get("names", ()), *row.get("names_original", ())))
    values["dob"] = "\n".join(row.get("dob", ()))
    values["nationality"] = " ".join(row.get("nationality", ()))
    values["documents"] = _filled([{part: one.get(part, "") for part in _DOCUMENT} for one in row.get("documents", ())])
    return values | {
        "gender": row.get("gender", ""),
        "penalty_months": str(request.penalty_months) if request.HasField("penalty_months") else "",
        "assurance": request.assurance,
        "recipients": list(request.recipients),
        "agreement": request.agreement,
    }


def in_case(values: Values, case: Investigation) -> Values:
    """Take what a saved case states into a form; the person stays as typed."""
    stated = {name: getattr(case, name) for name in CASE_FIELDS}
    penalty = str(case.penalty_months) if case.HasField("penalty_months") else ""
    return values | stated | {"penalty_months": penalty, "assurance": case.assurance, "investigation": case.name}


def case_of(values: Values, name: str) -> Investigation:
    """Give the saved case that the form states."""
    request = request_of(values)
    case = Investigation(name=name, assurance=request.assurance, **{one: getattr(request, one) for one in CASE_FIELDS})
    if request.HasField("penalty_months"):
        case.penalty_months = request.penalty_months
    return case


def unread(values: Values) -> dict[str, str]:
    """Give what was typed and is no number, by its field, with what was expected."""
    months = values["penalty_months"]
    return {"penalty_months": _NO_MONTHS} if months and whole(months) is None else {}


def check_read(values: Values) -> None:
    """Raise `SymbolonError` (`INVALID_INPUT`) where what was typed is no number: a request cannot say so."""
    for name, reason in unread(values).items():
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{name}: {reason}")


def at_fields(values: Values, problems: Iterable[desk_pb2.FieldProblem]) -> dict[str, str]:
    """Give what is wrong by the fields in which it was typed, the first of each: a span of birth has two of its own."""
    told: dict[str, str] = {}
    for one in problems:
        for name in _typed_in(one.field, values):
            told.setdefault(name, one.reason)
    return told


def _typed_in(field: str, values: Values) -> Iterator[str]:
    is_span = field == "dob" and any(values[name] for name in _SPAN)
    if is_span:
        yield from _SPAN
    if not is_span or values[field]:
        yield field


def request_of(values: Values) -> desk_pb2.QueryRequest:
    """Give the query that the form makes; what is no number is left out, and then told as missing."""
    return desk_pb2.QueryRequest(
        subject_json=json.dumps(_row(values), ensure_ascii=False).encode("utf-8", "replace"),
        **{name: _sound(values[name]) for name in CASE_FIELDS},
        recipients=[_sound(uri) for uri in values["recipients"]],
        agreement=_sound(values["agreement"]),
        assurance=values["assurance"],
        penalty_months=whole(values["penalty_months"]),
    )


def _row(values: Values) -> dict[str, Any]:
    names = _lines(values["names"])
    births = _lines(values["dob"])
    first, last = values["born_from"], values["born_to"]
    if first or last:
        births.append(f"{first or last}/{last or first}")
    row: dict[str, Any] = {
        "names": [name for name in names if _LATIN.search(name)],
        "names_original": [name for name in names if not _LATIN.search(name)],
        "dob": births,
        "nationality": _codes(values["nationality"]),
        "gender": values["gender"],
        "documents": [
            {part: text for part, text in one.items() if text} for one in values["documents"] if any(one.values())
        ],
        **{field: _lines(values[name]) for name, field in _LINES.items()},
    }
    return {field: value for field, value in row.items() if value}


def _joined(old: Iterable[str], new: Iterable[str]) -> str:
    return "\n".join(dict.fromkeys((*filter(None, old), *new)))


def _lines(text: str) -> list[str]:
    return [_sound(line.strip()) for line in text.splitlines() if line.strip()]


def _codes(text: str) -> list[str]:
    return [_sound(code) for code in re.split(r"[\s,;]+", text) if code]


def _sound(text: str) -> str:
    """Give the text as UTF-8 can carry it: a browser may send half a character."""
    return text.encode("utf-8", "replace").decode()


def _filled(documents: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    missing = max(0, LEAST_DOCUMENTS - len(documents))
    return [
        *({part: one.get(part, "") for part in _DOCUMENT} for one in documents),
        *(dict.fromkeys(_DOCUMENT, "") for _ in range(missing)),
    ]
